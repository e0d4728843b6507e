"""The asker's own proof of a command, as it stands in an entry: a union told apart by ``type``.

A proof is kept as it was received, so that whoever holds the entry can check it again, for ever.
``ledger.state.proving`` checks it before an entry is appended and whenever entries are folded.

* ``webauthn``: a passkey's assertion over a statement of what is approved or refused
  (W3C Web Authentication Level 3, section 7.2; the statement is ``ledger.core.approval``).

Another kind of proof is one more class here and one more member of ``Proof``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from ledger.events.names import Sequence, Value

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


Proof = WebAuthnProof
"""With a second member: ``Annotated[WebAuthnProof | ..., Field(discriminator="type")]``."""
