"""To try Answerwell without an account or a key: `sandbox` and `demo`."""

from pathlib import Path
from typing import Annotated

import typer

from sync.errors import Misconfigured

Port = Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")]


def sandbox(
    load: Annotated[
        Path | None,
        typer.Option("--load", metavar="FOLDER", help="Markdown files or a corpus.jsonl. Default: samples."),
    ] = None,
    data: Annotated[Path, typer.Option("--data", metavar="FOLDER", help="Where vector stores are kept.")] = Path(
        "sandbox-data"
    ),
    zendesk_port: Port = 8501,
    openai_port: Port = 8500,
    confluence_port: Port = 8502,
    google_port: Port = 8503,
    slack_port: Port = 8504,
    intercom_port: Port = 8505,
) -> None:
    """Serve fakes of every vendor and of OpenAI locally.

    Until Ctrl-C.
    """
    from sandbox.main import run

    ports = {
        "zendesk": zendesk_port,
        "openai": openai_port,
        "confluence": confluence_port,
        "google": google_port,
        "slack": slack_port,
        "intercom": intercom_port,
    }
    try:
        run(load, ports, data)
    except ValueError as error:
        raise Misconfigured(f"--load: {error}") from error
    except OSError as error:
        raise Misconfigured(f"cannot serve: {error}; choose --data, or the ports (--…-port 0: any) anew") from error


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the tour, instead of serving the widget.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8400,
) -> None:
    """Sync a made-up company and ask the widget; no account.

    Its help desks, wiki, Drive and Slack are all on this machine.
    """
    from cli.demo import play

    play(port, once=once)
