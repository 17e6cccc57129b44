"""One file per source, and what they share: `api` (the wire) and `text` (to Markdown)."""
