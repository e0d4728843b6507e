#!/usr/bin/env python3
"""Verify a bundle of Counterseal ledger entries, with the standard library and `cryptography`.

    python verify.py BUNDLE.zip --vkey 'ORIGIN+KEYID+KEY' [--root KEY] [--policy TRUST.policy]

Read this file first: it is short, and it is all that is trusted. What it checks:

 1. The checkpoint is a signed note of the log whose verifier key YOU give (C2SP signed-note,
    tlog-checkpoint). Without --vkey the bundle's own key is used, and the result says so.
 2. Cosignatures of witnesses, Ed25519 and ML-DSA-44 (C2SP tlog-cosignature), and the quorum of a
    trust policy (C2SP tlog-policy), where you give one.
 3. Each entry's bytes hash to a leaf that an inclusion proof leads to the checkpoint's root
    (RFC 6962 section 2.1.1), at the number that the entry itself states.
 4. Each entry is a DSSE envelope (DSSE v1.0.2) signed by the key for entries that the log had at
    that number. Those keys stand in entry 0 and in later rotations, which must be in the bundle;
    once the log has named a root key, its root certified them. Give --root to hold it to yours.
 5. Neighbouring entries in the bundle follow each other: `previous` is the leaf hash before.
 6. Each attached file is the one whose SHA-256 a verified entry names.
 7. An approval or refusal that a passkey signed (W3C WebAuthn Level 3, section 7.2): the signature
    is over a statement that says what the entry says, by a key that an earlier entry, in the
    bundle, enrolled for that person, with the user present and verified. The tree head that the
    statement names leads to the checkpoint's (RFC 9162 section 2.1.4.2), so that the history that
    the person saw is this one; and the key's counter has moved on since whatever else it signed in
    the bundle. That this key was not revoked in between, and who countersigned it, is for a full
    export and for you to ask.

 8. A request that a workload's key signed (DSSE, Ed25519): the signature, that it is of this very
    command, and the entry that enrolled the key, which must be in the bundle.

It does NOT check that the log is complete (verify a full export for that), that a policy was
obeyed, or what entries outside the bundle say. It never uses the network. What a bundle says is
printed on one line each, with "?" for every character that does not print.

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
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

MAX_FILE = 200_000_000
MAX_PARTS = 50_000
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
MAX_NUMBER = 2**63
EMPTY_ROOT = hashlib.sha256(b"").digest()
STATEMENT = "application/vnd.in-toto+json"
REQUEST = "application/vnd.counterseal.request.v1+json"
EVENT = "https://counterseal.dev/event/"


class Wrong(Exception):
    """Something does not verify."""


# --- Bytes ---------------------------------------------------------------------------------------


def b64(text):
    """Standard base64, in the one form that encoding gives back."""
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
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
    except (ValueError, RecursionError):
        raise Wrong("something is not JSON") from None


def shown(text):
    """A text of a stranger as one line that can't steer a terminal."""
    return "".join(one if one.isprintable() else "?" for one in str(text))


def decimal(text, most=MAX_NUMBER):
    """A number in its shortest digits."""
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text, re.ASCII) or int(text) > most:
        raise Wrong("a number is not one in its shortest form, or too large")
    return int(text)


# The y coordinates of the points of small order, whose signatures hold for many messages.
SMALL_ORDER = {
    *(first + "ff" * 30 + "7f" for first in ("ec", "ed", "ee")),
    *(first + "00" * 31 for first in ("00", "01")),
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}


def ed25519(public, signature, message):
    if len(public) != 32 or (public[:31] + bytes([public[31] & 127])).hex() in SMALL_ORDER:
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


def check_consistency(old, old_root, size, root, path):
    """That a tree of `size` entries begins with one of `old` (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= size:
        raise Wrong("the tree has no such beginning")
    if old == size or old & (old - 1) == 0:
        path = [old_root, *path]
    if not path or (old == size and len(path) > 1):
        raise Wrong("the consistency proof has a wrong length")
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for step in path[1:]:
        if sn == 0:
            raise Wrong("the consistency proof has a wrong length")
        if fn & 1 or fn == sn:
            first, second = node_hash(step, first), node_hash(step, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, step)
        fn, sn = fn >> 1, sn >> 1
    if (old != size and sn) or first != old_root or second != root:
        raise Wrong("the consistency proof does not lead from one root to the other")


# --- Notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) -------------------


def is_name(name):
    """A key's name: no space, no plus sign, no control character."""
    return bool(name) and not any(one == "+" or one.isspace() or one < " " for one in name)


def parse_vkey(text):
    """(name, key id, type, public key) of a verifier key."""
    name, hexid, encoded = [*text.split("+", 2), "", ""][:3]
    typed = b64(encoded)
    if len(typed) != 1 + {1: 32, 4: 32, 6: 1312}.get(typed[0] if typed else 0, -1):
        raise Wrong("a verifier key has an unknown type or a wrong length")
    keyid = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    if keyid.hex() != hexid or not is_name(name):
        raise Wrong("a verifier key's id is not that of its key, or its name can't be one")
    return name, keyid, typed[0], typed[1:]


def parse_checkpoint(note):
    """(text, origin, size, root, signature lines) of a signed checkpoint."""
    try:
        whole = note.decode("utf-8") if len(note) <= MAX_NOTE else ""
    except UnicodeDecodeError:
        raise Wrong("the checkpoint is not UTF-8") from None
    text, divide, tail = whole.rpartition("\n\n")
    lines = tail[:-1].split("\n")
    if not divide or not tail.endswith("\n") or re.search("[\x00-\x09\x0b-\x1f]", whole):
        raise Wrong("the checkpoint is not a signed note")
    if len(lines) > MAX_SIGNATURES:
        raise Wrong("the checkpoint has too many signatures")
    signatures = []
    for line in lines:
        dash, name, encoded = [*line.split(" ", 2), "", ""][:3]
        data = b64(encoded)
        if dash != "\u2014" or not is_name(name) or len(data) < 5:
            raise Wrong("a signature line of the checkpoint is malformed")
        signatures.append((name, data[:4], data[4:]))
    origin, size, root = [*text.split("\n"), "", "", ""][:3]
    if text.count("\n") != 2 or not origin:
        raise Wrong("the checkpoint has not exactly origin, size and root")
    size, root = decimal(size), b64(root)
    if len(root) != 32 or (size == 0 and root != EMPTY_ROOT):
        raise Wrong("the checkpoint's root can't be one")
    return text + "\n", origin, size, root, signatures


def signed_by(vkey, checkpoint, earliest=1):
    """Whether a key signed a checkpoint. A signature of that key that fails is an error."""
    name, keyid, kind, public = vkey
    text, origin, size, root, signatures = checkpoint
    lines = [data for of, line_id, data in signatures if (of, line_id) == (name, keyid)]
    for data in lines:
        if kind == 1:
            good = ed25519(public, data, text.encode())
        else:
            time, signature = int.from_bytes(data[:8], "big"), data[8:]
            good = earliest <= time < MAX_NUMBER
            if kind == 4:
                head = f"cosignature/v1\ntime {time}\n"
                good = good and ed25519(public, signature, (head + text).encode())
            elif max(len(name.encode()), len(origin.encode())) > 255:
                good = False
            else:
                message = b"subtree/v1\n\x00" + bytes([len(name.encode())]) + name.encode()
                message += data[:8] + bytes([len(origin.encode())]) + origin.encode()
                message += struct.pack(">QQ", 0, size) + root
                good = good and ml_dsa_44(public, signature, message)
        if not good:
            raise Wrong(f"a signature of {name} on the checkpoint fails")
    return bool(lines)


# --- Trust policies (C2SP tlog-policy) -------------------------------------------------------------


def parse_policy(text):
    """(logs, witnesses by name, groups by name, name of the quorum)."""
    logs, witnesses, groups, members_so_far, quorum = [], {}, {}, set(), None
    if len(text.encode()) > MAX_NOTE or re.search("[\x00-\x08\x0b-\x1f\x7f]", text):
        raise Wrong("the trust policy is too long, or has control characters")
    if not text.endswith("\n"):
        raise Wrong("the last line of the trust policy does not end in a newline")
    for number, line in enumerate(text[:-1].split("\n"), 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        kind, words = words[0], words[1:]
        try:
            if kind == "log" and len(words) in {1, 2}:
                key = parse_vkey(words[0])
                require(key[2] in {1, 6} and key[3] not in {one[3] for one in logs})
                logs.append(key)
            elif kind == "witness" and len(words) in {2, 3}:
                key = parse_vkey(words[1])
                require(words[0] not in {*witnesses, *groups, "none"})
                # The same key under two names would be counted twice.
                require(key[2] in {4, 6} and key[3] not in {one[3] for one in witnesses.values()})
                witnesses[words[0]] = key
            elif kind == "group" and len(words) >= 3:
                name, wanted, *members = words
                need = {"any": 1, "all": len(members)}.get(wanted) or decimal(wanted)
                require(name not in {*witnesses, *groups, "none"} and 1 <= need <= len(members))
                require({*members} <= {*witnesses, *groups})
                require(len({*members}) == len(members) and not members_so_far & {*members})
                members_so_far |= {*members}
                groups[name] = (need, members)
            else:
                require(kind == "quorum" and quorum is None and len(words) == 1)
                quorum = words[0]
                require(quorum in {*witnesses, *groups, "none"})
            require(max(len(logs), len(witnesses), len(groups)) <= 64)
        except Wrong as error:
            raise Wrong(f"line {number} of the trust policy is malformed: {error}") from None
    if quorum is None:
        raise Wrong("the trust policy has no quorum line")
    return logs, witnesses, groups, quorum


def require(holds_true):
    """One of the rules of the format."""
    if not holds_true:
        raise Wrong("it is against the rules of C2SP tlog-policy")


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
    if not divide or lines.pop(0) != "c2sp.org/tlog-proof@v1" or len(data) > 2 * MAX_NOTE:
        raise Wrong("a proof is not a tlog-proof")
    if lines and lines[0].startswith("extra ") and not b64(lines.pop(0)[6:]):
        raise Wrong("a proof has an empty extra line")
    if not lines or not lines[0].startswith("index "):
        raise Wrong("a proof has no index")
    index = decimal(lines.pop(0)[6:], MAX_NUMBER - 1)
    hashes = [b64(line) for line in lines[:64]]
    if len(lines) > 63 or any(len(one) != 32 for one in hashes):
        raise Wrong("a proof has a line that is no hash, or too many")
    return index, hashes, checkpoint


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
    """The log's keys: which one for entries counts at which number, and what the root says."""

    def __init__(self, origin):
        self.origin, self.ranges, self.now, self.roots, self.doubts = origin, [], {}, [], []

    def certified(self, root, use, public, word):
        """A root key signed for another key of the log."""
        message = f"counterseal/key-certificate/v1\n{self.origin}\n{use}\n{public}\n"
        if not ed25519(root, bytes.fromhex(word or ""), message.encode()):
            raise Wrong(f"the root key does not certify the new key for {use}")

    def learn(self, sequence, statement):
        kind = statement["predicateType"].removeprefix(EVENT).partition("/")[0]
        event = statement["predicate"]["event"]
        if kind == "log.created" and sequence == 0:
            self.now = {key["use"]: key["public"] for key in event["keys"]}
            self.ranges.append((0, bytes.fromhex(self.now["entries"])))
        elif kind == "key.rotated":
            if self.roots:
                self.certified(self.roots[-1], event["use"], event["new"], event.get("certificate"))
            self.now[event["use"]] = event["new"]
            if event["use"] == "entries":
                self.ranges.append((sequence + 1, bytes.fromhex(event["new"])))
        elif kind == "root.named":
            new, old = bytes.fromhex(event["public"]), self.roots[-1:]
            before = old[0].hex() if old else "-"
            message = f"counterseal/root/v1\n{self.origin}\n{before}\n{new.hex()}\n".encode()
            words = zip([new, *old], [event["proof"], event.get("by_previous")], strict=False)
            if not all(ed25519(root, bytes.fromhex(word or ""), message) for root, word in words):
                raise Wrong("the root key is not named by its own word and that of the one before")
            given = {one["use"]: one["certificate"] for one in event["certificates"]}
            for use in (
                "entries",
                "checkpoints",
                "cosignatures",
                *({"admissions"} & set(self.now)),
            ):
                self.certified(new, use, self.now[use], given.get(use))
            self.roots.append(new)
        elif kind == "key.compromised" and event["use"] == "entries":
            self.doubts.append((bytes.fromhex(event["public"]), event["trusted_until"], sequence))

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


# --- Passkeys (W3C Web Authentication Level 3, section 7.2) ----------------------------------------


def passkey_signed(algorithm, public, signature, message):
    """Whether a key in SubjectPublicKeyInfo signed a message."""
    try:
        key = load_der_public_key(public)
        if algorithm == "eddsa" and isinstance(key, Ed25519PublicKey):
            return ed25519(key.public_bytes_raw(), signature, message)
        if algorithm == "es256" and isinstance(getattr(key, "curve", None), ec.SECP256R1):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        elif algorithm == "rs256" and isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def check_request(statement, before):
    """Verify a request that a workload signed (DSSE v1.0.2, Ed25519); `before` as for passkeys."""
    predicate = statement["predicate"]
    proof, actor, event = predicate["proof"], predicate["actor"]["id"], predicate["event"]
    enrolled = before.get(proof["key"])
    if enrolled is None or "/workload.key_enrolled/" not in enrolled["predicateType"]:
        raise Wrong(
            f"the entry {proof['key']} that enrolled its workload's key is not in the bundle"
        )
    key, envelope = enrolled["predicate"]["event"], proof["envelope"]
    (signature,), public = envelope["signatures"], bytes.fromhex(key["public"])
    keyid = hashlib.sha256(public).hexdigest()
    for number, other in before.items():
        kind, gone = other["predicateType"], other["predicate"]["event"]
        if "/workload.key_revoked/" in kind and gone["key"] == keyid:
            raise Wrong(f"its workload's key was revoked by entry {number}")
    kind, payload = REQUEST.encode(), b64(envelope["payload"])
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    if not ed25519(public, b64(signature["sig"]), message):
        raise Wrong("the signature of its workload's key fails")
    said, type_ = read_json(payload), statement["predicateType"].removeprefix(EVENT)
    facts, name = said["command"]["event"], said["command"]["kind"]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    command = hashlib.sha256(f'{{"event":{text},"kind":"{name}"}}'.encode()).hexdigest()
    nonce = hashlib.sha256(f"{actor}\n{said['nonce']}".encode()).hexdigest()
    same = {
        "key": (signature["keyid"], envelope["payloadType"]) == (keyid, REQUEST),
        "log": said["log"] == predicate["log"]["origin"],
        "workload": said["actor"] == actor == key["actor_id"],
        "command": predicate["request"]["command"] == command,
        "event": (name, facts) == (type_.partition("/")[0], event) or "attempted" in event,
        "nonce": predicate["request"]["idempotency_key"] == nonce,
        "expiry": predicate["recorded_at"] <= said["expires"],
    }
    if not all(same.values()):
        wrong = ", ".join(name for name, good in same.items() if not good)
        raise Wrong(f"its workload signed something else: {wrong}")


def check_seen(said, files, checkpoint):
    """The tree head that somebody saw when they signed is one of this very history."""
    name = f"heads/{said['size']}"
    if name not in files:
        raise Wrong(f"the proof of the head that its passkey signed, {name}, is not in the bundle")
    hashes = [b64(line) for line in files[name].decode("ascii").split("\n")[:-1]]
    if len(hashes) > 63 or any(len(one) != 32 for one in hashes):
        raise Wrong("the proof of the head that its passkey signed is malformed")
    try:
        check_consistency(said["size"], bytes.fromhex(said["root"]), *checkpoint[2:4], hashes)
    except Wrong as error:
        raise Wrong(f"its passkey signed the head of another history: {error}") from None


def check_counter(proof, key, before):
    """The authenticator's counter has moved on, where it has one: else it may have been copied."""

    def count(one):
        return int.from_bytes(b64(one["authenticator_data"])[33:37], "big")

    proofs = [one["predicate"].get("proof", {}) for one in before.values()]
    known = [count(one) for one in proofs if one.get("credential") == proof["credential"]]
    last = max(known, default=0) or key.get("earlier", {}).get("count", 0)
    if (count(proof) or last) and count(proof) <= last:
        raise Wrong("the counter of its passkey did not move on: it may have been copied")


def check_passkey(sequence, statement, before):
    """Verify what a passkey signed; `before` are the statements of earlier entries, by number."""
    predicate = statement["predicate"]
    proof, event = predicate["proof"], predicate["event"]
    enrolled = before.get(proof["key"])
    if enrolled is None or not enrolled["predicateType"].startswith(EVENT + "key.enrolled/"):
        raise Wrong(f"the entry {proof['key']} that enrolled its passkey is not in the bundle")
    key, actor = enrolled["predicate"]["event"], predicate["actor"]["id"]
    if (key["actor_id"], key["credential"]) != (actor, proof["credential"]):
        raise Wrong("its passkey was enrolled for somebody else, or is another one")
    begun = before[0]["predicate"]["event"].get("previous", {}).get("carried", 0)
    if "earlier" in key and proof["key"] > begun:
        raise Wrong("its passkey is said to come from another log, but not at the beginning")
    for number, other in before.items():
        kind, gone = other["predicateType"], other["predicate"]["event"]
        if "/key.revoked/" in kind and gone["credential"] == proof["credential"]:
            raise Wrong(f"its passkey was revoked by entry {number}")
    said = read_json(b64(proof["statement"]))
    kind = statement["predicateType"].removeprefix(EVENT).partition("/")[0]
    word = {"release.approved": "approve", "release.rejected": "reject"}.get(kind)
    asked = before.get(event["release"])
    wanted = asked["predicate"]["event"] if asked else said
    subject = {"name": f"model:{said['model']}@{said['version']}"}
    nonce = hashlib.sha256(f"{actor}\n{said['nonce']}".encode()).hexdigest()
    reasons = [one["hmac_sha256"] for one in predicate.get("commitments", [])]
    same = {
        "format": said["format"] == "counterseal approval statement v1",
        "log": said["log"] == predicate["log"]["origin"],
        "decision": said["decision"] == word,
        "actor": said["actor"] == actor,
        "release": said["release"] == event["release"],
        "artifact": said["artifact"] == event["artifact"],
        "pack": said["pack"] == event.get("pack", said["pack"]),
        "subject": {**subject, "digest": {"sha256": said["artifact"]}} in statement["subject"],
        "environment": said["environment"] == wanted["environment"],
        "policy": said["policy"] == predicate["decision"]["policy"],
        "reason": reasons == ([said["reason"]] if "reason" in said else []),
        "nonce": predicate["request"]["idempotency_key"] == nonce,
        "head": said["head"]["size"] <= sequence,
        "expiry": said["expires"] >= predicate["recorded_at"],
    }
    if not all(same.values()):
        wrong = ", ".join(name for name, good in same.items() if not good)
        raise Wrong(f"its passkey signed something else: {wrong}")
    client, data = read_json(b64(proof["client_data"])), b64(proof["authenticator_data"])
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b64(proof["statement"])).digest())
    place = (client["type"], client["challenge"], client["origin"])
    if place != ("webauthn.get", challenge.decode().rstrip("="), key["origin"]):
        raise Wrong("its passkey was asked for something else, or on another site")
    if client.get("crossOrigin", False) is not False or "topOrigin" in client:
        raise Wrong("its passkey was asked from within another site")
    if len(data) < 37 or data[:32] != hashlib.sha256(key["rp_id"].encode()).digest():
        raise Wrong("its passkey signed for another RP id")
    if data[32] & 0x05 != 0x05 or bool(data[32] & 0x08) != key["backup_eligible"]:
        raise Wrong("its passkey did not verify who used it, or is of another kind")
    message = data + hashlib.sha256(b64(proof["client_data"])).digest()
    if not passkey_signed(key["algorithm"], b64(key["public"]), b64(proof["signature"]), message):
        raise Wrong("the signature of its passkey fails")
    check_counter(proof, key, before)
    return said["head"]


# --- The bundle ------------------------------------------------------------------------------------


def read_bundle(path):
    """The files of a bundle by name, from a zip file or a folder."""
    if path.is_dir():
        names = sorted(item for item in path.rglob("*") if item.is_file())
        return {item.relative_to(path).as_posix(): item.read_bytes() for item in names}
    if path.stat().st_size > MAX_FILE:
        raise Wrong("the bundle is larger than a bundle may be")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(item.file_size for item in parts) > MAX_FILE:
            raise Wrong("the bundle is larger than a bundle may be")
        if len({item.filename for item in parts}) != len(parts):
            raise Wrong("the bundle has two files of one name")
        return {item.filename: archive.read(item) for item in parts}


def check_head(files, vkey, policy, say):
    """Verify the checkpoint; give it parsed."""
    checkpoint = parse_checkpoint(files["checkpoint"])
    _, origin, size, root, _ = checkpoint
    pinned = vkey is not None or policy is not None
    logs = [parse_vkey(vkey.strip())] if vkey else []
    witnesses, groups, quorum = {}, {}, "none"
    if policy is not None:
        listed, witnesses, groups, quorum = parse_policy(policy)
        logs += listed
    if not pinned:
        told = files["vkeys"].decode("utf-8", "replace").split("\n")[:MAX_SIGNATURES]
        logs = [parse_vkey(line) for line in told if line]
        say("WARNING: no --vkey was given: the log's key is taken from the bundle itself.")
    if not any(key[0] == origin and key[2] == 1 and signed_by(key, checkpoint) for key in logs):
        raise Wrong("the checkpoint is not signed by the log's key")
    say(f"checkpoint    {origin}, {size} entries, root {root.hex()}")
    for key in logs:
        if key[2] == 6 and key[0] == origin and signed_by(key, checkpoint, earliest=0):
            say("cosignature   by the log itself, ML-DSA-44")
    seen = {name for name, key in witnesses.items() if signed_by(key, checkpoint)}
    for name in sorted(seen):
        say(f"cosignature   by witness {name}")
    if quorum != "none":
        if not holds(quorum, seen, groups):
            raise Wrong(f"the quorum {quorum} of the trust policy is not met")
        say(f"quorum        {quorum} is met")
    return checkpoint


def check_entries(files, checkpoint, root, say):
    """Verify every entry of the bundle, in order; the SHA-256 digests that they name."""
    keys, named, before, known = Keys(checkpoint[1]), {}, (-1, b""), {}
    found = (re.fullmatch(r"entries/(0|[1-9][0-9]{0,18})\.json", name) for name in files)
    numbers = sorted(int(one[1]) for one in found if one)
    if not numbers:
        raise Wrong("the bundle holds no entry")
    for sequence in numbers:
        try:
            statement, leaf = check_entry(sequence, files, checkpoint, keys)
            if before[0] == sequence - 1:
                expected = before[1].hex() if sequence else "0" * 64
                if statement["predicate"]["log"]["previous"] != expected:
                    raise Wrong("it does not follow the entry before it")
            kind = statement["predicateType"].removeprefix(EVENT)
            for subject in statement["subject"]:
                named.setdefault(subject["digest"]["sha256"], (sequence, subject["name"]))
            signed = {"webauthn": "passkey", "dsse": "key"}.get(
                statement["predicate"].get("proof", {}).get("type")
            )
            if signed == "passkey":
                check_seen(check_passkey(sequence, statement, known), files, checkpoint)
            elif signed:
                check_request(statement, known)
            known[sequence] = statement
            when, by = statement["predicate"]["recorded_at"], ""
            if signed:
                by = f", signed by the {signed} of entry {statement['predicate']['proof']['key']}"
            say(f"entry         {sequence}, {kind}, {when}{by}")
        except Wrong as error:
            raise Wrong(f"entry {sequence}: {error}") from None
        except (KeyError, TypeError, AttributeError, ValueError):
            raise Wrong(f"entry {sequence}: it is malformed, or its proof is missing") from None
        before = (sequence, leaf)
    for public, until, sequence in keys.doubts:
        for number in (one for one in numbers if one >= until and keys.at(one) == public):
            say(f"WARNING: entry {number} stands by the tree alone: {sequence} distrusts its key.")
    if root and root not in [one.hex() for one in keys.roots]:
        raise Wrong("the log's keys are not certified by the root key that you gave")
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
    parser.add_argument("bundle", type=Path, help="a zip file or a folder")
    parser.add_argument("--vkey", help="the log's verifier key, as its operator publishes it")
    parser.add_argument("--root", help="the log's root key, 64 hexadecimal digits")
    parser.add_argument("--policy", type=Path, help="a trust policy (C2SP tlog-policy)")
    options = parser.parse_args(arguments)
    try:
        files = read_bundle(options.bundle)
        policy = options.policy.read_text(encoding="utf-8") if options.policy else None
    except Wrong as error:
        return say(f"NOT VERIFIED: {error}.") or 1
    except Exception as error:  # noqa: BLE001 (a mangled zip file fails in many ways)
        print(f"can't read: {shown(error)}", file=sys.stderr)
        return 2
    try:
        checkpoint = check_head(files, options.vkey, policy, say)
        check_files(files, check_entries(files, checkpoint, options.root, say), say)
    except KeyError as error:
        return say(f"NOT VERIFIED: the bundle lacks {error}.") or 1
    except Wrong as error:
        return say(f"NOT VERIFIED: {error}.") or 1
    except (ValueError, TypeError, AttributeError):
        return say("NOT VERIFIED: a part of the bundle is malformed.") or 1
    say("verified")
    return 0


def say(text):
    """One line for whoever runs this."""
    print(shown(text))


if __name__ == "__main__":
    sys.exit(main())
