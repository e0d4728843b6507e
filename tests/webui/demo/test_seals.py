"""A seal is sound where it is ours, whole and on record, and the finding says what it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ledger.core.digest import hex_digest
from webui.demo.seals import check_seal
from webui.issuing import Wanted, issue_report
from webui.settings import read_settings
from webui.wiring import create

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Sealed:
    data: bytes
    recorded: str
    fingerprint: str


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    wiring = create(read_settings({}, tmp_path_factory.mktemp("home")), demo=True)
    issued = issue_report(wiring, wiring.service, Wanted("soc2", "2026-01-01", "2030-12-31"))
    found = Sealed(issued.path.read_bytes(), issued.sealed_sha256, wiring.seal_fingerprint())
    wiring.close()
    return found


def said(tmp_path: Path, data: bytes, recorded: str, fingerprint: str) -> tuple[bool, str]:
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    seal = check_seal(path, recorded, fingerprint)
    return seal.sound, seal.sentence


def test_the_seal_of_an_issued_report_is_sound(tmp_path: Path, sealed: Sealed) -> None:
    found = said(tmp_path, sealed.data, sealed.recorded, sealed.fingerprint)
    assert found == (True, "valid, whole file")


def test_a_file_that_is_not_on_record_is_told(tmp_path: Path, sealed: Sealed) -> None:
    found = said(tmp_path, sealed.data + b"\n", sealed.recorded, sealed.fingerprint)
    assert found == (False, "not the file that was issued")


def test_a_changed_byte_breaks_the_seal(tmp_path: Path, sealed: Sealed) -> None:
    at = sealed.data.index(b"/Producer") - 40
    changed = sealed.data[:at] + bytes([sealed.data[at] ^ 1]) + sealed.data[at + 1 :]
    sound, sentence = said(tmp_path, changed, hex_digest(changed), sealed.fingerprint)
    assert not sound
    assert sentence == "broken"


def test_what_was_added_after_the_seal_is_not_covered(tmp_path: Path, sealed: Sealed) -> None:
    longer = sealed.data + b"% added\n"
    sound, _ = said(tmp_path, longer, hex_digest(longer), sealed.fingerprint)
    assert not sound


def test_another_key_is_told(tmp_path: Path, sealed: Sealed) -> None:
    found = said(tmp_path, sealed.data, sealed.recorded, "0" * 64)
    assert found == (False, "sealed by another key")


def test_a_file_that_is_gone_is_told(tmp_path: Path, sealed: Sealed) -> None:
    seal = check_seal(tmp_path / "nothing.pdf", sealed.recorded, sealed.fingerprint)
    assert (seal.sound, seal.sentence) == (False, "the file is missing")


def test_what_is_no_pdf_is_told(tmp_path: Path, sealed: Sealed) -> None:
    text = b"no PDF at all"
    sound, sentence = said(tmp_path, text, hex_digest(text), sealed.fingerprint)
    assert not sound
    assert sentence.startswith("can't be checked")
