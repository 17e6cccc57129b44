"""Vector stores: the only place that speaks to OpenAI about files."""
