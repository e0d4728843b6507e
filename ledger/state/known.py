"""Every kind of aggregate, so that what is stored is read back as what it is."""

from __future__ import annotations

from ledger.state.access import (
    AccessDigest,
    AccessReview,
    ActivityReview,
    OpenAccessReviews,
    Reconciled,
)
from ledger.state.acknowledgements import Acknowledgements
from ledger.state.aggregates import (
    ActorState,
    Aggregate,
    ChangeState,
    DelegationState,
    DeploymentState,
    LogState,
    ModelState,
    OpenChanges,
    PolicyState,
    ReleaseState,
    ReportState,
    RoleState,
    SlotState,
    StandIns,
    VersionState,
)
from ledger.state.approvers import Approved, AssignmentState
from ledger.state.assurance import IncidentState, StatementState
from ledger.state.client_keys import ClientKeyState
from ledger.state.documentation import DocumentationState
from ledger.state.exceptions import (
    ExceptionSlot,
    ExceptionState,
    OwedReviews,
    ReleaseReviews,
    ReviewState,
)
from ledger.state.frameworks import FrameworkNames, FrameworkState
from ledger.state.metadata import MetadataState, SchemaState
from ledger.state.passkeys import ActorPasskeys, PasskeyState
from ledger.state.policy_parts import PolicyPart
from ledger.state.privacy import ErasureState, HoldsInForce, HoldState, SubjectState
from ledger.state.publishers import PublisherState
from ledger.state.recalls import Recalled, RecallState
from ledger.state.registries import Mirrored
from ledger.state.rejections import RejectionState, StandingRejections
from ledger.state.rooms import RequestState, RoomState
from ledger.state.runs import RunState
from ledger.state.samples import SampleState

AGGREGATES: tuple[type[Aggregate], ...] = (
    LogState,
    PolicyState,
    ActorState,
    RoleState,
    ModelState,
    VersionState,
    ReleaseState,
    DeploymentState,
    SlotState,
    ReportState,
    ChangeState,
    OpenChanges,
    DelegationState,
    StandIns,
    ExceptionState,
    IncidentState,
    StatementState,
    ExceptionSlot,
    ReviewState,
    OwedReviews,
    ReleaseReviews,
    PublisherState,
    ClientKeyState,
    AssignmentState,
    RejectionState,
    StandingRejections,
    HoldState,
    HoldsInForce,
    ErasureState,
    SubjectState,
    PasskeyState,
    ActorPasskeys,
    Approved,
    AccessDigest,
    ActivityReview,
    AccessReview,
    OpenAccessReviews,
    Reconciled,
    SampleState,
    FrameworkState,
    FrameworkNames,
    RoomState,
    RequestState,
    Mirrored,
    RunState,
    RecallState,
    Recalled,
    Acknowledgements,
    PolicyPart,
    SchemaState,
    MetadataState,
    DocumentationState,
)
