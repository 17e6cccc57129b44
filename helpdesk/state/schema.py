"""Schema migrations: past conversations, as steps of their own beside the engine's.

Numbers are of the whole database, see `sync.state.schema`: the next step takes the next free number.
"""

from sync.state.schema import Steps

STEPS: Steps = {
    11: (
        # addresses are known by their hash with this key alone, so that erasure finds them; one row
        "CREATE TABLE history_key (one BIGINT PRIMARY KEY, hash_key TEXT NOT NULL)",
        # how far a desk was read. listing: a complete one is under way, whose rows have this epoch. macros: JSON
        """CREATE TABLE history_desks (
            source TEXT PRIMARY KEY,
            place TEXT NOT NULL DEFAULT '',
            epoch BIGINT NOT NULL DEFAULT 0,
            listing BIGINT NOT NULL DEFAULT 0,
            listed_at DOUBLE PRECISION NOT NULL DEFAULT 0,
            asked_at DOUBLE PRECISION NOT NULL DEFAULT 0,
            not_before DOUBLE PRECISION NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '',
            macros TEXT NOT NULL DEFAULT '[]'
        )""",
        # a solved conversation, masked. tags, marks and messages: JSON
        """CREATE TABLE history_conversations (
            id {id},
            source TEXT NOT NULL,
            number TEXT NOT NULL,
            epoch BIGINT NOT NULL,
            kept_at DOUBLE PRECISION NOT NULL,
            created_at DOUBLE PRECISION NOT NULL,
            solved_at DOUBLE PRECISION NOT NULL,
            subject TEXT NOT NULL,
            status TEXT NOT NULL,
            language TEXT NOT NULL,
            group_name TEXT NOT NULL,
            satisfaction TEXT NOT NULL,
            url TEXT NOT NULL,
            tags TEXT NOT NULL,
            marks TEXT NOT NULL,
            messages TEXT NOT NULL,
            UNIQUE (source, number)
        )""",
        # whose it is, as keyed hashes of their addresses
        """CREATE TABLE history_customers (
            conversation BIGINT NOT NULL REFERENCES history_conversations(id) ON DELETE CASCADE,
            address TEXT NOT NULL,
            PRIMARY KEY (conversation, address)
        )""",
        "CREATE INDEX history_customers_by_address ON history_customers (address)",
        # who was erased: nothing of theirs is kept again
        "CREATE TABLE history_erased (address TEXT PRIMARY KEY)",
    ),
}
