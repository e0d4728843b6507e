"""The asker's own proof of a command, as it stands in an entry: a union told apart by ``type``.

A proof is kept as it was received, so that whoever holds the entry can check it again, for ever.
``ledger.state.proving`` checks it before an entry is appended and whenever entries are folded.

* ``id-token``: an identity token that a CI service signed for a job (OpenID Connect Core 1.0); the
  rule that admits it is ``ledger.state.publishers``.
* ``dsse``: a request that a workload signed with its own key (DSSE v1.0.2, Ed25519); checked by
  ``ledger.state.client_keys``.
* ``webauthn``: a passkey's assertion over a statement of what is approved or refused
  (W3C Web Authentication Level 3, section 7.2; the statement is ``ledger.core.approval``).

Another kind of proof is one more class here and one more member of ``Proof``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ledger.events.names import CommitId, Instant, PublicText, Sequence, Sha256, Value
from ledger.events.publisher import IssuerUrl, NumericId, RefName

Algorithm = Literal["es256", "eddsa", "rs256"]
"""COSE algorithms -7, -8 and -257 by the names that JOSE gives them."""

Bytes = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{2,16384}={0,2}$", max_length=16384)
]
"""Bytes as standard base64 with padding; whoever decodes it refuses all but the one form."""


class WebAuthnProof(Value):
    """An assertion by a passkey. ``key`` is the entry that enrolled it, the bytes are as received.

    ``client_data`` is clientDataJSON; the signature is over ``authenticator_data`` and its SHA-256.
    """

    type: Literal["webauthn"]
    key: Sequence
    algorithm: Algorithm
    credential: Bytes
    statement: Bytes
    authenticator_data: Bytes
    client_data: Bytes
    signature: Bytes


class IdTokenProof(Value):
    """A CI job's identity token, by its SHA-256 and the claims that say which job it was.

    ``publisher`` is the entry of the rule that admitted it. Names, logins and addresses are left
    out: the run's number leads to them at the CI service. ``workflow`` is there where the rule asks
    for it.
    """

    type: Literal["id-token"]
    publisher: Sequence
    token: Sha256
    issuer: IssuerUrl
    audience: PublicText
    repository_id: NumericId
    owner_id: NumericId
    ref: RefName
    ref_protected: bool | None = None
    environment: PublicText | None = None
    commit: CommitId
    workflow: PublicText | None = None
    workflow_commit: CommitId | None = None
    run: NumericId
    job: NumericId | None = None
    issued_at: Instant
    expires_at: Instant


class DsseSignature(Value):
    """A signature over an envelope's payload; ``keyid`` is the key's fingerprint."""

    keyid: Sha256
    sig: Bytes


class DsseEnvelope(Value):
    """A DSSE v1.0.2 envelope around a signed request (``ledger.events.request``)."""

    payloadType: Literal["application/vnd.counterseal.request.v1+json"]  # noqa: N815 (DSSE)
    payload: Bytes
    signatures: Annotated[tuple[DsseSignature, ...], Field(min_length=1, max_length=1)]


class DsseProof(Value):
    """A request that a workload's key signed. ``key`` is the entry that enrolled it."""

    type: Literal["dsse"]
    key: Sequence
    envelope: DsseEnvelope


Proof = Annotated[WebAuthnProof | IdTokenProof | DsseProof, Field(discriminator="type")]
