"""Asking a time-stamping authority (RFC 3161) and verifying what it answers.

Rules:

* what is stamped is given as bytes and asked for by SHA-256 with a nonce and the authority's
  certificate; only status ``granted`` is an answer;
* the token's chain must lead to one of the roots that the operator trusts, at the time it names;
* that time must be near ours, or one of two clocks is wrong;
* kept is the whole answer (TimeStampResp, DER), which ``openssl ts -verify`` reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ledger.address import check_url
from ledger.errors import InputError, OutsideError, ProofError
from ledger.outside.http import post

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

    import httpx
    from rfc3161_client import TimeStampResponse

MAX_ANSWER_BYTES: Final = 65_536
_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A verified answer: its DER, and the instant that it states."""

    der: bytes
    time: datetime


class TimestampError(ProofError):
    """An answer that is no time stamp of what was asked."""

    code = "timestamp-failed"


def read_certificates(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file: the roots that time stamps must lead to.

    Raises:
        OutsideError: it can't be read.
        InputError: ``bad-certificates`` if it holds none.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"The certificates {path} can't be read: {error.strerror}.",
            remedy="COUNTERSEAL_TIMESTAMP_CERTIFICATES names them.",
            code="certificates-unreadable",
        ) from error
    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError:
        raise InputError(
            f"The file {path} holds no certificates in PEM.", code="bad-certificates"
        ) from None
    return list(dict.fromkeys(found))


def ask_for_timestamp(
    client: httpx.Client,
    url: str,
    data: bytes,
    roots: Sequence[x509.Certificate],
    *,
    now: datetime,
    tolerance: timedelta,
) -> Token:
    """Have bytes time-stamped.

    Args:
        client: as ``ledger.outside.http.new_client`` makes it.
        url: of the authority.
        data: what is stamped; the authority sees its SHA-256 alone.
        roots: trusted certificates, one or more.
        now: our time, and ``tolerance`` how far the authority's may be from it.
        tolerance: see ``now``.

    Raises:
        OutsideError: it does not answer.
        InputError: the address can't be asked.
        TimestampError: the answer is not a time stamp of this, or leads to no root.
    """
    asked = (
        TimestampRequestBuilder()
        .data(data)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    reply = post(client, check_url(url), asked.as_bytes(), media_type=_QUERY, most=MAX_ANSWER_BYTES)
    if reply.status != _OK or reply.media_type.partition(";")[0].strip() != _REPLY:
        raise TimestampError(f"The authority answered with status {reply.status} and no reply.")
    found = check_timestamp(reply.body, data, roots, nonce=asked.nonce)
    if abs(found.time - now) > tolerance:
        raise TimestampError(
            "The authority's time is far from ours.",
            code="timestamp-out-of-time",
            remedy="Set the clock of this machine.",
        )
    return found


def check_timestamp(
    der: bytes, data: bytes, roots: Sequence[x509.Certificate], *, nonce: int | None = None
) -> Token:
    """Verify an answer over bytes, also years later: certificates count as of the time it states.

    Raises:
        TimestampError: it does not verify.
    """
    try:
        answer = decode_timestamp_response(der)
    except ValueError:
        raise TimestampError("The answer is not a TimeStampResp.") from None
    try:
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(answer, data)
        time = answer.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TimestampError(f"The time stamp does not verify: {_reason(answer, error)}.") from None
    if bytes(answer.as_bytes()) != der:
        raise TimestampError("The answer has bytes beyond the TimeStampResp.")
    return Token(der, time)


def _reason(answer: TimeStampResponse, error: Exception) -> str:
    """Why, in our own words: an answer's texts are a stranger's."""
    if answer.status:
        return f"the authority refused with status {answer.status}"
    return type(error).__name__ if isinstance(error, ValueError) else str(error).rstrip(".")
