"""A made report is sealed, carries its data, and its unsealed bytes are the same every time."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from policies.controls.shipped import FRAMEWORKS
from tests.webui.reports.assemble.year import WHOLE_YEAR, context, told
from webui.reports.make import EVIDENCE, MadeReport, make_report
from webui.reports.pdf.seal import make_seal_certificate

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
STORY = told()
HISTORY = STORY.history()


@pytest.fixture(scope="module")
def seal() -> tuple[bytes, bytes]:
    """A fresh P-256 key and its certificate, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    until = MOMENT + timedelta(days=3650)
    return pem, make_seal_certificate("Counterseal test", key, MOMENT - timedelta(days=1), until)


def _made(framework: str, seal: tuple[bytes, bytes]) -> MadeReport:
    key, certificate = seal
    return make_report(
        framework,
        WHOLE_YEAR,
        HISTORY,
        context(STORY, framework),
        seal_key_pem=key,
        certificate_pem=certificate,
        signing_time=MOMENT,
    )


def _printed(tool: str, *arguments: str) -> str:
    found = shutil.which(tool)
    assert found, f"{tool} of poppler-utils is needed"
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_made_report_is_sealed_over_all_its_bytes(
    framework: str, seal: tuple[bytes, bytes], tmp_path: Path
) -> None:
    made = _made(framework, seal)
    file = tmp_path / "report.pdf"
    file.write_bytes(made.sealed)
    said = _printed("pdfsig", str(file))
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert f"Pages:           {made.pages}" in _printed("pdfinfo", str(file))
    assert made.sealed_sha256 == hashlib.sha256(made.sealed).hexdigest()


def test_the_unsealed_bytes_are_the_same_every_time(seal: tuple[bytes, bytes]) -> None:
    first, second = _made("soc2", seal), _made("soc2", seal)
    assert first.unsealed_sha256 == second.unsealed_sha256
    assert first.unsealed_sha256 != first.sealed_sha256
    assert first.evidence_json == second.evidence_json


def test_the_data_travels_inside_the_pdf(seal: tuple[bytes, bytes], tmp_path: Path) -> None:
    made = _made("gdpr", seal)
    file = tmp_path / "report.pdf"
    file.write_bytes(made.sealed)
    _printed("pdfdetach", "-saveall", "-o", str(tmp_path), str(file))
    attached = (tmp_path / EVIDENCE).read_bytes()
    assert attached == made.evidence_json
    said = json.loads(attached)
    assert said["ledger"] == {
        "origin": "example.test/main",
        "position": len(STORY.entries),
        "head": "5f" * 32,
    }
    assert said["verdict_counts"] == made.verdicts
    tables = [
        block
        for section in said["sections"]
        for block in section["blocks"]
        if block["type"] == "table" and block["caption"] == "11 production changes"
    ]
    assert len(tables[0]["rows"]) == 11


def test_page_one_gives_the_answer(seal: tuple[bytes, bytes], tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(_made("soc2", seal).sealed)
    page = " ".join(_printed("pdftotext", "-l", "1", str(file), "-").split())
    assert "Of 32 controls, 4 failed, 15 could not be computed" in page
    assert "Failed: CC8.1, CC6.3, CC7.2, C1.2." in " ".join(page.split())
    assert "2026-01-01 to 2026-12-31" in page


def test_a_name_with_letters_of_its_own_is_drawn(seal: tuple[bytes, bytes], tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(_made("soc2", seal).sealed)
    assert "Ana Kovač" in _printed("pdftotext", str(file), "-")
