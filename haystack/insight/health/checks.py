"""The table of checks, in the order they are shown. ``docs/health.md`` is made from it."""

from __future__ import annotations

from .availability import AVAILABILITY
from .broker import BROKER
from .model import Check
from .resources import RESOURCES
from .support import SUPPORT

CHECKS: dict[str, Check] = {check.id: check for check in (*BROKER, *SUPPORT, *AVAILABILITY, *RESOURCES)}
