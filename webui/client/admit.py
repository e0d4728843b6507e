"""Check an admission receipt on a machine without a network, and fail closed.

    python admit.py RECEIPT --vkey 'ORIGIN+KEYID+KEY' --environment production --artifact PATH

One file, the standard library and `cryptography`: read it, copy it, trust nothing else. A
receipt is a SLSA verification summary (VSA v1) about one artifact, in a DSSE envelope, with the
entries of the log that it rests on. It admits where all of this holds:

 1. The envelope's payload is an in-toto statement of the type of a VSA that says PASSED.
 2. Its checkpoint is signed by the log whose verifier key YOU give (C2SP signed-note,
    tlog-checkpoint).
 3. Each entry that it carries stands in that checkpoint's tree, at the number that it states
    (RFC 6962 section 2.1.1).
 4. One of these entries names the key for admissions, the latest of them the key that signed the
    envelope. Give --key to hold it to one that you know.
 5. One of them is `release.granted` for this model, version, environment and these bytes; with
    --without-release it may be `version.registered` for these bytes instead.
 6. The subject's SHA-256 is that of the artifact before you, or of --digest.
 7. The environment is the one that you name; so are model and version, where you name them.
 8. It is not older than its own expiry, no older than --hours, and not of the future.

It does NOT know what happened in the log after the checkpoint: a release that was taken back, or a
key that was replaced, meanwhile. That is what the expiry is for: keep it short.

Exit code: 0 admitted; 1 not admitted, and why; 2 it could not be tried, or was used wrongly.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import stat
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STATEMENT = "application/vnd.in-toto+json"
VSA = "https://slsa.dev/verification_summary/v1"
EVENT = "https://counterseal.dev/event/"
MOST_BYTES = 1_000_000
MOST_HASHES = 63
MOST_NUMBER = 2**63
SKEW = timedelta(minutes=5)
NOT_OF_THE_MODEL = frozenset({".git", ".gitattributes", ".github", ".gitignore"})
"""Left out at the top of a directory, as OpenSSF model-signing does."""
_CHUNK = 1024 * 1024
_SMALL_ORDER = frozenset(
    {
        *(first + "ff" * 30 + "7f" for first in ("ec", "ed", "ee")),
        *(first + "00" * 31 for first in ("00", "01")),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    }
)


class WrongError(Exception):
    """Something does not verify; the sentence says what."""


# --- Bytes ----------------------------------------------------------------------------------------


def b64(text: object) -> bytes:
    """Standard base64, in the one form that encoding gives back."""
    if not isinstance(text, str):
        raise WrongError("a text is missing")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise WrongError("a text is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise WrongError("a text is not base64 in its one form")
    return data


def read_json(data: bytes) -> dict[str, Any]:
    """One JSON object in which no name stands twice."""

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise WrongError("a JSON object has a name twice")
        return dict(pairs)

    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=no_twins)
    except (ValueError, RecursionError):
        raise WrongError("something is not JSON") from None
    if not isinstance(found, dict):
        raise WrongError("something is not a JSON object")
    return found


def part(plain: dict[str, Any], name: str, kind: type) -> Any:
    """A member of a type, or WrongError."""
    found = plain.get(name)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise WrongError(f"{name} is missing, or something else")
    return found


def ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature holds, under a key that binds somebody (RFC 8032)."""
    small = len(public) != 32 or (public[:31] + bytes([public[31] & 127])).hex() in _SMALL_ORDER  # noqa: PLR2004
    if small:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def pae(kind: str, payload: bytes) -> bytes:
    """What a DSSE signature is over."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


# --- The tree (RFC 6962 section 2.1) and signed notes (C2SP) --------------------------------------


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry's stored bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof, as RFC 9162 section 2.1.3.2 says, or WrongError."""
    if not 0 <= index < size:
        raise WrongError("the tree has no such entry")
    place, last, node = index, size - 1, leaf
    for step in path:
        if len(step) != 32 or last == 0:  # noqa: PLR2004 (a hash)
            raise WrongError("an inclusion proof has a wrong length")
        if place & 1 or place == last:
            node = hashlib.sha256(b"\x01" + step + node).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + step).digest()
        place, last = place >> 1, last >> 1
    if last or node != root:
        raise WrongError("an inclusion proof does not lead to the root")


@dataclass(frozen=True)
class Vkey:
    """A log's verifier key: its name, which is the log's origin, and an Ed25519 key."""

    name: str
    hint: bytes
    public: bytes


def read_vkey(text: str) -> Vkey:
    """A verifier key as `counterseal log vkey` prints it, or WrongError."""
    name, hint, encoded = [*text.strip().split("+", 2), "", ""][:3]
    typed = b64(encoded)
    known = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    if len(typed) != 33 or typed[0] != 1 or known.hex() != hint or not name:  # noqa: PLR2004
        raise WrongError("the verifier key is not that of a log; copy it whole")
    return Vkey(name, known, typed[1:])


@dataclass(frozen=True)
class Tree:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes


def read_checkpoint(note: bytes, vkey: Vkey) -> Tree:
    """A checkpoint that the log with this key signed, or WrongError."""
    try:
        whole = note.decode("utf-8") if len(note) <= MOST_BYTES else ""
    except UnicodeDecodeError:
        raise WrongError("the checkpoint is not UTF-8") from None
    text, divide, tail = whole.rpartition("\n\n")
    lines = text.split("\n")
    if not divide or not tail.endswith("\n") or len(lines) != 3:  # noqa: PLR2004
        raise WrongError("the checkpoint is not a signed note of three lines")
    signed = False
    for line in tail[:-1].split("\n"):
        dash, name, encoded = [*line.split(" ", 2), "", ""][:3]
        data = b64(encoded)
        if dash != "\u2014" or len(data) < 5:  # noqa: PLR2004
            raise WrongError("a signature line of the checkpoint is malformed")
        if name == vkey.name and data[:4] == vkey.hint:
            if not ed25519(vkey.public, data[4:], text.encode() + b"\n"):
                raise WrongError("the checkpoint's signature does not hold")
            signed = True
    if not signed or lines[0] != vkey.name:
        raise WrongError("the checkpoint is not signed by the log whose key you gave")
    return Tree(lines[0], _decimal(lines[1]), b64(lines[2]))


def _decimal(text: str) -> int:
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text, re.ASCII) or int(text) > MOST_NUMBER:
        raise WrongError("a number is not one in its shortest form")
    return int(text)


# --- The artifact ---------------------------------------------------------------------------------


def file_digest(path: Path, seen: Callable[[int], None] = lambda _: None) -> bytes:
    """SHA-256 of a regular file, read piece by piece; ``seen`` is told how many bytes passed."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise WrongError(f"{path.name} is not a regular file")
        buffer = memoryview(bytearray(_CHUNK))
        while size := file.readinto(buffer):
            found.update(buffer[:size])
            seen(size)
    return found.digest()


def files_below(folder: Path, leave_out: frozenset[str] = frozenset()) -> list[Path]:
    """The files of a directory in the order of their names; a symbolic link is refused.

    ``leave_out`` are further names at its top that are not of the model, such as a signature's.
    """
    found: list[Path] = []
    for where, folders, names in os.walk(folder, onerror=_raise):
        here = Path(where)
        if here == folder:
            folders[:] = [name for name in folders if name not in NOT_OF_THE_MODEL | leave_out]
            names = [name for name in names if name not in NOT_OF_THE_MODEL | leave_out]  # noqa: PLW2901
        for name in (*folders, *names):
            mode = (here / name).lstat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise WrongError(f"{name} is a link or a device, which no model may hold")
        found += [here / name for name in names]
    return sorted(found, key=lambda path: PurePosixPath(path.relative_to(folder)))


def artifact_digest(path: Path) -> str:
    """A file's SHA-256; of a directory, that of its files' digests in the order of their names.

    Source: the subject's digest of OpenSSF model-signing v1.0.
    """
    if path.is_symlink():
        raise WrongError("the artifact is a symbolic link")
    if not path.is_dir():
        return file_digest(path).hex()
    files = files_below(path)
    if not files:
        raise WrongError("the artifact is an empty directory")
    return hashlib.sha256(b"".join(file_digest(file) for file in files)).hexdigest()


def _raise(error: OSError) -> None:
    raise error


# --- The receipt ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """What must be so; an empty text and None expect nothing in particular."""

    environment: str
    artifact: str
    model: str = ""
    version: str = ""
    key: str = ""
    hours: int | None = None
    without_release: bool = False


@dataclass(frozen=True)
class Admission:
    """What a receipt that verified says."""

    model: str
    version: str
    environment: str
    artifact: str
    checked_at: str
    expires_at: str
    origin: str
    size: int
    release: int | None


def admit(receipt: bytes, vkey: Vkey, expected: Expected, now: datetime) -> Admission:
    """What the receipt says, if all eight rules hold.

    Raises:
        WrongError: one does not.
    """
    try:
        return _admit(receipt, vkey, expected, now)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise WrongError("the receipt is malformed") from None


def _admit(receipt: bytes, vkey: Vkey, expected: Expected, now: datetime) -> Admission:
    if len(receipt) > MOST_BYTES:
        raise WrongError("the receipt is larger than any")
    envelope = read_json(receipt)
    payload = b64(envelope.get("payload"))
    if envelope.get("payloadType") != STATEMENT:
        raise WrongError("the receipt's payload is not a statement")
    statement = read_json(payload)
    predicate = part(statement, "predicate", dict)
    if statement.get("_type") != "https://in-toto.io/Statement/v1":
        raise WrongError("the payload is not an in-toto statement")
    if statement.get("predicateType") != VSA or predicate.get("verificationResult") != "PASSED":
        raise WrongError("the receipt is not a verification summary that says PASSED")
    more = part(predicate, "counterseal_admission", dict)
    tree = read_checkpoint(part(more, "checkpoint", str).encode(), vkey)
    if more.get("origin") != tree.origin:
        raise WrongError("the receipt names another log than its checkpoint")
    entries = _entries(part(more, "entries", list), tree)
    _check_signature(envelope, payload, entries, expected.key)
    subjects = part(statement, "subject", list)
    said = {name: part(more, name, str) for name in ("model", "version", "environment")}
    if len(subjects) != 1 or not isinstance(subjects[0], dict):
        raise WrongError("the receipt is not about exactly one artifact")
    artifact = part(part(subjects[0], "digest", dict), "sha256", str)
    release = _release(entries, {**said, "artifact": artifact}, expected)
    _check_expected(said, artifact, expected)
    checked, expires = part(predicate, "timeVerified", str), part(more, "expires_at", str)
    _check_time(checked, expires, expected.hours, now)
    return Admission(
        **said,
        artifact=artifact,
        checked_at=checked,
        expires_at=expires,
        origin=tree.origin,
        size=tree.size,
        release=release,
    )


@dataclass(frozen=True)
class _Entry:
    sequence: int
    kind: str
    event: dict[str, Any]
    allowed: bool


def _entries(items: list[Any], tree: Tree) -> list[_Entry]:
    """The entries, each proved to stand in the tree, in the order of their numbers."""
    found = []
    for item in items:
        if not isinstance(item, dict):
            raise WrongError("an entry is none")
        stored, number = b64(item.get("envelope")), part(item, "sequence", int)
        hashes = [b64(one) for one in part(item, "hashes", list)[: MOST_HASHES + 1]]
        check_inclusion(leaf_hash(stored), number, tree.size, hashes, tree.root)
        statement = read_json(b64(read_json(stored).get("payload")))
        predicate = part(statement, "predicate", dict)
        log = part(predicate, "log", dict)
        if log.get("origin") != tree.origin or log.get("sequence") != number:
            raise WrongError("an entry states another place than it stands at")
        kind = part(statement, "predicateType", str).removeprefix(EVENT).partition("/")[0]
        decision = predicate.get("decision")
        allowed = not isinstance(decision, dict) or decision.get("outcome") == "allow"
        found.append(_Entry(number, kind, part(predicate, "event", dict), allowed))
    return sorted(found, key=lambda entry: entry.sequence)


def _check_signature(
    envelope: dict[str, Any], payload: bytes, entries: list[_Entry], pinned: str
) -> None:
    """The envelope is signed by the key that the latest of the entries names."""
    public = ""
    for entry in entries:
        if entry.kind == "log.created" and entry.sequence == 0:
            keys = [one for one in part(entry.event, "keys", list) if isinstance(one, dict)]
            public = next((one["public"] for one in keys if one.get("use") == "admissions"), public)
        elif entry.kind == "key.rotated" and entry.event.get("use") == "admissions":
            public = part(entry.event, "new", str)
    if not public or (pinned and pinned != public):
        raise WrongError("the key for admissions is named by no entry, or is not the one you gave")
    signatures = part(envelope, "signatures", list)
    if not any(
        ed25519(bytes.fromhex(public), b64(one.get("sig")), pae(STATEMENT, payload))
        for one in signatures[:16]
        if isinstance(one, dict)
    ):
        raise WrongError("the receipt is not signed by the log's key for admissions")


def _release(entries: list[_Entry], said: dict[str, str], expected: Expected) -> int | None:
    """The entry that granted the release, which the receipt must carry."""
    for entry in reversed(entries):
        same = all(entry.event.get(name) == value for name, value in said.items())
        if entry.kind == "release.granted" and entry.allowed and same:
            return entry.sequence
    if not expected.without_release:
        raise WrongError("the receipt carries no release of these bytes to this environment")
    for entry in entries:
        bytes_of = entry.event.get("artifact")
        same = all(entry.event.get(name) == said[name] for name in ("model", "version"))
        known = bytes_of.get("sha256") if isinstance(bytes_of, dict) else None
        registered = entry.kind == "version.registered" and entry.allowed
        if registered and same and known == said["artifact"]:
            return None
    raise WrongError("the receipt carries no registration of these bytes")


def _check_expected(said: dict[str, str], artifact: str, expected: Expected) -> None:
    if artifact != expected.artifact:
        raise WrongError("the receipt is for other bytes")
    for name in ("environment", "model", "version"):
        wanted = getattr(expected, name)
        if wanted and said[name] != wanted:
            raise WrongError(f"the receipt is for another {name}")


def _check_time(checked: str, expires: str, hours: int | None, now: datetime) -> None:
    try:
        since, until = (datetime.fromisoformat(text) for text in (checked, expires))
        if since > now + SKEW:
            raise WrongError("the receipt is of the future; is this machine's clock right?")
        if until <= now or until <= since:
            raise WrongError("the receipt has expired")
        if hours is not None and now - since > timedelta(hours=hours):
            raise WrongError("the receipt is older than you allow")
    except (ValueError, TypeError, OverflowError):
        raise WrongError("the receipt's times can't be read") from None


# --- The program ----------------------------------------------------------------------------------


def run(words: Sequence[str]) -> int:
    """Check one receipt; the exit code."""
    reader = argparse.ArgumentParser(prog="admit.py", description="Check an admission receipt.")
    reader.add_argument("receipt", type=Path)
    reader.add_argument("--vkey", required=True, help="the log's verifier key, from elsewhere")
    reader.add_argument("--environment", required=True)
    which = reader.add_mutually_exclusive_group(required=True)
    which.add_argument("--artifact", type=Path, help="the file or directory that is to run")
    which.add_argument("--digest", help="its SHA-256, where it was worked out elsewhere")
    for name in ("model", "version", "key"):
        reader.add_argument(f"--{name}", default="")
    reader.add_argument("--hours", type=int, help="the oldest that a receipt may be")
    reader.add_argument("--without-release", action="store_true")
    given = reader.parse_args(words)
    try:
        receipt, vkey = given.receipt.read_bytes(), read_vkey(given.vkey)
        artifact = given.digest or artifact_digest(given.artifact)
    except (OSError, WrongError) as error:
        return _say(2, f"it could not be tried: {error}")
    expected = Expected(
        environment=given.environment,
        artifact=artifact.lower(),
        model=given.model,
        version=given.version,
        key=given.key,
        hours=given.hours,
        without_release=given.without_release,
    )
    try:
        found = admit(receipt, vkey, expected, datetime.now(UTC))  # noqa: TID251 (one file, alone)
    except WrongError as error:
        return _say(1, f"NOT ADMITTED: {error}.")
    what = f"{found.model} {found.version} in {found.environment}, until {found.expires_at}"
    return _say(0, f"admitted: {''.join(one if one.isprintable() else '?' for one in what)}")


def _say(code: int, sentence: str) -> int:
    print(sentence, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:]))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is not a yes)
        sys.exit(_say(2, f"it could not be tried: {type(error).__name__}"))
