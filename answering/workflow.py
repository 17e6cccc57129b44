"""Workflows exported from Agent Builder: their `run_workflow` runs here, over our store instead of the one they name.

An export finds its model through the default client of the Agents SDK. That client is ours: whatever an agent asks
while a question is answered goes to the active public store, with the conversation so far, and what it found and cited
is recorded. So an export runs as it was downloaded.
"""

import asyncio
import contextvars
import importlib
import inspect
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import agents
import openai
from pydantic import BaseModel

from answering.model import (
    CallBegan,
    FileCitation,
    GenerationFailed,
    GenerationRefused,
    ModelEvent,
    ModelRequest,
    SearchDone,
    TextDelta,
    Thought,
    Usage,
)
from answering.openai_client import Client, ModelFailed, WorkflowFailed, plain
from answering.responses import ResponseEventParser, filters, refusal, to_input_items
from sync.errors import Misconfigured

Function = Callable[..., Any]
LOAD_FAILURES = (
    ImportError,
    SyntaxError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    OSError,
    RuntimeError,
    openai.OpenAIError,
)


@dataclass(frozen=True)
class WorkflowContext:
    """What a workflow is given that asks for it with a second parameter."""

    vector_store_ids: tuple[str, ...]
    history: tuple[dict[str, Any], ...]
    filters: Mapping[str, str]


@dataclass
class _Bound:
    """One question, and what its workflow's agents did about it."""

    request: ModelRequest
    events: list[ModelEvent] = field(default_factory=list)
    spent: asyncio.Queue[ModelEvent | None] = field(default_factory=asyncio.Queue)
    texts: dict[int, str] = field(default_factory=dict)
    messages: int = 0

    def record(self, event: Mapping[str, Any], parser: ResponseEventParser, first: int) -> None:
        for one in parser.parse(event):
            match one:
                case TextDelta(text=text, message=message):
                    self.texts[first + message] = self.texts.get(first + message, "") + text
                    self.messages = max(self.messages, first + message + 1)
                    self.spent.put_nowait(Thought(len(text)))
                case Thought() | Usage():
                    self.spent.put_nowait(one)
                case FileCitation(file=file, filename=filename, index=index, message=message):
                    self.events.append(FileCitation(file, filename, index, first + message))
                case _:
                    self.events.append(one)

    def record_response(self, response: Mapping[str, Any]) -> None:
        """Record a response that did not stream as if it had."""
        kind = response.get("status") if response.get("status") in {"incomplete", "failed"} else "completed"
        self.record({"type": f"response.{kind}", "response": response}, ResponseEventParser(), self.messages)


_CURRENT: contextvars.ContextVar[_Bound | None] = contextvars.ContextVar("answerwell_workflow", default=None)


class WorkflowModel:
    """Answers by running a workflow. It does not stream: an export returns its answer at its end."""

    def __init__(self, client: Client, function: Function) -> None:
        self._function = function
        agents.set_tracing_disabled(True)
        agents.set_default_openai_client(bound(client), use_for_tracing=False)

    async def answer(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        asked = _Bound(request)
        context = contextvars.copy_context()
        context.run(_CURRENT.set, asked)
        running = asyncio.get_running_loop().create_task(_call(self._function, request), context=context)
        running.add_done_callback(lambda _: asked.spent.put_nowait(None))
        try:
            while (spent := await asked.spent.get()) is not None:
                yield spent
        finally:
            running.cancel()
        if (error := running.exception()) is not None:
            if isinstance(error, openai.APIError):
                yield refusal(error)
                return
            if isinstance(error, openai.OpenAIError):
                raise error
            if failed := next(
                (one for one in reversed(asked.events) if isinstance(one, GenerationFailed | GenerationRefused)), None
            ):
                yield failed
                return
            if isinstance(error, agents.AgentsException):
                raise ModelFailed(type(error).__name__) from (error.__cause__ or error)
            raise WorkflowFailed(f"{type(error).__name__} in the workflow") from error
        for one in _replayed(asked, _text_of(running.result())):
            yield one


def load(name: str, folder: Path) -> Function:
    """Return the function of `module:function`, looked for beside the configuration and on Python's path.

    Raises Misconfigured.
    """
    module, _, function = name.partition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f'[chat] workflow: "{module}" needs {error.name}, which is not there; see {folder}'
        ) from error
    except LOAD_FAILURES as error:
        raise Misconfigured(f'[chat] workflow: "{module}" does not load ({type(error).__name__}: {error})') from error
    found = getattr(loaded, function, None)
    if found is None:
        raise Misconfigured(f'[chat] workflow: "{module}" has no {function}; write module:function')
    if not inspect.iscoroutinefunction(found):
        raise Misconfigured(f"[chat] workflow: {name} is no async function; Agent Builder exports `async def`")
    return found  # type: ignore[no-any-return]  # what a module holds has no type


async def _call(function: Function, request: ModelRequest) -> Any:
    """Call the function as it wants to be called: with its own input class or a plain text; with our context or not."""
    names = list(inspect.signature(function).parameters)
    hint = get_type_hints(function).get(names[0]) if names else None
    given: Any = request.question
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        given = hint(input_as_text=request.question)
    elif hint is dict:
        given = {"input_as_text": request.question}
    if len(names) < 2:
        return await function(given) if names else await function()
    history = tuple(dict(item) for item in to_input_items(request))
    return await function(given, WorkflowContext((request.store,), history, dict(request.filters)))


def _text_of(result: Any) -> str:
    """Return what a workflow answers: exports return a dictionary with `output_text`."""
    if isinstance(result, str):
        return result
    if isinstance(result, Mapping):
        return str(result.get("output_text") or result.get("text") or "")
    return str(getattr(result, "final_output", "") or "")


def _replayed(asked: _Bound, text: str) -> list[ModelEvent]:
    """Return what was recorded, with the citations of the message that became the answer, at their places in it."""
    events: list[ModelEvent] = [one for one in asked.events if isinstance(one, SearchDone | GenerationFailed)]
    if not text.strip():
        return [*events, *(one for one in asked.events if isinstance(one, GenerationRefused))]
    events.append(TextDelta(text))
    notes = [one for one in asked.events if isinstance(one, FileCitation)]
    final = next((n for n in sorted(asked.texts, reverse=True) if asked.texts[n].strip() == text.strip()), None)
    if final is not None:
        return [*events, *(FileCitation(one.file, one.filename, one.index) for one in notes if one.message == final)]
    return [*events, *(FileCitation(one.file, one.filename, len(text)) for one in notes)]


def bound(client: Client) -> Client:
    """Return a client whose Responses calls are bound to the question that is being answered."""

    class Responses:
        """Stands where the SDK has its own; the Agents SDK needs no more of it."""

        async def create(self, **wanted: Any) -> Any:
            asked = _CURRENT.get()
            if asked is None:
                return await client.responses.create(**wanted)
            asked.spent.put_nowait(CallBegan())
            answer = await client.responses.create(**_rebound(wanted, asked.request))
            if wanted.get("stream"):
                return _recorded(answer, asked)
            asked.record_response(plain(answer))
            return answer

    class Bound(openai.AsyncOpenAI):
        """Our client in all but its Responses."""

        responses = Responses()  # type: ignore[assignment]  # a property of the SDK's class

    return _copied(Bound, client)


def _copied(kind: type[openai.AsyncOpenAI], client: Client) -> Client:
    return kind(
        api_key=client.api_key,
        base_url=client.base_url,
        organization=client.organization,
        project=client.project,
        timeout=client.timeout,
        max_retries=client.max_retries,
        http_client=client._client,  # noqa: SLF001 - one pool of connections for both
    )


async def _recorded(stream: AsyncIterator[Any], asked: _Bound) -> AsyncIterator[Any]:
    parser, first = ResponseEventParser(), asked.messages
    async for event in stream:
        asked.record(plain(event), parser, first)
        yield event


def _rebound(wanted: Mapping[str, Any], request: ModelRequest) -> dict[str, Any]:
    """Point every file search to our store, show us its results, keep nothing, and tell what was said before."""
    tools = wanted.get("tools")
    rebound = {**wanted, "store": False, "input": _with_history(wanted.get("input"), request)}
    if isinstance(tools, Sequence) and any(_searches(tool) for tool in tools):
        rebound["tools"] = [_on_our_store(tool, request) if _searches(tool) else tool for tool in tools]
        rebound["include"] = sorted({*(wanted.get("include") or []), "file_search_call.results"})
    return rebound


def _with_history(given: Any, request: ModelRequest) -> Any:
    """Put what was said before in front, where an agent begins with the question alone."""
    items = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else None
    if items is None:
        return to_input_items(request) if given == request.question else given
    first = items[0] if items else {}
    content = first.get("content") if isinstance(first, Mapping) else None
    text = content if isinstance(content, str) else "".join(str(plain(part).get("text", "")) for part in content or [])
    return [*to_input_items(request)[:-1], *items] if text == request.question else items


def _searches(tool: Any) -> bool:
    return isinstance(tool, Mapping) and tool.get("type") == "file_search"


def _on_our_store(tool: Mapping[str, Any], request: ModelRequest) -> dict[str, Any]:
    """The workflow's own settings of the search stay; its store and filters were for another store."""
    ours = filters(request.filters)
    kept = {key: value for key, value in tool.items() if key not in {"vector_store_ids", "filters"}}
    return {**kept, "vector_store_ids": [request.store], **({"filters": ours} if ours is not None else {})}
