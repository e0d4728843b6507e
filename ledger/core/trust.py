"""Trust policies (C2SP tlog-policy): which logs and witnesses are known, and who must have seen.

Rules:

* one statement on a line, its words apart by spaces and tabs; empty lines and lines that begin with
  ``#`` say nothing; every line ends in a newline;
* ``log VKEY [URL]``, ``witness NAME VKEY [URL]``, ``group NAME all|any|K NAME...``,
  ``quorum NAME|none``: one quorum, and names only after they were defined;
* witnesses and groups share their names, each is a member of at most one group, and ``none`` is
  nobody's;
* no public key twice among the logs, nor among the witnesses, whatever its name and type byte;
* octets: tab, newline and 0x20 to 0xff but 0x7f; those above 0x7f are opaque;
* at most 64 logs, 64 witnesses and 64 groups here (the specification asks for 32 or more).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import parse_checkpoint, parse_decimal
from ledger.core.cosignature import MAX_TIME, check_cosignature, check_cosignatures
from ledger.core.note import (
    ED25519,
    ED25519_COSIGNATURE,
    ML_DSA_44_COSIGNATURE,
    Vkey,
    check_note,
    parse_vkey,
)
from ledger.errors import CheckpointError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sized
    from collections.abc import Set as AbstractSet

    from ledger.core.checkpoint import Checkpoint
    from ledger.core.cosignature import Cosignature
    from ledger.core.note import Note

MOST: Final = 64
MAX_POLICY_BYTES: Final = 1_000_000
NOBODY: Final = "none"

_LOG_TYPES: Final = (ED25519, ML_DSA_44_COSIGNATURE)
_WITNESS_TYPES: Final = (ED25519_COSIGNATURE, ML_DSA_44_COSIGNATURE)
_ALLOWED: Final = frozenset({0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)})
_LEAST_WORDS_OF_A_GROUP: Final = 3


class TrustPolicyError(InputError):
    """A trust policy that can't be read; ``numbers["line"]`` says where, from 1."""

    code = "malformed-trust-policy"


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log: its verifier key, whose name is the origin, and where it is (or nothing)."""

    vkey: Vkey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its name in the policy, its verifier key, its submission prefix (or nothing)."""

    name: str
    vkey: Vkey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """At least ``threshold`` of these members must have witnessed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Whom to believe about a log. ``quorum`` names a witness or group, or is ``none``.

    Octets that are not UTF-8 stand in texts as lone surrogates, so that two names are equal exactly
    where their octets are.
    """

    logs: tuple[TrustedLog, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NOBODY


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of one signed checkpoint.

    ``log`` is the listed log that signed it, or None; ``quorum_met`` says whether enough witnesses
    did; ``counted`` are those, with the checked cosignature, and ``missing`` the others.
    """

    log: TrustedLog | None
    quorum_met: bool
    counted: tuple[tuple[Witness, Cosignature], ...]
    missing: tuple[Witness, ...]
    needs_log: bool

    @property
    def valid(self) -> bool:
        """Whether a listed log signed (if any is listed) and the quorum is met."""
        return self.quorum_met and (self.log is not None or not self.needs_log)


def parse_trust_policy(data: bytes) -> TrustPolicy:
    """Read a policy file of at most 1,000,000 bytes.

    Raises:
        TrustPolicyError: with the line in ``numbers``.
    """
    if len(data) > MAX_POLICY_BYTES:
        raise _wrong(1, "the file is longer than a policy may be")
    reading = _Reading()
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not _ALLOWED.issuperset(line):
            raise _wrong(number, "it has a control character")
        if number == len(lines) and line:
            raise _wrong(number, "the last line does not end in a newline")
        # Other white space than these two is part of a word.
        text = line.decode("utf-8", "surrogateescape").replace("\t", " ")
        words = [word for word in text.split(" ") if word]
        if words and not words[0].startswith("#"):
            reading.take(number, words)
    return reading.finish(len(lines))


def format_trust_policy(policy: TrustPolicy) -> bytes:
    """Write a policy file; ``parse_trust_policy`` reads an equal policy from it."""
    lines: list[tuple[str, ...]] = [("log", str(log.vkey), log.url) for log in policy.logs]
    lines += [("witness", one.name, str(one.vkey), one.url) for one in policy.witnesses]
    groups = [("group", one.name, str(one.threshold), *one.members) for one in policy.groups]
    text = "".join(
        " ".join(filter(None, words)) + "\n"
        for words in (*lines, *groups, ("quorum", policy.quorum))
    )
    return text.encode("utf-8", "surrogateescape")


def satisfied(policy: TrustPolicy, note: Note, *, latest: int = MAX_TIME) -> Verdict:
    """What the policy says of a signed checkpoint.

    Args:
        policy: whose logs and witnesses are known; lines of all others are ignored.
        note: the checkpoint with its signatures.
        latest: the last second that a cosignature may name.

    Raises:
        CheckpointError: the note is no checkpoint, or a line of a known key is malformed.
        SignatureError: a line of a known key fails.
    """
    checkpoint = parse_checkpoint(note.text)
    keys = [one.vkey for one in policy.witnesses]
    found = {one.key: one for one in check_cosignatures(note, checkpoint, keys, latest=latest)}
    counted = tuple((one, found[one.vkey]) for one in policy.witnesses if one.vkey in found)
    return Verdict(
        log=_signed_by(policy, note, checkpoint),
        quorum_met=quorum_met(policy, {one.name for one, _ in counted}),
        counted=counted,
        missing=tuple(one for one in policy.witnesses if one.vkey not in found),
        needs_log=bool(policy.logs),
    )


def fewest(policy: TrustPolicy) -> int:
    """The fewest witnesses that can meet the quorum."""
    needed = {NOBODY: 0} | {one.name: 1 for one in policy.witnesses}
    for group in policy.groups:
        costs = sorted(needed[member] for member in group.members)
        needed[group.name] = sum(costs[: group.threshold])
    return needed[policy.quorum]


def check_log_signature(key: Vkey, note: Note, checkpoint: Checkpoint) -> bool:
    """Whether a log's key signed its checkpoint, as a note (0x01) or as a tree (0x06).

    Raises:
        CheckpointError: ``malformed-cosignature``.
        SignatureError: a line names the key and fails.
    """
    lines = [line for line in note.signatures if (line.name, line.key_id) == (key.name, key.key_id)]
    if not lines or key.name != checkpoint.origin:
        return False
    if key.sig_type == ED25519:
        check_note(note, [key])
    else:
        for line in lines:
            check_cosignature(key, checkpoint, line, earliest=0)
    return True


def _signed_by(policy: TrustPolicy, note: Note, checkpoint: Checkpoint) -> TrustedLog | None:
    signed = [log for log in policy.logs if check_log_signature(log.vkey, note, checkpoint)]
    return signed[0] if signed else None


def quorum_met(policy: TrustPolicy, seen_by: AbstractSet[str]) -> bool:
    """Whether witnesses of these names, in the policy, are enough."""
    there = {NOBODY, *seen_by}
    for group in policy.groups:
        if sum(member in there for member in group.members) >= group.threshold:
            there.add(group.name)
    return policy.quorum in there


class _Reading:
    """What the lines so far have said."""

    def __init__(self) -> None:
        self.logs: list[TrustedLog] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum = ""
        self._names: set[str] = set()
        self._members: set[str] = set()

    def take(self, number: int, words: list[str]) -> None:
        """One line's words."""
        takes: dict[str, Callable[[int, list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        if words[0] not in takes:
            raise _wrong(number, "it begins with none of log, witness, group and quorum")
        takes[words[0]](number, words[1:])

    def finish(self, number: int) -> TrustPolicy:
        """The whole."""
        if not self.quorum:
            raise _wrong(number, "no quorum line was found", remedy="Write `quorum NAME|none`.")
        return TrustPolicy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _log(self, number: int, words: list[str]) -> None:
        _count(number, words, 1, 2, "log VKEY [URL]")
        key = _key(number, words[0], _LOG_TYPES, "log")
        if any(key.public == one.vkey.public for one in self.logs):
            raise _wrong(number, "this log's public key stands on a line before")
        self.logs.append(TrustedLog(key, *words[1:]))
        _limit(number, self.logs, "logs")

    def _witness(self, number: int, words: list[str]) -> None:
        _count(number, words, 2, 3, "witness NAME VKEY [URL]")
        self._define(number, words[0])
        key = _key(number, words[1], _WITNESS_TYPES, "witness")
        if any(key.public == one.vkey.public for one in self.witnesses):
            raise _wrong(number, "this witness's public key stands on a line before")
        self.witnesses.append(Witness(words[0], key, *words[2:]))
        _limit(number, self.witnesses, "witnesses")

    def _group(self, number: int, words: list[str]) -> None:
        _count(number, words, _LEAST_WORDS_OF_A_GROUP, None, "group NAME all|any|K NAME...")
        name, word, *members = words
        for member in members:
            if member not in self._names:
                raise _wrong(number, "a member is not defined on a line before")
            if member in self._members:
                raise _wrong(number, "a member is listed before, here or in another group")
            self._members.add(member)
        self._define(number, name)
        self.groups.append(Group(name, _threshold(number, word, len(members)), tuple(members)))
        _limit(number, self.groups, "groups")

    def _quorum(self, number: int, words: list[str]) -> None:
        _count(number, words, 1, 1, "quorum NAME|none")
        if self.quorum:
            raise _wrong(number, "there is a quorum line already")
        if words[0] != NOBODY and words[0] not in self._names:
            raise _wrong(number, "the quorum is not defined on a line before")
        self.quorum = words[0]

    def _define(self, number: int, name: str) -> None:
        if name == NOBODY:
            raise _wrong(number, "the name none is nobody's")
        if name in self._names:
            raise _wrong(number, "the name is defined on a line before")
        self._names.add(name)


def _threshold(number: int, word: str, members: int) -> int:
    if word in {"any", "all"}:
        return 1 if word == "any" else members
    count = parse_decimal(word)
    if count is None or not 1 <= count <= members:
        raise _wrong(number, "the group's threshold is not any, all or a number of its members")
    return count


def _key(number: int, text: str, types: tuple[int, ...], owner: str) -> Vkey:
    try:
        key = parse_vkey(text)
    except CheckpointError:
        raise _wrong(number, "the verifier key is malformed or of no type that is known") from None
    if key.sig_type not in types:
        raise _wrong(number, f"the verifier key has not a type that a {owner} signs with")
    return key


def _count(number: int, words: list[str], least: int, most: int | None, form: str) -> None:
    if len(words) < least or (most is not None and len(words) > most):
        raise _wrong(number, "it has not the words it needs", remedy=f"Write `{form}`.")


def _limit(number: int, there: Sized, what: str) -> None:
    if len(there) > MOST:
        raise _wrong(number, f"there are more than {MOST} {what}")


def _wrong(number: int, reason: str, remedy: str = "") -> TrustPolicyError:
    return TrustPolicyError(
        f"Line {number} of the trust policy can't be read: {reason}.", remedy=remedy, line=number
    )
