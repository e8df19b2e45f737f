"""Elements of a page. What is no ``Html`` is text: it is cleaned and escaped, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..clean import clean, clean_lines


class Html(str):
    """Text that is HTML already: only ``tag`` and its helpers make it."""

    __slots__ = ()


# What a page that needs no script to be read is made of has no end tag for these.
_VOID = frozenset({"input", "link", "meta", "br", "use", "rect", "line"})

Attribute = str | int | float | bool | None


def tag(name: str, /, *children: str, **attributes: Attribute) -> Html:
    """An element. ``class_`` is ``class``, ``data_row`` is ``data-row``; what is None or False is left out."""
    head = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if name in _VOID and not children:  # (a `use` may hold a title)
        return Html(f"<{name}{head}>" if name in ("input", "link", "meta", "br") else f"<{name}{head}/>")
    return Html(f"<{name}{head}>{join(children)}</{name}>")


def join(children: Iterable[str], between: str = "") -> Html:
    """Elements and texts one after the other."""
    return Html(between.join(child if isinstance(child, Html) else escape(clean(child)) for child in children))


def lines(text: str) -> Html:
    """Text of several lines, for a ``pre``."""
    return Html("\n".join(escape(line.rstrip()) for line in clean_lines(text)))


def short(text: str, room: int) -> str:
    """The text, cleaned and cut so that it takes no more than so many bytes of a page."""
    return str(clean(_cut(clean(text), room)))


def short_lines(text: str, room: int) -> Html:
    """Text of several lines that takes no more than about so many bytes of a page."""
    return lines(_cut("\n".join(clean_lines(text)), room))


def _cut(plain: str, room: int) -> str:
    whole, plain = plain, plain[:room]
    while len(escape(plain).encode("utf-8", "replace")) > room:
        plain = plain[: len(plain) * 9 // 10]
    return plain if plain == whole else f"{plain}…"


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(clean(str(value)))}"'
