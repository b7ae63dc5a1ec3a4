"""Which of the calls that share a name count: a copy of a call is no other call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Told", "which_count"]


class Told(NamedTuple):
    """A kept call among those that share its name; `request` 0 is none, `counts` what was worked out before."""

    request: int
    rank: int
    at_ms: int
    total: int
    counts: bool = True


def which_count(told: Sequence[Told]) -> set[int]:
    """The requests of those that count.

    Only the lowest rank does: a subagent's copy of its parent's call has a request of its own. Where all may be
    copies, they are copies of one call whose own log is gone, and the earliest stands for it. A line without a request
    is another line of a call that has one: it counts in the place of the largest of them when it says more.
    """
    lowest = min(one.rank for one in told)
    ours = [one for one in told if one.rank == lowest]
    if lowest:
        return {min(ours, key=lambda one: (one.at_ms, -one.total, one.request)).request}
    named = [one for one in ours if one.request]
    nameless = [one for one in ours if not one.request]
    counted = {one.request for one in named or nameless}
    if named and nameless:
        largest = max(named, key=lambda one: (one.total, one.request))
        if nameless[0].total > largest.total:
            counted = (counted - {largest.request}) | {0}
    return counted
