"""A document as bytes and attributes: stable, self-describing, within the index's limits."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync.model import Attributes, Audience, Document, Rendered
from sync.rendering import document_key, filename_prefix, hash_of, managed_by, render, rendered

DOCUMENT = Document(
    external_id="360001/en-us",
    version="v7",
    title="Reset a password",
    body="Go to settings.\n\n## Before you start\n\nHave your phone ready.\n\n### On a tablet\n\nTurn it.",
    url="https://help.acme.test/360001",
    updated_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    audience=Audience.PUBLIC,
    language="en-us",
    breadcrumb=("Account", "Security"),
    labels=("login", "phone"),
)


def shown(document: Document = DOCUMENT, *, source: str = "help", installation: str = "abcd1234") -> Rendered:
    return render(document, source=source, installation=installation)


def text(document: Document = DOCUMENT) -> str:
    return shown(document).content.decode()


def test_title_breadcrumb_and_url_come_first_and_headings_say_what_they_are_about() -> None:
    assert text() == (
        "# Reset a password\n\nAccount › Security\n\nhttps://help.acme.test/360001\n\n"
        "Go to settings.\n\n## Reset a password › Before you start\n\nHave your phone ready.\n\n"
        "### Reset a password › On a tablet\n\nTurn it.\n"
    )


def test_a_document_without_title_or_breadcrumb_starts_with_what_it_has() -> None:
    bare = replace(DOCUMENT, title="", breadcrumb=(), body="## A heading")

    assert text(bare) == "https://help.acme.test/360001\n\n## A heading\n"


def test_a_heading_that_is_the_title_is_not_doubled() -> None:
    assert "› Reset a password" not in text(replace(DOCUMENT, body="## Reset a password\n\nGo on."))


@pytest.mark.parametrize("fence", ["```", "~~~", "`````", "   ```"])
def test_what_looks_like_a_heading_inside_code_stays_code(fence: str) -> None:
    code = f"{fence}sh\n# install it\nmake\n{fence}\n\n# After"

    assert "\n# install it\n" in text(replace(DOCUMENT, body=code))
    assert "\n# Reset a password › After\n" in text(replace(DOCUMENT, body=code))


@pytest.mark.parametrize("inner", ["```", "~~~", "```` sh", "``` sh"])
def test_a_longer_fence_is_closed_only_by_its_own_kind(inner: str) -> None:
    code = f"````\n{inner}\n# still code\n````\n# After"

    assert "\n# still code\n" in text(replace(DOCUMENT, body=code))
    assert "› After" in text(replace(DOCUMENT, body=code))


@pytest.mark.parametrize("line", ["#hashtag", "####### seven", "#", "    # indented code", "C# is a language"])
def test_what_is_no_heading_is_left_alone(line: str) -> None:
    assert f"\n{line}\n" in text(replace(DOCUMENT, body=f"before\n{line}\nafter"))


def test_a_title_over_two_lines_stays_one_heading() -> None:
    assert text(replace(DOCUMENT, title="Reset\n  a password")) == text()


def test_the_same_document_is_always_the_same_bytes_and_attributes() -> None:
    assert shown() == shown()
    assert shown().content_hash == hashlib.sha256(text().encode()).hexdigest()


def test_nothing_volatile_is_in_it() -> None:
    assert shown(replace(DOCUMENT, version="v8")) == shown()


def test_the_same_moment_in_another_time_zone_is_the_same() -> None:
    elsewhere = DOCUMENT.updated_at.astimezone(timezone(timedelta(hours=9)))

    assert shown(replace(DOCUMENT, updated_at=elsewhere)) == shown()


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ("other",)},
        {"audience": Audience.INTERNAL},
        {"language": "de"},
        {"updated_at": datetime(2027, 1, 1, tzinfo=UTC)},
        {"attributes": {"product": "pro"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_only_about_the_document_changes_the_attributes_and_not_the_bytes(change: dict[str, object]) -> None:
    changed = shown(replace(DOCUMENT, **change))  # type: ignore[arg-type]  # one field of each type

    assert changed.content_hash == shown().content_hash
    assert changed.metadata_hash != shown().metadata_hash


@pytest.mark.parametrize("change", [{"title": "New"}, {"body": "New"}, {"url": "https://n"}, {"breadcrumb": ("New",)}])
def test_what_a_reader_sees_changes_the_bytes(change: dict[str, object]) -> None:
    changed = shown(replace(DOCUMENT, **change))  # type: ignore[arg-type]  # one field of each type

    assert changed.content_hash != shown().content_hash


def test_the_attributes_say_whose_it_is_what_it_is_and_who_may_read_it() -> None:
    assert shown().attributes == {
        "managed_by": "answerwell:abcd1234",
        "source": "help",
        "document": "help:360001/en-us",
        "audience": "public",
        "language": "en-us",
        "updated_at": 1772366400,
        "title": "Reset a password",
        "url": "https://help.acme.test/360001",
        "labels": "login, phone",
        "content_hash": shown().content_hash,
        "metadata_hash": shown().metadata_hash,
    }


def test_attributes_keep_to_the_limits_and_ours_always_have_their_place() -> None:
    many = {f"{'k' * 70}{n}": "v" * 300 for n in range(30)} | {f"key{n}": float(n) for n in range(30)}
    long = replace(DOCUMENT, title="t" * 500, labels=("l" * 200,) * 9, attributes=many, language="x" * 300)

    found = shown(long).attributes

    assert len(found) == 16
    assert all(len(key) <= 64 for key in found)
    assert all(len(value) <= 256 for value in found.values() if isinstance(value, str))
    assert found.keys() > shown().attributes.keys()


def test_a_connector_cannot_take_the_place_of_our_attributes() -> None:
    forged: Attributes = {"audience": "public", "managed_by": "me", "content_hash": "x", "metadata_hash": "x"}
    internal = replace(DOCUMENT, audience=Audience.INTERNAL)

    assert shown(replace(internal, attributes=forged)).attributes == shown(internal).attributes


def test_a_link_too_long_to_keep_whole_is_left_out() -> None:
    assert "url" not in shown(replace(DOCUMENT, url=f"https://help.acme.test/{'x' * 300}")).attributes


def test_long_ids_are_shortened_and_stay_apart() -> None:
    keys = {document_key("help", "x" * 400 + end) for end in ("a", "b", "")}

    assert len(keys) == 3
    assert all(len(key) <= 200 for key in keys)
    assert document_key("help", "x" * 400) == document_key("help", "x" * 400)


IDS = ("a b", "a_b", "a/b", "a_b~0", "a~b", "ä", "_", "", ":", "a:b", "a\ud800", "a\ud801", "a?", "x" * 195, "x" * 196)


@pytest.mark.parametrize("name", ["document", "filename"])
def test_no_id_can_be_chosen_so_that_its_document_is_taken_for_another(name: str) -> None:
    def named(external_id: str) -> str:
        made = shown(replace(DOCUMENT, external_id=external_id))
        return made.filename if name == "filename" else str(made.attributes["document"])

    known = {one: named(one) for one in IDS}
    for _ in range(2):  # ids made from what the others are called, and from what those are called
        echoes = [text.removeprefix("aw-abcd1234-").partition(":")[2] for text in known.values()]
        echoes += [text.rpartition("-")[0] for text in echoes]
        known |= {one: named(one) for one in echoes if one}

    assert len(set(known.values())) == len(known)


def test_two_sources_with_the_same_ids_stay_apart() -> None:
    assert document_key("a", "1") != document_key("b", "1")
    assert shown(source="a").filename != shown(source="b").filename


def test_the_filename_names_its_owner_and_its_content_and_is_safe() -> None:
    name = shown().filename

    assert re.fullmatch(rf"aw-abcd1234-help:360001_en-us~[0-9a-f]{{40}}-{shown().content_hash[:12]}\.md", name)
    assert shown(replace(DOCUMENT, external_id="7:en-us")).filename.startswith("aw-abcd1234-help:7:en-us-")
    assert name.startswith(filename_prefix("abcd1234", "help"))
    assert name.startswith(filename_prefix("abcd1234"))
    assert not name.startswith(filename_prefix("abcd1234", "hel"))
    assert len(shown(replace(DOCUMENT, external_id="x" * 500)).filename) < 255


def test_another_installation_has_other_names_for_the_same_bytes() -> None:
    other = shown(installation="ffff0000")

    assert other.filename != shown().filename
    assert other.attributes["managed_by"] == managed_by("ffff0000")
    assert other.content == shown().content


def test_the_hash_survives_a_store_that_gives_numbers_back_as_floats() -> None:
    document = replace(DOCUMENT, attributes={"stars": 4, "share": 0.1, "open": True, "zero": 0})
    attributes = shown(document).attributes
    returned = {key: float(value) if type(value) is int else value for key, value in attributes.items()}

    assert hash_of(json.loads(json.dumps(returned))) == shown(document).metadata_hash
    assert hash_of(dict(reversed(list(attributes.items())))) == shown(document).metadata_hash


def test_truth_and_one_are_different_values() -> None:
    assert hash_of({"open": True}) != hash_of({"open": 1})


def test_half_a_character_does_not_stop_anything() -> None:
    broken = replace(DOCUMENT, body="half \ud83d", title="half \ud83d", labels=("\ud83d",))

    assert shown(broken).content.decode().startswith("# half\n")
    assert shown(broken).content.decode().endswith("half ?\n")
    assert shown(broken).attributes["title"] == "half"
    assert "labels" not in shown(broken).attributes


def test_bytes_that_are_not_held_any_more_are_known_by_their_hash() -> None:
    again = rendered(DOCUMENT, source="help", installation="abcd1234", content=b"", content_hash=shown().content_hash)

    assert replace(again, content=shown().content) == shown()
