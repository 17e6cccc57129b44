"""Settings: what the sections of `answerwell.toml` that the engine is made from may say.

Unknown keys are errors; secrets never show in a `repr`. Sections that another part reads are declared there.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from sync.model import Audience
from sync.setting_types import Address, Duration, Secret, Section, Text, duration
from workers import broker_address


def rhythm(text: object) -> timedelta | str:
    """Read a duration, or a cron expression of five fields, which is returned as it is."""
    if not isinstance(text, str) or len(text.split()) != 5:
        return duration(text)
    from workers.cadence import Cron  # Celery is needed only where somebody writes cron

    Cron(text)
    return " ".join(text.split())


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", text):
        raise ValueError('is not a name; use up to 40 letters, digits, "-" and "_", such as "help-center"')
    return text


def _database(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    known = re.match(r"(postgresql(\+psycopg)?|postgres|sqlite)://", text)
    if not known or not text.isprintable():
        raise ValueError('is not a database; write "postgresql://user:password@host/name", or leave it out for SQLite')
    if known[0] != "sqlite://" and not _names_a_server(text):
        raise ValueError(
            'has no host and port that can be read; write "postgresql://user:password@host:5432/name", '
            "and in a password / as %2F, @ as %40, # as %23 and ? as %3F"
        )
    return secret


def _names_a_server(text: str) -> bool:
    try:
        return urlsplit(text).port != 0
    except ValueError:
        return False


def _redis(secret: SecretStr) -> SecretStr:
    broker_address.check(secret.get_secret_value())
    return secret


Rhythm = Annotated[timedelta | str, BeforeValidator(rhythm)]
Name = Annotated[str, AfterValidator(_name)]


class General(Section):
    """The keys above the first table."""

    data_dir: Path = Path("data")
    database_url: Annotated[Secret, AfterValidator(_database)] | None = None
    redis_url: Annotated[Secret, AfterValidator(_redis)] | None = None


class OpenAISection(Section):
    """`base_url` None: OpenAI itself. `batch_size`: files per attach call.

    `uploads_per_minute` is OpenAI's limit; twice as many files may be attached in a minute.
    """

    api_key: Secret
    base_url: Address | None = None
    organization: Text | None = None
    project: Text | None = None
    batch_size: int = Field(default=500, ge=1, le=1000)
    uploads_per_minute: int = Field(default=1000, ge=100)


class IndexSection(Section):
    """One `[[index]]`: who may read it, how its store cuts passages, and what is asked of it before a promotion."""

    name: Name
    audiences: list[Audience] = Field(min_length=1)
    vector_store_id: Text | None = None
    chunk_tokens: int = Field(default=800, ge=100, le=4096)
    chunk_overlap: int = Field(default=400, ge=0)
    keep_previous: Duration = timedelta(days=1)
    search_unmanaged: bool = False
    questions: Path | None = None
    least_recall: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _overlap_is_at_most_half(self) -> Self:
        if self.chunk_overlap * 2 > self.chunk_tokens:
            raise ValueError(f"chunk_overlap is more than half of chunk_tokens; write {self.chunk_tokens // 2} or less")
        return self


class SourceSection(Section):
    """What every `[[source]]` has; the rest belongs to its kind.

    `every` and `snapshot_every`: a duration, or a cron expression in UTC.
    """

    name: Name
    kind: Text
    every: Rhythm = timedelta(minutes=15)
    snapshot_every: Rhythm = timedelta(days=1)
    audience_every: Duration = timedelta(hours=1)
    store_content: bool = True
