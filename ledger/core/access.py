"""Records of the access log: who read, searched or exported what, each bound to the one before.

The chain value of a record is SHA-256 over a label, the value before it, and the record as
canonical JSON. The log lives beside the ledger, which holds a digest of it for each day; together
they name the day of whatever was changed, put in or taken away since.

A record holds actor ids, names of routes and of models, numbers of entries: no name of a person, no
network address, nothing that somebody typed.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final, Literal, get_args

from ledger.core.digest import sha256
from ledger.core.encoding import canonical

AccessKind = Literal[
    "view",
    "search",
    "export",
    "denied",
    "sign_in",
    "sign_in_failed",
    "sign_out",
    "opened",
    "closed",
    "beat",
    "gap",
]
KINDS: Final[tuple[str, ...]] = get_args(AccessKind)
OF_THE_RECORDER: Final = frozenset({"opened", "closed", "beat", "gap"})
"""What the recorder says of itself: it began, it ended, it lives, it lost so many."""
NOTHING: Final = bytes(32)
_LABEL: Final = b"counterseal.dev/access/v1\n"


@dataclass(frozen=True, slots=True)
class Access:
    """A record: when, what kind, by whom and how signed in, which route, of what, how answered.

    ``recorder`` is the process that recorded it. ``many`` is how many requests it stands for: more
    than one for attempts of nobody in the same minute, and for what was lost.
    """

    at: str
    kind: str
    actor: str
    via: str
    route: str
    concerns: str
    status: int
    many: int
    recorder: str


def chained(previous: bytes, number: int, access: Access) -> bytes:
    """The chain value of a record, from that of the one before (32 zero bytes for the first)."""
    return sha256(_LABEL + previous + canonical([number, *astuple(access)]))
