"""To try Answerwell without an account or a key: `sandbox` and `demo`."""

from pathlib import Path
from typing import Annotated

import typer

from sync.errors import Misconfigured


def sandbox(
    load: Annotated[
        Path | None,
        typer.Option("--load", metavar="FOLDER", help="Markdown files or a corpus.jsonl. Default: samples."),
    ] = None,
    data: Annotated[Path, typer.Option("--data", metavar="FOLDER", help="Where vector stores are kept.")] = Path(
        "sandbox-data"
    ),
    zendesk_port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8501,
    openai_port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8500,
) -> None:
    """Serve a fake help center and an OpenAI-compatible server on this machine, until Ctrl-C."""
    from sandbox.main import run

    try:
        run(load, zendesk_port, openai_port, data)
    except ValueError as error:
        raise Misconfigured(f"--load: {error}") from error
    except OSError as error:
        raise Misconfigured(f"cannot serve: {error}; choose --data, --zendesk-port and --openai-port anew") from error


def demo() -> None:
    """Sync a sample help center into a vector store and ask it questions; nothing leaves this machine."""
    from cli.demo import play

    play()
