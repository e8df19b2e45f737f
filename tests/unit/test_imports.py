"""The drawing of docs/architecture.md stays true: who may import whom, and what is not loaded too early."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import haystack

PACKAGE = Path(haystack.__file__).parent
DOC = PACKAGE.parent / "docs" / "architecture.md"
# In the table "all but report and cli".
ALL = {"errors", "record", "services", "scanner", "cache", "data_files", "formats", "search", "library", "correlate"}
ALL |= {"access", "diagnose", "insight", "settings", "nodes", "names", "documents", "inventory", "masking", "facts"}


def table() -> dict[str, set[str]]:
    """The rows of the document: room -> rooms it may import."""
    rows: dict[str, set[str]] = {}
    for line in DOC.read_text().splitlines():
        found = re.match(r"\| (`.*`) \| (.*) \|$", line)
        if found:
            allowed = ALL if found.group(2).startswith("all but") else set(re.findall(r"\w+", found.group(2)))
            rows.update(dict.fromkeys(re.findall(r"`(\w+)`", found.group(1)), allowed))
    return rows


def imports(path: Path) -> set[str]:
    """Rooms of ours that a module imports, at any depth of its code."""
    inside = path.relative_to(PACKAGE).parent.parts
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = inside[: len(inside) - (node.level - 1)]
            target = (*base, *(node.module.split(".") if node.module else ()))
            rooms |= {target[0]} if target else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("haystack."):
            rooms.add(str(node.module).split(".")[1])
    return {room for room in rooms if not room.startswith("_")}


def test_rooms_import_only_what_the_table_allows() -> None:
    rows = table()
    assert len(rows) >= 13
    checked = 0
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        assert room in rows, f"{path}: the table of docs/architecture.md has no room {room}"
        extra = imports(path) - rows[room] - {room}
        assert not extra, f"{path} imports {', '.join(sorted(extra))}"
        checked += 1
    assert checked > 30


def test_help_loads_neither_the_scanner_nor_yaml_nor_rich() -> None:
    code = (
        "import sys; sys.argv = ['haystack', '--help']\n"
        "from haystack.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'hyperscan', 'yaml', 'rich', 'regex', 'paramiko'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.rstrip().endswith("[]")
