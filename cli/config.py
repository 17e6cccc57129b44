"""Configuration: `answerwell.toml` as every part reads it, complete and without mistakes, or an error for each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from cli import config_reader, settings
from cli.spelling import near
from helpdesk.settings import HelpDeskSettings
from session_api.access.settings import ServerSettings, StaffSettings
from session_api.admin.settings import AdminSettings
from session_api.chat.settings import ChatSettings
from session_api.widget.settings import WidgetSettings
from sync.errors import Misconfigured
from sync.model import Audience
from sync.setting_types import address

DEFAULT_INDEXES = (
    {"name": "public", "audiences": ["public"]},
    {"name": "internal", "audiences": ["public", "internal"]},
)
_TABLES = ("openai", "index", "source", "chat", "widget", "staff", "admin", "server", "helpdesk")
_COMMON = tuple(settings.SourceSection.model_fields)


class Kind(Protocol):
    """A kind of source: what its `[[source]]` may say beside the common keys."""

    @property
    def settings(self) -> type[BaseModel]: ...
    @property
    def has_helpdesk(self) -> bool: ...


@dataclass(frozen=True)
class SourceConfig:
    """One `[[source]]`: the common keys, and the settings of its kind."""

    common: settings.SourceSection
    settings: BaseModel


@dataclass(frozen=True)
class Config:
    """A configuration without mistakes; paths are absolute. `chat`, `staff`, `helpdesk` None: there is none.

    `variables`: what it reads of the environment itself, and so cannot read anew.
    """

    path: Path
    general: settings.General
    openai: settings.OpenAISection
    indexes: tuple[settings.IndexSection, ...]
    sources: tuple[SourceConfig, ...]
    admin: AdminSettings
    server: ServerSettings
    widget: WidgetSettings
    chat: ChatSettings | None = None
    staff: StaffSettings | None = None
    helpdesk: HelpDeskSettings | None = None
    variables: frozenset[str] = frozenset()


def load(path: Path, environ: Mapping[str, str], kinds: Mapping[str, Kind]) -> Config:
    """Read the file. Relative paths start at its folder.

    `$NAME` as a whole value is what stands in the file that the environment's NAME_FILE names, or else NAME's value.

    Raises Misconfigured whose text has one line for each mistake: file, key, fix.
    """
    file = config_reader.Reading(path, environ)
    config = _config(file, config_reader.parse(path), kinds)
    if config is None or file.problems:
        raise Misconfigured("\n".join(f"{path}: {problem}" for problem in file.problems))
    return config


def _config(file: config_reader.Reading, tables: dict[str, Any], kinds: Mapping[str, Kind]) -> Config | None:
    values, unset = file.expand("", {key: value for key, value in tables.items() if key not in _TABLES})
    general = file.validate("", settings.General, values, known=_TABLES, skip=unset)
    openai = file.read("[openai]", settings.OpenAISection, _with_default_key(tables.get("openai", {})))
    indexes = _indexes(file, tables.get("index", list(DEFAULT_INDEXES)))
    sources = _sources(file, tables.get("source", []), kinds)
    chat = file.read("[chat]", ChatSettings, tables["chat"]) if "chat" in tables else None
    widget = file.read("[widget]", WidgetSettings, tables.get("widget", {}))
    admin = file.read("[admin]", AdminSettings, tables.get("admin", {}))
    server = file.read("[server]", ServerSettings, tables.get("server", {}))
    staff = file.read("[staff]", StaffSettings, tables["staff"]) if "staff" in tables else None
    helpdesk = file.read("[helpdesk]", HelpDeskSettings, tables["helpdesk"]) if "helpdesk" in tables else None
    if helpdesk and sources is not None:
        _check_helpdesk(file, helpdesk, sources, kinds)
    if chat and indexes is not None:
        _check_chat(file, chat, indexes)
    if staff and indexes is not None:
        _check_staff(file, staff, indexes, widget)
    if not (general and openai and admin and server and widget) or indexes is None or sources is None:
        return None
    data_dir = file.path.absolute().parent / general.data_dir.expanduser()
    general = general.model_copy(update={"data_dir": data_dir})
    variables = frozenset(file.variables)
    return Config(file.path, general, openai, indexes, sources, admin, server, widget, chat, staff, helpdesk, variables)


def _with_default_key(openai: Any) -> Any:
    return {"api_key": "$OPENAI_API_KEY", **openai} if isinstance(openai, dict) else openai


def _named(file: config_reader.Reading, section: str, tables: Any) -> list[tuple[str, dict[str, Any]]]:
    """Pair each table with how errors call it: by its name, or by its number where it has none."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        file.complain(f"[{section}]", f"is written [[{section}]], with two brackets, once for each {section}")
        return []
    names = [table.get("name") for table in tables]
    for name, times in Counter(name for name in names if isinstance(name, str)).items():
        if times > 1:
            file.complain(f'[[{section}]] "{name}" name', f"is used {times} times; give each {section} its own")
    labels = [f'"{name}"' if isinstance(name, str) else f"number {i}" for i, name in enumerate(names, start=1)]
    return [(f"[[{section}]] {label}", table) for label, table in zip(labels, tables, strict=True)]


def _indexes(file: config_reader.Reading, tables: Any) -> tuple[settings.IndexSection, ...] | None:
    if tables == []:
        file.complain("index", "is empty; leave it out for the two defaults, or write an [[index]]")
    found = [file.read(where, settings.IndexSection, table) for where, table in _named(file, "index", tables)]
    whole = tuple(filter(None, found))
    holders: dict[str, str] = {}
    for index in whole:
        holder = holders.setdefault(index.vector_store_id, index.name) if index.vector_store_id else index.name
        if holder != index.name:
            where = f'[[index]] "{index.name}" vector_store_id'
            file.complain(where, f'is already the store of "{holder}"; give each index its own')
    return whole if len(whole) == len(found) else None


def _sources(file: config_reader.Reading, tables: Any, kinds: Mapping[str, Kind]) -> tuple[SourceConfig, ...] | None:
    found = [_source(file, where, table, kinds) for where, table in _named(file, "source", tables)]
    whole = tuple(filter(None, found))
    return whole if len(whole) == len(found) else None


def _source(
    file: config_reader.Reading, where: str, table: dict[str, Any], kinds: Mapping[str, Kind]
) -> SourceConfig | None:
    values, unset = file.expand(where, table)
    shared = {key: value for key, value in values.items() if key in _COMMON}
    own = {key: value for key, value in values.items() if key not in _COMMON}
    common = file.validate(where, settings.SourceSection, shared, skip=unset)
    kind = values.get("kind")
    if not isinstance(kind, str):
        return None
    if kind not in kinds:
        available = ", ".join(sorted(kinds))
        meant = near(kind, kinds)
        fix = f'did you mean "{meant}"?' if meant else f"available: {available}"
        file.complain(where, f'kind "{kind}" is not available in this version; {fix}')
        return None
    refused = _check_addresses(file, where, own)
    own |= {key: _beside(file.path, value) for key, value in own.items() if key.endswith(("_file", "folder"))}
    particular = file.validate(where, kinds[kind].settings, own, known=_COMMON, skip=unset | refused)
    return SourceConfig(common, particular) if common and particular else None


def _check_addresses(file: config_reader.Reading, where: str, own: dict[str, Any]) -> set[str]:
    """Complain about addresses that a secret must not be sent to; return their keys."""
    refused = set()
    for key, value in own.items():
        if key.endswith(("url", "urls")):
            for text in value if isinstance(value, list) else [value]:
                try:
                    address(str(text))
                except ValueError as error:
                    file.complain(f"{where} {key}", str(error))
                    refused.add(key)
    return refused


def _beside(path: Path, value: Any) -> Any:
    return str(path.absolute().parent / Path(value).expanduser()) if isinstance(value, str) else value


def _check_chat(file: config_reader.Reading, chat: ChatSettings, indexes: tuple[settings.IndexSection, ...]) -> None:
    index = next((index for index in indexes if index.name == chat.index), None)
    if index is None:
        names = ", ".join(index.name for index in indexes)
        file.complain("[chat] index", f'names "{chat.index}", which is no [[index]]; write one of: {names}')
    elif set(index.audiences) != {Audience.PUBLIC}:
        file.complain(
            "[chat] index", f'is "{chat.index}", which customers must not see; write audiences = ["public"] there'
        )


def _check_helpdesk(
    file: config_reader.Reading,
    helpdesk: HelpDeskSettings,
    sources: tuple[SourceConfig, ...],
    kinds: Mapping[str, Kind],
) -> None:
    desks = [source.common.name for source in sources if kinds[source.common.kind].has_helpdesk]
    for name in helpdesk.source:
        if name not in desks:
            fix = f"write one of: {', '.join(desks)}" if desks else "add a [[source]] of one"
            file.complain("[helpdesk] source", f'names "{name}", which is no [[source]] of a help desk; {fix}')


def _check_staff(
    file: config_reader.Reading,
    staff: StaffSettings,
    indexes: tuple[settings.IndexSection, ...],
    widget: WidgetSettings | None,
) -> None:
    names = [index.name for index in indexes]
    if staff.index not in names:
        fix = f'names "{staff.index}", which is no [[index]]; write one of: {", ".join(names)}'
        file.complain("[staff] index", fix)
    customers = {key.get_secret_value() for key in widget.identity_keys.values()} if widget else set()
    for name, key in staff.identity_keys.items():
        if key.get_secret_value() in customers:
            fix = "is also a key of [widget]: who signs for customers could sign for staff; make another"
            file.complain(f'[staff] identity_keys "{name}"', fix)
