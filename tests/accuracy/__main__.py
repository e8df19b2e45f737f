"""Prints how often the diagnosis is right: python -m tests.accuracy [DIR...] [-v]

A directory of incidents has one folder each with `incident.yaml` (this project's fixtures, the default) or
`truth.yaml` beside the log tree. Exit 0; the score is for reading, tests/accuracy/test_accuracy.py sets the floor.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .score import FIXTURES, score, score_triage


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description="Score the diagnosis.")
    parser.add_argument("directories", nargs="*", type=Path, default=[FIXTURES])
    parser.add_argument("-v", action="store_true", help="a line an incident")
    options = parser.parse_args()
    for directory in options.directories:
        result = score(directory)
        if options.v:
            print("\n".join(result.rows))
        print(f"{directory}: {result.summary()}")
        triaged = score_triage(directory)
        if options.v:
            print("\n".join(triaged.rows))
        print(f"{directory}: {triaged.summary()}")


if __name__ == "__main__":
    main()
