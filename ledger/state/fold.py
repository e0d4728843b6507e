"""The fold: what one event changes. Nothing else ever changes the registry.

``fold`` reads the registry, returns the aggregates that the event changes and raises where the
event makes no sense on this state (a version that exists already, a vote on a closed release). It
decides nothing about who may do what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from ledger.events.change import PROPOSABLE
from ledger.events.proof import DsseProof, IdTokenProof, WebAuthnProof
from ledger.state import (
    acknowledgements,
    documentation,
    fold_access,
    fold_assurance,
    fold_changes,
    fold_client_keys,
    fold_delegations,
    fold_deployments,
    fold_exceptions,
    fold_passkeys,
    fold_people,
    fold_policy,
    fold_privacy,
    fold_publishers,
    fold_recalls,
    fold_releases,
    fold_versions,
    frameworks,
    rejections,
    rooms,
    samples,
)
from ledger.state import metadata as fold_metadata
from ledger.state import registries as fold_registries
from ledger.state import runs as fold_runs
from ledger.state.aggregates import LogState
from ledger.state.client_keys import check_signed_request
from ledger.state.fold_people import frozen
from ledger.state.place import Place
from ledger.state.publishers import check_id_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.event import Event
    from ledger.state.aggregates import Aggregate
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

__all__ = ["Place", "fold", "folded_kinds"]


def fold(registry: Registry, event: Event, place: Place) -> Changes:
    """The aggregates that ``event`` changes.

    Raises:
        UnknownSubjectError: it speaks of a model, version, release or actor that does not exist.
        ConflictError: the state does not admit it; ``log-frozen`` after the last entry of a log.
    """
    log_state = registry.find(LogState, "log")
    if log_state is not None and log_state.successor:
        raise frozen(log_state.successor)
    if isinstance(place.proof, IdTokenProof):
        check_id_token(registry, place.proof, event, place)
    elif isinstance(place.proof, DsseProof):
        check_signed_request(registry, place.proof, event, place)
    changes = _FOLDS[event.kind](registry, event, place)
    if event.kind in PROPOSABLE:
        return (*changes, *fold_changes.carried_out(registry, event, place))
    if isinstance(place.proof, WebAuthnProof):
        return (*changes, *fold_passkeys.signed(registry, place.proof, place))
    return changes


_FOLDS: dict[str, Callable[[Registry, Any, Place], Changes]] = {
    log.LogCreated.kind: fold_people.log_created,
    log.CheckpointTimestamped.kind: fold_people.checkpoint_timestamped,
    assurance.PolicyActivated.kind: fold_policy.policy_activated,
    assurance.PolicyFiled.kind: fold_policy.policy_filed,
    people.ActorEnrolled.kind: fold_people.actor_enrolled,
    people.RoleGranted.kind: fold_people.role_granted,
    people.RoleRevoked.kind: fold_people.role_revoked,
    people.IdentityLinked.kind: fold_people.identity_linked,
    people.IdentityUnlinked.kind: fold_people.identity_unlinked,
    people.RecoveryAllowed.kind: fold_people.recovery_allowed,
    people.RoleDelegated.kind: fold_delegations.role_delegated,
    people.DelegationEnded.kind: fold_delegations.delegation_ended,
    publisher.PublisherTrusted.kind: fold_publishers.publisher_trusted,
    publisher.PublisherRemoved.kind: fold_publishers.publisher_removed,
    client_key.WorkloadKeyEnrolled.kind: fold_client_keys.key_enrolled,
    client_key.WorkloadKeyRevoked.kind: fold_client_keys.key_revoked,
    model.ModelRegistered.kind: fold_versions.model_registered,
    model.VersionRegistered.kind: fold_versions.version_registered,
    model.EvidenceAttached.kind: fold_versions.evidence_attached,
    model.MetricsObserved.kind: fold_versions.metrics_observed,
    model.VersionDeprecated.kind: fold_versions.version_deprecated,
    model.DeprecationAcknowledged.kind: acknowledgements.deprecation_acknowledged,
    model.VersionArchived.kind: fold_versions.version_archived,
    metadata.SchemaActivated.kind: fold_metadata.schema_activated,
    metadata.MetadataStated.kind: fold_metadata.metadata_stated,
    metadata.MetadataSettled.kind: fold_metadata.metadata_settled,
    metadata.DocumentationSigned.kind: documentation.documentation_signed,
    release.ReleaseRequested.kind: fold_releases.release_requested,
    release.ReleaseAssigned.kind: fold_releases.release_assigned,
    release.ReleaseCommented.kind: fold_releases.release_commented,
    release.ReleaseApproved.kind: fold_releases.vote,
    release.ReleaseRejected.kind: fold_releases.release_rejected,
    release.ReleaseWithdrawn.kind: fold_releases.release_withdrawn,
    release.RejectionLifted.kind: rejections.rejection_lifted,
    release.ApprovalRevoked.kind: fold_releases.approval_revoked,
    release.ReleaseGranted.kind: fold_releases.release_granted,
    release.ReleaseLapsed.kind: fold_releases.release_lapsed,
    deployment.DeploymentRecorded.kind: fold_deployments.deployed,
    deployment.DeploymentRolledBack.kind: fold_deployments.deployed,
    deployment.DeploymentStopped.kind: fold_deployments.deployment_stopped,
    incident.IncidentOpened.kind: fold_assurance.incident_opened,
    incident.IncidentClosed.kind: fold_assurance.incident_closed,
    statement.StatementSigned.kind: fold_assurance.statement_signed,
    statement.ControlSetAside.kind: fold_assurance.control_set_aside,
    framework.FrameworkActivated.kind: frameworks.framework_activated,
    framework.FrameworkWithdrawn.kind: frameworks.framework_withdrawn,
    room.RoomOpened.kind: rooms.room_opened,
    room.RoomClosed.kind: rooms.room_closed,
    room.RoomAsked.kind: rooms.room_asked,
    room.RoomAnswered.kind: rooms.room_answered,
    assurance.ReportIssued.kind: fold_people.report_issued,
    assurance.AccessDenied.kind: fold_people.recorded_only,
    log.KeyRotated.kind: fold_people.keys_changed,
    log.KeyCompromised.kind: fold_people.keys_changed,
    log.RootNamed.kind: fold_people.keys_changed,
    log.LogFrozen.kind: fold_people.log_frozen,
    custody.BackupVerified.kind: fold_people.recorded_only,
    custody.RestoreTested.kind: fold_people.recorded_only,
    custody.BackupRestored.kind: fold_people.recorded_only,
    change.ChangeProposed.kind: fold_changes.change_proposed,
    change.ChangeApproved.kind: fold_changes.change_voted,
    change.ChangeRejected.kind: fold_changes.change_voted,
    change.ChangeWithdrawn.kind: fold_changes.change_withdrawn,
    exception.ExceptionOpened.kind: fold_exceptions.exception_opened,
    exception.ExceptionUsed.kind: fold_exceptions.exception_used,
    exception.ExceptionClosed.kind: fold_exceptions.exception_closed,
    exception.ReviewRequired.kind: fold_exceptions.review_required,
    exception.ReviewCompleted.kind: fold_exceptions.review_completed,
    recall.RecallPlaced.kind: fold_recalls.recall_placed,
    recall.RecallLifted.kind: fold_recalls.recall_lifted,
    privacy.HoldPlaced.kind: fold_privacy.hold_placed,
    privacy.HoldReleased.kind: fold_privacy.hold_released,
    privacy.ErasureRequested.kind: fold_privacy.erasure_requested,
    privacy.ErasureApproved.kind: fold_privacy.erasure_answered,
    privacy.ErasureRefused.kind: fold_privacy.erasure_answered,
    privacy.SubjectErased.kind: fold_privacy.subject_erased,
    privacy.SubjectRectified.kind: fold_privacy.subject_rectified,
    passkey.KeyEnrolled.kind: fold_passkeys.key_enrolled,
    passkey.KeyRevoked.kind: fold_passkeys.key_revoked,
    access.AccessDigested.kind: fold_access.access_digested,
    access.ActivityReviewed.kind: fold_access.activity_reviewed,
    access.AccessReviewOpened.kind: fold_access.review_opened,
    access.AccessRowReviewed.kind: fold_access.row_reviewed,
    access.AccessReviewed.kind: fold_access.access_reviewed,
    access.InventoryReconciled.kind: fold_access.inventory_reconciled,
    sample.SampleOpened.kind: samples.sample_opened,
    sample.SampleDrawn.kind: samples.sample_drawn,
    sample.SampleExtended.kind: samples.sample_extended,
    registries.RegistryChanged.kind: fold_registries.registry_changed,
    run.RunObserved.kind: fold_runs.run_observed,
}


def folded_kinds() -> frozenset[str]:
    """The kinds that the fold knows."""
    return frozenset(_FOLDS)
