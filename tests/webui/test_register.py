"""What the register says of a PDF that somebody hands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webui.house import House, build
from webui.issuing import IssuedReport, Wanted, issue_report
from webui.register import Judged, judge
from webui.reports.pdf.seal import make_seal_certificate, seal_pdf

if TYPE_CHECKING:
    from datetime import datetime


PERIOD = ("2026-01-01", "2026-12-31")


class Shelf:
    """An installation that issued one report, and the bytes of it."""

    def __init__(self, house: House, issued: IssuedReport) -> None:
        self.house = house
        self.issued = issued
        self.pdf = issued.path.read_bytes()

    def say(self, data: bytes) -> Judged:
        return judge(self.house.wiring.reader, data)

    def issue(self, wanted: Wanted) -> IssuedReport:
        return issue_report(self.house.wiring, self.house.wiring.service, wanted)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    house = build(tmp_path_factory.mktemp("home"))
    wiring = house.wiring
    return Shelf(house, issue_report(wiring, wiring.service, Wanted("integrity", *PERIOD)))


def unsealed(shelf: Shelf) -> bytes:
    """The bytes before the seal: the beginning of the sealed file that the register knows."""
    state = shelf.house.wiring.reader.report(shelf.issued.sequence)
    import hashlib

    ends = [n for n in range(len(shelf.pdf)) if shelf.pdf[n - 6 : n] in {b"%%EOF\n", b"%%EOF\r"}]
    found = [shelf.pdf[:n] for n in ends]
    return next(one for one in found if hashlib.sha256(one).hexdigest() == state.unsealed)


def test_the_file_that_was_issued_is_genuine(shelf: Shelf) -> None:
    said = shelf.say(shelf.pdf)
    assert said.word == "genuine"
    assert said.report.since == shelf.issued.sequence
    assert f"entry {shelf.issued.sequence} names its SHA-256" in said.sentence


def test_a_file_without_its_seal_or_with_another_is_told_apart(shelf: Shelf) -> None:
    bare = unsealed(shelf)
    assert shelf.say(bare).word == "unsealed"
    moment = shelf.house.clock()
    resealed = seal_pdf(
        bare,
        **_another_key(moment),
        signing_time=moment,
    )
    said = shelf.say(resealed)
    assert said.word == "altered"
    assert "put on by somebody else" in said.sentence


def _another_key(moment: datetime) -> dict[str, bytes]:
    from datetime import timedelta

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    made = make_seal_certificate("Forger", key, moment - timedelta(days=1), moment + timedelta(9))
    return {"key_pem": pem, "certificate_pem": made}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_flipped_bit_anywhere_is_never_genuine(shelf: Shelf, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(shelf.pdf) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(shelf.pdf)
    changed[place] ^= 1 << bit
    assert shelf.say(bytes(changed)).word in {"altered", "not_ours"}


def test_a_changed_number_is_altered_and_names_the_report(shelf: Shelf) -> None:
    changed = bytearray(shelf.pdf)
    changed[200] ^= 1
    said = shelf.say(bytes(changed))
    assert said.word == "altered"
    assert f"report {shelf.issued.report} (entry {shelf.issued.sequence})" in said.sentence


@pytest.mark.parametrize("more", [b"\n", b"%%EOF\n", b"\n1 0 obj\n<<>>\nendobj\n%%EOF\n"])
def test_an_appended_revision_is_altered(shelf: Shelf, more: bytes) -> None:
    said = shelf.say(shelf.pdf + more)
    assert said.word == "altered"
    assert "added behind its end" in said.sentence


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n%%EOF\n" * 100, b"%PDF-1.7 of somebody else"])
def test_what_was_never_issued_is_not_ours(shelf: Shelf, data: bytes) -> None:
    assert shelf.say(data).word == "not_ours"


def test_a_later_report_of_the_same_kind_and_scope_supersedes(shelf: Shelf) -> None:
    first = shelf.issue(Wanted("retirement", *PERIOD))
    pdf = first.path.read_bytes()
    for other in (
        Wanted("access-review", *PERIOD),
        Wanted("retirement", "2026-02-01", "2026-12-31"),
        Wanted("retirement", *PERIOD, environments=("staging",)),
    ):
        shelf.issue(other)
        assert shelf.say(pdf).word == "genuine", other
    later = shelf.issue(Wanted("retirement", "2026-01-01", "2027-01-31"))
    said = shelf.say(pdf)
    assert said.word == "superseded"
    assert said.later.since == later.sequence
    assert f"Superseded by report {later.report}" in said.sentence
    assert shelf.say(later.path.read_bytes()).word == "genuine"
