"""Pipeline: one turn on one source, from what changed to what is searchable."""
