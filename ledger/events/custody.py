"""The ledger's own safekeeping: backups made and proved, restored for a drill or in earnest."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ledger.events.event import Event
from ledger.events.names import Count, Sha256

if TYPE_CHECKING:
    from collections.abc import Mapping


class BackupVerified(Event):
    """A backup was made of the first ``position`` entries, and what was written was read back.

    ``checked`` is ``entries`` where every entry of the copy was verified, ``archive`` where only
    the archive was read back; ``backup`` is the SHA-256 of the file.
    """

    kind: ClassVar[str] = "backup.verified"

    backup: Sha256
    size_bytes: Count
    position: Count
    root: Sha256
    database: Literal["sqlite", "postgresql"]
    encrypted: bool
    checked: Literal["entries", "archive"]

    def subject_digests(self) -> Mapping[str, str]:
        return {"backup": self.backup}


class RestoreTested(Event):
    """A backup was restored beside the ledger, verified to the last row, and thrown away.

    ``behind`` is how many entries the ledger had more than the backup when the drill began.
    """

    kind: ClassVar[str] = "restore.tested"

    backup: Sha256
    position: Count
    root: Sha256
    behind: Count
    problems: Count
    outcome: Literal["pass", "fail"]

    def subject_digests(self) -> Mapping[str, str]:
        return {"backup": self.backup}


class BackupRestored(Event):
    """This ledger goes on from a backup of its first ``position`` entries.

    ``promised`` is the largest size that anything outside the backup spoke for; ``lost`` is how
    many entries of those the backup did not hold.
    """

    kind: ClassVar[str] = "backup.restored"

    backup: Sha256
    position: Count
    root: Sha256
    promised: Count
    lost: Count

    def subject_digests(self) -> Mapping[str, str]:
        return {"backup": self.backup}
