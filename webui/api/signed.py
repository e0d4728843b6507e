"""The way in for workloads that sign: a DSSE envelope around a request, and no token.

Who asks is told by the key, which the ledger knows. The signature is checked here, before anything
else is done for a stranger, and again where the command would be recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import request

from ledger.batch import Asked
from ledger.core.encoding import parse_json
from ledger.core.rfc4648 import from_base64
from ledger.core.signature import check_ed25519
from ledger.errors import InputError, LedgerError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.proof import DsseEnvelope, DsseProof
from ledger.events.request import read_request, signed_bytes
from webui.api.answer import json_answer
from webui.api.route import DSSE, JSON, PROBLEM, Answer, Route
from webui.api.shapes import DeniedProblem, ReceiptAnswer
from webui.api.strict import LARGEST_BODY, body_bytes, read_fields
from webui.api.told import denied_response, receipt_answer
from webui.here import wired
from webui.identity.errors import TokenError
from webui.naming import namer

if TYPE_CHECKING:
    from flask import Response

    from ledger.state.client_keys import ClientKeyState

_SHOWN: Final = 16


def _submit() -> Response:
    wiring = wired()
    body = body_bytes(DSSE if request.mimetype == DSSE else JSON, LARGEST_BODY)
    envelope = read_fields(DsseEnvelope, parse_json(body, max_bytes=LARGEST_BODY))
    key = _key_of(envelope)
    proof = DsseProof(type="dsse", key=key.since, envelope=envelope)
    said = read_request(from_base64(envelope.payload))
    event = read_command(said.command.kind, said.command.event, "/payload/command/event")
    if event.private_texts():
        raise InputError(
            "A signed request carries no private texts.",
            code="request-private",
            remedy=f"Leave out {', '.join(event.private_texts())}, or use an API token.",
        )
    actor = Actor(id=key.actor_id, type="workload", via="client-key", credential=key.keyid[:_SHOWN])
    (receipt,) = wiring.submitter.submit_batch(actor, [Asked(event, said.nonce, proof)])
    told = receipt_answer(receipt, namer(wiring.reader))
    if receipt.outcome == "deny":
        response = denied_response(told)
    else:
        response = json_answer(told, 200 if receipt.replayed else 201)
        response.headers["Location"] = told.links.entry
    if receipt.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _key_of(envelope: DsseEnvelope) -> ClientKeyState:
    """The enrolled key that signed an envelope.

    Raises:
        TokenError: there is none, or it did not sign these bytes.
    """
    try:
        key = wired().reader.client_key(envelope.signatures[0].keyid)
        message, signature = signed_bytes(DsseProof(type="dsse", key=0, envelope=envelope))
        check_ed25519(bytes.fromhex(key.public), signature, message)
    except LedgerError:
        raise _nobody() from None
    if key.revoked is not None:
        raise _nobody()
    return key


def _nobody() -> TokenError:
    return TokenError(
        "No key that is enrolled signed this request.",
        code="request-signature",
        remedy="Sign the DSSE pre-authentication encoding with the workload's key.",
    )


ROUTES = (
    Route(
        method="POST",
        path="/v1/events:signed",
        name="submit_signed",
        says="Ask that something happens, by a DSSE envelope that a workload's key signed, as JSON "
        "or as application/vnd.dsse.envelope.v1+json. No token is needed. The nonce is the "
        "idempotency key.",
        view=_submit,
        needs="nothing",
        body="DsseEnvelope",
        answers=(
            Answer(201, "It is recorded.", ReceiptAnswer),
            Answer(200, "It was recorded before.", ReceiptAnswer),
            Answer(403, "The policy refused, which is recorded.", DeniedProblem, media=PROBLEM),
        ),
    ),
)
