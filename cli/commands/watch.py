"""Questions that are asked again and again: `watch list`, `add`, `ask`, `accept` and `remove`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json

if TYPE_CHECKING:
    from answering.state.watch import WatchQuestion

app = typer.Typer(help="Have questions asked after each change.", no_args_is_help=True)

Sources = Annotated[
    list[str] | None, typer.Option("--source", help="A page of which one must be cited: address or source:id.")
]
Number = Annotated[int, typer.Argument(metavar="ID", help="As `watch list` shows it.")]


@app.command("list")
def show(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show them all, and how each was last answered."""
    from answering.state import watch
    from cli import wiring

    with wiring.opened(wiring.read(config)) as state:
        questions = watch.everything(state)
    if as_json:
        output.print_json([{**asdict(one), "standing": one.standing} for one in questions])
        return
    for one in questions:
        output.tell(_line(one))
    if not questions:
        output.say('none yet: `answerwell watch add "Can I return a gift?"`')


@app.command()
def add(
    question: str,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    index: Annotated[str, typer.Option("--index", help="Default: the one customers are answered from.")] = "",
    source: Annotated[
        list[str] | None,
        typer.Option("--source", help="A page that it must cite, or another such: address or source:id."),
    ] = None,
    abstains: Annotated[bool, typer.Option("--abstains", help="It must not be answered.")] = False,
    language: Annotated[str, typer.Option("--language", help="Where the question does not tell.")] = "",
) -> None:
    """Watch a question. Without --source or --abstains, its first answer is what is right."""
    from answering.events import AnswerOutcome
    from answering.state import watch
    from cli import asking, wiring
    from cli.commands.operate import who
    from cli.options import known

    settings = wiring.read(config)
    name = asking.index_or_default(settings, index)
    known("index", [name], [found.name for found in settings.indexes])
    outcome = AnswerOutcome.ABSTAINED.value if abstains else ""
    with wiring.opened(settings) as state:
        number = watch.add(state, watch.WatchDraft(question, name, who(), language, outcome, source or []))
    output.tell(f"question {number} is watched")


@app.command()
def ask(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Default: all.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Ask them now; exit code 1 where an answer flipped. Workers ask them by themselves."""
    from answering.state import watch
    from cli import watching, wiring

    settings = wiring.read(config)
    with wiring.opened(settings) as state:
        chosen = [watch.find(state, one) for one in numbers] if numbers else watch.everything(state)
        flips = watching.ask(settings, state, chosen)
        for one in chosen:
            output.tell(_line(watch.find(state, one.id)))
    if any(flips):
        raise typer.Exit(1)


@app.command()
def accept(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Say that the last answer of a question is right from now on."""
    from answering.state import watch
    from cli import wiring

    with wiring.opened(wiring.read(config)) as state:
        watch.accept(state, number)
    output.tell(f"question {number}: its last answer is right")


@app.command()
def remove(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Watch a question no longer."""
    from answering.state import watch
    from cli import wiring

    with wiring.opened(wiring.read(config)) as state:
        watch.remove(state, number)
    output.tell(f"question {number} is not watched any more")


def _line(one: "WatchQuestion") -> str:
    said = "" if one.last is None else one.last.flip or one.last.outcome
    return f"{one.id}  {one.standing:<9}{one.question}  {said}".rstrip()
