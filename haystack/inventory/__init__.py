"""What ``haystack.yaml`` says and how it comes to be: read, choose nodes of it, import it from other inventories."""

from .choose import choose
from .load import FILE_NAME, find, load
from .others import imported_yaml, read_other

__all__ = ["FILE_NAME", "choose", "find", "imported_yaml", "load", "read_other"]
