"""What an entry's page says of its signature, and the evidence that is taken home from it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.webui.seed import Seeded, seed, token_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.house import House


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def stands(seeded: Seeded, bundle: bytes, folder: Path) -> str:
    """What the bundle's own verifier says of it."""
    file = folder / "bundle.zip"
    file.write_bytes(bundle)
    with zipfile.ZipFile(file) as archive:
        archive.extract("verify.py", folder)
    command = [sys.executable, "-I", str(folder / "verify.py"), str(file)]
    done = subprocess.run(
        [*command, "--vkey", seeded.house.wiring.log.vkey],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_bundle_of_an_entry_verifies_on_its_own(seeded: Seeded, tmp_path: Path) -> None:
    answer = seeded.browser("chi").get("/ledger/5/bundle")
    assert answer.content_type == "application/zip"
    assert 'filename="entry-5-evidence.zip"' in answer.headers["Content-Disposition"]
    said = stands(seeded, answer.data, tmp_path)
    assert "entry         5," in said
    assert said.endswith("verified\n")


def test_a_bundle_of_a_report_holds_its_file(seeded: Seeded, tmp_path: Path) -> None:
    client = seeded.browser("chi")
    page = client.get("/reports").text
    made = {"csrf_token": token_of(page), "framework": first_framework(page)}
    made |= {"from": "2026-01-01", "until": "2026-12-31"}
    assert client.post("/reports", data=made).status_code == 302
    number = seeded.house.wiring.reader.reports()[0].since
    assert f'href="/reports/{number}.zip"' in client.get("/reports").text
    bundle = client.get(f"/reports/{number}.zip").data
    pdf = client.get(f"/reports/{number}.pdf").data
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".pdf"))
        assert archive.read(name) == pdf
    said = stands(seeded, bundle, tmp_path)
    assert "file          " in said
    assert said.endswith("verified\n")


def first_framework(page: str) -> str:
    return page.split('name="framework"')[1].split('<option value="')[1].split('"', maxsplit=1)[0]


def test_there_is_no_bundle_of_an_entry_that_is_not_there(seeded: Seeded) -> None:
    assert seeded.browser("chi").get("/ledger/9999/bundle").status_code == 404


def test_an_entry_names_the_key_that_was_valid_for_it(seeded: Seeded) -> None:
    signer = seeded.house.wiring.log.keyring.entries
    page = seeded.browser("chi").get("/ledger/5").text
    assert "✓ Ed25519, holds" in page
    assert signer.keyid in page
    assert signer.public.hex() in page
    assert 'in force since <a class="nowrap" href="/ledger/0">' in page


def test_a_signature_of_another_key_is_said_not_to_hold(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    envelope = log.entry(5).envelope.replace(log.keyring.entries.keyid.encode(), b"0" * 64)
    with seeded.house.wiring.engine.begin() as sql:
        sql.execute(text("DROP TRIGGER entry_refuses_update"))
        sql.execute(text("UPDATE entry SET envelope = :e WHERE sequence = 5"), {"e": envelope})
    page = seeded.browser("chi").get("/ledger/5").text
    assert "✗ does not hold" in page
    assert "not a key that this log had here" in page
