"""Question answering: a question becomes a cited, grounded answer or an honest abstention. No ChatKit, no web."""
