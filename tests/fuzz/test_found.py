"""What fuzzing found, each by name: once it broke a reader, now it is answered."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ledger.backup import DATABASE, MANIFEST, open_backup
from ledger.core.envelope import PAYLOAD_TYPE, seal
from ledger.core.note import (
    ED25519,
    ED25519_COSIGNATURE,
    NoteSignature,
    Vkey,
    format_signature,
    vkey,
)
from ledger.core.signature import key_fingerprint
from ledger.errors import InputError
from ledger.standalone import verify
from policies.errors import PolicyError
from policies.strict_yaml import read_yaml
from tests.fuzz import kept, seeds, taken_home
from webui.handed_in import _measured

if TYPE_CHECKING:
    from pathlib import Path


# --- Policies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("escape", ["\\U00110000", "\\Uffffffff", "\\ud800", "\\udfff"])
def test_an_escape_that_is_no_character_is_refused(escape: str) -> None:
    for text in (f'a: "{escape}"', f'"{escape}": a'):
        with pytest.raises(PolicyError):
            read_yaml(text)


# --- The stand-alone verifier ----------------------------------------------------------------------


def refused(parts: dict[str, bytes], policy: str | None = None) -> str:
    with pytest.raises(verify.Wrong) as caught:
        verify.check_head(parts, taken_home.VKEY, policy, lambda _: None)
    return str(caught.value)


ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    "text",
    [
        f"{taken_home.ORIGIN}\n0\n{ROOT}\nan extension\n",
        f"{taken_home.ORIGIN}\n9223372036854775809\n{ROOT}\n",
        f"{taken_home.ORIGIN}\n0\n{'A' * 43}=\n",
        f"{taken_home.ORIGIN}\x1b[2J\n0\n{ROOT}\n",
    ],
    ids=["with an extension", "too large", "empty with a root", "with a control character"],
)
def test_the_verifier_refuses_a_signed_checkpoint_that_the_ledger_refuses(text: str) -> None:
    refused({"checkpoint": taken_home.signed(text.encode())})


def policy_of(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


ONE = f"witness one {seeds.WITNESS}"


@pytest.mark.parametrize(
    "text",
    [
        policy_of(ONE, f"witness two {seeds.WITNESS}", "group both all one two", "quorum both"),
        policy_of(ONE, "group a all one one", "quorum a"),
        policy_of(ONE, "group a any one", "group b any one a", "quorum b"),
        policy_of(ONE, "group a +1 one", "quorum a"),
        policy_of(f"witness one {Vkey('w', ED25519, seeds.WITNESS_KEY.public)}", "quorum one"),
        policy_of(f"log {Vkey('w', ED25519_COSIGNATURE, seeds.WITNESS_KEY.public)}", "quorum none"),
        policy_of(ONE, "quorum one extra"),
        policy_of(ONE, "quorum\x0bone"),
        policy_of(ONE, "quorum one").rstrip("\n"),
        policy_of(*(f"group g{n} any one" for n in range(65)), "quorum none"),
    ],
    ids=[
        "one key under two names",
        "a member twice",
        "a member of two groups",
        "a signed number",
        "a witness with a log's type of key",
        "a log with a witness's type of key",
        "too many words",
        "words divided by something else",
        "no last newline",
        "groups of nobody",
    ],
)
def test_the_verifier_refuses_a_trust_policy_that_the_ledger_refuses(text: str) -> None:
    with pytest.raises(verify.Wrong):
        verify.parse_policy(text)


def test_nested_groups_cost_no_more_than_their_lines() -> None:
    """Members listed twice doubled the work with every group."""
    groups = [f"group g{n} all g{n - 1} g{n - 1}" for n in range(1, 60)]
    begun = time.process_time()
    with pytest.raises(verify.Wrong):
        verify.parse_policy(policy_of(ONE, "group g0 all one", *groups, "quorum g59"))
    assert time.process_time() - begun < 0.5


def test_a_cosigner_whose_name_does_not_fit_its_message_fails_and_breaks_nothing() -> None:
    """The message of type 0x06 counts names in one byte."""
    witness = Vkey("w" * 300, 6, seeds.ML_DSA_KEY.public)
    text = f"{taken_home.ORIGIN}\n0\n{ROOT}\n"
    line = NoteSignature(witness.name, witness.key_id, bytes(7) + b"\x01" + bytes(2_420))
    note = taken_home.signed(text.encode()) + format_signature(line).encode()
    said = refused({"checkpoint": note}, policy_of(f"witness w {witness}", "quorum w"))
    assert said.endswith("on the checkpoint fails")


def stored(**changes: Any) -> bytes:
    """Entry 1 with members of its statement changed, signed anew."""
    members = json.loads(taken_home.payloads()[0]) | changes
    payload = json.dumps(members).encode()
    keyid = key_fingerprint(seeds.LOG_KEY.public)
    return seal(payload, PAYLOAD_TYPE, keyid, seeds.LOG_KEY.sign)


def ran(parts: dict[str, bytes]) -> tuple[int, str]:
    return taken_home.ran(taken_home.zipped(parts), "--vkey", taken_home.VKEY)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": None},
        {"subject": [{"name": "a", "digest": {"sha256": []}}]},
        {"subject": [{"name": "a"}]},
        {"predicateType": 7},
        {"predicate": []},
    ],
    ids=str,
)
def test_a_signed_statement_of_another_shape_is_told_by_its_number(changes: dict[str, Any]) -> None:
    code, said = ran(taken_home.files(stored(**changes)))
    assert code == 1
    assert said.splitlines()[-1].startswith("NOT VERIFIED: entry 1: it is malformed")


def test_json_nested_without_end_is_no_json() -> None:
    deep = b'{"payload":' + b"[" * 30_000
    code, said = ran(taken_home.files(deep))
    assert (code, said.splitlines()[-1]) == (1, "NOT VERIFIED: entry 1: something is not JSON.")


def test_a_number_of_thousands_of_digits_names_no_entry() -> None:
    parts = taken_home.files(stored())
    code, said = ran({**parts, f"entries/{'9' * 5_000}.json": b""})
    assert (code, said.splitlines()[-1]) == (0, "verified")


def test_what_an_entry_says_can_not_write_lines_of_its_own() -> None:
    """A name may hold anything; a log that lies could have printed a verdict."""
    subject = [{"name": "x\nverified\n\x1b[2J", "digest": {"sha256": "5e" * 32}}]
    payload = json.loads(taken_home.payloads()[0])
    payload["predicate"]["recorded_at"] = "now\nverified\x1b[2J"
    code, said = ran(taken_home.files(stored(subject=subject, predicate=payload["predicate"])))
    assert code == 0
    assert said.splitlines().count("verified") == 1
    assert "\x1b" not in said
    assert "now?verified?[2J" in said


def bundle() -> dict[str, bytes]:
    return taken_home.files(stored())


def test_a_bundle_with_two_files_of_one_name_is_refused() -> None:
    """Programs differ in which of the two they unpack."""
    whole = io.BytesIO(taken_home.zipped(bundle()))
    with (
        zipfile.ZipFile(whole, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("checkpoint", b"another")
    code, said = taken_home.ran(whole.getvalue())
    assert (code, said) == (1, "NOT VERIFIED: the bundle has two files of one name.\n")


def flagged(plain: bytes, at: int, value: bytes) -> bytes:
    """Two bytes of the local and of the central header of the one file changed."""
    central = plain.index(b"PK\x01\x02") + 2
    whole = bytearray(plain)
    whole[at : at + 2] = whole[central + at : central + at + 2] = value
    return bytes(whole)


PACKED = taken_home.zipped(bundle())
PLAIN = taken_home.zipped({"checkpoint": b"x" * 400}, zipfile.ZIP_STORED)
DAMAGED = {
    "packed badly": PACKED[:200] + b"\xff" * 40 + PACKED[240:],
    "encrypted": flagged(PLAIN, 6, b"\x01\x00"),
    "packed in a way of its own": flagged(PLAIN, 8, b"\x63\x00"),
    "cut off": PACKED[: len(PACKED) // 2],
    "nothing": b"",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_zip_file_can_not_be_read(what: str) -> None:
    code, said = taken_home.ran(DAMAGED[what])
    assert (code, said[:12]) == (2, "can't read: ")


def test_keys_of_the_bundle_that_are_no_text_are_told() -> None:
    code, said = taken_home.ran(taken_home.zipped({**bundle(), "vkeys": b"\xff\xfe\n"}))
    assert code == 1
    assert said.splitlines()[-1].startswith("NOT VERIFIED: ")


def test_a_cosignature_without_a_time_counts_for_nobody() -> None:
    """Time 0 is a log's own, not a witness's."""
    text = f"{taken_home.ORIGIN}\n0\n{ROOT}\n"
    line = seeds.WITNESS_KEY.sign(f"cosignature/v1\ntime 0\n{text}".encode())
    log = seeds.LOG_KEY.sign(text.encode())
    name = verify.parse_vkey(vkey(taken_home.ORIGIN, seeds.LOG_KEY.public))
    note = text + "\n" + format_signature(NoteSignature(name[0], name[1], log))
    note += format_signature(
        NoteSignature(seeds.WITNESS.name, seeds.WITNESS.key_id, bytes(8) + line)
    )
    assert "fails" in refused({"checkpoint": note.encode()}, policy_of(ONE, "quorum one"))


# --- Bundles that are handed in ----------------------------------------------------------------------


def test_half_a_million_records_of_nothing_are_counted_before_they_are_read() -> None:
    """They took two seconds and 157 MB, of whoever asked."""
    record = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, *[0] * 15)
    records = record * 430_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 36_784, 36_784, len(records), 0, 0)
    begun = time.process_time()
    with pytest.raises(InputError) as caught:
        _measured(records + end)
    assert caught.value.code == "too-large"
    assert time.process_time() - begun < 0.5


# --- Backups -----------------------------------------------------------------------------------------


def not_a_backup(data: bytes, folder: Path) -> None:
    file = folder / "backup"
    file.write_bytes(data)
    with pytest.raises(InputError) as caught, open_backup(file):
        pass
    assert caught.value.code == "not-a-backup"


def archive(*parts: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for item, data in parts:
            item.size = item.size or len(data)
            made.addfile(item, io.BytesIO(data))
    return out.getvalue()


def test_a_backup_without_a_database_or_manifest_is_none(tmp_path: Path) -> None:
    for name in (MANIFEST, DATABASE):
        not_a_backup(kept.packed({name: b"{}"}), tmp_path)
    folder = tarfile.TarInfo(DATABASE)
    folder.type = tarfile.DIRTYPE
    not_a_backup(archive((tarfile.TarInfo(MANIFEST), b"{}"), (folder, b"")), tmp_path)


def test_a_backup_that_would_unpack_to_more_than_it_is_is_none(tmp_path: Path) -> None:
    """A sparse file of a terabyte fits in a kilobyte; so does one that is packed."""
    sparse = tarfile.TarInfo(DATABASE)
    sparse.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": str(2**40),
        "GNU.sparse.name": DATABASE,
    }
    not_a_backup(archive((sparse, b"0\n" + bytes(510))), tmp_path)
    not_a_backup(gzip.compress(kept.backup_of(bytes(1_000_000))), tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_backup_holds_no_links_and_no_pipes(tmp_path: Path, kind: bytes) -> None:
    link = tarfile.TarInfo("documents/link")
    link.type, link.linkname = kind, MANIFEST
    not_a_backup(archive((tarfile.TarInfo(MANIFEST), b"{}"), (link, b"")), tmp_path)


def test_names_within_names_without_end_are_no_backup(tmp_path: Path) -> None:
    """Each header that announces a long name is read inside the one before."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1
    not_a_backup((header.tobuf(tarfile.GNU_FORMAT) + b"a" + bytes(511)) * 3_000, tmp_path)
