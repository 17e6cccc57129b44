"""How customers are answered, from the configuration."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import redis.asyncio

from answering import openai_client
from answering.completions import CompletionsModel
from answering.events import Model
from answering.settings import DEFAULT_MODEL, ChatSettings, EdgeSettings, Hosted, Prices, Rates
from cli.config import Config
from cli.settings import ChatSection, WidgetSection
from session_api.chat.wiring import ChatServices
from sync.errors import Misconfigured
from sync.model import Audience
from workers.broker import broker

SECRET_FILE = "answerwell.secret"  # noqa: S105 - a file name


def chat_services(config: Config) -> ChatServices | None:
    """Return how customers are answered; None where no index is for customers."""
    settings = chat_settings(config)
    if settings is None:
        return None
    client = _client(config, settings)
    return ChatServices(
        settings=settings,
        edge=edge_settings(config),
        secret=signing_secret(config),
        model=_model(config, client, settings),
        client=client,
        counters=_shared(config),
    )


def chat_settings(config: Config) -> ChatSettings | None:
    """Return `[chat]` as the session API knows it; without that table the index "public", if there is one."""
    section = config.chat or ChatSection()
    index = next((one for one in config.indexes if one.name == section.index), None)
    if index is None or set(index.audiences) != {Audience.PUBLIC}:
        return None
    hosted = None
    if section.mode == "hosted":
        hosted = Hosted(str(section.workflow_id), section.workflow_version, section.state_variables)
    return ChatSettings(
        index=section.index,
        model=section.model or DEFAULT_MODEL,
        instructions=section.instructions,
        api=section.api,
        hosted=hosted,
        workflow=section.workflow,
        search_unmanaged=index.search_unmanaged,
        passages=section.passages,
        min_score=section.min_score,
        grounding=section.grounding,
        hand_off=section.hand_off,
        retention=section.retention,
        mask=section.mask,
        moderation=section.moderation,
        daily_usd=section.daily_usd,
        prices=Prices(section.price_input or 0.0, section.price_output or 0.0),
        longest_question=section.longest_question,
        longest_answer=section.longest_answer,
        answer_within=section.answer_within,
    )


def edge_settings(config: Config) -> EdgeSettings:
    """Return `[widget]` and the parts of `[server]` that say who may call."""
    widget, server = config.widget or WidgetSection(), config.server
    return EdgeSettings(
        origins=tuple(widget.origins),
        own_origins=tuple(f"http://{host}:{server.port}" for host in ("127.0.0.1", "localhost")),
        public_url=server.public_url,
        allow_null_origin=widget.allow_null_origin,
        domain_key=widget.domain_key.get_secret_value() if widget.domain_key else None,
        identity_keys={kid: key.get_secret_value() for kid, key in widget.identity_keys.items()},
        identity_audience=widget.identity_audience,
        require_identity=widget.require_identity,
        trusted_proxies=tuple(server.trusted_proxies),
        rates=Rates(**widget.rates.model_dump()),
    )


def signing_secret(config: Config) -> str:
    """Return what tokens are signed from: the configured secret, or the one made once and kept in `data_dir`."""
    if config.server.secret:
        return config.server.secret.get_secret_value()
    path = config.general.data_dir / SECRET_FILE
    try:
        config.general.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            _create(path, secrets.token_hex(32))
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be made or read ({error.strerror}); set secret under [server]") from error


def _create(path: Path, secret: str) -> None:
    """Make the file whole or not at all: two processes may start at once."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secret, encoding="ascii")
    try:
        path.hardlink_to(draft)
    finally:
        draft.unlink()


def _client(config: Config, settings: ChatSettings) -> openai_client.Client:
    section = config.openai
    return openai_client.connect(
        section.api_key.get_secret_value(),
        base_url=section.base_url,
        organization=section.organization,
        project=section.project,
        timeout=settings.answer_within.total_seconds(),
    )


def _model(config: Config, client: openai_client.Client, settings: ChatSettings) -> Callable[[], Model]:
    """Return what makes that which answers: the operator's workflow, or our agent through the API of the server.

    A workflow that does not load is said at once; our own agent is loaded when somebody is about to ask.
    """
    if settings.workflow is not None:
        from answering import workflow

        answers = workflow.WorkflowModel(client, workflow.load(settings.workflow, config.path.absolute().parent))
        return lambda: answers
    if settings.api == "chat_completions":
        return lambda: CompletionsModel(client, settings)
    return lambda: _agent(client, settings)


def _agent(client: openai_client.Client, settings: ChatSettings) -> Model:
    from answering.agent import AgentModel

    return AgentModel(client, settings)


def _shared(config: Config) -> redis.asyncio.Redis | None:
    """Return the connection through which several processes count together; None: one process."""
    if config.general.redis_url is None:
        return None
    return broker(config.general.redis_url.get_secret_value()).awaited()
