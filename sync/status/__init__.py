"""Status: what there is, for people and metrics."""
