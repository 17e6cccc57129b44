"""The part of CQL that a sync needs; anything else is answered as the vendor answers a query it cannot parse."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.confluence import answers

CLAUSE = re.compile(
    r"\s*(?P<field>type|space|container|id|lastmodified)\s*(?P<operator>=|>=|in)\s*"
    r'(?P<value>\((?:[^()]*)\)|"[^"]*"|[\w.~-]+)\s*(?:(?P<more>and)\b|(?P<order>order\s+by)\b|$)',
    re.IGNORECASE,
)
ORDER = re.compile(r"\s*(?P<by>lastmodified|created)\s+(?P<way>asc|desc)\s*", re.IGNORECASE)


@dataclass
class Query:
    """What a query asks for; an empty set where it does not say. `since` is as written, without a time zone."""

    types: set[str] = field(default_factory=set)
    spaces: set[str] = field(default_factory=set)
    containers: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    since: datetime | None = None
    newest_first: bool = False


def parse(text: str) -> Query:
    """Return the query. Raises 400."""
    query, rest = Query(), text
    while True:
        clause = CLAUSE.match(rest)
        if clause is None:
            raise answers.v1_bad_request(f"Could not parse cql : {text}")
        _add(query, clause, text)
        rest = rest[clause.end() :]
        if clause["order"]:
            order = ORDER.fullmatch(rest)
            if order is None:
                raise answers.v1_bad_request(f"Could not parse cql : {text}")
            query.newest_first = order["way"].lower() == "desc"
            return query
        if not clause["more"]:
            return query


def _add(query: Query, clause: re.Match[str], text: str) -> None:
    name, operator = clause["field"].lower(), clause["operator"].lower()
    if (name == "lastmodified") != (operator == ">=") or (operator == "in") != clause["value"].startswith("("):
        raise answers.v1_bad_request(f"Could not parse cql : {text}")
    values = {value.strip().strip('"') for value in clause["value"].strip("()").split(",")}
    if name == "lastmodified":
        try:
            query.since = datetime.strptime(values.pop(), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        except ValueError as error:
            raise answers.v1_bad_request(f"Could not parse cql : {text}") from error
        return
    known = {"type": query.types, "space": query.spaces, "container": query.containers, "id": query.ids}
    known[name].update(values)
