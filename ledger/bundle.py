"""A bundle: what a person takes home to verify entries without this program or its operator.

A zip file with fixed dates, so that the same entries give the same bytes::

    verify.py                 the stand-alone verifier
    README.txt                how to run it
    checkpoint                the signed checkpoint, with cosignatures where there are any
    vkeys                     the log's verifier keys, one a line, as the log itself gives them
    entries/<n>.json          stored bytes of an entry: a DSSE envelope
    entries/<n>.tlog-proof    its inclusion proof under the checkpoint (C2SP tlog-proof)
    heads/<size>              hashes, one a line in base64, that lead from the tree head that a
                              passkey signed to the checkpoint's (RFC 9162 section 2.1.4)
    files/<name>              documents that an entry names by their SHA-256

The entries that name the log's keys are always in it, and with an approval that a passkey signed
those that enrolled the passkey and asked for the release.
"""

from __future__ import annotations

import io
import zipfile
from importlib import resources
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import parse_note
from ledger.core.proof import format_proof
from ledger.core.rfc4648 import from_base64, to_base64
from ledger.errors import InputError, LedgerError
from ledger.events.approval import read_statement
from ledger.events.entry import decode_entry
from ledger.events.proof import DsseProof, WebAuthnProof
from ledger.state.keys import KEY_KINDS
from ledger.store.database import reading
from ledger.store.entries import envelopes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.events.entry import Entry
    from ledger.events.proof import Proof
    from ledger.log import Log

MOST_ENTRIES: Final = 10_000
_THEN: Final = (1980, 1, 1, 0, 0, 0)
_README: Final = """\
A bundle of entries of the ledger {origin}.

To verify it you need Python 3.11 or newer and the package `cryptography`:

    python verify.py .  --vkey 'VERIFIER KEY OF THE LOG'

in this folder, or `python verify.py BUNDLE.zip ...` on the file as you received it. Take the
verifier key from somewhere else than this bundle: from the operator's website, a contract, an
earlier audit. The bundle says it is

    {vkey}

verify.py says in its first lines what it checks and what it does not; read it before you trust it.
"""


def make_bundle(
    log: Log, numbers: Iterable[int], files: Mapping[str, bytes], under: bytes = b""
) -> bytes:
    """The bundle of some entries and of documents that they name.

    Args:
        log: the log, open.
        numbers: sequence numbers.
        files: documents by file name.
        under: the checkpoint that all entries are proved under; the published one where it is
            left out, or the head's where an entry is newer than that.

    Raises:
        InputError: ``too-many-entries``.
        UnknownSubjectError: there is no such entry.
    """
    note = under or log.published()
    size = parse_checkpoint(parse_note(note).text).size
    with reading(log.engine) as connection:
        keys = envelopes_of(connection, log.log_id, sorted(KEY_KINDS), size)
    asked = set(numbers)
    behind = {place for number in asked for place in _behind(log.entry(number))}
    wanted = sorted({*asked, *behind, *(decode_entry(stored).sequence for stored in keys)})
    if len(wanted) > MOST_ENTRIES:
        raise InputError(
            f"A bundle holds at most {MOST_ENTRIES} entries.",
            code="too-many-entries",
            remedy="Export the whole log with `counterseal log export`.",
        )
    if wanted[-1] >= size and not under:
        note = log.head().checkpoint
    parts = {
        "verify.py": (resources.files("ledger") / "standalone" / "verify.py").read_bytes(),
        "README.txt": _README.format(origin=log.origin, vkey=log.vkey).encode(),
        "checkpoint": note,
        "vkeys": f"{log.vkey}\n{log.cosigner_vkey}\n".encode(),
    }
    for number in wanted:
        entry = log.entry(number)
        parts[f"entries/{number}.json"] = entry.envelope
        parts[f"entries/{number}.tlog-proof"] = format_proof(log.prove_under(number, note))
        parts.update(_seen(log, entry.proof, note))
    parts.update({f"files/{name}": data for name, data in files.items()})
    return _zip(parts)


def _behind(entry: Entry) -> tuple[int, ...]:
    """The entries without which what a passkey or a workload's key signed can't be checked."""
    if isinstance(entry.proof, DsseProof):
        return (entry.proof.key,)
    if not isinstance(entry.proof, WebAuthnProof):
        return ()
    return (entry.proof.key, entry.event.about().release)


def _seen(log: Log, proof: Proof | None, note: bytes) -> dict[str, bytes]:
    """How the tree head that a passkey signed, if one did, leads to the checkpoint's.

    A statement that can't be read, or a head that can't be of this history, has none: the verifier
    says what is wrong with it.
    """
    if not isinstance(proof, WebAuthnProof):
        return {}
    size = parse_checkpoint(parse_note(note).text).size
    try:
        head = read_statement(from_base64(proof.statement)).head
    except LedgerError:
        return {}
    if not 0 < head.size <= size:
        return {}
    hashes = log.consistency(head.size, size)
    lines = "".join(f"{to_base64(one)}\n" for one in hashes)
    return {f"heads/{head.size}": lines.encode()}


def _zip(parts: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            item = zipfile.ZipInfo(name, _THEN)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.external_attr = 0o644 << 16
            archive.writestr(item, data)
    return whole.getvalue()
