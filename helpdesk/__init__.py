"""Help desks: past conversations, and what is learned from them. No vendor, no Celery, no web."""
