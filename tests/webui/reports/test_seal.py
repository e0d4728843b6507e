"""A sealed report: readers call it valid, and see any change made to it afterwards."""

from __future__ import annotations

import io
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ledger.errors import InputError
from tests.webui.reports.samples import MADE_AT, a_report, a_seal_key
from webui.reports.pdf.attachment import Attachment
from webui.reports.pdf.render import render_pdf
from webui.reports.pdf.seal import make_seal_certificate, seal_pdf

if TYPE_CHECKING:
    from pathlib import Path

EVIDENCE = Attachment("evidence.json", "application/json", "The same as data", b'{"a":1}')


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return render_pdf(a_report(), (EVIDENCE,)).data


@pytest.fixture(scope="module")
def sealed(unsealed: bytes) -> bytes:
    key, certificate = a_seal_key()
    return seal_pdf(unsealed, key_pem=key, certificate_pem=certificate, signing_time=MADE_AT)


def judged(pdf: bytes, folder: Path) -> str:
    file = folder / "sealed.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdfsig", str(file)], capture_output=True, check=False)
    return done.stdout.decode()


def test_a_sealed_report_is_valid_and_wholly_signed(sealed: bytes, tmp_path: Path) -> None:
    said = judged(sealed, tmp_path)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "Seal of ledger.example.org" in said


def test_the_seal_carries_the_time_it_was_given(sealed: bytes) -> None:
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        field = pdf.Root.AcroForm.Fields[0]
        assert str(field.V.M).startswith("D:20261120140327")


def test_the_unsealed_bytes_stand_at_the_beginning_unchanged(
    unsealed: bytes, sealed: bytes
) -> None:
    assert sealed.startswith(unsealed)


def test_sealing_keeps_the_attachments(sealed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    command = ["pdfdetach", "-saveall", "-o", str(tmp_path), str(file)]
    subprocess.run(command, capture_output=True, check=True)
    assert (tmp_path / EVIDENCE.name).read_bytes() == EVIDENCE.data


def test_a_sealed_report_is_a_clean_file(sealed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    done = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, check=True)
    assert b"No syntax or stream encoding errors" in done.stdout


def test_the_seal_forbids_every_change(sealed: bytes) -> None:
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        assert "/DocMDP" in pdf.Root.Perms
        reference = pdf.Root.Perms.DocMDP.Reference[0]
        assert reference.TransformParams.P == 1


def test_a_flipped_byte_is_noticed(sealed: bytes, tmp_path: Path) -> None:
    place = sealed.index(b"stream\n") + 20
    changed = bytearray(sealed)
    changed[place] ^= 1
    assert "Signature is Valid" not in judged(bytes(changed), tmp_path)


def test_an_appended_revision_is_noticed(sealed: bytes, tmp_path: Path) -> None:
    from pyhanko.pdf_utils.generic import pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/Added"] = pdf_name("/Later")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert "Not total document signed" in judged(out.getvalue(), tmp_path)


def test_a_certificate_of_another_key_is_refused(unsealed: bytes) -> None:
    key, _ = a_seal_key()
    _, certificate = a_seal_key()
    with pytest.raises(InputError):
        seal_pdf(unsealed, key_pem=key, certificate_pem=certificate, signing_time=MADE_AT)


def test_the_certificate_is_for_sealing_alone() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    until = MADE_AT + timedelta(days=3650)
    pem = make_seal_certificate("Seal of a service", key, MADE_AT, until)
    certificate = x509.load_pem_x509_certificate(pem)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment) == (True, True)
    assert not usage.key_cert_sign
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (MADE_AT, until)
    certificate.verify_directly_issued_by(certificate)


def test_a_name_too_long_for_a_certificate_is_cut() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = make_seal_certificate("ż" * 80, key, MADE_AT, MADE_AT + timedelta(days=1))
    name = x509.load_pem_x509_certificate(pem).subject.rfc4514_string()
    assert name == "CN=" + "ż" * 32


def test_a_key_that_pdf_readers_do_not_know_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(InputError):
        make_seal_certificate("Seal", key, MADE_AT, MADE_AT + timedelta(days=1))
