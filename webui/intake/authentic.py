"""Whether a delivery is from who it says, and what it is called. Pure: the time is an argument.

All comparisons take the same time whatever differs. What is wrong is told to nobody but the
operator: the sender learns only that it is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from webui.intake.document import Bearer, Hmac, StaticHeader, Timed
from webui.intake.pointer import find

if TYPE_CHECKING:
    from collections.abc import Mapping as Headers

    from webui.intake.document import Mapping, Proof

FRESH: Final = timedelta(minutes=10)
"""A retry of MLflow's carries the time of the first attempt; its last comes within two minutes."""
_VERSION: Final = "v1,"
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}", re.ASCII)
_SHA256_BYTES: Final = 32


def is_authentic(
    proof: Proof, secret: str, headers: Headers[str, str], body: bytes, now: datetime
) -> bool:
    """Whether the proof holds; where it tells a time, it must be about now."""
    if isinstance(proof, Bearer):
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and _same(given.strip(), secret)
    if isinstance(proof, StaticHeader):
        return _same(headers.get(proof.header, ""), secret)
    if isinstance(proof, Hmac):
        given = headers.get(proof.header, "")
        if not given.startswith(proof.prefix):
            return False
        return _is_mac(given.removeprefix(proof.prefix), secret, body)
    if isinstance(proof, Timed):
        return _is_timed(proof, secret, headers, body, now)
    return True


def _is_timed(
    proof: Timed, secret: str, headers: Headers[str, str], body: bytes, now: datetime
) -> bool:
    name, at = headers.get(proof.id_header, ""), headers.get(proof.time_header, "")
    if not _ID.fullmatch(name) or not _SECONDS.fullmatch(at):
        return False
    signed = f"{name}.{at}.".encode() + body
    # Several signatures, with spaces between, while a secret is replaced (Standard Webhooks).
    given = headers.get(proof.header, "").split(" ")
    macs = [one.removeprefix(_VERSION) for one in given if one.startswith(_VERSION)]
    if not any([_is_mac(mac, secret, signed) for mac in macs]):  # noqa: C419 (each takes its time)
        return False
    sent = datetime.fromtimestamp(int(at), UTC) if int(at) < 2**33 else None
    return sent is not None and abs(now - sent) <= FRESH


def delivery_id(document: Mapping, headers: Headers[str, str], body: bytes, now: datetime) -> str:
    """The name of a delivery: its own id, else what it says within this hour."""
    given = ""
    if document.delivery is not None and document.delivery.header is not None:
        given = headers.get(document.delivery.header, "")
    elif document.delivery is not None and document.delivery.pointer is not None:
        given = str(_read(body, document.delivery.pointer) or "")
    if given:
        return hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()
    return hashlib.sha256(f"{now:%Y-%m-%dT%H} ".encode() + body).hexdigest()


def _read(body: bytes, pointer: str) -> Any:
    from webui.intake.reading import read_body

    try:
        return find(read_body(body), pointer)
    except ValueError:
        return None


def _is_mac(given: str, secret: str, signed: bytes) -> bool:
    wanted = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    found = _bytes(given)
    return found is not None and hmac.compare_digest(found, wanted)


def _bytes(text: str) -> bytes | None:
    """A SHA-256 in hexadecimal or base64."""
    try:
        if len(text) == 2 * _SHA256_BYTES:
            return bytes.fromhex(text)
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
