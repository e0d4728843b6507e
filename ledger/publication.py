"""How far a log is published, and who has seen it: what pages and commands show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.address import check_url
from ledger.core.trust import TrustPolicy, parse_trust_policy, quorum_met
from ledger.errors import InputError, OutsideError
from ledger.outside.witness import Outcome
from ledger.store.database import reading
from ledger.store.entries import read_head
from ledger.store.publications import (
    newest_publication,
    newest_timestamps,
    read_words,
    signed_sizes,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.core.trust import Witness
    from ledger.log import Log
    from ledger.store.publications import Publication, StoredWord

MOST_SIGNER: Final = 300


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness: the largest size that it has signed (0: none), and its last word."""

    name: str
    signer: str
    url: str
    signed_size: int
    signed_at: str
    word: StoredWord | None

    @property
    def shown_name(self) -> str:
        """The name, with a sign in place of octets that are no text."""
        return self.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    @property
    def is_alarm(self) -> bool:
        """Whether it says that there are two histories."""
        return self.word is not None and self.word.outcome == Outcome.SPLIT


@dataclass(frozen=True, slots=True)
class TimestampState:
    """The newest token of a time-stamping authority."""

    authority: str
    size: int
    received_at: str


@dataclass(frozen=True, slots=True)
class PublicationState:
    """How far the log is published, and who has seen it.

    ``size`` is that of the log and ``published`` the newest publication; ``quorum`` is the trust
    policy's, and ``quorum_met`` says whether the newest publication has it.
    """

    size: int
    published: Publication | None
    quorum: str
    quorum_met: bool
    witnesses: tuple[WitnessState, ...]
    timestamps: tuple[TimestampState, ...]

    @property
    def witnessed(self) -> int:
        """How many witnesses have signed the newest publication."""
        return len(_signed_newest(self.published, self.witnesses))

    @property
    def alarms(self) -> tuple[WitnessState, ...]:
        """The witnesses that say that there are two histories."""
        return tuple(one for one in self.witnesses if one.is_alarm)


def publication_state(log: Log) -> PublicationState:
    """How far the log is published now, by the trust policy it was opened with."""
    signers = [signer_of(one) for one in log.trust.witnesses]
    with reading(log.engine) as connection:
        head = read_head(connection, log.log_id)
        newest = newest_publication(connection, log.log_id)
        sizes = signed_sizes(connection, log.log_id, signers)
        words = read_words(connection, log.log_id)
        tokens = newest_timestamps(connection, log.log_id)
    witnesses = tuple(
        WitnessState(one.name, signer, one.url, *sizes.get(signer, (0, "")), words.get(signer))
        for one, signer in zip(log.trust.witnesses, signers, strict=True)
    )
    names = {one.name for one in _signed_newest(newest, witnesses)}
    return PublicationState(
        size=head.size,
        published=newest,
        quorum=log.trust.quorum,
        quorum_met=newest is not None and quorum_met(log.trust, names),
        witnesses=witnesses,
        timestamps=tuple(
            TimestampState(one.authority, one.size, one.received_at) for one in tokens
        ),
    )


def read_trust_policy(path: Path | None, log: Log) -> TrustPolicy:
    """The trust policy of a file, for this log; without a file one that asks for nobody.

    Raises:
        OutsideError: the file can't be read.
        InputError: it is no policy (``malformed-trust-policy``), of other logs
            (``policy-of-another-log``), or names a witness that can't be asked (``bad-url``,
            ``bad-witness-name``).
    """
    if path is None:
        return TrustPolicy()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"The trust policy {path} can't be read: {error.strerror}.",
            remedy="COUNTERSEAL_TRUST_POLICY names it.",
            code="policy-unreadable",
        ) from error
    policy = parse_trust_policy(data)
    ours = {log.vkey, log.cosigner_vkey}
    if policy.logs and not any(str(one.vkey) in ours for one in policy.logs):
        raise InputError(
            "The trust policy lists logs, and this one is not among them.",
            remedy="Add the line that `counterseal log vkey` prints after the word log.",
            code="policy-of-another-log",
        )
    for witness in policy.witnesses:
        if witness.url:
            check_url(witness.url)
        if len(signer_of(witness)) > MOST_SIGNER:
            raise InputError("The name of a witness is too long.", code="bad-witness-name")
    return policy


def signer_of(witness: Witness) -> str:
    """How the store calls a witness: name and key id, as in the head of its verifier key."""
    return witness.vkey.label


def _signed_newest(
    newest: Publication | None, witnesses: tuple[WitnessState, ...]
) -> list[WitnessState]:
    return [one for one in witnesses if newest is not None and one.signed_size == newest.size]
