"""oslo.log's JSONFormatter (``use_json``) and FluentFormatter: one JSON object a line, with the traceback inside.

Source: oslo_log/formatters.py, their format(). ``created`` is epoch seconds and therefore immune to the node's zone;
``asctime`` is local and without milliseconds; FluentFormatter has ``time`` instead of both, local, and ``level``
instead of ``levelname``. Ids are in ``context``, the instance in ``extra``.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from ..record import LEVELS
from .head import Format, Head
from .json_lines import read_object
from .stamps import iso_to_time

_TELLING = ('"levelname"', '"funcname"', '"asctime"')  # a line that was cut may end before its level
_INSTANCE = re.compile(r"uuid=([0-9a-f-]{36})|^([0-9a-f-]{36})$")


def parse(line: str) -> Head | None:
    """The head of a JSON line of oslo.log; None for JSON of another kind."""
    if not line.startswith('{"') or not any(name in line for name in _TELLING):
        return None
    event = read_object(line)
    if event is None or "message" not in event or "name" not in event:
        return None
    word = str(event.get("levelname") or event.get("level"))
    if not ("levelname" in event or {"level", "time"} <= event.keys() or "asctime" in event):
        return None
    context, extra = _mapping(event, "context"), _mapping(event, "extra")
    message, *more = str(event["message"]).split("\n")
    summary = event.get("error_summary")
    if summary and str(summary) not in message:  # the text format appends it to the message, so do we
        message = f"{message}: {summary}"
    traceback = event.get("traceback") or []
    lines = traceback if isinstance(traceback, list) else [traceback]
    return Head(
        _time(event),
        LEVELS.get(word.upper()),
        message,
        str(event["name"]),
        str(event.get("process") or ""),
        _text(context, "request_id"),
        _text(context, "global_request_id"),
        _text(context, "user") or _text(context, "user_id"),
        _text(context, "project_id") or _text(context, "project"),
        _instance(extra.get("instance")) or _text(context, "resource_uuid"),
        tuple(more) + tuple(part for item in lines for part in str(item).rstrip("\n").split("\n")),
    )


def _time(event: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(event["created"]), tz=timezone.utc)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        return datetime.fromisoformat(str(event.get("asctime") or event.get("time")))
    except ValueError:
        return iso_to_time(str(event.get("time")))


def _mapping(event: dict[str, Any], key: str) -> dict[str, Any]:
    value = event.get(key)
    return value if isinstance(value, dict) else {}


def _text(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    return str(value) if value not in (None, "None", "-") else ""


def _instance(value: object) -> str:
    """The uuid of ``extra.instance``: a dict, an object's repr, or the bare uuid, by release."""
    if isinstance(value, dict):
        return str(value.get("uuid") or "")
    found = _INSTANCE.search(value) if isinstance(value, str) else None
    return (found.group(1) or found.group(2)) if found else ""


FORMAT = Format("oslo_json", parse, multiline=False)
