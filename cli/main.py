"""`answerwell`: the operator's commands."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.commands import (
    ask,
    demo,
    doctor,
    erase,
    evaluate,
    history,
    inspect,
    operate,
    questions,
    revoke,
    serve,
    start,
    status,
    sync,
    verified,
    watch,
)
from cli.options import CONFIG_VARIABLE, Verbose
from sync.errors import SyncError

if TYPE_CHECKING:
    from cli.supervise import StartProcess

SILENT = frozenset({"init", "questions", "status", "version"})
"""Commands that log nothing, so that what logs is not loaded: it takes as long as they do."""

app = typer.Typer(
    name="answerwell",
    help="Keeps a company's knowledge in OpenAI vector stores and answers customers from it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's help costs more than the rest of `--help` together
)
for command in (
    start.init,
    doctor.doctor,
    sync.sync,
    ask.ask,
    evaluate.evaluate,
    inspect.search,
    status.status,
    questions.questions,
    history.history,
    inspect.plan,
    inspect.audit,
    operate.approve_removals,
    operate.forget,
    operate.reindex,
    operate.promote,
    operate.rollback,
    erase.erase,
    revoke.revoke,
    serve.up,
    serve.api,
    serve.worker,
    serve.schedule,
    serve.backup,
    serve.restore,
    demo.sandbox,
    demo.demo,
    start.version,
):
    app.command()(command)
app.add_typer(verified.app, name="verified")
app.add_typer(watch.app, name="watch")
app.command("release", hidden=True)(operate.approve_removals)  # its name before


@app.callback()
def _common(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="The configuration file.")
    ] = None,
    *,
    verbose: Verbose = False,
) -> None:
    if context.invoked_subcommand not in SILENT:
        output.configure_logs(verbose=verbose)
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config)  # a command's own --config goes before it


def main(arguments: Sequence[str] | None = None, *, start: "StartProcess | None" = None) -> None:
    """Run the command line and leave with its exit code: 0 fine, 1 something failed, 2 usage.

    What failed is said on standard error in one line: what, where, and the fix. `start` starts the children of `up`;
    None: as programs of their own.
    """
    if arguments is None:  # we are the program
        from sync.log_redaction import redact_crashes

        redact_crashes()
    try:
        app(arguments, obj=start)
    except SyncError as error:
        for line in str(error).splitlines():
            output.warn(f"answerwell: {line}")
        sys.exit(1)


if __name__ == "__main__":
    main()
