"""Who may come in: origins, sessions, visitors, limits."""
