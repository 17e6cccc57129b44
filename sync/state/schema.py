"""Schema migrations: the tables of the state, as numbered steps that each run once, in order, under a lock.

The same SQL serves SQLite and PostgreSQL, but for {id}, {blob} and what is PerDialect. Times are UTC epoch seconds.
A step that has been released is never edited: a change is a new step, and the version before must still run on it.
Numbers are of the whole database: a package with tables of its own has steps of its own, and takes the next free one.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from sync.state import derived_tables
from sync.state.dialects import PerDialect

Steps = Mapping[int, Sequence[str | PerDialect]]
"""The statements of each step, by its number."""

STEPS: Steps = {
    1: (
        # one row: who we are in the names of our files
        "CREATE TABLE installation (id TEXT PRIMARY KEY, made_at DOUBLE PRECISION NOT NULL)",
        # snapshot_cursor: NULL none under way, '' about to start. lease_token fences every commit.
        """CREATE TABLE sources (
            name TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            changes_cursor TEXT,
            snapshot_cursor TEXT,
            snapshot_done DOUBLE PRECISION NOT NULL DEFAULT 0,
            epoch INTEGER NOT NULL DEFAULT 0,
            lease_token BIGINT NOT NULL DEFAULT 0,
            lease_until DOUBLE PRECISION NOT NULL DEFAULT 0,
            lease_holder TEXT NOT NULL DEFAULT '',
            not_before DOUBLE PRECISION NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '',
            synced_at DOUBLE PRECISION NOT NULL DEFAULT 0,
            audited_at DOUBLE PRECISION NOT NULL DEFAULT 0
        )""",
        # version NULL: believed gone. content_version: the version that the columns below and `contents` are of.
        """CREATE TABLE documents (
            id {id},
            source TEXT NOT NULL REFERENCES sources(name),
            external_id TEXT NOT NULL,
            version TEXT,
            epoch INTEGER NOT NULL,
            released INTEGER NOT NULL DEFAULT 0,
            content_version TEXT,
            title TEXT NOT NULL DEFAULT '',
            url TEXT NOT NULL DEFAULT '',
            audience TEXT NOT NULL DEFAULT 'internal',
            language TEXT NOT NULL DEFAULT '',
            updated_at DOUBLE PRECISION NOT NULL DEFAULT 0,
            breadcrumb TEXT NOT NULL DEFAULT '[]',
            labels TEXT NOT NULL DEFAULT '[]',
            attributes TEXT NOT NULL DEFAULT '{{}}',
            attempts INTEGER NOT NULL DEFAULT 0,
            not_before DOUBLE PRECISION NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '',
            UNIQUE (source, external_id)
        )""",
        "CREATE INDEX documents_in_order ON documents (source, id)",
        "CREATE TABLE contents (document BIGINT PRIMARY KEY REFERENCES documents(id), body {blob} NOT NULL)",
        # uploads that may be attached again: the bytes of `version`, rendered by `render`
        """CREATE TABLE files (
            document BIGINT NOT NULL REFERENCES documents(id),
            content_hash TEXT NOT NULL,
            file TEXT NOT NULL,
            version TEXT NOT NULL,
            render TEXT NOT NULL,
            PRIMARY KEY (document, content_hash)
        )""",
        "CREATE INDEX files_by_file ON files (file)",
        # audiences with a comma before and after each, as LIKE asks for them
        "CREATE TABLE indexes (name TEXT PRIMARY KEY, audiences TEXT NOT NULL)",
        # building -> active -> draining -> dropping. store NULL until the index has made it.
        """CREATE TABLE generations (
            id {id},
            index_name TEXT NOT NULL REFERENCES indexes(name),
            store TEXT,
            bound INTEGER NOT NULL,
            spec TEXT NOT NULL,
            tokens INTEGER NOT NULL,
            overlap INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('building', 'active', 'draining', 'dropping')),
            since DOUBLE PRECISION NOT NULL
        )""",
        "CREATE UNIQUE INDEX one_active ON generations (index_name) WHERE state = 'active'",
        "CREATE UNIQUE INDEX one_building ON generations (index_name) WHERE state = 'building'",
        # version NULL: to be looked at again. pending: uploaded and recorded, maybe attached, not yet the file.
        """CREATE TABLE entries (
            document BIGINT NOT NULL REFERENCES documents(id),
            generation BIGINT NOT NULL REFERENCES generations(id),
            version TEXT,
            content_hash TEXT,
            metadata_hash TEXT,
            file TEXT,
            pending TEXT,
            pending_hash TEXT,
            attempts INTEGER NOT NULL DEFAULT 0,
            not_before DOUBLE PRECISION NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (document, generation)
        )""",
        "CREATE INDEX entries_by_generation ON entries (generation)",
        "CREATE INDEX entries_by_file ON entries (file)",
        "CREATE INDEX entries_by_pending ON entries (pending)",
        # store '': the upload itself. The row goes after what it names.
        """CREATE TABLE garbage (
            store TEXT NOT NULL,
            file TEXT NOT NULL,
            source TEXT NOT NULL,
            PRIMARY KEY (store, file)
        )""",
        # what an operator asked for: done_at NULL until a worker has done it
        """CREATE TABLE requests (
            id {id},
            what TEXT NOT NULL,
            target TEXT NOT NULL,
            who TEXT NOT NULL,
            asked_at DOUBLE PRECISION NOT NULL,
            done_at DOUBLE PRECISION
        )""",
        # finished_at NULL: running, or killed. doubtful: an upload may have landed that nobody recorded.
        """CREATE TABLE runs (
            id {id},
            source TEXT NOT NULL,
            started_at DOUBLE PRECISION NOT NULL,
            finished_at DOUBLE PRECISION,
            doubtful INTEGER NOT NULL DEFAULT 0,
            counts TEXT NOT NULL DEFAULT '{{}}',
            error TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE INDEX runs_by_source ON runs (source, id)",
    ),
    2: (
        # problem: why the body is missing or not whole. likeness: equal for documents of the same words; '' too short
        "ALTER TABLE documents ADD COLUMN problem TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE documents ADD COLUMN likeness TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX documents_alike ON documents (likeness)",
        # the last complete look at who may read what, and where the one under way goes on
        "ALTER TABLE sources ADD COLUMN audience_done DOUBLE PRECISION NOT NULL DEFAULT 0",
        "ALTER TABLE sources ADD COLUMN audience_cursor TEXT",
        # a connector's own note of the channel by which its vendor calls us
        "ALTER TABLE sources ADD COLUMN push TEXT NOT NULL DEFAULT ''",
        # documents that a vendor's message named; `wake` is its number, the row goes once the source was asked
        """CREATE TABLE nudged (
            source TEXT NOT NULL,
            external_id TEXT NOT NULL,
            wake BIGINT NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (source, external_id)
        )""",
    ),
    3: (
        # wakes: how often somebody said that there is news; heard: how many of those the last turn that asked had heard
        "ALTER TABLE sources ADD COLUMN wakes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE sources ADD COLUMN heard BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE sources ADD COLUMN heard_at DOUBLE PRECISION NOT NULL DEFAULT 0",
        # who paused it; '': not paused
        "ALTER TABLE sources ADD COLUMN paused_by TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE sources ADD COLUMN stores_audited_at DOUBLE PRECISION NOT NULL DEFAULT 0",
        # when a listing last showed another version, or none any more
        "ALTER TABLE documents ADD COLUMN changed_at DOUBLE PRECISION NOT NULL DEFAULT 0",
        # mark: the source's wakes once it was asked; heard with all of them, and at rest, it is done
        "ALTER TABLE requests ADD COLUMN mark BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE requests ADD COLUMN started_at DOUBLE PRECISION",
        "ALTER TABLE requests ADD COLUMN error TEXT NOT NULL DEFAULT ''",
        # when the counts of a run that goes on were last written
        "ALTER TABLE runs ADD COLUMN seen_at DOUBLE PRECISION",
        # what every process counted, ever: /metrics shows it
        """CREATE TABLE tallies (
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            value DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (name, labels)
        )""",
    ),
    # work, counts and problems are found without reading everything that is held
    10: (
        *derived_tables.PARTIAL_INDEXES,
        *derived_tables.CANDIDATES,
        *derived_tables.COUNTS,
        *derived_tables.SHARED_TEXTS,
    ),
    14: (
        # what saved questions found in a generation, as JSON
        """CREATE TABLE evaluations (
            id {id},
            index_name TEXT NOT NULL,
            generation BIGINT NOT NULL,
            at DOUBLE PRECISION NOT NULL,
            report TEXT NOT NULL
        )""",
        "CREATE INDEX evaluations_by_index ON evaluations (index_name, id)",
    ),
    16: (
        # asked about once because its whole container looks empty, and the source said that it is gone
        "ALTER TABLE documents ADD COLUMN gone_confirmed INTEGER NOT NULL DEFAULT 0",
    ),
    6: (
        # why the store of an active generation cannot be used; '': it can
        "ALTER TABLE generations ADD COLUMN problem TEXT NOT NULL DEFAULT ''",
    ),
}

_DIALECTS = {
    "sqlite": {"id": "INTEGER PRIMARY KEY AUTOINCREMENT", "blob": "BLOB"},
    "postgresql": {"id": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "blob": "BYTEA"},
}


def migrate(connection: Connection, steps: Steps) -> None:
    """Run the steps that have not run yet; the caller's transaction holds off every other migration."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(6011)"))  # released with the transaction
    connection.execute(text("CREATE TABLE IF NOT EXISTS schema_steps (step INTEGER PRIMARY KEY)"))
    done = set(connection.execute(text("SELECT step FROM schema_steps")).scalars())
    for number, statements in sorted(steps.items()):
        if number not in done:
            for statement in statements:
                _execute(connection, statement)
            connection.execute(text("INSERT INTO schema_steps (step) VALUES (:step)"), {"step": number})


def _execute(connection: Connection, statement: str | PerDialect) -> None:
    dialect = connection.dialect.name
    written = statement.statements(dialect) if isinstance(statement, PerDialect) else (statement,)
    for one in written:
        connection.exec_driver_sql(one.format(**_DIALECTS[dialect]))


def merged(*schemas: Steps) -> Steps:
    """Return the steps of all schemas. Raises ValueError for two of one number: one of them would never run."""
    steps: dict[int, Sequence[str | PerDialect]] = {}
    for schema in schemas:
        if taken := steps.keys() & schema.keys():
            raise ValueError(f"schema steps {sorted(taken)} are numbered twice")
        steps.update(schema)
    return steps
