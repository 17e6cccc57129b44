"""Schema migrations: what people decided about answers, as steps of their own beside the engine's.

Numbers are of the whole database, see `sync.state.schema`: the next step takes the next free number.
"""

from sync.state.schema import Steps

STEPS: Steps = {
    15: (
        # a person's answer to a question. phrasings: other ways to ask it, JSON. expires_at NULL: it does not
        """CREATE TABLE verified_answers (
            id {id},
            question TEXT NOT NULL,
            phrasings TEXT NOT NULL,
            answer TEXT NOT NULL,
            language TEXT NOT NULL,
            audience TEXT NOT NULL,
            owner TEXT NOT NULL,
            made_at DOUBLE PRECISION NOT NULL,
            confirmed_at DOUBLE PRECISION NOT NULL,
            expires_at DOUBLE PRECISION
        )""",
        # the documents that it rests on; fingerprint: what they said when somebody last confirmed it
        """CREATE TABLE verified_sources (
            answer BIGINT NOT NULL REFERENCES verified_answers(id) ON DELETE CASCADE,
            document BIGINT NOT NULL,
            fingerprint TEXT NOT NULL,
            PRIMARY KEY (answer, document)
        )""",
        # a question that is asked again and again. outcome and documents: what is right; '' and []: as it first was
        """CREATE TABLE watch_questions (
            id {id},
            question TEXT NOT NULL,
            index_name TEXT NOT NULL,
            language TEXT NOT NULL,
            outcome TEXT NOT NULL,
            documents TEXT NOT NULL,
            who TEXT NOT NULL,
            made_at DOUBLE PRECISION NOT NULL
        )""",
        # each time that it was asked. flip: how it differs from what is right; '': it does not
        """CREATE TABLE watch_results (
            id {id},
            watch BIGINT NOT NULL REFERENCES watch_questions(id) ON DELETE CASCADE,
            at DOUBLE PRECISION NOT NULL,
            generation BIGINT NOT NULL,
            outcome TEXT NOT NULL,
            rule TEXT NOT NULL,
            answer TEXT NOT NULL,
            sources TEXT NOT NULL,
            flip TEXT NOT NULL
        )""",
        "CREATE INDEX watch_results_by_watch ON watch_results (watch, id)",
    ),
    20: (
        # claims: how often somebody set out to ask it. claimed_until: no other does before
        "ALTER TABLE watch_questions ADD COLUMN claims BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE watch_questions ADD COLUMN claimed_until DOUBLE PRECISION NOT NULL DEFAULT 0",
    ),
}
