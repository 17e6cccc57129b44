"""Search scope: the store that answers come from, and the filters that keep a search to what a customer may see."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.errors import Misconfigured
from sync.model import Audience
from sync.rendering import managed_by
from sync.state import queries
from sync.state.database import State

CUSTOMERS = frozenset({Audience.PUBLIC})


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Where to search. `search_unmanaged`: files that this installation did not upload count, too.

    `audiences`: whose documents may be read and cited; customers', unless somebody says otherwise.
    """

    store: str
    filters: Mapping[str, str]
    search_unmanaged: bool = False
    audiences: frozenset[Audience] = CUSTOMERS


def live(
    state: State, index: str, *, search_unmanaged: bool, audiences: frozenset[Audience] = CUSTOMERS
) -> SearchScope | None:
    """Return the scope of an index as it is live now; None while nothing was synced to it."""
    generation = queries.active(state, index)
    if generation is None:
        return None
    only = {"audience": next(iter(audiences)).value} if len(audiences) == 1 else {}
    ours = {**only, "managed_by": managed_by(state.installation)}
    return SearchScope(generation.store, {} if search_unmanaged else ours, search_unmanaged, audiences)


@dataclass(frozen=True, slots=True)
class CustomerIndex:
    """An index that customers are answered from. It cannot be one that holds anything else than public documents.

    Raises Misconfigured for any other audiences. What a store holds all the same is neither searched nor cited.
    """

    name: str
    audiences: frozenset[Audience]
    search_unmanaged: bool = False

    def __post_init__(self) -> None:
        if self.audiences != CUSTOMERS:
            raise Misconfigured(f'index "{self.name}": customers must not see it; write audiences = ["public"] there')

    def live(self, state: State) -> SearchScope | None:
        """Return where to search now; None while nothing was synced to it."""
        return live(state, self.name, search_unmanaged=self.search_unmanaged, audiences=CUSTOMERS)


@dataclass(frozen=True, slots=True)
class StaffIndex:
    """An index that staff are answered from: everything in it may be read and cited."""

    name: str
    audiences: frozenset[Audience]
    search_unmanaged: bool = False

    def live(self, state: State) -> SearchScope | None:
        """Return where to search now; None while nothing was synced to it."""
        return live(state, self.name, search_unmanaged=self.search_unmanaged, audiences=self.audiences)
