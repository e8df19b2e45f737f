"""``haystack patterns``: look at the library and prove it."""

from __future__ import annotations

from pathlib import Path

import click

from ..library.model import LAYERS
from .options import extra_patterns


@click.group()
def patterns() -> None:
    """List, show and check the library of known faults."""


@patterns.command("list")
@extra_patterns
@click.option("--service", help="Only the patterns of this service.")
@click.option("--layer", type=click.Choice(LAYERS), help="Only the patterns of this layer.")
def list_patterns(patterns_dirs: tuple[Path, ...], service: str | None, layer: str | None) -> None:
    """List all patterns, a line each: id, layer, title."""
    from ..errors import UsageError
    from ..library import load
    from ..names import did_you_mean

    library = load(patterns_dirs)
    for problem in library.problems:
        click.echo(f"haystack: {problem}", err=True)
    if service and service not in library.services.rows:
        raise UsageError(f'no service "{service}"; {did_you_mean(service, library.services.rows)}'.rstrip("; "))
    for pattern_id in library.ids:
        pattern = library.pattern(pattern_id)
        if (service and pattern.service != service) or (layer and pattern.layer != layer):
            continue
        click.echo(f"{pattern.id:48} {pattern.layer:8} {pattern.title}")


@patterns.command()
@click.argument("pattern_id", metavar="ID")
@extra_patterns
def show(pattern_id: str, patterns_dirs: tuple[Path, ...]) -> None:
    """Show one pattern: what it is, why it happens, how to confirm and mend it."""
    from ..errors import UsageError
    from ..library import load
    from ..library.clause_text import supporting
    from ..names import did_you_mean

    library = load(patterns_dirs)
    if pattern_id not in library:
        raise UsageError(f'no pattern "{pattern_id}"; {did_you_mean(pattern_id, library.ids)}'.rstrip("; "))
    pattern = library.pattern(pattern_id)
    click.echo(f"{pattern.id}\n{pattern.title}\n")
    click.echo(f"service {pattern.service}, {pattern.severity}, {pattern.layer}, reaches the {pattern.scope}\n")
    click.echo(f"What  {pattern.what}\n\nWhy   {pattern.why}\n")
    if pattern.explains:
        click.echo("Explains  " + ", ".join(pattern.explains) + "\n")
    clauses = supporting(pattern)
    if clauses:
        click.echo("Likelier with\n" + "\n".join(f"  {text}" for text in clauses) + "\n")
    if pattern.confirm:
        click.echo("Confirm (read-only)\n" + "\n".join(f"  {command}" for command in pattern.confirm) + "\n")
    steps = (
        f"  {n}. {step.text}  ({'changing' if step.changing else 'read-only'})" for n, step in enumerate(pattern.fix, 1)
    )
    click.echo("Fix\n" + "\n".join(steps) + "\n")
    click.echo("References\n" + "\n".join(f"  {reference}" for reference in pattern.references))


@patterns.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@extra_patterns
def check(ids: tuple[str, ...], patterns_dirs: tuple[Path, ...]) -> None:
    """Prove patterns and operations by their samples; without an ID, all of them. Exit 1 when one fails."""
    from ..errors import UsageError
    from ..library import load
    from ..library.checks import check_library
    from ..names import did_you_mean
    from ..pipeline import check_operations

    library = load(patterns_dirs)
    operations, complaints = check_operations(patterns_dirs, ids or None)
    broken = {Path(text.partition(":")[0]).stem for text in library.problems}
    broken |= {complaint.pattern for complaint in complaints}
    for name in ids:
        if name not in library and name not in broken and name not in operations:
            hint = did_you_mean(name, [*library.ids, *operations])
            raise UsageError(f'no pattern or operation "{name}"; {hint}'.rstrip("; "))
    complaints = check_library(library, [name for name in ids if name in library] if ids else None) + complaints
    if ids:
        complaints = [complaint for complaint in complaints if complaint.pattern in ids]
    for complaint in complaints:
        click.echo(f"{'error' if complaint.fatal else 'advice'}: {complaint.pattern}: {complaint.text}")
    fatal = sum(complaint.fatal for complaint in complaints)
    followed = sum(name in operations for name in ids) if ids else len(operations)
    known = len(ids) - followed if ids else len(library)
    click.echo(
        f"{known} patterns and {followed} operations checked, {fatal} errors, "
        f"{len(complaints) - fatal} pieces of advice"
    )
    if fatal:
        raise SystemExit(1)
