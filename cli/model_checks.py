"""Model checks: what `doctor` proves about answering, by one minimal call to each model that a question would ask."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import openai

from answering.moderation import MODEL as MODERATION_MODEL
from answering.settings import DEFAULT_MODEL
from cli import chat, wiring
from cli.config import Config
from cli.spelling import near
from connectors.check import Finding, Level
from session_api.chat.settings import ChatSettings
from sync.errors import Misconfigured, SyncError
from sync.vector_store.client import Raw

TRIAL = "Say yes."
LEAST_TOKENS = 16  # fewer are refused
ENDED = re.compile(r"deprecat|retired|shut ?down|no longer|discontinued|sunset", re.IGNORECASE)
KEYS = "see platform.openai.com/api-keys"


class Unproved(Exception):
    """A call that failed; `what` and `fix` are for people, and repeat nothing of what the other side said."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


def findings(config: Config) -> Iterator[Finding]:
    """Try what answers: the workflow loads, each model responds, and the live store can be searched."""
    settings = chat.chat_settings(config)
    if settings is None or settings.hosted:
        return
    if settings.workflow is not None:
        yield _workflow(config, settings.workflow)
    with wiring.client(config) as client:
        for what, trial in _trials(config, settings, client.with_options(max_retries=0)):
            try:
                trial()
            except Unproved as failed:
                yield Finding(Level.PROBLEM, failed.what, failed.fix)
            else:
                yield Finding(Level.OK, what)


def _trials(config: Config, settings: ChatSettings, client: openai.OpenAI) -> Iterator[tuple[str, Callable[[], None]]]:
    """What is proved, and the call that proves it."""
    store = _live_store(config, settings.index)
    responses = settings.api == "responses"
    if settings.workflow is None:
        searched = f" and searches the live store of {settings.index}" if store and responses else ""
        yield (
            f"the model {settings.model} responds{searched}",
            lambda: _ask(client, settings.model, "model", responses=responses, store=store if responses else None),
        )
    if store and not (responses and settings.workflow is None):
        yield f"the live store of {settings.index} can be searched", lambda: _search(config, settings.index)
    checking = settings.checking_model if settings.grounding else ""
    if checking and (checking != settings.model or settings.workflow is not None):
        setting = "check_model" if settings.check_model else "model"
        yield f"the model {checking} responds", lambda: _ask(client, checking, setting, responses=responses)
    if settings.moderation:
        yield f"the model {MODERATION_MODEL} responds", lambda: _moderate(client)


def _workflow(config: Config, name: str) -> Finding:
    from answering import workflow  # loads the Agents SDK

    try:
        workflow.load(name, config.path.absolute().parent)
    except Misconfigured as error:
        return Finding(Level.PROBLEM, f"the workflow {name} does not load", str(error))
    return Finding(Level.OK, f"the workflow {name} loads")


def _live_store(config: Config, index: str) -> str | None:
    """The store that customers are answered from; None before the first sync, and where the state does not answer."""
    try:
        return wiring.live_stores(config).get(index)
    except SyncError:
        return None  # what is wrong with the state is a finding of its own


def _ask(client: openai.OpenAI, model: str, setting: str, *, responses: bool, store: str | None = None) -> None:
    """Have the model say a word; with a store, search it first. Raises Unproved."""
    if not responses:
        answer = _sent(client, model, setting, lambda: _completion(client, model))
        if not isinstance(answer.get("choices"), list) or not answer["choices"]:
            raise _not_the_api(model)
        return
    answer = _sent(client, model, setting, lambda: _response(client, model, store))
    if answer.get("status") == "failed":
        code = _code(answer.get("error"))
        raise Unproved(f"the model {model} failed{code}", "run doctor again; if it stays, see status.openai.com")
    if answer.get("status") not in {"completed", "incomplete"}:
        raise _not_the_api(model)
    calls = [one for one in answer.get("output") or () if one.get("type") == "file_search_call"]
    if any(call.get("status") == "failed" for call in calls):
        raise Unproved(f"the model {model} responds, but its file search of {store} fails", "see `answerwell status`")


def _completion(client: openai.OpenAI, model: str) -> Raw:
    return client.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": TRIAL}], max_completion_tokens=LEAST_TOKENS
    )


def _response(client: openai.OpenAI, model: str, store: str | None) -> Raw:
    asked: dict[str, Any] = {"model": model, "input": TRIAL, "max_output_tokens": LEAST_TOKENS, "store": False}
    if store is not None:
        asked["tools"] = [{"type": "file_search", "vector_store_ids": [store], "max_num_results": 1}]
        asked["tool_choice"] = {"type": "file_search"}
    return client.responses.with_raw_response.create(**asked)


def _moderate(client: openai.OpenAI) -> None:
    def call() -> Raw:
        return client.moderations.with_raw_response.create(model=MODERATION_MODEL, input=TRIAL)

    if not _sent(client, MODERATION_MODEL, "moderation", call).get("results"):
        raise _not_the_api(MODERATION_MODEL)


def _search(config: Config, index: str) -> None:
    try:
        with wiring.searching(config) as engine:
            engine.search(index, TRIAL, 1)
    except SyncError as error:
        raise Unproved(f"the live store of {index} cannot be searched", str(error)) from error


def _sent(client: openai.OpenAI, model: str, setting: str, call: Callable[[], Raw]) -> Mapping[str, Any]:
    try:
        answer = json.loads(call().content)
    except openai.APITimeoutError:
        raise Unproved(f"the model {model} does not answer in time", "try again; if it stays, use another") from None
    except openai.APIConnectionError:
        raise Unproved(f"the server of {model} is not reachable", "check openai.base_url and the network") from None
    except openai.APIStatusError as error:
        raise _refused(client, error, model, setting) from None
    except ValueError:
        raise _not_the_api(model) from None
    if not isinstance(answer, dict):
        raise _not_the_api(model)
    return answer


def _refused(client: openai.OpenAI, error: openai.APIStatusError, model: str, setting: str) -> Unproved:  # noqa: PLR0911 - a table
    """What a refusal means for the operator."""
    told = error.body if isinstance(error.body, dict) else {}
    said, code = str(told.get("message") or ""), told.get("code") or told.get("type")
    if error.status_code in (401, 403):
        return _forbidden(said, model)
    if error.status_code in (400, 404, 410) and ENDED.search(said):
        return Unproved(f"the model {model} has ended", f'write {setting} = "{DEFAULT_MODEL}" under [chat]')
    if error.status_code == 404:
        return _not_found(client, said, code, model, setting)
    if code in {"insufficient_quota", "billing_hard_limit_reached"}:
        return Unproved(f"the model {model} is not answered: the quota is used up", "check OpenAI's plan and billing")
    if error.status_code == 429:
        return Unproved(f"the model {model} is limited just now", "run doctor again; if it stays, raise the limits")
    if error.status_code in (400, 422):
        if re.search(r"file.?search|hosted tool|tools?\b.*not supported", said, re.IGNORECASE):
            return Unproved(f"the model {model} cannot search files", f"name another under [chat] {setting}")
        return Unproved(f"the model {model} refuses a plain call ({error.status_code}{_code(told)})",
                        f"correct {setting} under [chat], or name another model")  # fmt: skip
    return Unproved(f"the model {model} fails ({error.status_code})", "run doctor again; if it stays, ask its provider")


def _forbidden(said: str, model: str) -> Unproved:
    lacking = re.search(r"missing scopes?:\s*([a-z_.]+(?:,\s*[a-z_.]+)*)", said, re.IGNORECASE)
    if lacking:
        scopes = lacking[1].rstrip(".")
        return Unproved(f"openai.api_key is restricted: it may not ask {model} (lacks {scopes})",
                        f"allow it {scopes} (Responses: write), or use another key; {KEYS}")  # fmt: skip
    return Unproved(f"openai.api_key may not ask {model}",
                    f"check the key, its permissions and its project's models; {KEYS}")  # fmt: skip


def _not_found(client: openai.OpenAI, said: str, code: object, model: str, setting: str) -> Unproved:
    if re.search(r"vector.?store", said, re.IGNORECASE):
        return Unproved("the live store is not there any more", "`answerwell reindex` builds it anew")
    if code == "model_not_found" or "model" in said.casefold():
        meant = near(model, _models(client))
        fix = f'did you mean "{meant}"?' if meant else f'the default is "{DEFAULT_MODEL}"; is it in the key\'s project?'
        return Unproved(f"there is no model {model} for this key", f"correct {setting} under [chat]: {fix}")
    return Unproved("the server has no such API", 'write api = "chat_completions" under [chat], or correct base_url')


def _models(client: openai.OpenAI) -> list[str]:
    """The models that the key may use; empty where the server does not tell."""
    try:
        listed = json.loads(client.models.with_raw_response.list().content)
        return [str(one["id"]) for one in listed["data"]]
    except (openai.OpenAIError, ValueError, LookupError, TypeError):
        return []


def _not_the_api(model: str) -> Unproved:
    return Unproved(f"what answers for {model} does not speak the API", "check openai.base_url, which ends in /v1")


def _code(error: object) -> str:
    code = error.get("code") if isinstance(error, dict) else None
    return f", {code}" if isinstance(code, str) and re.fullmatch(r"\w{1,60}", code) else ""
