"""What lives in a log and would not come over to one that continues it, counted (decision 0031).

Models, releases and what hangs on them are named by entries of this log. Whoever ends it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.state.access import AccessReview
from ledger.state.aggregates import (
    Aggregate,
    ChangeState,
    DeploymentState,
    ModelState,
    ReleaseState,
    VersionState,
)
from ledger.state.assurance import IncidentState
from ledger.state.exceptions import ExceptionState, ReviewState
from ledger.state.frameworks import FrameworkState
from ledger.state.metadata import SchemaState
from ledger.state.privacy import ErasureState, HoldState
from ledger.state.recalls import RecallState
from ledger.state.rooms import RoomState
from ledger.state.samples import SampleState
from ledger.store import folded
from ledger.store.database import reading

if TYPE_CHECKING:
    from ledger.log import Log

_LIVING: Final[tuple[tuple[str, type[Aggregate], str], ...]] = (
    ("models", ModelState, ""),
    ("versions", VersionState, ""),
    ("open releases", ReleaseState, "open"),
    ("granted releases", ReleaseState, "granted"),
    ("running deployments", DeploymentState, "running"),
    ("open proposals", ChangeState, "open"),
    ("open exceptions", ExceptionState, "open"),
    ("reviews that are owed", ReviewState, "required"),
    ("open incidents", IncidentState, "open"),
    ("open access reviews", AccessReview, "open"),
    ("holds in force", HoldState, "in_force"),
    ("erasures that were asked for", ErasureState, "requested"),
    ("erasures that were approved", ErasureState, "approved"),
    ("recalls in force", RecallState, "in_force"),
    ("own frameworks in force", FrameworkState, "in_force"),
    ("schemas of metadata", SchemaState, ""),
    ("auditors' rooms", RoomState, ""),
    ("samples of auditors", SampleState, ""),
)


def left_behind(log: Log) -> dict[str, int]:
    """How many there are of each, in plain words; without what there is none of."""
    with reading(log.engine) as connection:
        counts = {
            name: folded.count(
                connection, log.log_id, kind, **({"status": status} if status else {})
            )
            for name, kind, status in _LIVING
        }
    return {name: many for name, many in counts.items() if many}
