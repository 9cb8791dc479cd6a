"""Complete assignments of seats to people: lookahead, and what blocks them (protocol §7.5–6).

A matching of all seats is kept while seats are settled one by one, so that "can the rest still
be filled" is one search for an augmenting path. Sets of people are bits of one whole number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class Blocked(ValueError):  # noqa: N818 - a fact about the seats, said as such
    """No complete assignment: `seats` together have fewer eligible people than they are."""

    def __init__(self, seats: tuple[int, ...], people: tuple[int, ...]) -> None:
        super().__init__(f"{len(seats)} seats, {len(people)} people")
        self.seats = seats
        self.people = people


def assign(eligible: Sequence[int]) -> list[int]:
    """Return the person of each seat as §7.5 fills them, in the order of `eligible`.

    Bit p of `eligible[s]` says that person p may take seat s; people are numbered in their
    order of preference. Each seat takes the first unused eligible person after whom the
    remaining seats can all be filled. Raises Blocked where there is no complete assignment.
    """
    matching = Matching(eligible)
    for seat in range(len(eligible)):
        matching.settle(seat)
    return matching.person_of


class Matching:
    """A complete matching of seats, whose seats can be settled one after the other."""

    def __init__(self, eligible: Sequence[int]) -> None:
        self._eligible = list(eligible)
        self.person_of = [-1] * len(eligible)
        self._seat_of: dict[int, int] = {}
        everyone = 0
        for mask in eligible:
            everyone |= mask
        self._free = everyone
        self._open = everyone
        for seat in range(len(eligible)):
            reached = self._augment(seat, banned=0)
            if reached:
                raise self._blocked(seat, reached)

    def settle(self, seat: int) -> None:
        """Give `seat` its first person that leaves the rest fillable, and close both."""
        own = self.person_of[seat]
        # The seat's own person is certain to do, so nobody after them has to be tried.
        hopeless = 0
        for person in _bits(self._eligible[seat] & self._open & ((1 << own) - 1)):
            if hopeless >> person & 1:
                continue
            reached = self._move(seat, person)
            if not reached:
                break
            # Whoever the search reached leads into the same dead end, so they are passed over.
            hopeless |= reached
        self._open &= ~(1 << self.person_of[seat])

    def _move(self, seat: int, person: int) -> int:
        """Try to give `seat` to `person`; 0 when done, else the people that the search reached."""
        old, was_free = self.person_of[seat], self._free >> person & 1
        ousted = -1 if was_free else self._seat_of[person]
        self._place(seat, person)
        self._free = (self._free | 1 << old) & ~(1 << person)
        if was_free:
            return 0
        reached = self._augment(ousted, banned=1 << person)
        if reached:
            self._place(seat, old)
            self._place(ousted, person)
            self._free &= ~(1 << old)
        return reached

    def _augment(self, seat: int, *, banned: int) -> int:
        """Find `seat` a person by moving others; 0 when done, else everyone reached in vain.

        The result of a failure has at least the lowest bit of `banned` or a reached person, and
        -1 where the seat has nobody at all.
        """
        came_from: dict[int, int] = {}
        seen, queue = banned, [seat]
        for at in queue:
            fresh = self._eligible[at] & self._open & ~seen
            free = fresh & self._free
            if free:
                self._shift(at, (free & -free).bit_length() - 1, seat, came_from)
                return 0
            seen |= fresh
            for person in _bits(fresh):
                came_from[self._seat_of[person]] = at
                queue.append(self._seat_of[person])
        return seen or -1

    def _shift(self, at: int, person: int, first: int, came_from: dict[int, int]) -> None:
        self._free &= ~(1 << person)
        while True:
            before = self.person_of[at]
            self._place(at, person)
            if at == first:
                return
            at, person = came_from[at], before

    def _place(self, seat: int, person: int) -> None:
        self.person_of[seat] = person
        self._seat_of[person] = seat

    def _blocked(self, seat: int, reached: int) -> Blocked:
        people = tuple(_bits(reached)) if reached > 0 else ()
        seats = (seat, *(self._seat_of[person] for person in people))
        return Blocked(tuple(sorted(seats)), people)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
