"""Where the data that ships with haystack lies: the pattern library and the demo incident.

In an installed wheel both are inside the package; in a source checkout they are at the top level.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


def patterns_dir() -> Path:
    """Directory of the shipped pattern library."""
    inside = _PACKAGE / "data" / "patterns"
    return inside if inside.is_dir() else _CHECKOUT / "patterns"


def demo_dir() -> Path:
    """Directory of the captured incident that ``haystack demo`` traces."""
    inside = _PACKAGE / "data" / "demo"
    return inside if inside.is_dir() else _CHECKOUT / "fixtures" / "neutron_down"
