"""Statements that people sign for controls: which there are, which lack, which are over.

What is written stands in the vault; the entry says for which control it is, until when, by whom.
A later one replaces an earlier one, which stays an entry: that is the version history.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import ndiff
from typing import TYPE_CHECKING, Final, Literal

from ledger.errors import InputError, UnknownSubjectError
from ledger.events.statement import ControlSetAside, StatementSigned
from ledger.state.assurance import StatementState
from ledger.store.entries import Filter
from webui.frameworks import stated_frameworks

if TYPE_CHECKING:
    from ledger.query import Reader, Told
    from policies.controls.mapping import Control

State = Literal["missing", "attached", "expired", "set aside", "not asked for"]
_MOST_LOOKED_AT: Final = 2_000


@dataclass(frozen=True)
class Written:
    """A control and the state of what people must write for it, on a day."""

    control: Control
    state: State
    said: StatementState | None = None


def written(reader: Reader, framework: str, day: str) -> list[Written]:
    """Every control of a framework with its state on a day.

    Raises:
        InputError: there is no such framework.
    """
    known = {one.id: one for one in stated_frameworks(reader)}
    if framework not in known:
        raise InputError(
            "There is no such framework.", pointer="/framework", code="unknown-framework"
        )
    found = known[framework]
    held = {one.control: one for one in reader.every(StatementState) if one.framework == framework}
    return [state_of(control, held.get(control.id), day) for control in found.controls]


def state_of(control: Control, said: StatementState | None, day: str) -> Written:
    """What is written for one control on a day."""
    if said is not None and said.set_aside is not None and said.set_aside_until >= day:
        return Written(control, "set aside", said)
    if said is not None and said.signed is not None:
        return Written(control, "attached" if said.signed_until >= day else "expired", said)
    return Written(control, "missing" if control.human else "not asked for", said)


def control_of(reader: Reader, name: str) -> Control:
    """A control by its id: shipped, the organisation's own, or a point of a scheme.

    Raises:
        UnknownSubjectError: there is none.
    """
    for framework in stated_frameworks(reader):
        for control in framework.controls:
            if control.id == name:
                return control
    raise UnknownSubjectError("There is no such control.", pointer="/control")


@dataclass(frozen=True)
class Line:
    """A line of a difference: ``sign`` is ``+``, ``-`` or a blank."""

    sign: str
    text: str


@dataclass(frozen=True)
class Version:
    """What was said once, and how it differs from what was signed before; no lines for the first.

    ``comparable`` is False where either text was erased.
    """

    told: Told
    changed: tuple[Line, ...] = ()
    comparable: bool = True


def compared(held: list[Told]) -> list[Version]:
    """Versions, newest first, each signed one compared with the one signed before it."""
    found = []
    for at, one in enumerate(held):
        earlier = [each for each in held[at + 1 :] if each.entry.kind == StatementSigned.kind]
        if one.entry.kind != StatementSigned.kind or not earlier:
            found.append(Version(one))
            continue
        now, before = one.private.get("text"), earlier[0].private.get("text")
        if now is None or before is None:
            found.append(Version(one, comparable=False))
        else:
            found.append(Version(one, tuple(difference(before, now))))
    return found


def difference(before: str, after: str) -> list[Line]:
    """What changed from one text to the next, line by line."""
    lines = ndiff(before.splitlines(), after.splitlines())
    return [Line(line[0], line[2:]) for line in lines if line[0] != "?"]


def versions(reader: Reader, control: str) -> list[Told]:
    """What was said of a control, newest first, among the newest statements of all."""
    kinds = (StatementSigned.kind, ControlSetAside.kind)
    found: list[Told] = []
    before: int | None = None
    looked_at = 0
    while looked_at < _MOST_LOOKED_AT:
        rows = reader.entries(Filter(kinds=kinds), before=before, limit=200)
        if not rows:
            break
        told = reader.told(rows)
        found += [one for one in told if getattr(one.entry.event, "control", "") == control]
        looked_at, before = looked_at + len(rows), rows[-1].sequence
    return found
