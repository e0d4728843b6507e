from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.note import (
    ED25519_COSIGNATURE,
    ML_DSA_44_COSIGNATURE,
    Note,
    NoteSignature,
    Vkey,
    check_note,
    format_note,
    key_id,
    parse_note,
    parse_vkey,
    sign_note,
    vkey,
)
from ledger.errors import CheckpointError, SignatureError

TEXT = "first\n\nthird, è\n"


class Signer:
    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.from_private_bytes(seed * 32)
        self.public = self.key.public_key().public_bytes_raw()
        self.vkey = parse_vkey(vkey(name, self.public))

    def signs(self, text: str) -> NoteSignature:
        return sign_note(text, self.name, self.public, self.key.sign).signatures[0]


ANA = Signer("log.example/ana", b"a")
BOB = Signer("bob", b"b")


def test_a_signed_note_is_checked_by_the_key_that_signed_it() -> None:
    note = sign_note(TEXT, ANA.name, ANA.public, ANA.key.sign)
    assert parse_note(format_note(note)) == note
    assert check_note(note, [ANA.vkey]) == note.signatures


def test_signatures_of_unknown_keys_are_ignored() -> None:
    stranger = NoteSignature("stranger", b"1234", b"whatever")
    note = Note(TEXT, (stranger, ANA.signs(TEXT)))
    assert check_note(note, [ANA.vkey]) == (ANA.signs(TEXT),)


def test_the_same_name_or_the_same_key_id_alone_is_an_unknown_key() -> None:
    good = ANA.signs(TEXT)
    same_name = NoteSignature(good.name, b"1234", b"x" * 64)
    same_id = NoteSignature("other", good.key_id, b"x" * 64)
    assert check_note(Note(TEXT, (same_name, same_id, good)), [ANA.vkey]) == (good,)


def test_a_known_key_whose_signature_fails_spoils_the_whole_note() -> None:
    bad = NoteSignature(BOB.name, BOB.vkey.key_id, b"x" * 64)
    for signatures in ((ANA.signs(TEXT), bad), (bad, ANA.signs(TEXT))):
        with pytest.raises(SignatureError):
            check_note(Note(TEXT, signatures), [ANA.vkey, BOB.vkey])


def test_a_second_bad_signature_of_a_key_that_signed_well_spoils_the_note() -> None:
    bad = NoteSignature(ANA.name, ANA.vkey.key_id, b"x" * 64)
    with pytest.raises(SignatureError):
        check_note(Note(TEXT, (ANA.signs(TEXT), bad)), [ANA.vkey])


@pytest.mark.parametrize("length", [1, 63, 65, 72])
def test_a_known_key_with_a_signature_of_another_length_spoils_the_note(length: int) -> None:
    bad = NoteSignature(ANA.name, ANA.vkey.key_id, b"x" * length)
    with pytest.raises(SignatureError):
        check_note(Note(TEXT, (bad,)), [ANA.vkey])


def test_a_key_counts_once_however_often_it_signs() -> None:
    good = ANA.signs(TEXT)
    assert check_note(Note(TEXT, (good, good)), [ANA.vkey, ANA.vkey]) == (good,)


def test_a_note_signed_by_nobody_known_is_refused() -> None:
    for keys in ([], [BOB.vkey]):
        with pytest.raises(CheckpointError) as caught:
            check_note(Note(TEXT, (ANA.signs(TEXT),)), keys)
        assert caught.value.code == "unknown-signers"


def test_a_signature_over_another_text_fails() -> None:
    with pytest.raises(SignatureError):
        check_note(Note(TEXT + "more\n", (ANA.signs(TEXT),)), [ANA.vkey])


def two_keys_of_one_id(name: str) -> tuple[Vkey, Vkey]:
    """By the birthday paradox some 80,000 keys hold two with the same 4 bytes."""
    seen: dict[bytes, Vkey] = {}
    number = 0
    while True:
        key = Vkey(name, 1, number.to_bytes(32, "big"))
        other = seen.setdefault(key.key_id, key)
        if other is not key:
            return other, key
        number += 1


def test_two_known_keys_of_one_name_and_key_id_are_ambiguous() -> None:
    with pytest.raises(CheckpointError) as caught:
        check_note(Note(TEXT, (ANA.signs(TEXT),)), two_keys_of_one_id("log.example"))
    assert caught.value.code == "ambiguous-key"


def test_keys_of_cosigners_are_read_but_not_checked_here() -> None:
    for sig_type, length in ((ED25519_COSIGNATURE, 32), (ML_DSA_44_COSIGNATURE, 1312)):
        key = parse_vkey(vkey("witness.example", b"w" * length, sig_type))
        assert (key.name, key.sig_type, key.public) == ("witness.example", sig_type, b"w" * length)
        with pytest.raises(CheckpointError) as caught:
            check_note(Note(TEXT, (ANA.signs(TEXT),)), [ANA.vkey, key])
        assert caught.value.code == "unsupported-key"


def test_the_same_public_key_has_another_id_for_another_type() -> None:
    assert key_id("a", 1, ANA.public) != key_id("a", 4, ANA.public)


GOOD = vkey("log.example", ANA.public)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "++",
        GOOD[:-1],
        GOOD + "=",
        GOOD + "\n",
        " " + GOOD,
        GOOD.replace("log.example", "log example"),
        GOOD.replace("log.example", ""),
        GOOD.replace("log.example", "log\u00a0example"),
        GOOD.replace("log.example", "log.examplf"),
        GOOD.upper(),
        GOOD.replace("+", "+0", 1),
        "log.example+" + key_id("log.example", 1, b"k" * 31).hex() + "+AWtr",
    ],
)
def test_a_verifier_key_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        parse_vkey(text)
    assert caught.value.code == "malformed-vkey"


def test_plus_signs_in_the_base64_of_a_key_do_not_divide_it() -> None:
    public = bytes.fromhex("fb" * 32)
    text = vkey("a", public)
    assert text.count("+") > 2
    assert parse_vkey(text).public == public


@pytest.mark.parametrize(
    ("name", "public"), [("", b"k" * 32), ("a+b", b"k" * 32), ("a", b"k" * 31)]
)
def test_a_verifier_key_that_can_not_be_is_not_written(name: str, public: bytes) -> None:
    with pytest.raises(CheckpointError):
        vkey(name, public)


LINE = "— bob AAAAAAE=\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        ("text\n" + LINE).encode(),
        ("text\n\n" + LINE[:-1]).encode(),
        ("text\n\n" + LINE + "\n").encode(),
        ("text\n\n" + LINE + "stray\n").encode(),
        ("text\n\n" + LINE.replace("—", "-")).encode(),
        ("text\n\n" + LINE.replace("— ", "—")).encode(),
        ("text\n\n" + LINE.replace(" A", "  A")).encode(),
        ("text\n\n" + LINE.replace("bob", "b+b")).encode(),
        ("text\n\n" + LINE.replace("bob", "b\u2003b")).encode(),
        ("text\n\n" + LINE.replace("bob ", "")).encode(),
        ("text\n\n" + LINE.replace("AAAAAAE=", "AAAAAA==")).encode(),
        ("text\n\n" + LINE.replace("AAAAAAE=", "AAAAAAF=")).encode(),
        ("text\n\n" + LINE.replace("AAAAAAE=", "AAAAAAE")).encode(),
        ("text\n\n" + LINE.replace("AAAAAAE=", "AAAAAAE= ")).encode(),
        ("text\r\n\n" + LINE).encode(),
        ("te\x00xt\n\n" + LINE).encode(),
        ("te\txt\n\n" + LINE).encode(),
        b"te\xffxt\n\n" + LINE.encode(),
        ("text\n\n" + LINE * 101).encode(),
        b"t" * 1_000_000 + b"\n\n" + LINE.encode(),
    ],
)
def test_a_malformed_note_is_refused(data: bytes) -> None:
    with pytest.raises(CheckpointError) as caught:
        parse_note(data)
    assert caught.value.code == "malformed-note"


def test_the_last_empty_line_divides_text_and_signatures() -> None:
    assert parse_note(("\n\na\n\n\n" + LINE).encode()).text == "\n\na\n\n"
    assert parse_note(("\n\n" + LINE).encode()).text == "\n"


def test_sixteen_signatures_of_post_quantum_length_are_read() -> None:
    lines = tuple(NoteSignature(f"w{number}", b"abcd", b"s" * 5000) for number in range(16))
    note = Note("text\n", lines)
    assert parse_note(format_note(note)) == note


@pytest.mark.parametrize(
    "note",
    [
        Note("no newline", (NoteSignature("a", b"abcd", b"s"),)),
        Note("tab\t\n", (NoteSignature("a", b"abcd", b"s"),)),
        Note("half \ud800\n", (NoteSignature("a", b"abcd", b"s"),)),
        Note("text\n", ()),
        Note("text\n", (NoteSignature("a", b"abcd", b"s"),) * 101),
        Note("text\n", (NoteSignature("a b", b"abcd", b"s"),)),
        Note("text\n", (NoteSignature("a", b"abc", b"s"),)),
        Note("text\n", (NoteSignature("a", b"abcd", b""),)),
        Note("t" * 1_000_000 + "\n", (NoteSignature("a", b"abcd", b"s"),)),
    ],
)
def test_a_note_that_could_not_be_read_back_is_not_written(note: Note) -> None:
    with pytest.raises(CheckpointError) as caught:
        format_note(note)
    assert caught.value.code == "malformed-note"


def test_a_signer_that_gives_no_signature_makes_no_note() -> None:
    with pytest.raises(CheckpointError):
        sign_note(TEXT, ANA.name, ANA.public, lambda _message: b"short")
