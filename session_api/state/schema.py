"""Schema migrations: the tables of the chat, as steps of their own beside the engine's.

Numbers are of the whole database, see `sync.state.schema`: the next step takes the next free number.
"""

from sync.state.schema import Steps

STEPS: Steps = {
    4: (
        # customers that a host site vouched for; who is anonymous has only an id, in their token
        """CREATE TABLE chat_visitors (
            id TEXT PRIMARY KEY,
            subject TEXT NOT NULL UNIQUE,
            made_at DOUBLE PRECISION NOT NULL
        )""",
        """CREATE TABLE chat_threads (
            seq {id},
            id TEXT NOT NULL UNIQUE,
            visitor TEXT NOT NULL,
            body TEXT NOT NULL,
            made_at DOUBLE PRECISION NOT NULL,
            used_at DOUBLE PRECISION NOT NULL
        )""",
        "CREATE INDEX chat_threads_by_visitor ON chat_threads (visitor, seq)",
        "CREATE INDEX chat_threads_by_use ON chat_threads (used_at)",
        """CREATE TABLE chat_items (
            seq {id},
            id TEXT NOT NULL UNIQUE,
            thread TEXT NOT NULL REFERENCES chat_threads(id) ON DELETE CASCADE,
            body TEXT NOT NULL
        )""",
        "CREATE INDEX chat_items_in_order ON chat_items (thread, seq)",
        # one row for each question, whatever became of it. feedback: '', positive or negative
        """CREATE TABLE chat_questions (
            seq {id},
            thread TEXT NOT NULL,
            visitor TEXT NOT NULL,
            origin TEXT NOT NULL,
            answer TEXT NOT NULL,
            asked_at DOUBLE PRECISION NOT NULL,
            question TEXT NOT NULL,
            outcome TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            sources TEXT NOT NULL DEFAULT '[]',
            model TEXT NOT NULL DEFAULT '',
            first_token_ms INTEGER,
            latency_ms INTEGER NOT NULL DEFAULT 0,
            tokens_read INTEGER NOT NULL DEFAULT 0,
            tokens_written INTEGER NOT NULL DEFAULT 0,
            micro_usd BIGINT NOT NULL DEFAULT 0,
            feedback TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE INDEX chat_questions_by_time ON chat_questions (asked_at)",
        "CREATE INDEX chat_questions_by_visitor ON chat_questions (visitor)",
        "CREATE INDEX chat_questions_by_answer ON chat_questions (answer)",
        # session:<id> or visitor:<id>; the row goes when no token that it concerns can be valid
        "CREATE TABLE chat_revocations (what TEXT PRIMARY KEY, until DOUBLE PRECISION NOT NULL)",
        # sessions that OpenAI granted, by the hash of their secret: what cancelling needs
        """CREATE TABLE chat_hosted (
            secret_hash TEXT PRIMARY KEY,
            session TEXT NOT NULL,
            visitor TEXT NOT NULL,
            until DOUBLE PRECISION NOT NULL
        )""",
        # what answering cost on a day (UTC, 2026-11-30)
        "CREATE TABLE chat_spend (day TEXT PRIMARY KEY, micro_usd BIGINT NOT NULL)",
    ),
    # what a visitor wrote beside a rating
    5: ("ALTER TABLE chat_questions ADD COLUMN comment TEXT NOT NULL DEFAULT ''",),
    # visitor tokens that came back, by the visitor whom they recognise: ids of the newest one that did and of what was
    # given for it, and since when. customer '': nobody signed in with them
    7: (
        """CREATE TABLE chat_visitor_tokens (
            visitor TEXT PRIMARY KEY,
            presented TEXT NOT NULL,
            successor TEXT NOT NULL,
            since DOUBLE PRECISION NOT NULL,
            customer TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE INDEX chat_visitor_tokens_by_time ON chat_visitor_tokens (since)",
    ),
    # what was issued until then is refused; NULL: whatever was issued
    8: ("ALTER TABLE chat_revocations ADD COLUMN issued_until DOUBLE PRECISION",),
    # the reason as a word of `answering.rules`
    13: ("ALTER TABLE chat_questions ADD COLUMN rule TEXT NOT NULL DEFAULT ''",),
}
