"""State: what we did, in SQLite or PostgreSQL; the only SQL that reads."""
