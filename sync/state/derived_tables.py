"""Derived tables: what follows from the other tables, kept by triggers, so that every version that writes keeps it.

    candidates     documents about which something may have to be done: a superset, which the queries narrow down.
                   `seq` counts the reasons, so that one that comes meanwhile is not checked off with those before
    file_counts    how many documents of a source have a file in exactly these generations: "1,3"; "": in none. Each
                   document notes in `filed_in` where it is counted
    shared_texts   fingerprints that documents of several sources have, or once had

A trigger may name a document too often, never too seldom. What one table's row says by itself is a partial index.
"""

from collections.abc import Sequence

from sync.state.dialects import PerDialect

_CONCAT = {"sqlite": "group_concat(generation)", "postgresql": "string_agg(generation::text, ',')"}
_SUBJECT = "INSERT INTO candidates (document, source, seq) SELECT d.id, d.source, 1 FROM"
_AGAIN = "ON CONFLICT (document) DO UPDATE SET seq = candidates.seq + 1;"
_COUNT = "INSERT INTO file_counts (source, generations, documents)"
_ADD = """ON CONFLICT (source, generations)
      DO UPDATE SET documents = file_counts.documents + excluded.documents;"""
_FILED = """coalesce((SELECT {{concat}} FROM (SELECT generation FROM entries
        WHERE document = {document} AND file IS NOT NULL ORDER BY 1) AS filed), '')"""


def _named(which: str) -> str:
    """Something may have to be done about these documents, `d`."""
    return f"{_SUBJECT} {which} {_AGAIN}"


def _recounted(row: str) -> str:
    """The entry has a file from now on, or none any more: its document is counted elsewhere."""
    counted = f"FROM documents WHERE id = {row}.document {_ADD}"
    return f"""{_COUNT} SELECT source, filed_in, -1 {counted}
      UPDATE documents SET filed_in = {_FILED.format(document=f"{row}.document")} WHERE id = {row}.document;
      {_COUNT} SELECT source, filed_in, 1 {counted}"""


def _trigger(name: str, event: str, body: str, when: str = "") -> PerDialect:
    """A trigger for each row; in PostgreSQL its statements are a function. `when`: {differs} compares also NULL."""
    condition = f"WHEN ({when})" if when else ""
    return PerDialect(
        sqlite=(
            f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW {condition.replace('{differs}', 'IS NOT')}"
            f" BEGIN {body.replace('{concat}', _CONCAT['sqlite'])} END",
        ),
        postgresql=(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN {body.replace('{concat}', _CONCAT['postgresql'])} RETURN NULL; END $$",
            f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW"
            f" {condition.replace('{differs}', 'IS DISTINCT FROM')} EXECUTE FUNCTION {name}()",
        ),
    )


def _everywhere(statement: str) -> PerDialect:
    return PerDialect(
        sqlite=(statement.replace("{concat}", _CONCAT["sqlite"]),),
        postgresql=(statement.replace("{concat}", _CONCAT["postgresql"]),),
    )


_ONE_OF_SEVERAL = """INSERT INTO shared_texts (likeness) SELECT NEW.likeness
      WHERE EXISTS (SELECT 1 FROM documents WHERE likeness = NEW.likeness AND likeness <> '' AND source < NEW.source)
         OR EXISTS (SELECT 1 FROM documents WHERE likeness = NEW.likeness AND likeness <> '' AND source > NEW.source)
      ON CONFLICT DO NOTHING;"""

CANDIDATES: Sequence[str | PerDialect] = (
    "CREATE TABLE candidates (document BIGINT PRIMARY KEY, source TEXT NOT NULL, seq BIGINT NOT NULL)",
    "CREATE INDEX candidates_by_source ON candidates (source, document)",
    _trigger(
        "document_stored",
        "UPDATE OF content_version, audience ON documents",
        _named("documents d WHERE d.id = NEW.id"),
    ),
    _trigger(
        "document_noted",
        "UPDATE OF version ON documents",
        _named("documents d WHERE d.id = NEW.id"),
        "OLD.version {differs} NEW.version",
    ),
    _trigger("entry_added", "INSERT ON entries", _named("documents d WHERE d.id = NEW.document")),
    _trigger(
        "entry_unsettled",
        "UPDATE OF version ON entries",
        _named("documents d WHERE d.id = NEW.document"),
        "OLD.version IS NOT NULL AND OLD.version {differs} NEW.version",
    ),
    _trigger("entry_deleted", "DELETE ON entries", _named("documents d WHERE d.id = OLD.document")),
    _trigger("generation_opened", "INSERT ON generations", _named("documents d WHERE true")),
    # believed gone, a document is wanted where an active generation has it; what is dropped loses its entries
    _trigger(
        "generation_moved",
        "UPDATE OF state ON generations",
        _named("documents d WHERE d.version IS NULL")
        + _named("""entries e JOIN documents d ON d.id = e.document
            WHERE e.generation = NEW.id AND NEW.state = 'dropping'"""),
        "OLD.state <> NEW.state",
    ),
    _trigger(
        "audiences_changed",
        "UPDATE OF audiences ON indexes",
        _named("documents d WHERE true"),
        "OLD.audiences <> NEW.audiences",
    ),
    "INSERT INTO candidates (document, source, seq) SELECT id, source, 1 FROM documents",
)

COUNTS: Sequence[str | PerDialect] = (
    # the generations in which the document has a file, as `file_counts` counts it
    "ALTER TABLE documents ADD COLUMN filed_in TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE file_counts (
        source TEXT NOT NULL,
        generations TEXT NOT NULL,
        documents BIGINT NOT NULL,
        PRIMARY KEY (source, generations)
    )""",
    _trigger(
        "document_added",
        "INSERT ON documents",
        f"{_named('documents d WHERE d.id = NEW.id')} {_COUNT} VALUES (NEW.source, NEW.filed_in, 1) {_ADD}",
    ),
    _trigger(
        "document_deleted",
        "DELETE ON documents",
        f"DELETE FROM candidates WHERE document = OLD.id; {_COUNT} VALUES (OLD.source, OLD.filed_in, -1) {_ADD}",
    ),
    _trigger("file_added", "INSERT ON entries", _recounted("NEW"), "NEW.file IS NOT NULL"),
    _trigger(
        "file_changed", "UPDATE OF file ON entries", _recounted("NEW"), "(OLD.file IS NULL) <> (NEW.file IS NULL)"
    ),
    _trigger("file_deleted", "DELETE ON entries", _recounted("OLD"), "OLD.file IS NOT NULL"),
    _everywhere(f"UPDATE documents SET filed_in = {_FILED.format(document='documents.id')}"),
    f"{_COUNT} SELECT source, filed_in, count(*) FROM documents GROUP BY source, filed_in",
)

SHARED_TEXTS: Sequence[str | PerDialect] = (
    "CREATE TABLE shared_texts (likeness TEXT PRIMARY KEY)",
    "DROP INDEX documents_alike",
    "CREATE INDEX documents_by_text ON documents (likeness, source) WHERE likeness <> ''",
    _trigger("text_stored", "UPDATE OF likeness ON documents", _ONE_OF_SEVERAL, "NEW.likeness <> ''"),
    """INSERT INTO shared_texts (likeness) SELECT likeness FROM documents WHERE likeness <> ''
       GROUP BY likeness HAVING min(source) <> max(source)""",
)

PARTIAL_INDEXES: Sequence[str] = (
    "CREATE INDEX documents_gone ON documents (source, id, released) WHERE version IS NULL",
    # as one value: PostgreSQL believes of most rows that one column differs from another, of few that this is 1
    """CREATE INDEX documents_unread ON documents (source, id)
       WHERE CASE WHEN version IS NULL OR version = content_version THEN 0 ELSE 1 END = 1""",
    "CREATE INDEX documents_failed ON documents (source) WHERE error <> ''",
    "CREATE INDEX documents_incomplete ON documents (source) WHERE problem <> ''",
    "CREATE INDEX entries_failed ON entries (document) WHERE error <> ''",
    "CREATE INDEX garbage_by_source ON garbage (source, store, file)",
    "CREATE INDEX requests_open ON requests (what, target) WHERE done_at IS NULL",
)
