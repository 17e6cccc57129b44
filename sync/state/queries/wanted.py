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
UNWANTED = """(g.state = 'dropping'
    OR (d.content_version IS NOT NULL AND i.audiences NOT LIKE '%,' || d.audience || ',%'))"""
# Every candidate beside every generation: CROSS JOIN has SQLite begin with the candidates, of which there are few.
PAIRS = """
    FROM candidates c
    CROSS JOIN documents d
    CROSS JOIN generations g
    CROSS JOIN indexes i
    LEFT JOIN entries e ON e.document = d.id AND e.generation = g.id
    WHERE d.id = c.document AND i.name = g.index_name
"""
# Of one candidate `d`: a generation that wants it otherwise, and an entry that has to go.
IS_UNSETTLED = f"""EXISTS (SELECT 1 FROM generations g JOIN indexes i ON i.name = g.index_name
    LEFT JOIN entries e ON e.document = d.id AND e.generation = g.id WHERE g.state <> 'dropping' AND {UNSETTLED})"""
IS_UNWANTED = f"""EXISTS (SELECT 1 FROM entries e JOIN generations g ON g.id = e.generation
    JOIN indexes i ON i.name = g.index_name WHERE e.document = d.id AND {UNWANTED})"""
# A version that could not be read yet, or has changed since it was: word for word what `documents_unread` holds.
UNREAD = "CASE WHEN d.version IS NULL OR d.version = d.content_version THEN 0 ELSE 1 END = 1"
