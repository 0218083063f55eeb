"""Which operations a first profile calls: the best connected ones, in the order of a life, up to a number of calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from jivsgen.diagnostics.model import listing
from jivsgen.init.answers import Key
from jivsgen.init.binding import Binder, Sources, Step, want_of
from jivsgen.init.bodies import is_reference, reference_members
from jivsgen.init.names import one_line, slug
from jivsgen.init.resources import Resource, holes_of, resources_of
from jivsgen.spec import Api, Operation
from jivsgen.spec.names import words

MOST_SCENARIOS = 3
MOST_BELOW = 3
"""Calls on sub-paths of one item, before its children have a turn."""

_LAST = frozenset(
    {"cancel", "stop", "abort", "close", "archive", "reject", "lock", "disable", "deactivate", "terminate"}
)
_COPIES = frozenset({"fork", "forks", "copy", "clone", "duplicate"})
"""Acts that leave something behind which no call of the journey deletes."""


class Journey(Struct, frozen=True):
    name: str
    steps: tuple[Step, ...]
    score: float


class Chooser(Struct):
    """`usable` are the operations that may be called. With `everything` all of them are, whatever they change: the
    user has named them. Else nothing is changed or deleted that the journey has not created."""

    api: Api
    usable: Mapping[Key, Operation]
    sources: Sources
    prefix: str
    everything: bool = False
    resources: list[Resource] = field(default_factory=list)
    _owner: dict[Key, Resource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.resources = resources_of(dict(self.usable))
        for resource in self.resources:
            self._owner.update({(one.method, one.path): resource for one in resource.operations})

    def journeys(self, budget: int) -> list[Journey]:
        """The journeys that belong into one profile, with `budget` calls together: the best, then the best that calls
        nothing of it, and so on. Where everything is wanted: all of them, in the order of the document."""
        chosen: list[Journey] = []
        called: set[Key] = set()
        if self.everything:
            for name, operations in self._candidates(budget):
                if _keys(operations) - called:
                    chosen.append(self._bound(name, operations))
                    called |= _keys(operations)
            return _named_apart([journey for journey in chosen if journey.steps])
        while len(chosen) < MOST_SCENARIOS and (best := self._best(budget - len(called), called)):
            if chosen and best.score <= 0:
                break
            chosen.append(best)
            called |= {step.key for step in best.steps}
        return _named_apart(chosen)

    def _best(self, budget: int, called: set[Key]) -> Journey | None:
        """The best journey of at most `budget` calls, none of them in `called`; of equals the first of the document."""
        fresh = [
            (name, operations)
            for name, operations in self._candidates(budget)
            if len(operations) <= budget and not _keys(operations) & called
        ]
        journeys = [journey for name, operations in fresh if (journey := self._bound(name, operations)).steps]
        return max(journeys, key=lambda journey: journey.score, default=None)

    # --- candidates -------------------------------------------------------------------------------------------------

    def _candidates(self, budget: int) -> list[tuple[str, list[Operation]]]:
        """Names and operations of every journey that could be made. What stands alone is read; it is written to only
        where the user wants everything, or where there is nothing else to call."""
        found = [
            (resource.noun or "items", self._journey(resource, budget))
            for resource in self.resources
            if resource.has_items and not (self.everything and resource.parent)
        ]
        alone = [one for resource in self.resources if not resource.has_items for one in resource.operations]
        if not self.everything:
            found.append(("reads", [one for one in alone if one.method == "GET"][:budget]))
            alone = [one for one in alone if one.method == "POST"] if not any(one for _, one in found) else []
        found.append(("calls", alone[:budget]))
        return [(name, operations) for name, operations in found if operations]

    def _journey(self, resource: Resource, budget: int) -> list[Operation]:
        opening, closing = self._opening(resource, set())
        room = budget - len(opening) - len(closing)
        if room < (3 if resource.creation and "DELETE" in resource.on_item else 1):
            return []  # what is created could not be deleted again
        return _once([*opening, *self._life(resource, room, {*_keys(opening)}), *closing])

    def _opening(self, resource: Resource, seen: set[int]) -> tuple[list[Operation], list[Operation]]:
        """The calls before, that bring the ids that calls on the resource need, and those after, that clean up."""
        before: list[Operation] = []
        after: list[Operation] = []
        seen.add(id(resource))
        for needed in self._needs(resource):
            if id(needed) in seen:
                continue
            inner, outer = self._opening(needed, seen)
            before += inner
            after = [*outer, *after]
            if (provider := self._provider(needed)) is not None:
                before.append(provider)
                if provider is needed.creation and (delete := needed.on_item.get("DELETE")):
                    after = [delete, *after]
        if (
            (source := self._linked_from(resource)) is not None
            and source[0] is not resource
            and id(source[0]) not in seen
        ):
            inner, outer = self._opening(source[0], seen)
            provider = self._provider(source[0])
            before += [*inner, *([provider] if provider else []), source[1]]
            after = [*outer, *after]
        return before, after

    def _needs(self, resource: Resource) -> list[Resource]:
        """The resources that its path goes through, and those whose ids the body of its creation must hold."""
        needed = list(resource.ancestors)
        if resource.creation is not None:
            for name, _ in reference_members(self.api, resource.creation):
                needed += [
                    other
                    for other in self.resources
                    if other.has_items and not other.parent and other is not resource
                    and is_reference(name, other.noun) and self._provider(other)
                ]  # fmt: skip
        return needed

    def _provider(self, resource: Resource) -> Operation | None:
        """The operation of its collection whose answer holds the id of an item: its creation, else its list."""
        for operation, listed in ((resource.creation, False), (resource.listing, True)):
            if operation is None:
                continue
            for target in [*resource.on_item.values(), *resource.below, *_all_below(resource)]:
                hole = next(
                    (name for shape, _, name in holes_of(target.path) if shape == resource.shape), None
                )
                if hole and (
                    self.sources.by_link(operation, target, want_of(target, hole))
                    or self.sources.by_name(operation, want_of(target, hole), resource.noun, listed=listed)
                ):
                    return operation
        return None

    def _linked_from(self, resource: Resource) -> tuple[Resource, Operation] | None:
        """Another resource's operation that links to this one's, where its own collection says nothing of the id."""
        if self._provider(resource) is not None:
            return None
        own = {(one.method, one.path) for one in resource.operations}
        for source, target in self.sources.links:
            if target in own and source not in own and source in self._owner:
                return self._owner[source], self.usable[source]
        return None

    # --- the life of one resource -----------------------------------------------------------------------------------

    def _life(self, resource: Resource, room: int, taken: set[Key]) -> list[Operation]:
        """Create, list, read, update, what is below, delete: the most important of it, in this order."""
        wanted, spare = self._ranked(resource)
        own = _without(wanted, taken)[:room]
        inner: list[Operation] = []
        for child in resource.children:
            left = room - len(own) - len(inner)
            if left >= 2:  # one call alone is no life
                inner += self._life(child, left, taken | _keys(own))
        left = room - len(own) - len(inner)
        own += _without(spare, taken | _keys(own) | _keys(inner))[:left]
        delete = resource.on_item.get("DELETE")
        return [*self._in_order(resource, own, delete), *inner, *(one for one in own if one is delete)]

    def _ranked(self, resource: Resource) -> tuple[list[Operation], list[Operation]]:
        """What belongs into the life of a resource, and what comes after its children; the most important first."""
        provider = self._provider(resource)
        owned = self.everything or (provider is not None and provider is resource.creation)
        item = resource.on_item
        updates = resource.updates if owned else []
        delete = item.get("DELETE") if owned else None
        below = self._below(resource, owned)
        core = [provider, resource.creation, delete, item.get("GET"), resource.listing, *updates[:1]]
        rest = resource.operations if self.everything else []
        return _once([*core, *below[:MOST_BELOW]]), _once([*below[MOST_BELOW:], *updates[1:], *rest])

    def _in_order(
        self, resource: Resource, chosen: list[Operation], last: Operation | None
    ) -> list[Operation]:
        """As they follow each other in a life; without the one that ends it."""
        first = [self._provider(resource), resource.creation, resource.listing, resource.on_item.get("GET")]
        order = _once([*first, *resource.updates, *self._below(resource, True), *resource.operations])
        return [one for one in order if any(one is other for other in chosen) and one is not last]

    def _below(self, resource: Resource, owned: bool) -> list[Operation]:
        """Reads, then actions; those that end something last, and changes only to what is the journey's own."""
        reads = [one for one in resource.below if one.method == "GET"]
        acts = [one for one in _acts(resource) if owned and not self._is_risky(resource, one)]
        return [*reads[: MOST_BELOW - 1], *sorted(acts, key=_rank), *reads[MOST_BELOW - 1 :]]

    def _is_risky(self, resource: Resource, act: Operation) -> bool:
        """An act that leaves something behind, that wants an id which nobody knows, or after which the item may refuse to
        be deleted: both document a 409, and no document says in which state. The user's own choice is called all the
        same."""
        if self.everything:
            return False
        delete = resource.on_item.get("DELETE")
        bound = delete is not None and "409" in delete.responses and "409" in act.responses
        copies = bool(_COPIES & set(words(act.path)[-1:]))
        return copies or bound or bool(reference_members(self.api, act))

    # --- judging ----------------------------------------------------------------------------------------------------

    def _bound(self, name: str, operations: list[Operation]) -> Journey:
        binder = Binder(self.api, self.sources, self.prefix)
        for operation in operations:
            binder.add(operation)
        acts = [step for step in binder.steps if self._is_act(step.operation)]
        if len(acts) > 1:
            acts[0].notes.append("the order of these calls is a guess")
        for step in binder.steps:
            self._explain(step, binder)
        return Journey(slug(name, "journey"), tuple(binder.steps), self._score(binder))

    def _explain(self, step: Step, binder: Binder) -> None:
        """Say of a deletion what is not called because of it."""
        owner = self._owner[step.key]
        if step.operation.method != "DELETE" or "{}" not in owner.shape[-1] or self.everything:
            return
        done = {one.key for one in binder.steps}
        kept = [one for one in _acts(owner) if "409" in one.responses and (one.method, one.path) not in done]
        if "409" in step.operation.responses and kept:
            said = f"{listing([one.id for one in kept], limit=3)} {'is' if len(kept) == 1 else 'are'} not called before: "
            step.notes.append(one_line(said + "this might then be refused (409)", 180))

    def _is_act(self, operation: Operation) -> bool:
        owner = self._owner[operation.method, operation.path]
        return operation.method != "GET" and any(one is operation for one in owner.below)

    def _score(self, binder: Binder) -> float:
        """More calls, calls that follow from each other, and a whole life are good; guesses are bad."""
        score = 0.0
        kinds = set()
        for step in binder.steps:
            score += 1 + (2 if step.chained else 0) - 0.1 * step.operation.path.count("{")
            kinds.add((step.operation.method, "{" in step.operation.path))
        score -= sum(1 if guess.given else 3 for guess in binder.guessed.values())
        return score + len(kinds) - len(binder.unsure) - 4 * len(binder.dangling)


def _rank(operation: Operation) -> int:
    return (operation.method == "DELETE") * 2 + bool(_LAST & set(words(operation.path)[-1:]))


def _acts(resource: Resource) -> list[Operation]:
    """What changes an item otherwise than as a whole."""
    acts = [one for one in resource.below if one.method != "GET"]
    return [*acts, *(one for one in [resource.on_item.get("POST")] if one)]


def _all_below(resource: Resource) -> Iterable[Operation]:
    for child in resource.children:
        yield from child.operations
        yield from _all_below(child)


def _keys(operations: Iterable[Operation]) -> set[Key]:
    return {(one.method, one.path) for one in operations}


def _once(operations: Iterable[Operation | None]) -> list[Operation]:
    return list({(one.method, one.path): one for one in operations if one is not None}.values())


def _without(operations: Iterable[Operation], keys: set[Key]) -> list[Operation]:
    return [one for one in operations if (one.method, one.path) not in keys]


def _named_apart(journeys: list[Journey]) -> list[Journey]:
    """Scenarios of one profile have names of their own."""
    found: list[Journey] = []
    for journey in journeys:
        name, number = journey.name, 2
        while any(name == other.name for other in found):
            name, number = f"{journey.name}-{number}", number + 1
        found.append(Journey(name, journey.steps, journey.score))
    return found
