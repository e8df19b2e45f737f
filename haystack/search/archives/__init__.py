"""Archives as log sources: sos reports, must-gathers, the zip of a ticket.

Search asks each file several times, so the members that are logs or configuration are spooled to a private directory
(0700); compressed members stay compressed. Neither names nor links of an archive ever reach the file system: spooled
files are numbered, links are followed among the members only. What is refused, and what lies behind damage, is told.
"""

from .limits import Limits
from .members import Member, Opened
from .opening import kind_of, open_archive
from .spool import SPOOL_PREFIX, Spool

__all__ = ["SPOOL_PREFIX", "Limits", "Member", "Opened", "Spool", "kind_of", "open_archive"]
