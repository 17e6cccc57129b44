"""Chat state: the `chat_*` tables of the state database, each written by one module here."""
