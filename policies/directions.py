"""Which way a changed setting goes: looser, tighter, both, or the same.

One table by the name of the setting; parts of it are compared setting by setting. A setting that
the table does not know goes both ways, so that somebody looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel

from policies.duration import parse_duration
from policies.matching import asks_no_more
from policies.period import end_of
from policies.ways import named

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.agreeing import Approvals

Direction = Literal["same", "looser", "tighter", "both"]

_WORDS: Final = frozenset(
    {"id", "title", "summary", "say", "controls", "about", "unit", "roles", "basis"}
)
"""What explains, and decides nothing."""
_MORE_IS_TIGHTER: Final = frozenset(
    {
        "at_least",
        "not_by",
        "fields",
        "not_during",
        "not_vetoed_by",
        "after",
        "events",
        "holders_of",
        "parties",
        "while_running",
    }
)
_MORE_IS_LOOSER: Final = frozenset(
    {
        "any_of",
        "any_role",
        "owner",
        "requester",
        "proposer",
        "delegator",
        "refuser",
        "delegates",
        "across_policies",
        "service",
    }
)
_LONGER_IS_LOOSER: Final = frozenset({"valid_for", "within", "not_older_than", "due"})
_LONGER_IS_TIGHTER: Final = frozenset({"wait", "at_least_before"})
_LIMITING: Final = frozenset(
    {
        "within",
        "not_older_than",
        "types",
        "at_least_before",
        "wait",
        "proof",
        "device_bound",
        "due",
        "notify",
    }
)
"""Settings of which none at all is no limit."""
_LEVELS: Final = {"bypass": ("never", "emergency"), "mode": ("enforce", "warn")}
"""From the tightest to the loosest."""


def merge(one: Direction, other: Direction) -> Direction:
    """Both directions together."""
    if other in {one, "same"}:
        return one
    return other if one == "same" else "both"


def direction_of(name: str, old: Any, new: Any) -> Direction:
    """The direction of one setting that changed from ``old`` to ``new``."""
    if old == new or name in _WORDS:
        return "same"
    if name in _SPECIAL:
        return _SPECIAL[name](old, new)
    if isinstance(old, BaseModel) and isinstance(new, BaseModel) and type(old) is type(new):
        return _of_parts(old, new)
    return _by_table(name, old, new)


def _by_table(name: str, old: Any, new: Any) -> Direction:
    if name in _LEVELS and {old, new} <= set(_LEVELS[name]):
        return "looser" if _LEVELS[name].index(new) > _LEVELS[name].index(old) else "tighter"
    if name in _LIMITING and (old is None or new is None):
        return "tighter" if old is None else "looser"
    if name in _LONGER_IS_LOOSER | _LONGER_IS_TIGHTER:
        longer = parse_duration(new) > parse_duration(old)
        return "tighter" if longer == (name in _LONGER_IS_TIGHTER) else "looser"
    more = _more(old, new)
    if name in _MORE_IS_TIGHTER:
        return _way(more, "tighter", "looser")
    if name in _MORE_IS_LOOSER:
        return _way(more, "looser", "tighter")
    return "both"


def _of_parts(old: BaseModel, new: BaseModel) -> Direction:
    found: Direction = "same"
    for name in type(new).model_fields:
        found = merge(found, direction_of(name, getattr(old, name), getattr(new, name)))
    return found


def _way(more: bool | None, if_more: Direction, if_less: Direction) -> Direction:
    if more is None:
        return "both"
    return if_more if more else if_less


def _more(old: Any, new: Any) -> bool | None:
    """Whether the new holds more: all of the old and another; None where neither holds all."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        before, after = set(old), set(new)
        if before <= after:
            return True
        return False if after <= before else None
    if isinstance(old, (int, bool)) and isinstance(new, (int, bool)):
        return new > old
    if old in (None, ()) or new in (None, ()):
        return new not in (None, ())
    return None


def _one_by_one(key: str) -> Callable[[Any, Any], Direction]:
    """Items that ask for something, each known by a member: one more of them is tighter."""

    def direction(old: tuple[Any, ...] | None, new: tuple[Any, ...] | None) -> Direction:
        was = {getattr(item, key): item for item in old or ()}
        now = {getattr(item, key): item for item in new or ()}
        found: Direction = "same"
        for name in {**was, **now}:
            if name not in was or name not in now:
                found = merge(found, "tighter" if name not in was else "looser")
            else:
                found = merge(found, direction_of("", was[name], now[name]))
        return found

    return direction


def _warn_until(old: str | None, new: str | None) -> Direction:
    """A gate that warns for longer refuses later."""
    return "looser" if (new or "") > (old or "") else "tighter"


def _starts(old: str | None, new: str | None) -> Direction:
    """A window that closes earlier is closed for longer; those of weeks go round."""
    if old is None or new is None or "T" not in old + new:
        return "both"
    return "tighter" if new < old else "looser"


def _ends(old: str | None, new: str | None) -> Direction:
    return _starts(new, old)


def _types(old: tuple[str, ...], new: tuple[str, ...]) -> Direction:
    """None at all means every type."""
    if not old or not new:
        return "tighter" if not old else "looser"
    return _way(_more(old, new), "looser", "tighter")


_OF_A_QUORUM: Final = frozenset({"at_least", "seats", "any_of", "all_of", "one_of", "may_overlap"})


def _quorum(old: Approvals, new: Approvals) -> Direction:
    """Who must agree is compared by which people would do; the rest setting by setting."""
    found = merge(_who(old, new), _turns(old, new))
    for name in type(new).model_fields:
        if name not in _OF_A_QUORUM:
            found = merge(found, direction_of(name, getattr(old, name), getattr(new, name)))
    return found


def _who(old: Approvals, new: Approvals) -> Direction:
    """Looser where whoever met the old meets the new too, tighter the other way round."""
    no_more, no_less = asks_no_more(new, old), asks_no_more(old, new)
    if no_more and no_less:
        return "same"
    if no_more:
        return "looser"
    return "tighter" if no_less else "both"


def _turns(old: Approvals, new: Approvals) -> Direction:
    """Whoever must wait for one more role asks for more."""
    was, now = _waits(old), _waits(new)
    found: Direction = "same"
    for role in {**was, **now}:
        before, after = was.get(role, frozenset()), now.get(role, frozenset())
        if before != after:
            more = True if before < after else False if after < before else None
            found = merge(found, _way(more, "tighter", "looser"))
    return found


def _waits(rule: Approvals) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one, _ in named(rule):
        for seat in one.seats:
            found[seat.role] = found.get(seat.role, frozenset()).union(seat.after or ())
    return found


_A_DAY: Final = "2000-01-01"


def _keep(old: str, new: str) -> Direction:
    """What is kept for longer is erased later."""
    return "tighter" if end_of(_A_DAY, new) > end_of(_A_DAY, old) else "looser"


def _retention(old: Any, new: Any) -> Direction:
    """A rule that keeps something forbids to erase it."""
    if old is None or new is None:
        return "tighter" if old is None else "looser"
    return _of_parts(old, new)


_SPECIAL: Final[dict[str, Callable[[Any, Any], Direction]]] = {
    "approvals": _quorum,
    "documents": _one_by_one("type"),
    "afterwards": _one_by_one("id"),
    "starts": _starts,
    "ends": _ends,
    "types": _types,
    "warn_until": _warn_until,
    "keep": _keep,
    "retention": _retention,
}
