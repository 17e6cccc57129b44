"""Desired state: which documents each generation wants, and which of them it does not have as they are."""

# A generation wants a document whose held content is current, in an audience of its index. A document believed gone
# stays wanted where it is searchable today: nothing leaves, and no new generation starts without it, on hearsay.
_WANTED = """
    d.content_version IS NOT NULL
    AND i.audiences LIKE '%,' || d.audience || ',%'
    AND (d.version = d.content_version OR (d.version IS NULL AND EXISTS (
        SELECT 1 FROM entries held JOIN generations live ON live.id = held.generation
        WHERE held.document = d.id AND live.index_name = g.index_name AND live.state = 'active')))
"""
UNSETTLED = f"({_WANTED}) AND (e.version IS NULL OR e.version <> d.content_version)"
PAIRS = """
    FROM generations g
    JOIN indexes i ON i.name = g.index_name
    CROSS JOIN documents d
    LEFT JOIN entries e ON e.document = d.id AND e.generation = g.id
"""
# A version that could not be read yet, or has changed since it was.
UNREAD = "d.version IS NOT NULL AND (d.content_version IS NULL OR d.content_version <> d.version)"
