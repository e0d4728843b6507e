"""The artifact of a version by API and page: verified, recorded, and of archived ones for few."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from ledger.errors import IntegrityError
from ledger.store.accesses import AccessFilter, find_accesses
from ledger.store.database import reading
from tests.webui.artifacts.conftest import FILE, FILES
from tests.webui.seed import PASSWORD, Seeded
from webui.artifacts import folder
from webui.artifacts.download import download
from webui.artifacts.folder import Folder
from webui.artifacts.store import MANIFESTS, name_of
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.artifacts.conftest import Shop

FIRST = "/models/churn/versions/1.0.0/artifact"
SECOND = "/models/churn/versions/2.0.0/artifact"


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """The store, known to the service too, with both artifacts."""
    shop.put()
    object.__setattr__(shop.company.house.wiring.settings, "artifacts", f"file://{shop.store}")
    return shop


def exports(shop: Shop) -> list[tuple[str, str, int]]:
    """Who exported what, as recorded."""
    wiring = shop.company.house.wiring
    assert wiring.accesses.flush()
    with reading(wiring.engine) as connection:
        rows = find_accesses(connection, wiring.log.log_id, AccessFilter(kind="export"), limit=500)
    return [(row.access.actor, row.access.concerns, row.access.status) for row in rows]


def archive(shop: Shop) -> None:
    company = shop.company
    of = {"model": "churn", "version": "1.0.0"}
    ended = {**of, "cause": "superseded", "replacement": "2.0.0", "effective_on": "2026-04-10"}
    assert company.lead.submit("version.deprecated", ended | {"reason": "Newer"}).status_code == 201
    done = company.lead.submit("version.archived", {**of, "reason": "Over"})
    assert done.status_code == 201, done.text


def test_a_download_is_whole_and_recorded(kept: Shop) -> None:
    answer = kept.company.scientist.get(FIRST)
    assert (answer.status_code, answer.data) == (200, FILE)
    assert answer.headers["Content-Disposition"] == "attachment; filename=churn-1.0.0.onnx"
    assert answer.headers["Content-Length"] == str(len(FILE))
    assert answer.headers["Cache-Control"] == "private, no-store"
    (found,) = exports(kept)
    assert found == (kept.company.scientist_id, "model=churn version=1.0.0", 200)


def test_a_directory_comes_as_a_tar_of_plain_files(kept: Shop) -> None:
    answer = kept.company.scientist.get(SECOND)
    assert answer.status_code == 200
    with tarfile.open(fileobj=io.BytesIO(answer.data)) as tar:
        found = {one.name: tar.extractfile(one) for one in tar.getmembers() if one.isfile()}
        assert {name: file.read() for name, file in found.items() if file is not None} == FILES
    assert kept.company.scientist.get(SECOND).data == answer.data


def test_rotten_bytes_are_not_sent(kept: Shop) -> None:
    for name in ("config.json", "same.bin"):
        place = kept.store / name_of(hashlib.sha256(FILES[name]).hexdigest())
        place.write_bytes(b"x" * len(FILES[name]))
    for path in (FIRST, SECOND):
        answer = kept.company.scientist.get(path)
        assert answer.status_code == 503
        assert answer.json["type"].endswith("artifact-damaged")


def test_the_head_alone_reads_no_bytes(kept: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {path: kept.company.scientist.get(path).data for path in (FIRST, SECOND)}
    read = Folder.read
    names: list[str] = []

    def counted(place: Folder, name: str) -> Iterator[bytes]:
        names.append(name)
        return read(place, name)

    monkeypatch.setattr(Folder, "read", counted)
    for path, full in whole.items():
        answer = kept.company.scientist.head(path)
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(full))
    assert names
    assert all(name.startswith(MANIFESTS) for name in names)
    (kept.store / name_of(hashlib.sha256(FILE).hexdigest())).write_bytes(FILE[1:])
    assert kept.company.scientist.head(FIRST).status_code == 503


@pytest.mark.parametrize("path", [FIRST, SECOND])
def test_bytes_that_change_while_they_are_sent_never_arrive_whole(
    kept: Shop, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "PIECE", 1000)
    full = kept.company.scientist.get(path).data
    wiring = kept.company.house.wiring
    begun = download(wiring, kept.company.scientist_id, "churn", path.split("/")[-2])
    assert begun.size == len(full)
    place = kept.store / name_of(hashlib.sha256(FILE).hexdigest())
    place.write_bytes(FILE[:-1] + b"!")
    pieces: list[bytes] = []
    with pytest.raises(IntegrityError):
        pieces.extend(begun.pieces)
    begun.close()
    arrived = b"".join(pieces)
    assert full.startswith(arrived)
    assert 0 < len(arrived) < len(full)


def test_a_disk_that_is_not_mounted_is_told_as_that(kept: Shop) -> None:
    (kept.store / "owner").unlink()
    answer = kept.company.scientist.get(FIRST)
    assert answer.status_code == 503
    assert answer.json["type"].endswith("artifacts-not-set-up")


def test_what_is_not_kept_is_not_found(kept: Shop) -> None:
    (kept.store / name_of(hashlib.sha256(FILE).hexdigest())).unlink()
    assert kept.company.scientist.get(FIRST).status_code == 404
    assert kept.company.scientist.get("/models/churn/versions/9.0.0/artifact").status_code == 404
    assert kept.company.nobody.get(FIRST).status_code == 403
    object.__setattr__(kept.company.house.wiring.settings, "artifacts", "")
    assert kept.company.scientist.get(FIRST).json["type"].endswith("artifacts-unset")


def test_an_archived_one_is_for_few_and_each_try_is_recorded(kept: Shop) -> None:
    archive(kept)
    house = kept.company.house
    refused = kept.company.scientist.get(FIRST)
    assert refused.status_code == 403
    assert "for auditors, administrators and compliance alone" in refused.json["detail"]
    assert kept.company.lead.get(FIRST).status_code == 403
    auditor = house.enrol("Audrey", "", "auditor")
    for actor in (house.administrator, auditor):
        assert house.api(house.token(actor)).get(FIRST).data == FILE
    assert kept.company.officer.get(FIRST).data == FILE
    assert kept.company.scientist.get(SECOND).status_code == 200
    assert len([one for one in exports(kept) if one[1].endswith("1.0.0")]) == 3
    wiring = house.wiring
    with reading(wiring.engine) as connection:
        wanted = AccessFilter(kind="denied")
        assert len(find_accesses(connection, wiring.log.log_id, wanted, limit=9)) == 2
    house.clock.move(days=100)
    late = house.api(house.token(auditor)).get(FIRST)
    assert late.status_code == 403, "a role that is over is none"


def test_the_page_offers_it_to_whoever_may(kept: Shop) -> None:
    house = kept.company.house
    create_account(house.wiring, house.enrol("Ana", "ana@example.org", "data_scientist"), PASSWORD)
    client = Seeded(house, "", "", "", 0).browser("ana")
    page = client.get("/models/churn/1.0.0").text
    assert 'href="/models/churn/1.0.0/artifact"' in page
    assert client.get("/models/churn/1.0.0/artifact").data == FILE
    archive(kept)
    page = client.get("/models/churn/1.0.0").text
    assert 'href="/models/churn/1.0.0/artifact"' not in page
    assert "archived: for auditors, administrators and compliance" in page
    assert client.get("/models/churn/1.0.0/artifact").status_code == 403
    object.__setattr__(kept.company.house.wiring.settings, "artifacts", "")
    assert "archived: for auditors" not in client.get("/models/churn/1.0.0").text
