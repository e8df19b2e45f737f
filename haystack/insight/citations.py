"""Settings that support a cause: the ``config`` clauses of a pattern, asked of the nodes it was seen on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..library.config_match import holds
from ..library.model import Citation, ConfigClause, Pattern
from ..masking import quoted
from ..search.discover import Found
from ..search.etc import read_configs
from ..services import Services
from .config import Document, documents, name_of, reads

# A cause cites so many settings at most.
_MOST = 4


class Citations:
    """The settings of what was discovered, asked for one pattern after the other; read when first asked for."""

    def __init__(self, found: Found, services: Services) -> None:
        self._found, self._services = found, services
        self._documents: list[Document] | None = None
        self.notes: tuple[str, ...] = ()  # what could not be read, in words

    def of(self, pattern: Pattern, places: Collection[tuple[str, str]]) -> tuple[Citation, ...]:
        """The settings that support a pattern seen at these (node, service); see ``citations``."""
        if self._documents is None:
            configs = read_configs(self._found, self._services)
            self._documents = documents(configs.files)
            self.notes = tuple(f"{t.path} ({t.reason}): not asked for settings" for t in configs.troubles)
        return citations(pattern, places, self._documents, self._services)


def citations(
    pattern: Pattern, places: Collection[tuple[str, str]], documents: Sequence[Document], services: Services
) -> tuple[Citation, ...]:
    """The settings of those nodes that support the pattern, in the order of its clauses; nodes that agree are one.

    ``places`` are the (node, service) the pattern was seen at; a pattern of scope cloud may be due to any node. A node
    without the service's files says nothing, not even that the default is in force.
    """
    by_node: dict[str, list[Document]] = {}
    for document in documents:
        by_node.setdefault(document.node, []).append(document)
    seen: dict[str, set[str]] = {}
    for node, service in places:
        seen.setdefault(_short(node), set()).add(service)
    found: dict[tuple[int, str | None], Citation] = {}
    for number, clause in enumerate(pattern.config):
        for node, every in sorted(by_node.items()):
            if pattern.scope != "cloud" and _short(node) not in seen:
                continue
            for citation in _asked(clause, every, seen.get(_short(node), set()) - {""}, services):
                known = found.get((number, citation.value))
                found[number, citation.value] = (
                    known._replace(places=(*known.places, *citation.places)) if known else citation
                )
    return tuple(found.values())[:_MOST]


def _short(node: str) -> str:
    """Records and trees call a node with or without its domain."""
    return node.partition(".")[0]


def _asked(
    clause: ConfigClause, documents: Sequence[Document], seen: Collection[str], services: Services
) -> list[Citation]:
    """The setting of one node, if the clause holds of it; ``seen`` are the services the pattern was seen in there."""
    wanted = clause.service or seen
    mine = [d for d in documents if any(reads(services, name, d.service) for name in wanted)]
    if not mine:
        return []

    def rank(document: Document) -> tuple[bool, bool, bool, str]:
        """In containers each service has a directory; else its own file is read after the project's."""
        name = name_of(document.path)
        return (
            services.of_name(document.service) not in seen,
            services.of_name(name) not in seen,
            name != document.service,
            document.path,
        )

    mine.sort(key=rank)
    key = (clause.section if clause.section == "DEFAULT" else clause.section.lower(), clause.option)
    document = next((d for d in mine if key in d.options), None)
    if document is None:
        main = mine[0]
        return [_citation(clause, main, None, main.path, 0)] if holds(clause, None) else []
    option = document.options[key]
    value = option.values[-1]
    return [_citation(clause, document, value, option.path, option.line)] if holds(clause, value) else []


def _citation(clause: ConfigClause, document: Document, value: str | None, path: str, line: int) -> Citation:
    shown = clause.default if value is None else quoted(clause.section, clause.option, value)
    return Citation(
        document.service,
        clause.section,
        clause.option,
        shown,
        value is not None,
        clause.unit,
        clause.says.replace("{value}", shown or "nothing"),
        ((document.node, path, line),),
    )
