"""What others tell: everything a source shows, held against the ledger; runs, by OpenLineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.batch import Asked
from ledger.core.encoding import parse_json
from ledger.errors import InputError
from ledger.events.access import MOST_ENVIRONMENTS
from ledger.events.decision import Outcome
from ledger.events.names import Sha256, Slug, Value
from ledger.events.registries import GitObject, RegistryChange, RegistryChanged, Signature
from ledger.state.registries import ALIAS, DEPLOYMENT, MODEL, STAGE, VERSION
from policies import explain
from webui.api.answer import json_answer
from webui.api.route import JSON, PROBLEM, Answer, Route
from webui.api.shapes import DeniedProblem, EntryNumber
from webui.api.strict import body_bytes, read_fields
from webui.api.told import receipt_response
from webui.client.capture.where import public
from webui.client.foreign_names import model_name, version_name
from webui.identity.errors import ScopeError
from webui.identity.scope import check_kind, check_submit
from webui.intake.inventory import Coverage, Shown, changes_of, compare, coverage, record
from webui.intake.openlineage import read_event
from webui.intake.reading import MOST_BYTES, instant, read_body
from webui.naming import namer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response

    from webui.api.route import Asker
    from webui.intake.inventory import Swept

LARGEST: Final = 8 * 1024 * 1024
_MOST: Final = 20_000
_Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", max_length=300)]
_Thing = Literal["model", "version", "alias", "stage", "deployment", "tag"]


class InventoryItem(Value):
    """One thing that a source shows.

    A version, alias, stage or deployment names its ``version``; an alias, stage or deployment its
    ``name`` (a deployment's is the environment), and a deployment may name the SHA-256 of its
    ``artifact``. A ``tag`` is one of git, with what it ``means``.
    """

    thing: _Thing
    model: _Text
    version: _Text | None = None
    name: _Text | None = None
    at: Annotated[str, StringConstraints(max_length=40)] | None = None
    by: _Text | None = None
    means: RegistryChange | None = None
    ref: _Text | None = None
    object: GitObject | None = None
    commit: GitObject | None = None
    signature: Signature | None = None
    artifact: Sha256 | None = None

    @model_validator(mode="after")
    def _says_enough(self) -> InventoryItem:
        owed = {
            "version": self.thing not in {"model", "tag"} and self.version is None,
            "name": self.thing in {"alias", "stage", "deployment"} and self.name is None,
            "means": (self.thing == "tag") != (self.means is not None),
            "ref": (self.thing == "tag") != (self.ref is not None),
            "object": (self.thing == "tag") != (self.object is not None),
            "artifact": self.thing != "deployment" and self.artifact is not None,
        }
        for field, wrong in owed.items():
            if wrong:
                msg = f"{field} is missing, or does not belong to a {self.thing}"
                raise ValueError(msg)
        return self


class Inventory(Value):
    """Everything that a source shows. ``dry_run`` compares, and says what the policy would say.

    Of ``environments`` it shows every deployment, even where that is none at all; so it does of
    every environment of which it shows one.
    """

    source: Slug
    told_by: Literal["feed", "tags", "import"] = "feed"
    dry_run: bool = False
    environments: tuple[_Text, ...] = Field(default=(), max_length=MOST_ENVIRONMENTS)
    items: tuple[InventoryItem, ...] = Field(max_length=_MOST)


class InventoryFound(Value):
    """A change that nothing here explained, and what the policy says to its being told."""

    change: RegistryChange
    model: str
    version: str | None = None
    name: str | None = None
    ref: str | None = None
    outcome: Outcome
    sentences: tuple[str, ...] = ()
    entry: EntryNumber | None = None


class InventoryAnswer(Value):
    """What was found; ``entry`` is the sum of it, and missing where nothing was recorded."""

    source: str
    listed: int
    unexplained: tuple[InventoryFound, ...]
    vanished: tuple[str, ...]
    coverage: str
    entry: int | None = None


class LineageTold(Value):
    """Whether a message was recorded, and as which entry: one that speaks of no run is not."""

    recorded: bool
    entry: int | None = None


class CoverageAnswer(Value):
    """Every source that was ever read whole."""

    items: tuple[Coverage, ...]


def _hand_in(asker: Asker) -> Response:
    wanted = read_fields(Inventory, parse_json(body_bytes(JSON, LARGEST), max_bytes=LARGEST))
    name = wanted.source
    _check_may_tell(asker, name)
    found = compare(
        asker.wiring,
        name,
        (_shown(one) for one in wanted.items),
        (public(one) for one in wanted.environments),
    )
    events = changes_of(name, found, wanted.told_by)
    for event in events:
        check_submit(asker.wiring, asker.scope, event)
    if wanted.dry_run:
        return json_answer(_answer(name, found, _previewed(asker, events)))
    *receipts, total = record(
        asker.wiring, name, found, wanted.told_by, by=asker.actor, proof=asker.proof
    )
    name_of = namer(asker.wiring.reader)
    told = [
        _found(
            event,
            receipt.outcome,
            tuple(explain(receipt.decision, name_of))
            if receipt.decision is not None and receipt.outcome == "deny"
            else (),
            EntryNumber(sequence=receipt.sequence, kind=receipt.kind),
        )
        for event, receipt in zip(events, receipts, strict=True)
    ]
    return json_answer(_answer(name, found, told, total.sequence))


def _check_may_tell(asker: Asker, source: str) -> None:
    """Whoever may tell nothing of the source may neither see nor record how it compares."""
    check_kind(asker.scope, RegistryChanged.kind)
    trial = RegistryChanged(
        registry=source, change="settings_changed", name="inventory", told_by="feed"
    )
    if not asker.wiring.submitter.preview(asker.actor, trial, asker.proof).allowed:
        raise ScopeError(
            "The policy does not let you tell what this source shows.",
            remedy="Ask for a role that may record registry.changed.",
        )


def _shown(one: InventoryItem) -> Shown:
    model, version = model_name(one.model), version_name(one.version) if one.version else ""
    name = public(one.name or "") or "?"
    by, at = one.by or "", instant(one.at or "")
    if one.thing == "tag":
        return Shown(
            model, "tag", name if one.name else "", version, at, by, one.means or "",
            public(one.ref or "") or "?", one.object or "", one.commit or "", one.signature or "",
        )  # fmt: skip
    placed = {
        "model": (MODEL, "", ""),
        "version": (VERSION, version, ""),
        "alias": (ALIAS, name, version),
        "stage": (STAGE, version, name),
        "deployment": (DEPLOYMENT, name, version),
    }[one.thing]
    return Shown(model, *placed, at, by, artifact=one.artifact or "")


def _previewed(asker: Asker, events: Sequence[RegistryChanged]) -> list[InventoryFound]:
    name_of = namer(asker.wiring.reader)
    found = []
    for event in events:
        decision = asker.wiring.submitter.preview(asker.actor, event, asker.proof)
        sentences = () if decision.allowed else tuple(explain(decision, name_of))
        found.append(_found(event, decision.outcome, sentences, None))
    return found


def _found(
    event: RegistryChanged,
    outcome: str,
    sentences: tuple[str, ...],
    entry: EntryNumber | None,
) -> InventoryFound:
    return InventoryFound(
        change=event.change,
        model=event.model or "",
        version=event.version,
        name=event.name,
        ref=event.ref,
        outcome="allow" if outcome == "allow" else "deny",
        sentences=sentences,
        entry=entry,
    )


def _answer(
    source: str, found: Swept, told: list[InventoryFound], entry: int | None = None
) -> InventoryAnswer:
    return InventoryAnswer(
        source=source,
        listed=len(found.shown),
        unexplained=tuple(told),
        vanished=found.vanished,
        coverage=found.coverage,
        entry=entry,
    )


def _tell_lineage(asker: Asker) -> Response:
    body = body_bytes(JSON, MOST_BYTES)
    try:
        plain = read_body(body)
    except ValueError as error:
        raise InputError(
            f"This is no message of OpenLineage: {error}.", code="openlineage-invalid"
        ) from None
    event = read_event(plain, body)
    if event is None:
        return json_answer(LineageTold(recorded=False))
    check_submit(asker.wiring, asker.scope, event)
    asked = Asked(event, f"openlineage/{event.digest[:48]}", asker.proof)
    (receipt,) = asker.wiring.submitter.submit_batch(asker.actor, [asked])
    if receipt.outcome == "deny":
        return receipt_response(asker.wiring, receipt)
    told = LineageTold(recorded=True, entry=receipt.sequence)
    return json_answer(told, 200 if receipt.replayed else 201)


def _coverage(asker: Asker) -> Response:
    return json_answer(CoverageAnswer(items=tuple(coverage(asker.wiring))))


ROUTES = (
    Route(
        method="GET",
        path="/v1/inventories",
        name="list_inventories",
        says="How much of what each source shows was told of here when it happened.",
        view=_coverage,
        answers=(Answer(200, "Coverage by source.", CoverageAnswer),),
    ),
    Route(
        method="POST",
        path="/v1/lineage",
        name="tell_lineage",
        says="Take in an event of OpenLineage: which data sets and versions a run read and wrote. "
        "It is what OpenLineage's clients post to; the same message is recorded once.",
        view=_tell_lineage,
        needs="token",
        body="OpenLineageEvent",
        answers=(
            Answer(201, "The run is recorded.", LineageTold),
            Answer(200, "It was recorded before, or speaks of no run.", LineageTold),
            Answer(403, "The policy refused, which is recorded.", DeniedProblem, media=PROBLEM),
        ),
    ),
    Route(
        method="POST",
        path="/v1/inventories",
        name="hand_in_inventory",
        says="Hold everything that a source shows against the ledger, one to one, and record what "
        "is not explained. Sent again it finds nothing new.",
        view=_hand_in,
        needs="token",
        body="Inventory",
        answers=(Answer(200, "What was found.", InventoryAnswer),),
    ),
)
