"""Chat wiring: what answers customers, from the configuration."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import redis.asyncio
from pydantic import BaseModel

from answering.links import host_of
from answering.model import Model
from answering.scope import CustomerIndex, StaffIndex
from cli.config import Config
from session_api.chat.settings import ChatSettings
from session_api.chat.wiring import ChatServices, StaffServices
from sync.errors import Misconfigured
from sync.model import Audience
from sync.setting_types import revealed
from workers.broker import broker

if TYPE_CHECKING:  # they load openai
    from answering.openai_client import Client
    from answering.services import AnsweringServices

OWN_SITES = frozenset(("zendesk", "confluence", "markdown_folder"))
SECRET_FILE = "answerwell.secret"  # noqa: S105 - a file name


def chat_services(config: Config, answering: "Callable[[], AnsweringServices] | None" = None) -> ChatServices | None:
    """Return how customers are answered; None where no index is for customers. `answering`: shared with others."""
    settings = chat_settings(config)
    if settings is None:
        return None
    index = next(index for index in config.indexes if index.name == settings.index)
    return ChatServices(
        settings=settings,
        embedding=config.widget,
        server=config.server,
        secrets=signing_secrets(config),
        answering=answering or partial(answering_services, config),
        index=CustomerIndex(index.name, frozenset(index.audiences), index.search_unmanaged),
        counters=_shared(config),
    )


def staff_services(config: Config, answering: "Callable[[], AnsweringServices]") -> StaffServices | None:
    """Return how staff are answered; None without `[staff]`."""
    if config.staff is None:
        return None
    index = next(index for index in config.indexes if index.name == config.staff.index)
    return StaffServices(
        settings=config.chat or ChatSettings(),
        staff=config.staff,
        server=config.server,
        secrets=signing_secrets(config),
        answering=answering,
        index=StaffIndex(index.name, frozenset(index.audiences), index.search_unmanaged),
        counters=_shared(config),
    )


def answering_services(config: Config) -> "AnsweringServices":
    """Return what any question is answered with, whoever asks it: as `[chat]` says. Loads libraries."""
    from answering.services import AnsweringServices

    settings = config.chat or ChatSettings()
    client = _client(config, settings)
    model = _model(config, client, settings)
    return AnsweringServices(
        settings, model, client, settings.moderation, config.widget.contact, link_hosts(config, settings)
    )


def link_hosts(config: Config, settings: ChatSettings) -> tuple[str, ...]:
    """Return where answers may link to: as configured, else the hosts of the sources' own sites and of the company.

    A vendor's host that everybody can put something on, such as docs.google.com, is nobody's own.
    """
    if settings.link_hosts is not None:
        return settings.link_hosts
    widget, server = config.widget, config.server
    company = [*widget.origins, widget.contact_url or "", widget.contact_form or "", server.public_url or ""]
    mail = (widget.contact_email or "").rpartition("@")[2]
    sites = [site for source in config.sources if source.common.kind in OWN_SITES for site in _sites(source.settings)]
    found = [host_of(address) for address in (*company, *sites)]
    return tuple(dict.fromkeys(host for host in (*found, mail, f"www.{mail}" if mail else "") if host))


def _sites(source: BaseModel) -> list[str]:
    """Return the addresses that a source is configured with."""
    values = [getattr(source, name, None) for name in ("url", "base_url", "brand_urls")]
    return [str(text) for value in values if value for text in (value if isinstance(value, list | tuple) else [value])]


def chat_settings(config: Config) -> ChatSettings | None:
    """Return `[chat]`, without that table its defaults; None where its index is not for customers alone."""
    settings = config.chat or ChatSettings()
    index = next((one for one in config.indexes if one.name == settings.index), None)
    return settings if index is not None and set(index.audiences) == {Audience.PUBLIC} else None


def signing_secrets(config: Config) -> tuple[str, ...]:
    """Return what tokens are signed from: the configured secrets, or the one made once and kept in `data_dir`."""
    if config.server.secret:
        return revealed(config.server.secret)
    path = config.general.data_dir / SECRET_FILE
    try:
        config.general.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            _create(path, secrets.token_hex(32))
        return (path.read_text(encoding="ascii").strip(),)
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


def _client(config: Config, settings: ChatSettings) -> "Client":
    from answering import openai_client

    section = config.openai
    return openai_client.connect(
        section.api_key.get_secret_value(),
        base_url=section.base_url,
        organization=section.organization,
        project=section.project,
        timeout=settings.answer_within.total_seconds(),
    )


def _model(config: Config, client: "Client", settings: ChatSettings) -> Callable[[], Model]:
    """Return what makes the model: the operator's workflow, or our agent through the API of the server.

    A workflow that does not load is refused at once; our own agent is loaded when the first visitor comes.
    """
    if settings.workflow is not None:
        from answering import workflow

        answers = workflow.WorkflowModel(client, workflow.load(settings.workflow, config.path.absolute().parent))
        return lambda: answers
    if settings.api == "chat_completions":
        from answering.completions import CompletionsModel

        return cache(lambda: CompletionsModel(client, settings))
    return cache(lambda: _agent(client, settings))


def _agent(client: "Client", settings: ChatSettings) -> Model:
    from answering.agent import AgentModel

    return AgentModel(client, settings)


def _shared(config: Config) -> redis.asyncio.Redis | None:
    """Return the connection through which several processes count together; None: one process."""
    if config.general.redis_url is None:
        return None
    return broker(config.general.redis_url.get_secret_value()).awaited()
