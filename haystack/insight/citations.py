"""Settings that support a cause: the ``config`` clauses of a pattern, asked of the nodes it was seen on.

``fact_citations`` asks its ``facts`` clauses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..library.cited import Cited, CitedSetting, Seen
from ..library.config_match import holds
from ..library.model import ConfigClause, Pattern
from ..masking import quoted
from ..search.discover import Found
from ..search.etc import read_configs
from ..services import Services
from .config import Document, documents, name_of, reads
from .fact_citations import Machines, cited_facts, short_name

# A cause cites so many settings at most.
_MOST = 4


class Citations:
    """The settings and facts of what was discovered, asked for one pattern after the other; read when first needed."""

    def __init__(self, found: Found, services: Services) -> None:
        self._found, self._services = found, services
        self._documents: list[Document] | None = None
        self._machines: Machines | None = None
        self.notes: tuple[str, ...] = ()  # what could not be read, in words

    def of(self, pattern: Pattern, seen: Seen) -> Cited:
        """The settings and the facts that support a pattern seen so; see ``cited_settings`` and ``cited_facts``."""
        places = {*seen.places, *((host, "") for host in seen.hosts)}
        return Cited(
            cited_settings(pattern, places, self._configured(), self._services) if pattern.config else (),
            cited_facts(pattern, seen, self._told(), self._services) if pattern.facts else (),
        )

    def _configured(self) -> list[Document]:
        if self._documents is None:
            configs = read_configs(self._found, self._services)
            self._documents = documents(configs.files)
            self.notes = tuple(f"{t.path} ({t.reason}): not asked for settings" for t in configs.troubles)
        return self._documents

    def _told(self) -> Machines:
        if self._machines is None:
            self._machines = Machines(self._found, self._services)
        return self._machines


def cited_settings(
    pattern: Pattern, places: Collection[tuple[str, str]], documents: Sequence[Document], services: Services
) -> tuple[CitedSetting, ...]:
    """The settings of those nodes that support the pattern, in the order of its clauses; nodes that agree are one.

    ``places`` are the (node, service) the pattern was seen at; a pattern of scope cloud may be due to any node. A node
    without the service's files says nothing, not even that the default is in force.
    """
    by_node: dict[str, list[Document]] = {}
    for document in documents:
        by_node.setdefault(document.node, []).append(document)
    seen: dict[str, set[str]] = {}
    for node, service in places:
        seen.setdefault(short_name(node), set()).add(service)
    found: dict[tuple[int, str | None], CitedSetting] = {}
    for number, clause in enumerate(pattern.config):
        for node, every in sorted(by_node.items()):
            if pattern.scope != "cloud" and short_name(node) not in seen:
                continue
            for citation in _asked(clause, every, seen.get(short_name(node), set()) - {""}, services):
                known = found.get((number, citation.value))
                found[number, citation.value] = (
                    known._replace(places=(*known.places, *citation.places)) if known else citation
                )
    return tuple(found.values())[:_MOST]


def _asked(
    clause: ConfigClause, documents: Sequence[Document], seen: Collection[str], services: Services
) -> list[CitedSetting]:
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
        return [_cited(clause, main, None, main.path, 0)] if holds(clause, None) else []
    option = document.options[key]
    value = option.values[-1]
    return [_cited(clause, document, value, option.path, option.line)] if holds(clause, value) else []


def _cited(clause: ConfigClause, document: Document, value: str | None, path: str, line: int) -> CitedSetting:
    shown = clause.default if value is None else quoted(clause.section, clause.option, value)
    return CitedSetting(
        document.service,
        clause.section,
        clause.option,
        shown,
        value is not None,
        clause.unit,
        clause.says.replace("{value}", shown or "nothing"),
        ((document.node, path, line),),
    )
