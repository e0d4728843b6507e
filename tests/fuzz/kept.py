"""Targets of whole files that libraries read for us: tokens, sealed PDFs, backups; and policies.

What a library raises for a mangled file is its own affair; what we let out is not.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import pyrage
import yaml

from ledger.backup import DATABASE, MANIFEST, Manifest, open_backup
from ledger.core.encoding import canonical
from ledger.outside.timestamp import check_timestamp, read_certificates
from policies.document import Document, document_digest, load_document
from policies.expression.parse import parse
from policies.strict_yaml import DEEPEST, MOST_NODES, read_yaml
from tests.fuzz import seeds
from tests.fuzz.target import Target, answer

_IDENTITY = pyrage.x25519.Identity.generate()


@cache
def roots() -> tuple[object, ...]:
    """The certificates that the token leads to."""
    return tuple(read_certificates(seeds.FOLDER / "roots.pem"))


def token() -> bytes:
    """An answer of OpenSSL's time-stamping authority over ``seeds.log().note``."""
    return (seeds.FOLDER / "token.tsr").read_bytes()


def _token(data: bytes) -> None:
    found = answer(check_timestamp, data, seeds.log().note, list(roots()))
    if found is not None:
        assert found.der == data
        assert found.time == check_timestamp(token(), seeds.log().note, list(roots())).time


@cache
def sealed() -> tuple[bytes, bytes]:
    """A small sealed PDF and its certificate."""
    from reportlab.pdfgen.canvas import Canvas

    from tests.webui.reports.samples import MADE_AT, a_seal_key
    from webui.reports.pdf.seal import seal_pdf

    key, certificate = a_seal_key()
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=0)
    canvas.drawString(9, 9, "A report")
    canvas.save()
    whole = seal_pdf(out.getvalue(), key_pem=key, certificate_pem=certificate, signing_time=MADE_AT)
    return whole, certificate


def _seal(data: bytes) -> None:
    from webui.sealed import check_seal

    whole, certificate = sealed()
    if answer(check_seal, data, certificate) is not None:
        # The seal's own bytes, in hexadecimal, can be written otherwise, and sign the same.
        start = whole.index(b"/Contents <") + len(b"/Contents <")
        end = whole.index(b">", start)
        assert (len(data), data[:start], data[end:]) == (len(whole), whole[:start], whole[end:])


def backup_of(database: bytes, **changes: str) -> bytes:
    """A backup with these bytes as its database."""
    manifest = Manifest(
        log="main",
        origin="log.example/main",
        made_at="2026-03-09T10:00:00Z",
        database="sqlite",
        database_sha256=hashlib.sha256(database).hexdigest(),
        position=3,
        root="be" * 32,
        checkpoint=seeds.log().note.decode(),
    )
    said = canonical(manifest.model_dump(mode="json") | changes)
    return packed({MANIFEST: said, DATABASE: database, "documents/a": b"text"})


def packed(parts: dict[str, bytes]) -> bytes:
    """A tar of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", bufsize=512) as archive:
        for name, data in parts.items():
            item = tarfile.TarInfo(name)
            item.size = len(data)
            archive.addfile(item, io.BytesIO(data))
    return out.getvalue()


def _backup(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "backup"
        file.write_bytes(data)
        answer(_opened, file, place)
        assert sorted(one.name for one in Path(place).iterdir()) == ["backup"]


def _opened(file: Path, place: str) -> None:
    with open_backup(file, str(_IDENTITY)) as opened:
        assert not opened.folder.is_relative_to(place)
        digest = hashlib.sha256(opened.database.read_bytes()).hexdigest()
        assert digest == opened.manifest.database_sha256
        for item in opened.folder.rglob("*"):
            assert not item.is_symlink()


@cache
def encrypted() -> bytes:
    """The same, for whoever has the identity."""
    return bytes(pyrage.encrypt(backup_of(b"rows"), [_IDENTITY.to_public()]))


def _yaml(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    value = answer(read_yaml, text)
    if value is None:
        return
    assert _nodes(value, DEEPEST + 1) <= MOST_NODES
    # Written by the library, and read again by our rules, it says the same.
    written = yaml.dump(value, default_flow_style=True, default_style='"', allow_unicode=False)
    assert _as_text(yaml.load(written, Loader=yaml.BaseLoader)) == _as_text(value)  # noqa: TID251


def _nodes(value: object, room: int) -> int:
    assert room
    parts = value.values() if isinstance(value, dict) else value
    return 1 + sum(_nodes(one, room - 1) for one in parts) if isinstance(value, (dict, list)) else 1


def _as_text(value: object) -> object:
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _policy(data: bytes) -> None:
    document = answer(load_document, data.decode("utf-8", "surrogateescape"), "handed-in.yaml")
    if document is not None:
        again = Document.from_canonical(document.canonical())
        assert document_digest(again) == document_digest(document)


def _condition(data: bytes) -> None:
    answer(parse, data.decode("utf-8", "surrogateescape"))


POLICY = b"""\
format: policy/1
id: small
title: Small
summary: >-
  A policy with one of everything.
roles: {lead: Decides, auditor: Reads}
metrics:
  accuracy: {higher_is_better: true, about: Right answers}
opens: [release.requested, release.granted, "model.registered"]
approvals_default: {not_by: [registrant], valid_for: P14D}
gates:
  - id: ask  # anybody
    event: release.requested
    title: 'Asking'
    when: target.environment == "production"
    require:
      - id: good
        check: has(evaluation.accuracy) && evaluation.accuracy >= 0.9
        say: It must be good
      - id: papers
        documents: [{type: evaluation_report, not_older_than: P30D}]
  - id: grant
    event: release.granted
    title: Granting
    require:
      - id: people
        approvals: {at_least: 1, seats: [{role: lead, at_least: 1}]}
  - {id: model, event: model.registered, title: A model, require: [{id: who, actor: {any_role: [lead]}}]}
"""


def policies() -> tuple[bytes, ...]:
    """A policy with one of everything, and YAML in other styles."""
    return (POLICY, b"a: [1, {b: 'c'}]\n- d\n", b'a:\n  - b: |\n      text\n  - "\\x41"\n')


_YAML = (b"- ", b": ", b"? ", b"&a ", b"*a", b"<<: ", b"!!python/object ", b"---\n", b"%YAML 1.1\n",
         b"|\n", b">-\n", b'"\\U00110000"', b'"\\uD800"', b'"\\Uffffffff"', b"[", b"{", b"]", b"\xe2\x80\xa8", b"\t",
         b"\x00", b"'", b"#", b"\\x", b"0x1f", b"1_000", b"~")  # fmt: skip

TARGETS = (
    Target(
        "timestamp",
        "a time-stamp answer (RFC 3161) of an authority",
        _token,
        lambda: [token()],
        (
            b"\x30\x82",
            b"\x30\x80",
            b"\x02\x01\x00",
            b"\x18\x0f20260309101112Z",
            b"\x04\x20",
            b"\x84\xff\xff\xff\xff",
        ),
    ),
    Target(
        "seal",
        "a PDF with an electronic seal",
        _seal,
        lambda: [sealed()[0]],
        (
            b"/ByteRange",
            b"/Contents",
            b"/Prev 0",
            b"startxref\n",
            b" 0 R",
            b"obj",
            b"trailer",
            b"xref",
            b"<<",
            b">>",
            b"/Kids [1 0 R]",
            b"/Parent 1 0 R",
        ),
        40_000,
        runs=60,
    ),
    Target(
        "backup",
        "a backup file, plain or encrypted",
        _backup,
        lambda: [backup_of(b"rows"), backup_of(b""), encrypted()],
        (
            b"ustar\x0000",
            b"2",
            b"1",
            b"L",
            b"x",
            b"S",
            b"../",
            b"/etc/",
            b"age-encryption.org/v1\n",
            b"\x1f\x8b\x08",
            b"BZh9",
            b"\xfd7zXZ",
        ),
        16_384,
        runs=60,
    ),
    Target(
        "yaml",
        "a YAML file, before it is read as a policy",
        _yaml,
        lambda: list(policies()),
        _YAML,
        runs=60,
    ),
    Target(
        "policy",
        "a policy document, as somebody proposes it",
        _policy,
        lambda: list(policies()[:1]),
        (
            *_YAML,
            b"gates:",
            b"require:",
            b"when: ",
            b"approvals:",
            b"check: ",
            b"not_by: [",
            b"P14D",
        ),
        runs=60,
    ),
    Target(
        "condition",
        "the condition of a gate",
        _condition,
        lambda: [
            b"!(a.b == 1 || size(c) > 2.5) && d in [\"x\", 'y']",
            b'timestamp("2026-01-01T00:00:00Z") < e',
        ],
        (
            b"(",
            b")",
            b"!",
            b"&&",
            b"||",
            b"==",
            b" in ",
            b"[",
            b'"',
            b"has(",
            b"timestamp(",
            b"0.1",
        ),
        2_500,
    ),
)
