"""`sync`: bring the indexes to where the sources are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, SourceNames, Verbose, known
from sync.errors import Misconfigured

if TYPE_CHECKING:
    from sync.operations.converge import Summary

_COUNTED = (
    ("added", "new"),
    ("changed", "changed"),
    ("removed", "removed"),
    ("uploaded", "uploaded"),
    ("patched", "patched"),
)


def sync(
    sources: SourceNames = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    full: Annotated[bool, typer.Option("--full", help="List everything, not only what changed.")] = False,
    verbose: Verbose = False,
) -> None:
    """Pull the sources into the indexes until all is done."""
    from cli import wiring
    from cli.progress import watching
    from sync.operations.converge import converge

    if verbose:
        output.configure_logs(verbose=True)
    settings = wiring.read(config)
    if not settings.sources:
        raise Misconfigured(f"{config}: there is no [[source]]; add one, `answerwell init` writes an example")
    names = known("source", sources or [], [source.common.name for source in settings.sources])
    try:
        with wiring.running(settings) as engine, watching(output.stderr()) as progress:
            summaries = converge(engine, names, full=full, progress=progress)
    except KeyboardInterrupt:
        output.say("stopped; what was done is kept, and the next `answerwell sync` goes on from there")
        raise typer.Exit(130) from None
    report(summaries)


def report(summaries: Sequence["Summary"]) -> None:
    """Print a line for each source; exit 1 if one of them did not converge."""
    for summary in summaries:
        output.tell(sentence(summary))
    for summary in summaries:
        if reason := shortfall(summary):
            output.say(f"answerwell: {summary.source}: {reason}")
    if any(shortfall(summary) for summary in summaries):
        raise typer.Exit(1)


def sentence(summary: "Summary") -> str:
    """Say what a sync did, in the order in which a reader asks."""
    counted = [f"{summary.counts[stage]:,} {word}" for stage, word in _COUNTED if summary.counts.get(stage)]
    if summary.problems:
        counted.append(f"{summary.problems:,} to look at (see `answerwell status`)")
    if summary.error:
        counted.append("not finished")
    parts = [f"{summary.documents:,} documents", *(counted or ["nothing changed"]), f"{summary.seconds:.1f} s"]
    return f"{summary.source}: {' · '.join(parts)}"


def shortfall(summary: "Summary") -> str:
    """Why the source is not converged; '' when it is."""
    if summary.held:
        return (
            f"{summary.held} of {summary.documents} documents are gone at once, so none is removed yet; "
            f"look, then `answerwell release {summary.source}`"
        )
    return summary.error
