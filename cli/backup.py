"""backup and restore of the embedded mode: the state as it was at one moment, and what data_dir keeps beside it."""

import hashlib
import io
import json
import os
import socket
import sqlite3
import tarfile
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import cli
from cli import embedded
from cli.config import Config
from cli.state_schema import SCHEMAS
from sync.errors import Misconfigured
from sync.state import restore as restored_state
from sync.state import schema
from sync.state.database import State

STATE_FILE = "answerwell.db"
MANIFEST = "manifest.json"
MADE_ANEW = (STATE_FILE, f"{STATE_FILE}-wal", f"{STATE_FILE}-shm", embedded.LOCK)
MAX_BESIDE = 1024 * 1024

_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def backup(config: Config, file: Path) -> int:
    """Write the backup, also while everything runs; returns its size. Raises Misconfigured, and leaves no half file."""
    data_dir = _embedded_data_dir(config, "pg_dump")
    state = data_dir / STATE_FILE
    if not state.exists():
        raise Misconfigured(f"{state}: there is nothing to back up yet")
    partial = file.with_name(f"{file.name}.partial")
    try:
        with tempfile.TemporaryDirectory(dir=data_dir) as folder:
            copy = Path(folder, STATE_FILE)
            _copy_state(state, copy)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds all there is to read
            with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
                _add_text(archive, MANIFEST, json.dumps(_manifest(copy), indent=2))
                archive.add(copy, STATE_FILE)
                for beside in _beside(data_dir):
                    archive.add(beside, beside.name)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Misconfigured(f"{file}: cannot be written ({error.strerror}); name another") from error
    return file.stat().st_size


def restore(config: Config, file: Path, *, move: bool) -> str:
    """Put the backup in the place of the state, which is kept aside; returns what follows from it, for people.

    On another host it is another installation, with stores of its own: else each would take the other's files for
    what it forgot. `move`: the host before is gone for good, and this one takes its stores over. Raises Misconfigured.
    """
    data_dir = _embedded_data_dir(config, "pg_restore")
    with embedded.held(data_dir, "restoring a backup"), tempfile.TemporaryDirectory(dir=data_dir) as folder:
        manifest = _unpack(file, Path(folder))
        elsewhere = manifest["host"] != _host() and not move
        _prepare_state(Path(folder, STATE_FILE), anew=elsewhere)
        for old in (data_dir / name for name in MADE_ANEW[:3]):
            if old.exists():
                old.replace(old.with_name(f"{old.name}.before-restore"))
        for restored in Path(folder).iterdir():
            if restored.name != MANIFEST:
                restored.replace(data_dir / restored.name)
    if elsewhere:
        return "this is another host: the next sync fills new stores; with --move it would take the old ones over"
    return "the next turn reads what changed since, and looks for files that were uploaded since"


def _embedded_data_dir(config: Config, instead: str) -> Path:
    if config.general.database_url is not None:
        raise Misconfigured(f"{config.path}: the state is in database_url; use {instead} there")
    return config.general.data_dir


def _copy_state(state: Path, copy: Path) -> None:
    """SQLite's own copy of a database that others write to."""
    with closing(sqlite3.connect(state)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _manifest(copy: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(copy)) as state:
        [[steps]] = state.execute("SELECT count(*) FROM schema_steps")
    return {"version": cli.__version__, "steps": steps, "made_at": time.time(), "host": _host()}


def _host() -> str:
    """This machine, without saying which it is."""
    for name in _MACHINE_IDS:
        try:
            known = Path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if known:
            return hashlib.sha256(f"answerwell {known}".encode()).hexdigest()[:16]
    return hashlib.sha256(f"answerwell {socket.gethostname()}".encode()).hexdigest()[:16]


def _beside(data_dir: Path) -> list[Path]:
    """The small files that data_dir keeps, such as the secret that tokens are signed with."""
    return [
        path
        for path in sorted(data_dir.iterdir())
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(STATE_FILE)
        and path.name not in MADE_ANEW
        and path.stat().st_size <= MAX_BESIDE
    ]


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(text.encode()), 0o600, int(time.time())
    archive.addfile(member, io.BytesIO(text.encode()))


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(file, "r:gz") as archive:
            for member in archive.getmembers():
                if not member.isfile() or "/" in member.name or member.name.startswith("."):
                    raise Misconfigured(f"{file}: is not a backup of Answerwell ({member.name[:80]})")
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        steps = int(manifest["steps"])
    except (OSError, tarfile.TarError, EOFError, ValueError, KeyError) as error:
        raise Misconfigured(f"{file}: is not a whole backup of Answerwell ({type(error).__name__})") from error
    if steps > len(schema.merged(schema.STEPS, *SCHEMAS)):
        raise Misconfigured(
            f"{file}: was made by Answerwell {manifest['version']}; restore it with that or a newer one"
        )
    for restored in folder.iterdir():
        restored.chmod(0o600)
    return manifest


def _prepare_state(copy: Path, *, anew: bool) -> None:
    """Nobody holds a lease in it, and everything in the index since then is in doubt."""
    state = State.open(f"sqlite:///{copy}", schemas=SCHEMAS)
    try:
        with state.transaction() as tx:
            restored_state.settle(tx, anew=anew)
    finally:
        state.close()
    with closing(sqlite3.connect(copy)) as single:
        single.execute("PRAGMA journal_mode = DELETE")  # one file, complete in itself
