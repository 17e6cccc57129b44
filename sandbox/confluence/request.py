"""A request as an endpoint reads it: the account that asks, and ids by the list."""

import re

from sandbox import http
from sandbox.confluence import answers
from sandbox.confluence.records import Site

Request = http.Request[Site, str]


def invalid(name: str, value: str | None, expected: str) -> http.Problem:
    del value
    return answers.invalid(name, f"Expected {expected}.")


def ids_of(request: Request, name: str, most: int) -> frozenset[int] | None:
    """Return comma-separated ids, None where the parameter is absent. Raises 400 for too many."""
    text = request.params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]+(,[0-9]+)*", text) or text.count(",") >= most:
        raise answers.invalid(name, f"Expected at most {most} ids.")
    return frozenset(map(int, text.split(",")))
