"""Which artifacts the versions of an installation name, over all logs of its database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.errors import ConflictError
from ledger.state.aggregates import VersionState
from ledger.store import folded
from ledger.store.database import reading
from ledger.store.entries import logs_there
from webui.artifacts.place import OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.artifacts.place import Place
    from webui.wiring import Wiring

_AT_ONCE: Final = 200


class Named(NamedTuple):
    """A version that names an artifact: the first one found, of those that name it."""

    model: str
    version: str


def named(wiring: Wiring) -> Mapping[str, Named]:
    """Every artifact that a version names, by its digest; archived and deprecated ones too."""
    found: dict[str, Named] = {}
    with reading(wiring.engine) as connection:
        for log_id, _, _ in logs_there(connection):
            before: int | None = None
            while page := folded.find(
                connection, log_id, VersionState, before=before, limit=_AT_ONCE
            ):
                for one in page:
                    found.setdefault(one.artifact.sha256, Named(one.model, one.version))
                before = page[-1].since
    return found


def claim(wiring: Wiring, place: Place) -> None:
    """Write whose store this is, at set-up; nobody else puts into it or removes from it.

    What another installation's versions name would be garbage here.

    Raises:
        ConflictError: ``artifacts-not-ours``.
    """
    with reading(wiring.engine) as connection:
        origins = [origin for _, _, origin in logs_there(connection)]
    if place.size(OWNER) is None:
        place.write(OWNER, iter((origins[0].encode(),)))
    if b"".join(place.read(OWNER)) not in {one.encode() for one in origins}:
        raise ConflictError(
            "This store belongs to another installation.",
            code="artifacts-not-ours",
            remedy="Name a folder or prefix of its own in COUNTERSEAL_ARTIFACTS.",
        )
