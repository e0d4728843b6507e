"""A trial: what a source of a connection would deliver, proved as it would prove it."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING

from webui.intake.cloud_events import STRUCTURED
from webui.intake.document import Bearer, Hmac, StaticHeader, Timed
from webui.intake.shipped import TRIAL

if TYPE_CHECKING:
    from webui.intake.document import Mapping, Proof


def trial(document: Mapping, secret: str, at: float) -> tuple[dict[str, str], bytes]:
    """Headers and body of a trial; no two are the same delivery."""
    told: dict[str, str] = {**TRIAL, "once": secrets.token_hex(8)}
    media = "application/json"
    if document.envelope == "cloudevents":
        media = STRUCTURED
        told |= {"specversion": "1.0", "id": told["once"], "source": "counterseal"}
        told["type"] = "dev.counterseal.test"
    body = json.dumps(told).encode()
    return {"Content-Type": media, **proving(document.proof, secret, body, at)}, body


def proving(proof: Proof, secret: str, body: bytes, at: float) -> dict[str, str]:
    """The headers by which a source of this kind proves a delivery."""

    def mac(signed: bytes) -> bytes:
        return hmac.new(secret.encode(), signed, hashlib.sha256).digest()

    if isinstance(proof, Bearer):
        return {"Authorization": f"Bearer {secret}"}
    if isinstance(proof, StaticHeader):
        return {proof.header: secret}
    if isinstance(proof, Hmac):
        return {proof.header: f"{proof.prefix}{mac(body).hex()}"}
    if isinstance(proof, Timed):
        name, seconds = secrets.token_hex(16), str(int(at))
        signature = b64encode(mac(f"{name}.{seconds}.".encode() + body)).decode()
        return {
            proof.header: f"v1,{signature}",
            proof.id_header: name,
            proof.time_header: seconds,
        }
    return {}
