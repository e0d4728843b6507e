"""What is fuzzed: for each parser, what it is given, what it may raise, and what must hold.

A parser of foreign bytes raises its typed error or gives a value; where its form is canonical, the
value written again gives the same bytes.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.backup import open_backup
from ledger.core.checkpoint import format_checkpoint, parse_checkpoint
from ledger.core.cosignature import format_lines, parse_lines
from ledger.core.encoding import canonical, parse_canonical, parse_json
from ledger.core.envelope import format_envelope, parse_envelope
from ledger.core.note import check_note, format_note, parse_note, parse_vkey
from ledger.core.proof import check_proof, format_proof, parse_proof
from ledger.core.statement import encode_statement, parse_statement
from ledger.core.tiles import entry_bundle, parse_tile_path, split_bundle
from ledger.core.trust import format_trust_policy, parse_trust_policy, satisfied
from ledger.core.witnessing import parse_add_checkpoint, parse_known_size
from ledger.errors import LedgerError
from ledger.events.catalogue import read_command
from ledger.events.entry import decode_entry
from ledger.outside.timestamp import check_timestamp
from ledger.standalone import verify
from policies import load_document
from policies.expression.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fuzz.material import Material


@dataclass(frozen=True)
class Target:
    """``run`` is given bytes and fails where something that must hold does not."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    most: int = 4_096
    """Inputs are at most so long."""


def targets(found: Material) -> Mapping[str, Target]:
    """Every target, by name."""
    text = found.note.split(b"\n\n")[0] + b"\n"
    lines = found.note.split(b"\n\n")[1]
    numbers = b'{"kind":"deployment.stopped","event":{"model":"m","environment":"e","reason":"x"}}'
    return {
        "note": Target(_note(found.vkey), (found.note,)),
        "checkpoint": Target(_checkpoint, (text,)),
        "cosignature": Target(_lines, (lines,)),
        "vkey": Target(_vkey, (found.vkey.encode(),)),
        "proof": Target(_proof(found), (found.proof,)),
        "tile-path": Target(_tile_path, (b"tile/0/x001/067", b"tile/entries/001.p/7")),
        "entries": Target(_entries, (found.entries,), 16_384),
        "envelope": Target(_envelope, (found.envelope,)),
        "statement": Target(_statement, (found.payload,)),
        "entry": Target(_entry, (found.envelope,)),
        "json": Target(_json, (found.payload, numbers)),
        "command": Target(_command, (numbers, found.payload)),
        "trust": Target(_trust(found), (found.trust,)),
        "add-checkpoint": Target(_add_checkpoint, (found.request,)),
        "bundle": Target(_bundle(found.vkey), (found.bundle,), 65_536),
        "verify-note": Target(_verify_py, (found.note, found.proof, found.envelope, found.trust)),
        "policy": Target(_policy, (found.policy, found.policy[:800]), 16_384),
        "expression": Target(
            _expression,
            (b'evaluation.accuracy >= 0.90 && !(model.name in ["a", "b"])', b"size(x.y) == 0"),
        ),
        "timestamp": Target(_timestamp, (bytes.fromhex("30053003020100"),)),
        "backup": Target(_backup, (b"age-encryption.org/v1\n-> X25519 x\n", b"manifest.json\0")),
    }


def _note(vkey: str) -> Callable[[bytes], None]:
    keys = [parse_vkey(vkey)]

    def run(data: bytes) -> None:
        with contextlib.suppress(LedgerError):
            note = parse_note(data)
            assert format_note(note) == data
            check_note(note, keys)

    return run


def _checkpoint(data: bytes) -> None:
    with contextlib.suppress(LedgerError, UnicodeDecodeError):
        text = data.decode()
        try:
            assert format_checkpoint(parse_checkpoint(text)) == text
        except LedgerError:
            return


def _lines(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        assert format_lines(parse_lines(data)) == data


def _vkey(data: bytes) -> None:
    with contextlib.suppress(LedgerError, UnicodeDecodeError):
        parse_vkey(data.decode())


def _proof(found: Material) -> Callable[[bytes], None]:
    keys = [parse_vkey(found.vkey)]

    def run(data: bytes) -> None:
        with contextlib.suppress(LedgerError):
            proof = parse_proof(data)
            assert format_proof(proof) == data
            check_proof(proof, b"\0" * 32, keys)
            raise AssertionError("a proof of a leaf that is not there")

    return run


def _tile_path(data: bytes) -> None:
    with contextlib.suppress(LedgerError, UnicodeDecodeError):
        parse_tile_path(data.decode())


def _entries(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        assert entry_bundle(split_bundle(data)) == data


def _envelope(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        assert format_envelope(parse_envelope(data)) == data


def _statement(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        assert encode_statement(parse_statement(data)) == data


def _entry(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        assert decode_entry(data).envelope == data


def _json(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        value = parse_json(data)
        assert json.loads(data) == value
        assert parse_canonical(canonical(value)) == value


def _command(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        value = parse_json(data)
        if isinstance(value, dict):
            kind, event = value.get("kind"), value.get("event")
            if isinstance(kind, str) and isinstance(event, dict):
                read_command(kind, event)


def _trust(found: Material) -> Callable[[bytes], None]:
    note = parse_note(found.note)

    def run(data: bytes) -> None:
        with contextlib.suppress(LedgerError):
            policy = parse_trust_policy(data)
            assert parse_trust_policy(format_trust_policy(policy)) == policy
            satisfied(policy, note)

    return run


def _add_checkpoint(data: bytes) -> None:
    parse_known_size(data)
    with contextlib.suppress(LedgerError):
        parse_add_checkpoint(data)


def _bundle(vkey: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "bundle.zip"
            file.write_bytes(data)
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = verify.main([str(file), "--vkey", vkey])
            assert code in {0, 1, 2}

    return run


def _verify_py(data: bytes) -> None:
    for parser in (verify.parse_checkpoint, verify.parse_proof):
        with contextlib.suppress(verify.Wrong):
            parser(data)
    # Whoever calls it takes these for a malformed entry.
    with contextlib.suppress(verify.Wrong, KeyError, TypeError, AttributeError, ValueError):
        verify.parse_envelope(data)
    with contextlib.suppress(verify.Wrong, UnicodeDecodeError):
        verify.parse_policy(data.decode())


def _policy(data: bytes) -> None:
    with contextlib.suppress(LedgerError, UnicodeDecodeError):
        document = load_document(data.decode())
        assert type(document).from_canonical(document.canonical()) == document


def _expression(data: bytes) -> None:
    with contextlib.suppress(LedgerError, UnicodeDecodeError):
        parse(data.decode())


def _timestamp(data: bytes) -> None:
    with contextlib.suppress(LedgerError):
        check_timestamp(data, b"data", [])


def _backup(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "backup"
        file.write_bytes(data)
        with contextlib.suppress(LedgerError), open_backup(file, "AGE-SECRET-KEY-1"):
            pass
