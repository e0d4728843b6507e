"""What an approver's passkey signs: a statement of who decides what, on which grounds, until when.

Its canonical JSON is what the page shows; SHA-256 of it is the challenge. So an assertion is of
this decision in this log, of these bytes, documents and rules, after this history, and no other.

* ``head`` is the tree that the service stood on when it wrote the statement: whoever signs vouches
  for the history before, and a log that was written anew does not have this root;
* ``reason`` is the commitment to comment or reason as the entry holds it: the text is bound, and
  can still be erased;
* ``nonce`` has 128 bits and is the idempotency key of the command: one statement, one entry;
* ``roles`` are those that the actor held.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import StringConstraints, ValidationError

from ledger.core.digest import sha256
from ledger.core.encoding import canonical, parse_canonical
from ledger.errors import InputError
from ledger.events.names import (
    ActorId,
    Instant,
    ModelName,
    PublicText,
    Sequence,
    Sha256,
    Slug,
    Value,
    VersionName,
)

FORMAT: Final = "counterseal approval statement v1"
MOST_SECONDS: Final = 900
"""How long a statement may be signed, at most."""
MOST_BEHIND: Final = 20_000
"""How many entries may come between the head that a statement names and its entry."""

Nonce = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class SignedHead(Value):
    """A tree: its size and root."""

    size: Sequence
    root: Sha256


class ApprovalStatement(Value):
    """A decision about a release, as it is signed."""

    format: Literal["counterseal approval statement v1"] = FORMAT
    log: PublicText
    decision: Literal["approve", "reject"]
    release: Sequence
    actor: ActorId
    roles: tuple[Slug, ...]
    model: ModelName
    version: VersionName
    environment: Slug
    artifact: Sha256
    pack: Sha256
    policy: Sha256
    head: SignedHead
    reason: Sha256 | None = None
    expires: Instant
    nonce: Nonce

    def canonical(self) -> bytes:
        """The statement in canonical JSON (RFC 8785), without nulls: the bytes that are shown."""
        return canonical(self.model_dump(mode="json", exclude_none=True))

    def challenge(self) -> bytes:
        """What the passkey is asked to sign: SHA-256 of the canonical form."""
        return sha256(self.canonical())


def read_statement(data: bytes) -> ApprovalStatement:
    """Read a statement from its canonical bytes.

    Raises:
        InputError: it is none, or not in its one form.
    """
    found: Any = parse_canonical(data)
    try:
        statement = ApprovalStatement.model_validate(_tuples(found))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "".join(f"/{part}" for part in first["loc"])
        raise InputError(
            f"The approval statement is malformed: {first['msg']}.", pointer=place
        ) from None
    if statement.canonical() != data:
        raise InputError("The approval statement is not in its one form.")
    return statement


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _tuples(item) for name, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
