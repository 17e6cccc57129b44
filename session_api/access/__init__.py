"""Access control: origins, sessions, visitors, rate limits."""
