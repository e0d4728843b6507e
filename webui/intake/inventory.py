"""What a source shows, held against the ledger: one to one, and what is unexplained listed.

A source is a registry, a git repository or a cluster. Each model, version, alias, stage and
deployment that it shows is explained by something here: what is registered or runs, or what was
told of this source last, by whatever way. A git tag is explained by itself alone: the same object
under the same name. What is not explained is recorded, each as itself, and counted in
``inventory.reconciled``; what was told of the source and is shown no more is listed there.

``Coverage`` says of each source how much of what it shows somebody told of when it happened: what
only a sweep or a listing found, and a tag that moved or went, stays unexplained until it is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from ledger.batch import Asked
from ledger.core.digest import hex_digest
from ledger.errors import InputError
from ledger.events.access import (
    MOST_ENVIRONMENTS,
    MOST_NAMED,
    Differing,
    InventoryReconciled,
)
from ledger.events.catalogue import read_command
from ledger.events.names import Value, format_instant
from ledger.events.registries import RegistryChanged
from ledger.state.aggregates import DeploymentState, ModelState, VersionState, version_key
from ledger.state.registries import (
    ALIAS,
    DEPLOYMENT,
    GONE,
    MODEL,
    MOVED,
    PRESENT,
    REF,
    STAGE,
    VERSION,
    Mirrored,
)
from ledger.store.database import reading
from ledger.store.entries import Filter
from webui.client.capture.where import public

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.events.actor import Actor
    from ledger.events.proof import Proof
    from ledger.events.registries import RegistryChange
    from ledger.receipt import Receipt
    from ledger.state.registry import Registry
    from webui.wiring import Wiring

INVENTORY: Final = "models"
Told = Literal["sweep", "feed", "tags", "import"]
_FOUND: Final = frozenset({"sweep", "feed"})
_AT_ONCE: Final = 500
_NEWEST: Final = 500
_MOST_SHOWN: Final = 20
_CHANGES: Final[dict[str, RegistryChange]] = {
    MODEL: "model_created",
    VERSION: "version_created",
    ALIAS: "alias_set",
    STAGE: "stage_set",
    DEPLOYMENT: "deployment_seen",
}
_Key = tuple[str, str, str]


@dataclass(frozen=True, order=True)
class Shown:
    """One thing that a source shows, as ``Mirrored`` names it; of a tag, what it means.

    ``at`` is when it came about there and ``by`` through whom, where the source says so. A tag has
    a ``change`` of its own, and says what it is by ``ref``, ``object``, ``commit``, ``signature``.
    ``artifact`` is the SHA-256 of what is deployed, where the source says so.
    """

    model: str
    thing: str
    item: str
    value: str
    at: str = ""
    by: str = ""
    change: str = ""
    ref: str = ""
    object: str = ""
    commit: str = ""
    signature: str = ""
    artifact: str = ""

    @property
    def key(self) -> _Key:
        """By which of what was told it is explained."""
        return (self.model, REF, self.ref) if self.ref else (self.model, self.thing, self.item)


@dataclass(frozen=True)
class Swept:
    """What was found; ``coverage`` is the part of what is shown that is explained here.

    ``moved`` are the tags among ``unexplained`` that were something else before, ``removed`` the
    tags that are shown no more; ``vanished`` names everything that is shown no more. ``before``
    says which entry told of each thing last. Of ``environments`` it shows every deployment;
    ``differing`` are those there that do not match what this ledger says.
    """

    shown: tuple[Shown, ...]
    unexplained: tuple[Shown, ...]
    vanished: tuple[str, ...]
    moved: frozenset[_Key] = frozenset()
    removed: tuple[Mirrored, ...] = ()
    before: Mapping[_Key, int] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    differing: tuple[Differing, ...] = ()

    @property
    def coverage(self) -> str:
        """As a percentage with one digit, never rounded up to 100."""
        return percentage(len(self.shown) - len(self.unexplained), len(self.shown))


class Finding(Value):
    """Something that a source shows and nobody told of: what it is, and the entry that found it."""

    model: str
    thing: str
    name: str
    value: str
    status: str
    entry: int
    at: str


class Coverage(Value):
    """How much of what a source shows was told of here when it happened.

    ``listed`` is what it showed when it was read last, as entry ``entry`` says; ``unexplained``
    what only a reading found, or a tag that moved or went, counted up to now; ``newest`` are the
    newest of these.
    """

    source: str
    inventory: str
    as_of: str
    entry: int
    listed: int
    unexplained: int
    coverage: str
    newest: tuple[Finding, ...] = ()


def percentage(part: int, whole: int) -> str:
    """A part of a whole with one digit, never rounded up; all of nothing is everything."""
    if not whole:
        return "100 %"
    tenths = 1000 * max(part, 0) // whole
    return f"{tenths // 10}.{tenths % 10} %"


def compare(
    wiring: Wiring, source: str, shown: Iterable[Shown], environments: Iterable[str] = ()
) -> Swept:
    """Hold what a source shows against what is registered, what runs, and what was told of it.

    Of ``environments``, and of those in which it shows a deployment, it shows every one.
    """
    listed = tuple(shown)
    told = {
        (one.model, one.thing, one.item): one
        for one in sorted(
            wiring.reader.every(Mirrored, environment=source), key=lambda it: it.entry
        )
    }
    runs = list(wiring.reader.every(DeploymentState, status="running"))
    running = {(one.model, one.environment, one.version) for one in runs}
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        unexplained = tuple(
            it
            for it in listed
            if not _is_told(told.get(it.key), it)
            and not (not it.ref and _is_known(registry, running, it))
        )
    there = {it.key for it in listed}
    gone = [  # a version that has no stage any more is no loss
        one
        for key, one in sorted(told.items())
        if one.status != GONE and key not in there and one.thing != STAGE
    ]
    moved = {
        it.key
        for it in unexplained
        if it.ref and (known := told.get(it.key)) is not None and known.value != it.object
    }
    return Swept(
        listed,
        unexplained,
        tuple(f"{one.thing} {one.model} {one.item}".strip() for one in gone),
        frozenset(moved),
        tuple(one for one in gone if one.thing == REF),
        {key: one.entry for key, one in told.items()},
        *_deployments(listed, runs, environments),
    )


def _deployments(
    listed: Iterable[Shown], runs: Iterable[DeploymentState], environments: Iterable[str]
) -> tuple[tuple[str, ...], tuple[Differing, ...]]:
    """The environments that a list shows whole, and what differs there, the newest here first."""
    shown = [it for it in listed if it.thing == DEPLOYMENT and not it.ref]
    whole = sorted({*environments, *(it.item for it in shown)})[:MOST_ENVIRONMENTS]
    ours = {(one.model, one.environment): one for one in runs if one.environment in whole}
    theirs = {(it.model, it.item) for it in shown}
    found = [
        Differing(
            model=it.model,
            version=it.value,
            environment=it.item,
            how=how,
            deployment=None if here is None else here.since,
        )
        for it in shown
        for here in [ours.get((it.model, it.item))]
        if it.item in whole and (how := _differs(it, here)) is not None
    ]
    found += [
        Differing(
            model=one.model,
            version=one.version,
            environment=one.environment,
            how="unlisted",
            deployment=one.since,
        )
        for slot, one in ours.items()
        if slot not in theirs
    ]
    return tuple(whole), tuple(found[:MOST_NAMED])


def _differs(
    it: Shown, here: DeploymentState | None
) -> Literal["unexplained", "other_version", "other_artifact"] | None:
    if here is None:
        return "unexplained"
    if it.value != here.version:
        return "other_version"
    return "other_artifact" if it.artifact and it.artifact != here.artifact else None


def _is_told(known: Mirrored | None, it: Shown) -> bool:
    if known is None or known.status == GONE:
        return False
    return known.value == (it.object if it.ref else it.value)


def _is_known(registry: Registry, running: set[tuple[str, str, str]], it: Shown) -> bool:
    if it.thing == MODEL:
        return registry.find(ModelState, it.model) is not None
    if it.thing == VERSION:
        return registry.find(VersionState, version_key(it.model, it.item)) is not None
    return it.thing == DEPLOYMENT and (it.model, it.item, it.value) in running


def changes_of(source: str, found: Swept, told_by: Told) -> list[RegistryChanged]:
    """An event for each thing that is not explained, and for each tag that went.

    Raises:
        InputError: something shown is none that the ledger takes; the pointer counts from 0.
    """
    events = []
    for place, one in enumerate(found.unexplained):
        try:
            events.append(_change(source, one, told_by, moved=one.key in found.moved))
        except InputError as error:
            raise InputError(str(error), pointer=f"/items/{place}", code="item-invalid") from None
    for gone in found.removed:
        fields: dict[str, Any] = {"registry": source, "change": "ref_removed", "told_by": told_by}
        fields |= {"model": gone.model, "ref": gone.item, "object": gone.value}
        events.append(_read(fields))
    return events


def _change(source: str, one: Shown, told_by: Told, *, moved: bool) -> RegistryChanged:
    change = "ref_moved" if moved else one.change or _CHANGES[one.thing]
    fields = {
        "registry": source,
        "change": change,
        "told_by": told_by,
        "model": one.model,
        "version": _version(one),
        "name": None if one.thing in {MODEL, VERSION} else public(_name(one)) or "?",
        "changed_at": one.at,
        "by": one.by,
        "ref": one.ref,
        "object": one.object,
        "commit": one.commit,
        "signature": one.signature,
    }
    return _read({name: text for name, text in fields.items() if text})


def _version(one: Shown) -> str:
    return {VERSION: one.item, STAGE: one.item}.get(one.thing, one.value)


def _name(one: Shown) -> str:
    return one.value if one.thing == STAGE else one.item


def _read(fields: Mapping[str, Any]) -> RegistryChanged:
    event = read_command(RegistryChanged.kind, dict(fields))
    if not isinstance(event, RegistryChanged):  # pragma: no cover (the kind says so)
        raise InputError("It is of another kind.")
    return event


def record(
    wiring: Wiring,
    source: str,
    found: Swept,
    told_by: Told,
    *,
    by: Actor | None = None,
    proof: Proof | None = None,
) -> tuple[Receipt, ...]:
    """Record what is unexplained, each as itself, and the sum of it, which comes last.

    What is recorded is asked for by ``by``, else the service; the sum is the service's, who
    counted. What the policy refuses is a refusal in the ledger, and stays unexplained.

    Raises:
        LedgerError: the ledger can't be written; what was recorded stands, and the next goes on.
    """
    listing = orjson.dumps([(*one.key, one.object or one.value) for one in sorted(found.shown)])
    actor = by or wiring.service
    receipts: list[Receipt] = []
    hour = f"{wiring.now():%Y-%m-%dT%H}"
    replaced = [found.before.get(one.key, -1) for one in found.unexplained]
    replaced += [one.entry for one in found.removed]
    events = changes_of(source, found, told_by)
    asked = [
        Asked(event, _key_of(event, entry, hour), proof)
        for event, entry in zip(events, replaced, strict=True)
    ]
    for start in range(0, len(asked), _AT_ONCE):
        receipts += wiring.submitter.submit_batch(actor, asked[start : start + _AT_ONCE])
    total = InventoryReconciled(
        inventory=INVENTORY,
        source=source,
        as_of=format_instant(wiring.now()),
        digest=hex_digest(listing),
        listed=len(found.shown),
        matched=len(found.shown) - len(found.unexplained),
        unknown=len(found.unexplained),
        unlisted=tuple(public(one) for one in found.vanished[:MOST_NAMED]),
        environments=found.environments or None,
        differing=found.differing or None,
    )
    receipts.append(wiring.submitter.submit(wiring.service, total))
    return tuple(receipts)


def _key_of(event: RegistryChanged, replaced: int, hour: str) -> str:
    """Two who hand in the same list at once tell each thing once; a refusal may be asked again."""
    said = orjson.dumps(event.facts(), option=orjson.OPT_SORT_KEYS)
    return f"inventory/{hour}/{hex_digest(f'{replaced} '.encode() + said)[:32]}"


def coverage(wiring: Wiring) -> list[Coverage]:
    """Every source that was ever read whole, by name, as far as it is explained now."""
    reader = wiring.reader
    newest: dict[str, tuple[int, InventoryReconciled]] = {}
    rows = reader.entries(Filter(kinds=(InventoryReconciled.kind,)), limit=_NEWEST)
    for one in reader.told(rows):
        event = one.entry.event
        if isinstance(event, InventoryReconciled) and event.inventory == INVENTORY:
            newest.setdefault(event.source, (one.row.sequence, event))
    odd = {source: _odd(wiring, source) for source in newest}
    return [
        Coverage(
            source=source,
            inventory=event.inventory,
            as_of=event.as_of,
            entry=entry,
            listed=event.listed,
            unexplained=len(odd[source]),
            coverage=percentage(event.listed - len(odd[source]), event.listed),
            newest=_newest(odd[source]),
        )
        for source, (entry, event) in sorted(newest.items())
    ]


def _newest(found: list[Mirrored]) -> tuple[Finding, ...]:
    found = sorted(found, key=lambda one: one.entry, reverse=True)[:_MOST_SHOWN]
    return tuple(
        Finding(
            model=one.model,
            thing=one.thing,
            name=one.item,
            value=one.value,
            status=one.status,
            entry=one.entry,
            at=one.at,
        )
        for one in found
    )


def _odd(wiring: Wiring, source: str) -> list[Mirrored]:
    """What of a source nobody told of: few, so that what is explained need not be read."""
    every = wiring.reader.every
    found = [
        one
        for told_by in sorted(_FOUND)
        for one in every(Mirrored, environment=source, status=PRESENT, actor=told_by)
        if one.thing != REF
    ]
    for status in (MOVED, GONE):
        found += [
            one for one in every(Mirrored, environment=source, status=status) if one.thing == REF
        ]
    return found
