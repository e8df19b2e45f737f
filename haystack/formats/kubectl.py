"""``kubectl logs --prefix``, with and without ``--timestamps``: a carrier.

    [pod/nova-compute-7f6d/nova-compute] 2026-03-11 09:14:20.530 7 INFO nova.wsgi [-] …
    [pod/nova-compute-7f6d/nova-compute] 2026-03-11T09:14:20.531012345Z Traceback (most recent call last):

Several pods may be mixed; pod and container tell whose line it is. ``logger`` is else the container.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .inner import carried
from .stamps import iso_to_time

_LINE = re.compile(
    r"\[pod/([a-z0-9.-]{1,253})/([a-z0-9-]{1,63})\] "
    r"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)) )?(.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of what a container's line holds."""
    found = _LINE.match(line) if line.startswith("[pod/") else None
    if found is None:
        return None
    pod, container, stamp, text = found.groups()
    return carried(text, iso_to_time(stamp) if stamp else None, f"{pod}/{container}", container)


FORMAT: Format = Format("kubectl", parse, multiline=True)
