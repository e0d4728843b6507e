"""Signed payloads (DSSE v1.0.2), and the bytes in which the ledger stores them.

Rules:

* signed is ``DSSEv1 SP len(type) SP type SP len(payload) SP payload``, never the JSON around it;
* stored is the canonical JSON of the envelope, with standard base64: these bytes are the leaf of
  the Merkle tree, so the tree commits to the signatures too;
* a ``keyid`` is a hint that nothing is decided by: it says which key to try first;
* an entry has at most 65,535 bytes (C2SP tlog-tiles).

Of foreign envelopes DSSE lets the base64 be URL-safe and the JSON be in any form. What is stored
here is of our own making and has one form, so that its bytes can be hashed as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pybase64 import b64encode

from ledger.core.encoding import MAX_BYTES, canonical, parse_canonical
from ledger.core.rfc4648 import decoded, from_base64, to_base64
from ledger.core.signature import check_ed25519
from ledger.errors import EncodingError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_SIGNATURES: Final = 16

_HEAD: Final = b'{"payload":"'
_BETWEEN: Final = b'","payloadType":"%s","signatures":[{"keyid":"' % PAYLOAD_TYPE.encode()
_BEFORE_SIG: Final = b'","sig":"'
_FOOT: Final = b'"}]}'
_PLAIN_KEYID: Final = re.compile(r"[0-9A-Za-z]+").fullmatch
_KEYID_END: Final = len(_BETWEEN) + 64
_SIG_START: Final = _KEYID_END + len(_BEFORE_SIG)
_USUAL_TAIL: Final = _SIG_START + 88 + len(_FOOT)


class EnvelopeSignature(NamedTuple):
    """A signature and the hint which key made it."""

    keyid: str
    sig: bytes


class Envelope(NamedTuple):
    """A payload, what it is, and 1 to 16 signatures over both."""

    payload: bytes
    payload_type: str
    signatures: tuple[EnvelopeSignature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: the pre-authentication encoding of DSSE."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, payload_type: str, keyid: str, sign: Callable[[bytes], bytes]) -> bytes:
    """Sign a payload; the stored bytes of the envelope.

    Args:
        payload: the bytes to sign.
        payload_type: what they are, usually ``PAYLOAD_TYPE``.
        keyid: hint for those who check, by custom ``signature.key_fingerprint`` of the key.
        sign: from a message to its signature.

    Raises:
        EncodingError: ``too-large`` if the stored bytes were more than 65,535.
    """
    sig = sign(pae(payload_type, payload))
    if payload_type == PAYLOAD_TYPE and _PLAIN_KEYID(keyid):
        parts = (
            _HEAD,
            b64encode(payload),
            _BETWEEN,
            keyid.encode(),
            _BEFORE_SIG,
            b64encode(sig),
            _FOOT,
        )
        return _bounded(b"".join(parts))
    return format_envelope(Envelope(payload, payload_type, (EnvelopeSignature(keyid, sig),)))


def format_envelope(envelope: Envelope) -> bytes:
    """The stored bytes of an envelope; the inverse of ``parse_envelope``.

    Raises:
        EncodingError: ``too-large``, or ``not-an-envelope`` for no signature or more than 16.
    """
    if not 1 <= len(envelope.signatures) <= MAX_SIGNATURES:
        raise _not_an_envelope("it has no signature or too many", "/signatures")
    stored = canonical(
        {
            "payload": to_base64(envelope.payload),
            "payloadType": envelope.payload_type,
            "signatures": [
                {"keyid": signature.keyid, "sig": to_base64(signature.sig)}
                for signature in envelope.signatures
            ],
        }
    )
    return _bounded(stored)


def _bounded(stored: bytes) -> bytes:
    if len(stored) > MAX_BYTES:
        raise EncodingError(
            f"The entry would have {len(stored)} bytes; at most {MAX_BYTES} are stored.",
            code="too-large",
            remedy="Keep large material outside and refer to it by its SHA-256.",
        )
    return stored


def parse_envelope(stored: bytes) -> Envelope:
    """Read stored bytes. No signature is checked.

    Raises:
        EncodingError: as ``parse_canonical``, ``not-base64`` or ``not-an-envelope``: for all bytes
            that ``format_envelope`` does not write.
    """
    usual = _usual(stored)
    if usual is not None:
        return usual
    members = parse_canonical(stored)
    if not isinstance(members, dict) or set(members) != {"payload", "payloadType", "signatures"}:
        raise _not_an_envelope("it has not exactly payload, payloadType and signatures")
    signatures = members["signatures"]
    if not isinstance(signatures, list) or not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise _not_an_envelope("it has no list of 1 to 16 signatures", "/signatures")
    return Envelope(
        _from_base64(members["payload"], "/payload"),
        _text(members["payloadType"], "/payloadType"),
        tuple(_signature(item, f"/signatures/{at}") for at, item in enumerate(signatures)),
    )


def check_envelope(envelope: Envelope, public_keys: Mapping[str, bytes]) -> None:
    """Check that at least one signature is by one of these keys.

    Args:
        envelope: as ``parse_envelope`` gives it.
        public_keys: the raw Ed25519 public keys that are trusted for it, by key id.

    Raises:
        SignatureError: none of the signatures verifies under any of the keys.
    """
    message = pae(envelope.payload_type, envelope.payload)
    for signature in envelope.signatures:
        named = public_keys.get(signature.keyid)
        others = [key for key in public_keys.values() if key is not named]
        for key in others if named is None else [named, *others]:
            if _verifies(key, signature.sig, message):
                return
    raise SignatureError(
        "No signature of the envelope verifies under a key that is trusted for it.",
        remedy="Compare the key id with the keys of this log at this entry.",
    )


def _usual(stored: bytes) -> Envelope | None:
    """An envelope in the form in which nearly all are stored, read by position; else None.

    One statement, one Ed25519 signature, a key id in letters and digits: then every other byte
    stands where it must.
    """
    end = len(stored) - _USUAL_TAIL
    if not len(_HEAD) < end <= MAX_BYTES - _USUAL_TAIL or not stored.startswith(_HEAD):
        return None
    payload64, tail = stored[len(_HEAD) : end], stored[end:]
    keyid, sig64 = tail[len(_BETWEEN) : _KEYID_END], tail[_SIG_START : -len(_FOOT)]
    if tail != b"".join((_BETWEEN, keyid, _BEFORE_SIG, sig64, _FOOT)) or not keyid.isalnum():
        return None
    payload, sig = decoded(payload64), decoded(sig64)
    if payload is None or sig is None:
        return None
    return Envelope(payload, PAYLOAD_TYPE, (EnvelopeSignature(keyid.decode("ascii"), sig),))


def _verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        check_ed25519(public, signature, message)
    except SignatureError:
        return False
    return True


def _signature(item: object, pointer: str) -> EnvelopeSignature:
    if not isinstance(item, dict) or set(item) != {"keyid", "sig"}:
        raise _not_an_envelope("a signature has not exactly keyid and sig", pointer)
    return EnvelopeSignature(
        _text(item["keyid"], f"{pointer}/keyid"), _from_base64(item["sig"], f"{pointer}/sig")
    )


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise _not_an_envelope("a member that is text is something else", pointer)
    return value


def _from_base64(value: object, pointer: str) -> bytes:
    try:
        return from_base64(_text(value, pointer))
    except EncodingError as error:
        error.pointer = pointer
        raise


def _not_an_envelope(reason: str, pointer: str = "") -> EncodingError:
    return EncodingError(
        f"This is not a DSSE envelope as it is stored: {reason}.",
        code="not-an-envelope",
        pointer=pointer,
    )
