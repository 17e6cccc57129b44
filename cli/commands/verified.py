"""What people have answered themselves: `verified list`, `add`, `change`, `confirm` and `remove`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json

if TYPE_CHECKING:
    from datetime import timedelta

    from answering.state.verified import VerifiedAnswer, VerifiedDraft

app = typer.Typer(help="Keep answers by people, used before any model.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="As `verified list` shows it.")]
Question = Annotated[str, typer.Option("--question", help="What customers ask.")]
Answer = Annotated[str, typer.Option("--answer", help="What they are to read, in Markdown.")]
Also = Annotated[list[str] | None, typer.Option("--also", help="Another way to ask it; repeat it for several.")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="A page it rests on: address or source:id.")]
Owner = Annotated[str, typer.Option("--owner", help="Who answers for it. Default: you.")]
Language = Annotated[str, typer.Option("--language", help="Of the questions that it answers: de. Default: any.")]
Internal = Annotated[bool, typer.Option("--internal", help="For staff alone, in the internal index.")]
Expires = Annotated[str, typer.Option("--expires", help='After that it is not used: "180d". Default: never.')]


@app.command("list")
def show(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show them all, and which of them are not used any more."""
    from answering.state import verified
    from cli import wiring

    with wiring.opened(wiring.read(config)) as state:
        answers = verified.everything(state)
    if as_json:
        output.print_json([asdict(one) for one in answers])
        return
    for one in answers:
        _print(one)
    if not answers:
        output.say('none yet: `answerwell verified add --question "…" --answer "…"`')


@app.command()
def add(
    question: Question,
    answer: Answer,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    also: Also = None,
    source: Sources = None,
    owner: Owner = "",
    language: Language = "",
    internal: Internal = False,
    expires: Expires = "",
) -> None:
    """Keep an answer; it is used from the next question on."""
    from answering.state import verified
    from cli import wiring

    draft = _draft(question, answer, also, source, owner, language, expires, internal=internal)
    with wiring.opened(wiring.read(config)) as state:
        number = verified.add(state, draft)
    output.tell(f"verified answer {number} is used from now on")


@app.command()
def change(
    number: Number,
    question: Question,
    answer: Answer,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    also: Also = None,
    source: Sources = None,
    owner: Owner = "",
    language: Language = "",
    internal: Internal = False,
    expires: Expires = "",
) -> None:
    """Put another answer in the place of one, with its own sources."""
    from answering.state import verified
    from cli import wiring

    draft = _draft(question, answer, also, source, owner, language, expires, internal=internal)
    with wiring.opened(wiring.read(config)) as state:
        verified.change(state, number, draft)
    output.tell(f"verified answer {number} is changed")


@app.command()
def confirm(number: Number, config: ConfigFile = DEFAULT_CONFIG, *, expires: Expires = "") -> None:
    """Say that an answer is still right: after its source changed, or before it expires."""
    from answering.state import verified
    from cli import wiring

    with wiring.opened(wiring.read(config)) as state:
        verified.confirm(state, number, _duration(expires))
    output.tell(f"verified answer {number} is confirmed")


@app.command()
def remove(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Forget an answer; its question is answered from the documents again."""
    from answering.state import verified
    from cli import wiring

    with wiring.opened(wiring.read(config)) as state:
        verified.remove(state, number)
    output.tell(f"verified answer {number} is removed")


def _draft(
    question: str,
    answer: str,
    also: list[str] | None,
    source: list[str] | None,
    owner: str,
    language: str,
    expires: str,
    *,
    internal: bool,
) -> "VerifiedDraft":
    from answering.state.verified import VerifiedDraft
    from cli.commands.operate import who
    from sync.errors import Misconfigured
    from sync.model import Audience

    if not question.strip() or not answer.strip():
        raise Misconfigured("--question and --answer are needed: both must say something")
    audience = Audience.INTERNAL if internal else Audience.PUBLIC
    words: dict[str, Any] = {"phrasings": also or [], "documents": source or [], "language": language}
    return VerifiedDraft(
        question.strip(), answer.strip(), owner or who(), audience=audience, expires_in=_duration(expires), **words
    )


def _duration(text: str) -> "timedelta | None":
    from sync.errors import Misconfigured
    from sync.setting_types import duration

    try:
        return duration(text) if text else None
    except ValueError as error:
        raise Misconfigured(f"--expires {text}: {error}") from error


def _print(answer: "VerifiedAnswer") -> None:
    output.tell(f"{answer.id}  {answer.standing:<9}{answer.owner:<12}{answer.question}")
    for source in answer.sources:
        if source.changed:
            output.tell(
                f"     {source.document or 'a document'} {source.changed}; `answerwell verified confirm {answer.id}`"
            )
