"""Prints what the lines of log trees are read as: python -m tests.accuracy.formats [DIR...] [-v] [--files]

Each physical line must be in exactly one record (`in records` equals `lines`), and in files of a known kind in a typed
one. Exit 1 when a line is lost. With ``-v`` come the raw lines of each file, ``--files`` has a row a file.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import lzma
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import haystack
from haystack.record import Record

from .score import FIXTURES

# The format of lines that nobody knows.
RAW = "raw"
# Samples of raw lines that -v shows of one file.
SAMPLES = 5
_OPENERS = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}


@dataclass
class Reading:
    """How one file was read: ``lines`` as counted in the file, ``by_format`` as the records tell."""

    name: str
    source: str
    service: str
    lines: int
    by_format: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    @property
    def in_records(self) -> int:
        return self.by_format.total()

    @property
    def raw(self) -> int:
        return self.by_format[RAW]

    @property
    def recognised(self) -> bool:
        """Whether the file is of a known kind: most of its lines are typed."""
        return self.raw * 2 < self.in_records


def read_files(directory: Path) -> Iterator[Reading]:
    """How each log file below a directory is read, in the order of ``find --by-file``."""
    records = haystack.find("", [directory], by_file=True)
    for source, ours in groupby(records, key=lambda record: record.origin.source):
        yield _read(directory, source, ours)


def _read(directory: Path, source: str, records: Iterable[Record]) -> Reading:
    path = Path(source)
    reading = Reading("", source, "", count_lines(path))
    inside = path.is_relative_to(directory)  # what lay in an archive is read from somewhere else
    for record in records:
        origin = record.origin
        reading.name = reading.name or (str(path.relative_to(directory)) if inside else f"{origin.node}:{origin.path}")
        reading.service = reading.service or origin.service
        reading.by_format[record.format] += record.lines
        if record.format == RAW and record.message.strip() and len(reading.samples) < SAMPLES:
            reading.samples.append(f"{origin.line}: {record.message[:160]!r}")
    return reading


def count_lines(path: Path) -> int:
    """Physical lines of a file, counted without haystack's help; the last one may lack its line end."""
    lines, last = 0, b"\n"
    with _OPENERS.get(path.suffix, open)(path, "rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def share(part: int, whole: int) -> str:
    """``99.87 %``, rounded down: 100 % means all."""
    return f"{int(part * 10_000 / whole) / 100:.2f} %" if whole else "-"


def rows(readings: list[Reading]) -> Iterator[str]:
    """A row a format, and the totals."""
    by_format: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for reading in readings:
        by_format += reading.by_format
        files.update(set(reading.by_format))
    lines = sum(reading.lines for reading in readings)
    known = [reading for reading in readings if reading.recognised]
    yield f"  {'format':12} {'files':>6} {'lines':>10} {'share':>9}"
    for name, count in by_format.most_common():
        yield f"  {name:12} {files[name]:6} {count:10} {share(count, lines):>9}"
    known_lines, known_raw = sum(r.in_records for r in known), sum(r.raw for r in known)
    yield f"  {len(readings)} files, {lines} lines, in records {by_format.total()}, lost {lines - by_format.total()}"
    typed = share(known_lines - known_raw, known_lines)
    others = f"{len(readings) - len(known)} others: {lines - known_lines} lines"
    yield f"  {len(known)} files of a known kind: {known_lines} lines, typed {typed}; {others}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.accuracy.formats", description="Count what lines are read as."
    )
    parser.add_argument("directories", nargs="*", type=Path, default=[FIXTURES])
    parser.add_argument("-v", action="store_true", help="raw lines of each file that has some")
    parser.add_argument("--files", action="store_true", help="a row a file")
    options = parser.parse_args()
    lost = 0
    for directory in options.directories:
        readings = list(read_files(directory))
        print(directory)
        for reading in readings:
            lost += abs(reading.lines - reading.in_records)
            if options.files or (options.v and reading.raw) or reading.lines != reading.in_records:
                formats = ", ".join(f"{name} {count}" for name, count in reading.by_format.most_common())
                print(f"  {reading.name} [{reading.service}] {reading.lines} lines: {formats}")
            if options.v:
                print(*(f"      {sample}" for sample in reading.samples), sep="\n", end="\n" * bool(reading.samples))
        print(*rows(readings), sep="\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
