"""Trust policies: what is read, what is refused and where, and when a quorum is met."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.cosignature import cosign
from ledger.core.note import (
    ED25519,
    ED25519_COSIGNATURE,
    ML_DSA_44_COSIGNATURE,
    Note,
    NoteSignature,
    Vkey,
    sign_note,
)
from ledger.core.trust import (
    MOST,
    TrustPolicy,
    TrustPolicyError,
    fewest,
    format_trust_policy,
    parse_trust_policy,
    satisfied,
)
from ledger.errors import SignatureError

ORIGIN = "log.example/main"
TREE = Checkpoint(ORIGIN, 7, b"r" * 32)
LOG = Ed25519PrivateKey.from_private_bytes(b"L" * 32)
LOG_KEY = Vkey(ORIGIN, ED25519, LOG.public_key().public_bytes_raw())
ML_LOG = MLDSA44PrivateKey.from_seed_bytes(b"L" * 32)
ML_LOG_KEY = Vkey(ORIGIN, ML_DSA_44_COSIGNATURE, ML_LOG.public_key().public_bytes_raw())
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
SIGNERS = {name: Ed25519PrivateKey.from_private_bytes(name.encode() * 16) for name in NAMES}
KEYS = {
    name: Vkey(f"w.example/{name}", ED25519_COSIGNATURE, key.public_key().public_bytes_raw())
    for name, key in SIGNERS.items()
}
# The example of C2SP tlog-policy, with keys.
EXAMPLE = "\n".join([
    f"log {LOG_KEY}",
    "",
    *(f"witness {name} {KEYS[name]}" for name in NAMES[:3]),
    "group X-witnesses 2 X1 X2 X3",
    "  # and a second company",
    *(f"witness\t{name} {KEYS[name]}  https://{name}.example/w " for name in NAMES[3:]),
    "group Y-witnesses any Y1 Y2 Y3",
    "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y",
    "",
])  # fmt: skip


def note(*witnesses: str) -> Note:
    signed = sign_note(format_checkpoint(TREE), ORIGIN, LOG_KEY.public, LOG.sign)
    lines = [cosign(KEYS[name], TREE, 1700000000, SIGNERS[name].sign) for name in witnesses]
    return Note(signed.text, (*signed.signatures, *lines))


def policy(text: str) -> TrustPolicy:
    return parse_trust_policy(text.encode("utf-8", "surrogateescape"))


def test_the_example_of_the_specification_is_read() -> None:
    read = policy(EXAMPLE)
    assert [log.vkey for log in read.logs] == [LOG_KEY]
    assert [one.name for one in read.witnesses] == list(NAMES)
    assert read.witnesses[3].url == "https://Y1.example/w"
    assert [(one.name, one.threshold, len(one.members)) for one in read.groups] == [
        ("X-witnesses", 2, 3),
        ("Y-witnesses", 1, 3),
        ("X-and-Y", 2, 2),
    ]
    assert parse_trust_policy(format_trust_policy(read)) == read


@pytest.mark.parametrize(
    ("witnesses", "met"),
    [
        ((), False),
        (("X1", "X2"), False),
        (("X1", "Y1"), False),
        (("Y1", "Y2", "Y3"), False),
        (("X1", "X3", "Y2"), True),
        (NAMES, True),
    ],
)
def test_the_quorum_of_two_groups_needs_both(witnesses: tuple[str, ...], met: bool) -> None:
    verdict = satisfied(policy(EXAMPLE), note(*witnesses))
    assert verdict.quorum_met is met
    assert verdict.valid is met
    assert {one.name for one, _ in verdict.counted} == set(witnesses)
    assert {one.name for one in verdict.missing} == set(NAMES) - set(witnesses)


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        ("quorum none\n", 0),
        ("quorum X1\n", 1),
        ("group g 2 X1 X2 X3\nquorum g\n", 2),
        ("group g all X1 X2\ngroup h any g X3\nquorum h\n", 1),
        ("group g all X1 X2\ngroup h all g X3\nquorum h\n", 3),
    ],
)
def test_the_fewest_that_can_meet_a_quorum_are_counted(rules: str, count: int) -> None:
    lines = "".join(f"witness {name} {KEYS[name]}\n" for name in NAMES[:3])
    assert fewest(policy(lines + rules)) == count


def test_the_same_witness_twice_counts_once() -> None:
    verdict = satisfied(policy(EXAMPLE), note("X1", "X1", "Y1"))
    assert not verdict.quorum_met


def test_a_checkpoint_of_no_listed_log_is_not_valid() -> None:
    text = "quorum none\n"
    assert satisfied(policy(text), note()).valid
    other = Vkey(ORIGIN, ED25519, SIGNERS["X1"].public_key().public_bytes_raw())
    verdict = satisfied(policy(f"log {other}\n{text}"), note())
    assert (verdict.log, verdict.quorum_met, verdict.valid) == (None, True, False)
    elsewhere = Vkey("log.example/other", ED25519, LOG_KEY.public)
    moved = NoteSignature(elsewhere.name, elsewhere.key_id, note().signatures[0].signature)
    verdict = satisfied(policy(f"log {elsewhere}\n{text}"), Note(note().text, (moved,)))
    assert not verdict.valid


def test_a_log_may_sign_its_own_tree_by_ml_dsa_44_without_a_time() -> None:
    line = cosign(ML_LOG_KEY, TREE, 0, ML_LOG.sign)
    verdict = satisfied(
        policy(f"log {ML_LOG_KEY}\nquorum none\n"), Note(format_checkpoint(TREE), (line,))
    )
    assert verdict.valid
    assert verdict.log is not None
    assert verdict.log.vkey == ML_LOG_KEY


def test_a_bad_line_of_a_known_witness_spoils_the_note() -> None:
    good = note("X1")
    bad = NoteSignature(KEYS["X2"].name, KEYS["X2"].key_id, good.signatures[1].signature)
    with pytest.raises(SignatureError):
        satisfied(policy(EXAMPLE), Note(good.text, (*good.signatures, bad)))


W = f"witness a {KEYS['X1']}\nwitness b {KEYS['X2']}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (f"{W}", 3),
        (f"{W}quorum none\nquorum none\n", 4),
        (f"{W}quorum c\n", 3),
        (f"quorum a\n{W}", 1),
        ("quorum\n", 1),
        ("quorum none none\n", 1),
        ("quorum none", 1),
        ("quorum none\n# no newline", 2),
        ("quorum none\r\n", 1),
        ("quorum\x00none\n", 1),
        ("quorum none\n\x7f\n", 2),
        ("Quorum none\n", 1),
        ("quorum\u00a0none\n", 1),
        (f"{W}group none any a\nquorum none\n", 3),
        (f"{W}group g any none\nquorum g\n", 3),
        (f"{W}group g any\nquorum g\n", 3),
        (f"{W}group g 0 a b\nquorum g\n", 3),
        (f"{W}group g 3 a b\nquorum g\n", 3),
        (f"{W}group g 01 a b\nquorum g\n", 3),
        (f"{W}group g +1 a b\nquorum g\n", 3),
        (f"{W}group g \u0661 a b\nquorum g\n", 3),
        (f"{W}group g Any a b\nquorum g\n", 3),
        (f"{W}group g any a a\nquorum g\n", 3),
        (f"{W}group g any a\ngroup h any a b\nquorum g\n", 4),
        (f"{W}group g any a g\nquorum g\n", 3),
        (f"{W}group g any h\ngroup h any a\nquorum g\n", 3),
        (f"{W}group a any b\nquorum a\n", 3),
        (f"{W}witness a {KEYS['X3']}\nquorum a\n", 3),
        (f"{W}witness c {KEYS['X1']}\nquorum a\n", 3),
        ("witness a key\nquorum a\n", 1),
        (f"witness none {KEYS['X1']}\nquorum none\n", 1),
        (f"witness a {LOG_KEY}\nquorum a\n", 1),
        (f"witness a {KEYS['X1']} url url\nquorum a\n", 1),
        (f"log {KEYS['X1']}\nquorum none\n", 1),
        (f"log {LOG_KEY}\nlog {LOG_KEY}\nquorum none\n", 2),
        ("log\nquorum none\n", 1),
    ],
)
def test_what_is_wrong_is_told_by_its_line(text: str, line: int) -> None:
    with pytest.raises(TrustPolicyError) as told:
        policy(text)
    assert told.value.numbers["line"] == line
    assert told.value.code == "malformed-trust-policy"


def test_one_key_under_two_names_is_one_witness() -> None:
    other = Vkey("another.example", ED25519_COSIGNATURE, KEYS["X1"].public)
    with pytest.raises(TrustPolicyError):
        policy(f"witness a {KEYS['X1']}\nwitness b {other}\nquorum a\n")


def test_names_are_octets_and_nothing_more() -> None:
    text = f"witness K {KEYS['X1']}\nwitness \u212a {KEYS['X2']}\nwitness \udcff {KEYS['X3']}\n"
    read = policy(text + "group \u00a0 all K \u212a \udcff\nquorum \u00a0\n")
    assert [one.name for one in read.witnesses] == ["K", "\u212a", "\udcff"]
    assert parse_trust_policy(format_trust_policy(read)) == read


def test_as_many_as_promised_are_read_and_no_more() -> None:
    def witnesses(count: int) -> str:
        keys = [
            Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32).public_key().public_bytes_raw()
            for n in range(count)
        ]
        return "".join(
            f"witness w{n} {Vkey('w', ED25519_COSIGNATURE, key)}\n" for n, key in enumerate(keys)
        )

    assert MOST >= 32
    assert len(policy(witnesses(MOST) + "quorum none\n").witnesses) == MOST
    with pytest.raises(TrustPolicyError):
        policy(witnesses(MOST + 1) + "quorum none\n")


@given(st.binary(max_size=100))
def test_any_bytes_are_a_policy_or_refused(data: bytes) -> None:
    try:
        read = parse_trust_policy(data)
    except TrustPolicyError:
        return
    assert parse_trust_policy(format_trust_policy(read)) == read
