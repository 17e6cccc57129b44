"""`backup` and `restore`: the state comes back as it was, on this host or on another one."""

import json
import tarfile
from pathlib import Path

import pytest

from cli import backup
from tests.cli.kit import Company, Run

ARTICLES = {"Refunds": "You get your money back within thirty days.", "Shipping": "Parcels take two days."}


def test_a_backup_brings_the_state_back_and_what_was_uploaded_since_is_cleaned_up(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    saved = run("backup", "saved")
    acme.write({"Later": "Written after the backup."})
    run("sync")

    restored = run("restore", "saved")
    run("sync")

    assert (saved.status, restored.status) == (0, 0)
    assert (acme.folder / "saved").stat().st_mode & 0o777 == 0o600
    assert acme.titles() == [sorted([*ARTICLES, "Later"])] * 2
    assert len(acme.openai.files()) == 3
    assert run("audit").out.startswith("ok")
    assert (acme.folder / "data" / "answerwell.db.before-restore").exists()


def test_on_another_host_it_is_another_installation_that_touches_nothing_of_the_first(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    run("backup", "saved")
    before = acme.openai.stores()
    made_elsewhere(acme.folder / "saved")

    said = run("restore", "saved")
    run("sync")
    run("audit", "--repair")

    assert "another host" in said.out
    after = acme.openai.stores()
    assert all(after[store] == files for store, files in before.items())
    assert len(after) == 2 * len(before)
    assert run("search", "money back", "--json").json[0]["title"] == "Refunds"


def test_moved_for_good_it_takes_the_stores_over(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    run("backup", "saved")
    before = acme.openai.stores()
    made_elsewhere(acme.folder / "saved")

    run("restore", "saved", "--move")
    run("sync")

    assert acme.openai.stores() == before


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_backup_changes_nothing(acme: Company, run: Run, content: bytes) -> None:
    acme.write(ARTICLES)
    run("sync")
    (acme.folder / "saved").write_bytes(content)

    refused = run("restore", "saved")

    assert refused.status == 1
    assert "not a whole backup" in refused.err
    assert run("status", "--json").json["sources"][0]["documents"] == 2


def test_a_backup_of_a_later_version_is_refused(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    run("backup", "saved")
    rewritten(acme.folder / "saved", steps=999, version="9.9")

    refused = run("restore", "saved")

    assert refused.status == 1
    assert "9.9" in refused.err


def test_a_state_in_postgresql_is_backed_up_there(acme: Company, run: Run) -> None:
    text = acme.config.read_text("utf-8")
    acme.config.write_text(f'database_url = "postgresql://u:s3cret@127.0.0.1:1/a"\n{text}', "utf-8")

    refused = run("backup", "saved")

    assert refused.status == 1
    assert "pg_dump" in refused.err
    assert "s3cret" not in refused.err


def test_nothing_is_backed_up_before_the_first_sync(acme: Company, run: Run) -> None:
    assert "nothing to back up" in run("backup", "saved").err


def test_what_data_dir_keeps_beside_the_state_is_in_the_backup(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    (acme.folder / "data" / "secret").write_text("what tokens are signed with", "utf-8")
    run("backup", "saved")
    (acme.folder / "data" / "secret").unlink()

    run("restore", "saved")

    assert (acme.folder / "data" / "secret").read_text("utf-8") == "what tokens are signed with"


def made_elsewhere(file: Path) -> None:
    rewritten(file, host="of another machine")


def rewritten(file: Path, **changed: str | int) -> None:
    """The backup with another manifest."""
    folder = file.with_name("unpacked")
    with tarfile.open(file, "r:gz") as archive:
        archive.extractall(folder, filter="data")
    manifest = folder / backup.MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), **changed}), "utf-8")
    with tarfile.open(file, "w:gz") as archive:
        for member in sorted(folder.iterdir()):
            archive.add(member, member.name)
