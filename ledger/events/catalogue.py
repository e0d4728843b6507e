"""Every kind of event, in one place. A new kind is registered here and nowhere else."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical, plain
from ledger.errors import InputError, UnknownKindError, did_you_mean
from ledger.events import (
    access,
    assurance,
    change,
    client_key,
    custody,
    deployment,
    exception,
    framework,
    incident,
    log,
    metadata,
    model,
    passkey,
    people,
    privacy,
    publisher,
    recall,
    registries,
    release,
    room,
    run,
    sample,
    statement,
)
from ledger.events.event import PREDICATE_BASE
from ledger.events.names import PrivateText

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.event import Event

_TEXT: Final[TypeAdapter[str]] = TypeAdapter(PrivateText)

CATALOGUE: Final[dict[str, type[Event]]] = {
    kind.kind: kind
    for kind in (
        log.LogCreated,
        log.CheckpointTimestamped,
        people.ActorEnrolled,
        people.RoleGranted,
        people.RoleRevoked,
        people.IdentityLinked,
        people.IdentityUnlinked,
        people.RecoveryAllowed,
        people.RoleDelegated,
        people.DelegationEnded,
        publisher.PublisherTrusted,
        publisher.PublisherRemoved,
        client_key.WorkloadKeyEnrolled,
        client_key.WorkloadKeyRevoked,
        model.ModelRegistered,
        model.VersionRegistered,
        model.EvidenceAttached,
        model.MetricsObserved,
        model.VersionDeprecated,
        model.DeprecationAcknowledged,
        model.VersionArchived,
        metadata.SchemaActivated,
        metadata.MetadataStated,
        metadata.MetadataSettled,
        metadata.DocumentationSigned,
        release.ReleaseRequested,
        release.ReleaseAssigned,
        release.ReleaseCommented,
        release.ReleaseApproved,
        release.ReleaseRejected,
        release.ReleaseWithdrawn,
        release.RejectionLifted,
        release.ApprovalRevoked,
        release.ReleaseGranted,
        release.ReleaseLapsed,
        deployment.DeploymentRecorded,
        deployment.DeploymentRolledBack,
        deployment.DeploymentStopped,
        assurance.PolicyActivated,
        assurance.PolicyFiled,
        assurance.AccessDenied,
        assurance.ReportIssued,
        log.KeyRotated,
        log.KeyCompromised,
        log.RootNamed,
        log.LogFrozen,
        custody.BackupVerified,
        custody.RestoreTested,
        custody.BackupRestored,
        change.ChangeProposed,
        change.ChangeApproved,
        change.ChangeRejected,
        change.ChangeWithdrawn,
        exception.ExceptionOpened,
        exception.ExceptionUsed,
        exception.ExceptionClosed,
        exception.ReviewRequired,
        exception.ReviewCompleted,
        incident.IncidentOpened,
        incident.IncidentClosed,
        statement.StatementSigned,
        statement.ControlSetAside,
        framework.FrameworkActivated,
        framework.FrameworkWithdrawn,
        room.RoomOpened,
        room.RoomClosed,
        room.RoomAsked,
        room.RoomAnswered,
        recall.RecallPlaced,
        recall.RecallLifted,
        privacy.HoldPlaced,
        privacy.HoldReleased,
        privacy.ErasureRequested,
        privacy.ErasureApproved,
        privacy.ErasureRefused,
        privacy.SubjectErased,
        privacy.SubjectRectified,
        passkey.KeyEnrolled,
        passkey.KeyRevoked,
        access.AccessDigested,
        access.ActivityReviewed,
        access.AccessReviewOpened,
        access.AccessRowReviewed,
        access.AccessReviewed,
        access.InventoryReconciled,
        sample.SampleOpened,
        sample.SampleDrawn,
        sample.SampleExtended,
        registries.RegistryChanged,
        run.RunObserved,
    )
}


def class_of(kind: str) -> type[Event]:
    """The class of a kind.

    Raises:
        UnknownKindError: no such kind.
    """
    found = CATALOGUE.get(kind)
    if found is None:
        msg = "There is no such kind of event."
        raise UnknownKindError(
            msg,
            pointer="/kind",
            remedy=did_you_mean(kind, CATALOGUE) or f"Kinds are: {', '.join(sorted(CATALOGUE))}.",
        )
    return found


def read_command(kind: str, fields: object, pointer: str = "/event") -> Event:
    """Read what somebody asks for from outside: strict, and never a kind that ``submit`` writes.

    Raises:
        UnknownKindError: no such kind, or one that only the ledger itself writes.
        InputError: a field is missing, unknown or wrong; ``pointer`` names it.
    """
    wanted = class_of(kind)
    if wanted.written_by_submit:
        msg = f"{kind} is written by the ledger itself and can't be submitted."
        raise UnknownKindError(msg, pointer="/kind", remedy="Submit what leads to it.")
    if wanted is change.ChangeProposed:
        fields = _with_texts(fields, pointer)
    return _validated(wanted, fields, pointer)


def _with_texts(fields: object, pointer: str) -> object:
    """A proposal with the private texts of its command taken out of the facts, as ``texts``."""
    command = fields.get("event") if isinstance(fields, dict) else None
    proposed = fields.get("proposed") if isinstance(fields, dict) else None
    if (
        not isinstance(fields, dict)
        or not isinstance(command, dict)
        or not isinstance(proposed, str)
    ):
        return fields
    if proposed not in change.PROPOSABLE or "texts" in fields:
        return fields
    kind, texts = CATALOGUE[proposed], {}
    for name in kind.private_fields():
        text = command.get(name)
        place = f"{pointer}/event/{name}"
        if text is None:
            if kind.model_fields[name].is_required():
                raise InputError(
                    f"{proposed}: a proposal says everything that people agree to.",
                    pointer=place,
                    remedy="This field is required.",
                    code="invalid-missing",
                )
            continue
        try:
            texts[name] = _TEXT.validate_python(text, strict=True)
        except ValidationError as error:
            raise InputError(
                f"{proposed}: {error.errors(include_input=False, include_url=False)[0]['msg']}.",
                pointer=place,
            ) from None
    bare = {name: value for name, value in command.items() if name not in kind.private_fields()}
    if not texts:
        return {**fields, "event": bare}
    return {**fields, "event": bare, "texts": canonical(texts).decode("utf-8")}


def read_event(predicate_type: str, facts: object) -> Event:
    """Read an event back from an entry; private required texts are filled with a placeholder."""
    kind, _, version = predicate_type.removeprefix(PREDICATE_BASE).rpartition("/v")
    wanted = class_of(kind)
    if predicate_type != wanted.predicate_type() or not version:
        msg = "This version of the kind is not known to this program."
        raise UnknownKindError(msg, remedy="Use a newer program.")
    if not isinstance(facts, dict):
        raise InputError("An event is a JSON object.", pointer="/event")
    filled = dict(facts)
    for name in wanted.private_fields():
        if name in filled:
            raise InputError("A private text stands in the ledger.", pointer=f"/event/{name}")
        if wanted.model_fields[name].is_required():
            filled[name] = "(in the vault)"
    return _validated(wanted, filled, "/event")


def read_proposed(event: change.ChangeProposed) -> Event:
    """The event that would come of a proposal.

    Raises:
        InputError: its kind can't be proposed, or its facts are not those of an entry of that kind.
    """
    if event.proposed not in change.PROPOSABLE:
        raise InputError(
            "Events of this kind are not proposed.",
            pointer="/event/proposed",
            remedy=did_you_mean(event.proposed, change.PROPOSABLE)
            or f"Kinds that can be proposed are: {', '.join(sorted(change.PROPOSABLE))}.",
        )
    try:
        proposed = read_event(CATALOGUE[event.proposed].predicate_type(), event.event)
    except InputError as error:
        pointer = f"/event/event{error.pointer.removeprefix('/event')}"
        raise InputError(
            error.sentence, pointer=pointer, remedy=error.remedy, code=error.code
        ) from None
    if canonical(proposed.facts()) != canonical(event.event):
        raise InputError(
            "The facts are not written as an entry would hold them.", pointer="/event/event"
        )
    return proposed


def read_own_event(predicate_type: str, facts: dict[str, Any]) -> Event | None:
    """As ``read_event``, for facts out of ``encoding.read_own``; None where that must be asked."""
    own = _BY_TYPE.get(predicate_type)
    if own is None:
        return None
    if own.private:
        if not own.private.isdisjoint(facts):
            return None
        facts = {**facts, **own.filled}
    try:
        return own.read(plain(facts))
    except ValidationError:
        return None


class _OwnKind(NamedTuple):
    """How events of a kind are read: without the models' wrappers, which cost a third."""

    read: Callable[[bytes], Event]
    private: frozenset[str]
    filled: dict[str, str]


def _own_kind(kind: type[Event]) -> _OwnKind:
    private = kind.private_fields()
    required = (name for name in private if kind.model_fields[name].is_required())
    return _OwnKind(
        TypeAdapter(kind).validator.validate_json,
        frozenset(private),
        dict.fromkeys(required, "(in the vault)"),
    )


# Kinds whose every member has a type: a float or a huge number in them is refused by it.
_BY_TYPE: Final = {
    kind.predicate_type(): _own_kind(kind)
    for kind in CATALOGUE.values()
    if kind not in {assurance.PolicyActivated, assurance.PolicyFiled, change.ChangeProposed}
}


@cache
def schema_digest() -> str:
    """SHA-256 of the JSON Schemas of all kinds, so that a log says what it started with."""
    schemas = {name: kind.model_json_schema() for name, kind in CATALOGUE.items()}
    return hex_digest(canonical(_without_floats(schemas)))


def _without_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_floats(item) for item in value]
    return str(value) if isinstance(value, float) else value


def _validated(wanted: type[Event], fields: object, pointer: str) -> Event:
    if not isinstance(fields, dict):
        raise InputError("An event is a JSON object.", pointer=pointer)
    try:
        return wanted.model_validate(_tuples(fields))
    except ValidationError as error:
        raise _input_error(wanted, error, pointer) from None


def _tuples(value: Any) -> Any:
    """JSON has lists, strict frozen models have tuples."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def _input_error(wanted: type[Event], error: ValidationError, pointer: str) -> InputError:
    found = error.errors(include_input=False, include_url=False)
    misspelt = [item for item in found if item["type"] == "extra_forbidden"]
    first = (misspelt or found)[0]
    place = "".join(f"/{_escaped(str(part))}" for part in first["loc"])
    remedy = ""
    if first["type"] == "missing":
        remedy = "This field is required."
    elif misspelt:
        known = sorted(wanted.model_fields) if len(first["loc"]) == 1 else []
        near = did_you_mean(str(first["loc"][-1]), known)
        remedy = near or (f"Known fields are: {', '.join(known)}." if known else "Leave it out.")
    return InputError(
        f"{wanted.kind}: {first['msg'].removeprefix('Value error, ')}.",
        pointer=pointer + place,
        remedy=remedy,
        code=f"invalid-{first['type'].replace('_', '-')}",
    )


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
