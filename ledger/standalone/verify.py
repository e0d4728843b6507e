#!/usr/bin/env python3
"""Verify a bundle of Counterseal ledger entries, with the standard library and `cryptography`.

    python verify.py BUNDLE.zip --vkey 'ORIGIN+KEYID+KEY' [--policy TRUST.policy]

Read this file first: it is short, and it is all that is trusted. What it checks:

 1. The checkpoint is a signed note of the log whose verifier key YOU give (C2SP signed-note,
    tlog-checkpoint). Without --vkey the bundle's own key is used, and the result says so.
 2. Cosignatures of witnesses, Ed25519 and ML-DSA-44 (C2SP tlog-cosignature), and the quorum of a
    trust policy (C2SP tlog-policy), where you give one.
 3. Each entry's bytes hash to a leaf that an inclusion proof leads to the checkpoint's root
    (RFC 6962 section 2.1.1), at the number that the entry itself states.
 4. Each entry is a DSSE envelope (DSSE v1.0.2) signed by the key for entries that the log had at
    that number. Those keys stand in entry 0 and in later rotations, which must be in the bundle.
 5. Neighbouring entries in the bundle follow each other: `previous` is the leaf hash before.
 6. Each attached file is the one whose SHA-256 a verified entry names.

It does NOT check that the log is complete (verify a full export for that), that a policy was
obeyed, or what entries outside the bundle say. It never uses the network.

Exit code: 0 verified, 1 not verified, 2 it could not be tried.
"""

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_FILE = 200_000_000
STATEMENT = "application/vnd.in-toto+json"
EVENT = "https://counterseal.dev/event/"


class Wrong(Exception):
    """Something does not verify."""


# --- Bytes ---------------------------------------------------------------------------------------


def b64(text):
    """Standard base64, in the one form that encoding gives back."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("a text is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Wrong("a text is not base64 in its one form")
    return data


def no_twins(pairs):
    """A JSON object, unless a name stands in it twice."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise Wrong("a JSON object has a name twice")
    return dict(pairs)


def read_json(data):
    try:
        return json.loads(data, object_pairs_hook=no_twins)
    except ValueError as error:
        raise Wrong(f"not JSON: {error}") from None


# The y coordinates of the points of small order: under such a key one signature fits many messages.
SMALL_ORDER = {
    bytes.fromhex(encoded)
    for encoded in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
}


def ed25519(public, signature, message):
    if len(public) == 32 and public[:31] + bytes([public[31] & 0x7F]) in SMALL_ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def ml_dsa_44(public, signature, message):
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        raise Wrong("ML-DSA-44 needs a newer `cryptography`") from None
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- The tree (RFC 6962 section 2.1, checked as RFC 9162 section 2.1.3.2 says) ---------------------


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def check_inclusion(leaf, index, size, path, root):
    if not 0 <= index < size:
        raise Wrong("the tree has no such leaf")
    fn, sn, node = index, size - 1, leaf
    for step in path:
        if len(step) != 32 or sn == 0:
            raise Wrong("the inclusion proof has a wrong length")
        if fn & 1 or fn == sn:
            node = node_hash(step, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, step)
        fn, sn = fn >> 1, sn >> 1
    if sn or node != root:
        raise Wrong("the inclusion proof does not lead to the root")


# --- Notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) -------------------


def parse_vkey(text):
    """(name, key id, type, public key) of a verifier key."""
    name, hexid, encoded = [*text.strip().split("+", 2), "", ""][:3]
    typed = b64(encoded)
    if len(typed) != 1 + {1: 32, 4: 32, 6: 1312}.get(typed[0] if typed else 0, -1):
        raise Wrong("a verifier key has an unknown type or a wrong length")
    keyid = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    if keyid.hex() != hexid:
        raise Wrong("a verifier key's id is not that of its key")
    return name, keyid, typed[0], typed[1:]


def parse_checkpoint(note):
    """(text, origin, size, root, signature lines) of a signed checkpoint."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong("the checkpoint is not UTF-8") from None
    text, divide, tail = whole.rpartition("\n\n")
    if not divide or not tail.endswith("\n"):
        raise Wrong("the checkpoint is not a signed note")
    signatures = []
    for line in tail[:-1].split("\n"):
        found = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        if found is None:
            raise Wrong("a signature line of the checkpoint is malformed")
        data = b64(found[2])
        signatures.append((found[1], data[:4], data[4:]))
    lines = (text + "\n").split("\n")
    if len(lines) < 4 or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise Wrong("the checkpoint has not origin, size and root")
    root = b64(lines[2])
    if len(root) != 32:
        raise Wrong("the checkpoint's root is not a SHA-256")
    return text + "\n", lines[0], int(lines[1]), root, signatures


def signed_by(vkey, checkpoint):
    """Whether a key signed a checkpoint. A signature of that key that fails is an error."""
    name, keyid, kind, public = vkey
    text, origin, size, root, signatures = checkpoint
    lines = [
        data for line_name, line_id, data in signatures if (line_name, line_id) == (name, keyid)
    ]
    for data in lines:
        if kind == 1:
            good = ed25519(public, data, text.encode())
        else:
            time, signature = data[:8], data[8:]
            if len(time) != 8:
                raise Wrong(f"a cosignature of {name} is too short")
            if kind == 4:
                head = f"cosignature/v1\ntime {int.from_bytes(time, 'big')}\n"
                good = ed25519(public, signature, (head + text).encode())
            else:
                message = b"subtree/v1\n\x00" + bytes([len(name.encode())]) + name.encode() + time
                message += bytes([len(origin.encode())]) + origin.encode()
                message += struct.pack(">QQ", 0, size) + root
                good = ml_dsa_44(public, signature, message)
        if not good:
            raise Wrong(f"a signature of {name} on the checkpoint fails")
    return bool(lines)


# --- Trust policies (C2SP tlog-policy) -------------------------------------------------------------


def parse_policy(text):
    """(logs, witnesses by name, groups by name, name of the quorum)."""
    logs, witnesses, groups, quorum = [], {}, {}, None
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        try:
            if words[0] == "log":
                logs.append(parse_vkey(words[1]))
            elif words[0] == "witness" and words[1] not in {*witnesses, *groups, "none"}:
                witnesses[words[1]] = parse_vkey(words[2])
            elif words[0] == "group" and words[1] not in {*witnesses, *groups, "none"}:
                members = words[3:]
                need = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
                if not 1 <= need <= len(members) or not {*members} <= {*witnesses, *groups}:
                    raise ValueError
                groups[words[1]] = (need, members)
            elif words[0] == "quorum" and quorum is None:
                if words[1] not in {*witnesses, *groups, "none"}:
                    raise ValueError
                quorum = words[1]
            else:
                raise ValueError
        except (ValueError, IndexError):
            raise Wrong(f"line {number} of the trust policy is malformed") from None
    if quorum is None:
        raise Wrong("the trust policy has no quorum line")
    return logs, witnesses, groups, quorum


def holds(name, seen, groups):
    """Whether a witness, or enough members of a group, have cosigned."""
    if name in groups:
        need, members = groups[name]
        return sum(holds(member, seen, groups) for member in members) >= need
    return name in seen


# --- Entries ---------------------------------------------------------------------------------------


def parse_proof(data):
    """(index, hashes, checkpoint bytes) of a C2SP tlog-proof."""
    head, divide, checkpoint = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not divide or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Wrong("a proof is not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    found = re.fullmatch("index (0|[1-9][0-9]{0,18})", lines.pop(0) if lines else "")
    if found is None:
        raise Wrong("a proof has no index")
    return int(found[1]), [b64(line) for line in lines], checkpoint


def parse_envelope(data):
    """(statement, message that was signed, signatures) of a stored envelope."""
    envelope = read_json(data)
    if not isinstance(envelope, dict) or envelope.get("payloadType") != STATEMENT:
        raise Wrong("an entry is not a DSSE envelope around an in-toto statement")
    payload = b64(envelope["payload"])
    kind = STATEMENT.encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    return read_json(payload), message, [b64(one["sig"]) for one in envelope["signatures"]]


class Keys:
    """The log's keys for entries: which one counts at which number."""

    def __init__(self):
        self.ranges = []

    def learn(self, sequence, statement):
        kind = statement["predicateType"].removeprefix(EVENT).partition("/")[0]
        event = statement["predicate"]["event"]
        if kind == "log.created" and sequence == 0:
            for key in event["keys"]:
                if key["use"] == "entries":
                    self.ranges.append((0, bytes.fromhex(key["public"])))
        elif kind == "key.rotated" and event["use"] == "entries":
            self.ranges.append((sequence + 1, bytes.fromhex(event["new"])))

    def at(self, sequence):
        found = [public for start, public in self.ranges if start <= sequence]
        if not found:
            raise Wrong("the log's first entry, which names its keys, is not in the bundle")
        return found[-1]


def check_entry(sequence, files, checkpoint, keys):
    """Verify one entry; its statement and leaf hash."""
    stored = files[f"entries/{sequence}.json"]
    index, hashes, own_checkpoint = parse_proof(files[f"entries/{sequence}.tlog-proof"])
    _, origin, size, root, _ = checkpoint
    if own_checkpoint != files["checkpoint"]:
        raise Wrong("its proof is for another checkpoint")
    leaf = leaf_hash(stored)
    check_inclusion(leaf, index, size, hashes, root)
    statement, message, signatures = parse_envelope(stored)
    place = statement["predicate"]["log"]
    if (index, place["sequence"], place["origin"]) != (sequence, sequence, origin):
        raise Wrong("it was signed for another place")
    keys.learn(sequence, statement) if sequence == 0 else None
    if not any(ed25519(keys.at(sequence), signature, message) for signature in signatures):
        raise Wrong("it is not signed by the log's key for entries")
    keys.learn(sequence, statement) if sequence else None
    return statement, leaf


# --- The bundle ------------------------------------------------------------------------------------


DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def read_bundle(path):
    """The files of a bundle by name, from a zip file or a folder."""
    if path.is_dir():
        names = sorted(item for item in path.rglob("*") if item.is_file())
        return {item.relative_to(path).as_posix(): item.read_bytes() for item in names}
    with zipfile.ZipFile(path) as archive:
        if sum(item.file_size for item in archive.infolist()) > MAX_FILE:
            raise Wrong("the bundle is larger than a bundle may be")
        return {item.filename: archive.read(item) for item in archive.infolist()}


def check_head(files, vkey, policy, say):
    """Verify the checkpoint; give it parsed."""
    checkpoint = parse_checkpoint(files["checkpoint"])
    _, origin, size, root, _ = checkpoint
    pinned = vkey is not None or policy is not None
    logs = [parse_vkey(vkey)] if vkey else []
    witnesses, groups, quorum = {}, {}, "none"
    if policy is not None:
        listed, witnesses, groups, quorum = parse_policy(policy)
        logs += listed
    if not pinned:
        logs = [parse_vkey(line) for line in files["vkeys"].decode().split("\n") if line]
        say("WARNING: no --vkey was given: the log's key is taken from the bundle itself.")
    if not any(key[0] == origin and key[2] == 1 and signed_by(key, checkpoint) for key in logs):
        raise Wrong("the checkpoint is not signed by the log's key")
    say(f"checkpoint    {origin}, {size} entries, root {root.hex()}")
    for key in logs:
        if key[2] == 6 and signed_by(key, checkpoint):
            say("cosignature   by the log itself, ML-DSA-44")
    seen = {name for name, key in witnesses.items() if signed_by(key, checkpoint)}
    for name in sorted(seen):
        say(f"cosignature   by witness {name}")
    if quorum != "none":
        if not holds(quorum, seen, groups):
            raise Wrong(f"the quorum {quorum} of the trust policy is not met")
        say(f"quorum        {quorum} is met")
    return checkpoint


def check_entries(files, checkpoint, say):
    """Verify every entry of the bundle, in order; the SHA-256 digests that they name."""
    keys, named, before = Keys(), {}, (-1, b"")
    numbers = sorted(
        int(found[1])
        for found in (re.fullmatch(r"entries/([0-9]+)\.json", name) for name in files)
        if found
    )
    if not numbers:
        raise Wrong("the bundle holds no entry")
    for sequence in numbers:
        try:
            statement, leaf = check_entry(sequence, files, checkpoint, keys)
            if before[0] == sequence - 1:
                expected = before[1].hex() if sequence else "0" * 64
                if statement["predicate"]["log"]["previous"] != expected:
                    raise Wrong("it does not follow the entry before it")
        except Wrong as error:
            raise Wrong(f"entry {sequence}: {error}") from None
        except (KeyError, TypeError, AttributeError, ValueError):
            raise Wrong(f"entry {sequence}: it is malformed, or its proof is missing") from None
        before = (sequence, leaf)
        kind = statement["predicateType"].removeprefix(EVENT)
        say(f"entry         {sequence}, {kind}, {statement['predicate']['recorded_at']}")
        for subject in statement["subject"]:
            named.setdefault(subject["digest"]["sha256"], (sequence, subject["name"]))
    return named


def check_files(files, named, say):
    """Every attached file is one that a verified entry names by its SHA-256."""
    for name in sorted(files):
        if name.startswith("files/"):
            found = named.get(hashlib.sha256(files[name]).hexdigest())
            if found is None:
                raise Wrong(f"no entry of the bundle names the SHA-256 of {name}")
            say(f"file          {name} is {found[1]} of entry {found[0]}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Verify a bundle of Counterseal ledger entries.")
    parser.add_argument("bundle", type=Path, help="a bundle: a zip file or a folder")
    parser.add_argument("--vkey", help="the log's verifier key, as its operator publishes it")
    parser.add_argument("--policy", type=Path, help="a trust policy (C2SP tlog-policy)")
    options = parser.parse_args(arguments)
    try:
        files = read_bundle(options.bundle)
        policy = options.policy.read_text(encoding="utf-8") if options.policy else None
    except (OSError, *DAMAGED_ZIP, ValueError) as error:
        print(f"can't read: {error}", file=sys.stderr)
        return 2
    except Wrong as error:
        print(f"NOT VERIFIED: {error}.")
        return 1
    try:
        checkpoint = check_head(files, options.vkey, policy, print)
        check_files(files, check_entries(files, checkpoint, print), print)
    except KeyError as error:
        print(f"NOT VERIFIED: the bundle lacks {error}.")
        return 1
    except Wrong as error:
        print(f"NOT VERIFIED: {error}.")
        return 1
    except (ValueError, TypeError, AttributeError):
        print("NOT VERIFIED: a part of the bundle is malformed.")
        return 1
    print("verified")
    return 0


if __name__ == "__main__":
    sys.exit(main())
