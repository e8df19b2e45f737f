"""Facts: what a machine tells of its disks, memory, load, services, packages, ports and clock, besides its logs.

``read`` makes them of ``facts.json`` and of what sos keeps, ``kinds`` is the closed vocabulary. ``insight/health``
judges them, patterns have clauses about them. Nothing here opens a file.
"""

from .kinds import KINDS, Kind
from .model import Fact, Told
from .read import facts_of

__all__ = ["KINDS", "Fact", "Kind", "Told", "facts_of"]
