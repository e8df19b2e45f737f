"""``did_you_mean`` where the library's modules look for it; it is a leaf, for settings need it too."""

from ..names import did_you_mean

__all__ = ["did_you_mean"]
