"""Staff: who may ask on the endpoint for internal documents, by an identity of an allowed group, and where from."""

from dataclasses import dataclass

from session_api.access.identity import Identity, ProvenIdentity, latest_issue, refusal
from session_api.errors import ApiError
from session_api.state.visitors import STAFF_SUBJECT


@dataclass(frozen=True)
class StaffIdentity:
    """Reads identity tokens of staff: their claim "groups" must name one of the allowed `groups`."""

    identity: Identity
    groups: frozenset[str]

    def proven(self, token: str) -> ProvenIdentity:
        """Return whom the token is about, as no customer can be called.

        Raises ApiError: 401 with what the host site must change, 403 where no group of theirs is allowed.
        """
        claims = self.identity.claims(token)
        told = claims.get("groups", [])
        if not isinstance(told, list) or not all(isinstance(group, str) for group in told):
            raise refusal("identity_invalid", '"groups" of the identity token is not a list of texts.',
                          'Write it as a list: "groups": ["support"].')  # fmt: skip
        if self.groups.isdisjoint(told):
            raise ApiError(403, "group_not_allowed", "No group of the identity token may ask here.",
                           'Put one of groups under [staff] into its "groups", or add theirs there.')  # fmt: skip
        return ProvenIdentity(f"{STAFF_SUBJECT}{claims['sub']}", latest_issue(claims))
