"""From the URL of a call to its route: ids, numbers and names become ``{id}``, so that alike calls count together."""

from __future__ import annotations

import re
from functools import lru_cache

# Whatever is left of an URL is told apart up to so many segments of so many characters.
_MOST_SEGMENTS, _LONGEST_SEGMENT, _LONGEST_PATH = 12, 60, 1000
_ID = re.compile(
    r"(?<=/)(?:[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|\d+|req-[^/]*|[0-9a-f]{64})"
    r"(?=/|$|\.json$|\.xml$)(?:\.json$|\.xml$)?"
)
# Swift: account, container, object.
_SWIFT = re.compile(r"(/(?:swift/)?v1)/AUTH_[^/]*/?([^/]*)/?(.*)$", re.DOTALL)
_VERSION = re.compile(r"v\d{1,2}(?:\.\d{1,3})?$|\d{4}-\d\d-\d\d$")
_WORD = re.compile(r"[A-Za-z][\w.:-]*$", re.ASCII)
_SCHEME = re.compile(r"^[a-z]{1,10}://[^/]*")
# In these APIs what follows a plural is the name of one of them, but for these plurals …
_NO_COLLECTIONS = frozenset("qos lbaas vpnaas schemas status tokens s3tokens ec2tokens os-pki".split())
# … and after these that are no plurals it is, too.
_COLLECTIONS = frozenset(
    "metadata os-simple-tenant-usage os-keypairs attributes tenant-usage security-group security-group-rule".split()
)
# Words that stand where a name might: what is done with all of a kind, or said of it.
_ABOUT_ALL = frozenset(
    "detail details default defaults action summary statistics config import tasks schedule schemas count "
    "members inventories allocations usages aggregates traits password login self revoked multi search find "
    "introspection states provision power management ports vifs".split()
)


def route(url: str) -> str:
    """The route of an URL or path, without query: ``/v2.1/servers/{id}/action``."""
    path = url[:_LONGEST_PATH].partition("?")[0].partition("#")[0]
    if path[:1] != "/":
        path = _SCHEME.sub("", path) or "/"
    if "/AUTH_" in path and (swift := _SWIFT.match(path)):
        return swift[1] + "/{id}" * (1 + bool(swift[2]) + bool(swift[3]))
    return _named(_ID.sub("{id}", path))


@lru_cache(maxsize=4096)
def _named(path: str) -> str:
    """A path without ids, its names taken out too."""
    segments = [segment for segment in path.split("/") if segment]
    result: list[str] = []
    before = ""  # what stands in front
    for segment in segments[:_MOST_SEGMENTS]:
        plain = segment if segment == "{id}" or _is_word(segment) else "{id}"
        if plain != "{id}" and _is_collection(before) and segment.lower() not in _ABOUT_ALL:
            plain = "{id}"
        result.append(plain)
        before = plain
    return "/" + "/".join(result) + ("/…" if len(segments) > _MOST_SEGMENTS else "")


def _is_word(segment: str) -> bool:
    return len(segment) <= _LONGEST_SEGMENT and bool(_VERSION.match(segment) or _WORD.match(segment))


def _is_collection(word: str) -> bool:
    lower = word.lower()
    if lower in _COLLECTIONS:
        return True
    return len(lower) > 3 and lower.endswith("s") and lower not in _NO_COLLECTIONS and not _VERSION.match(word)
