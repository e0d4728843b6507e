"""The vectors of the other specifications; README.md says which."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.core.checkpoint import format_checkpoint, parse_checkpoint
from ledger.core.encoding import canonical, parse_canonical, parse_json
from ledger.core.envelope import check_envelope, pae, parse_envelope, seal
from ledger.core.note import check_note, format_note, parse_note, parse_vkey, sign_note, vkey
from ledger.core.signature import check_ed25519
from ledger.core.statement import parse_statement
from ledger.errors import CheckpointError, EncodingError, ProofError, SignatureError

FOLDER = Path(__file__).parent
NOTES: dict[str, Any] = json.loads((FOLDER / "notes.json").read_text())
GO: dict[str, Any] = NOTES["go"]
DSSE: dict[str, Any] = json.loads((FOLDER / "dsse.json").read_text())
IN_TOTO: list[dict[str, str]] = json.loads((FOLDER / "in_toto.json").read_text())
RFC8032: list[dict[str, str]] = json.loads((FOLDER / "rfc8032.json").read_text())


@pytest.mark.parametrize("case", RFC8032, ids=lambda case: str(case["name"]))
def test_signatures_of_rfc_8032_hold_and_changed_ones_do_not(case: dict[str, str]) -> None:
    public, signature, message = (
        bytes.fromhex(case[name]) for name in ("public", "signature", "message")
    )
    check_ed25519(public, signature, message)
    signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["secret"]))
    assert signer.sign(message) == signature
    with pytest.raises(SignatureError):
        check_ed25519(public, signature, message + b"\x00")


@pytest.mark.parametrize("name", ["arrays", "unicode"])
def test_canonical_json_is_as_published(name: str) -> None:
    written = (FOLDER / "jcs/output" / f"{name}.json").read_bytes()
    value = parse_json((FOLDER / "jcs/input" / f"{name}.json").read_bytes())
    assert canonical(value) == written
    assert parse_canonical(written) == value


@pytest.mark.parametrize(
    ("name", "code", "pointer"),
    [
        ("values", "float", "/numbers/0"),
        ("structures", "float", "/1"),
        ("french", "name-not-ascii", ""),
        ("weird", "name-not-ascii", ""),
    ],
)
def test_what_our_profile_leaves_out_of_rfc_8785_is_refused(
    name: str, code: str, pointer: str
) -> None:
    source = (FOLDER / "jcs/input" / f"{name}.json").read_bytes()
    with pytest.raises(EncodingError) as caught:
        canonical(parse_json(source))
    assert (caught.value.code, caught.value.pointer) == (code, pointer)


def test_the_strings_of_the_published_values_are_escaped_as_published() -> None:
    written = json.loads((FOLDER / "jcs/output/values.json").read_bytes())
    published = (FOLDER / "jcs/output/values.json").read_bytes()
    assert canonical({"string": written["string"]})[1:-1] in published


def test_the_pre_authentication_encoding_is_as_published() -> None:
    assert pae(DSSE["payloadType"], DSSE["payload"].encode()) == DSSE["pae"].encode()


def test_the_published_dsse_signature_is_over_our_encoding() -> None:
    key = ec.EllipticCurvePublicNumbers(
        int(DSSE["ecdsaP256"]["x"]), int(DSSE["ecdsaP256"]["y"]), ec.SECP256R1()
    ).public_key()
    raw = base64.b64decode(DSSE["ecdsaP256"]["sig"])
    signature = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    message = pae(DSSE["payloadType"], DSSE["payload"].encode())
    key.verify(signature, message, ec.ECDSA(SHA256()))


@pytest.mark.parametrize("case", DSSE["crossLanguage"]["cases"], ids=lambda case: str(case["name"]))
def test_an_envelope_that_go_signed_is_signed_the_same_and_holds(case: dict[str, str]) -> None:
    public = base64.b64decode(DSSE["crossLanguage"]["public"])
    signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(DSSE["crossLanguage"]["seed"]))
    payload = base64.b64decode(case["payload"])
    stored = seal(payload, case["payloadType"], "any", signer.sign)
    envelope = parse_envelope(stored)
    assert (envelope.payload, envelope.payload_type) == (payload, case["payloadType"])
    assert base64.b64encode(envelope.signatures[0].sig).decode() == case["sig"]
    check_envelope(envelope, {"another hint": public})
    with pytest.raises(SignatureError):
        check_envelope(envelope._replace(payload=payload + b" "), {"any": public})
    with pytest.raises(SignatureError):
        check_envelope(envelope._replace(payload_type="text/html"), {"any": public})


@pytest.mark.parametrize("case", IN_TOTO, ids=lambda case: str(case["case"]))
def test_statements_of_in_toto_are_judged_with_its_reasons_or_narrower(
    case: dict[str, str],
) -> None:
    """Their valid one names a digest that is no SHA-256; with ours in its place it is read."""
    data = canonical(parse_json(case["json"].encode()))
    with pytest.raises(EncodingError) as caught:
        parse_statement(data)
    ours = data.replace(b'"alg1":"abc123"', b'"sha256":"' + b"5e" * 32 + b'"')
    if case["theirs"] == "valid":
        assert caught.value.pointer == case["ours"]
        assert parse_statement(ours).predicate_type == "thePredicate"
        return
    with pytest.raises(EncodingError) as caught:
        parse_statement(ours)
    assert caught.value.pointer == case["ours"]


@pytest.mark.parametrize("who", ["peter", "enoch"])
def test_notes_signed_by_go_are_checked(who: str) -> None:
    data = (GO["text"] + "\n" + GO[f"{who}Sig"]).encode()
    note = parse_note(data)
    assert check_note(note, [parse_vkey(GO[f"{who}Key"])]) == note.signatures
    assert format_note(note) == data


def test_we_sign_the_note_that_go_signs() -> None:
    # A signer key of Go is "PRIVATE+KEY+name+id+base64(type byte, seed)".
    seed = base64.b64decode(GO["peterSkey"].split("+", 4)[4])[1:]
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    assert vkey("PeterNeumann", public) == GO["peterKey"]
    note = sign_note(GO["text"], "PeterNeumann", public, key.sign)
    assert format_note(note) == (GO["text"] + "\n" + GO["peterSig"]).encode()


def test_of_two_signers_only_the_known_one_counts() -> None:
    note = parse_note((GO["text"] + "\n" + GO["peterSig"] + GO["enochSig"]).encode())
    peter, enoch = parse_vkey(GO["peterKey"]), parse_vkey(GO["enochKey"])
    assert check_note(note, [peter]) == note.signatures[:1]
    assert check_note(note, [enoch]) == note.signatures[1:]
    assert check_note(note, [peter, enoch]) == note.signatures
    with pytest.raises(CheckpointError):
        check_note(note, [])


def test_a_signature_with_characters_put_in_is_refused() -> None:
    line = GO["peterSig"]
    note = parse_note((GO["text"] + "\n" + line[:60] + "ABCD" + line[60:]).encode())
    with pytest.raises(ProofError):
        check_note(note, [parse_vkey(GO["peterKey"])])


@pytest.mark.parametrize("data", [*GO["badNotes"], GO["text"] + "\n" + GO["peterSig"] * 101])
def test_notes_that_go_calls_malformed_are_malformed(data: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        parse_note(data.encode())
    assert caught.value.code == "malformed-note"


def mangled(key: str) -> list[str]:
    pieces = [key[i:j] for i in range(len(key)) for j in range(i + 1, len(key) + 1)]
    bumped = [key[:i] + chr(ord(key[i]) + 1) + key[i + 1 :] for i in range(len(key))]
    return [piece for piece in pieces if piece != key] + bumped


def test_no_piece_and_no_mangling_of_a_key_passes_for_it() -> None:
    for text in [*mangled(GO["peterKey"]), *GO["badKeys"]]:
        with pytest.raises(CheckpointError):
            parse_vkey(text)


@pytest.mark.parametrize("example", NOTES["c2sp"], ids=lambda example: str(example["name"]))
def test_the_examples_of_c2sp_are_read_and_written_back(example: dict[str, Any]) -> None:
    note = parse_note(example["note"].encode())
    assert note.text == example["text"]
    assert [signature.name for signature in note.signatures] == example["signers"]
    assert format_note(note) == example["note"].encode()


def test_the_checkpoint_of_c2sp_is_read_and_written_back() -> None:
    text = NOTES["c2sp"][1]["text"]
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert format_checkpoint(checkpoint) == text
