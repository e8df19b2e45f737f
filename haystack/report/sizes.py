"""Sizes as an operator reads them."""

from __future__ import annotations


def size_text(size: int) -> str:
    """``1,536`` is ``1.5 kB``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size} B"
