"""A request as an endpoint reads it: who asks what of which brand."""

from dataclasses import dataclass

from sandbox import http
from sandbox.zendesk import answers
from sandbox.zendesk.records import Account, Brand, Role


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and whose help center."""

    brand: Brand
    role: Role


Request = http.Request[Account, Visit]


def invalid(name: str, value: str | None, expected: str) -> http.Problem:
    return answers.bad_request("InvalidParameter", f"{name} must be {expected}, not {value!r}")


def locale_of(request: Request) -> str | None:
    """Return the path's locale; None where an agent left it out. Raises 403 where a visitor did."""
    locale = request.place.get("locale")
    if locale is None:
        if request.caller.role < Role.AGENT:
            raise answers.forbidden("The locale is required in the path for end users and anonymous visitors.")
    elif locale not in request.caller.brand.locales:
        raise answers.invalid_endpoint()
    return locale
