"""Secrets out of everything that is shown, exported, or fetched from a node."""

from .mask import mask, stars
from .secret import is_secret, quoted
from .value import shown

__all__ = ["is_secret", "mask", "quoted", "shown", "stars"]
