"""``counterseal artifacts``: what comes in, what comes out, and what the store can't slip past it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from ledger.errors import InputError, IntegrityError, OutsideError
from tests.webui.artifacts.conftest import FILE, FILES
from webui.artifacts.folder import Folder
from webui.artifacts.manifest import read_manifest
from webui.artifacts.place import open_place
from webui.artifacts.store import MANIFESTS, Store, name_of
from webui.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.tools.object_store import ObjectStore
    from tests.webui.artifacts.conftest import Shop


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_was_put_comes_back_as_it_was(shop: Shop) -> None:
    shop.put()
    assert shop.run("get", "churn", "1.0.0", "-o", str(shop.work / "back")).exit_code == 0
    assert (shop.work / "back").read_bytes() == FILE
    assert shop.run("get", "churn", "2.0.0", "-o", str(shop.work / "folder")).exit_code == 0
    for name, data in FILES.items():
        assert (shop.work / "folder" / name).read_bytes() == data
    assert not list(shop.work.glob(".*part*"))


def test_bytes_lie_under_their_digest_and_once(shop: Shop) -> None:
    shop.put()
    blobs = {name: data for name, data in shop.objects().items() if name.startswith("sha256/")}
    assert set(blobs) == {name_of(sha(data)) for data in (*FILES.values(), FILE)}
    assert all(name == name_of(sha(data)) for name, data in blobs.items())
    again = shop.run("put", "churn", "2.0.0", str(shop.work / "saved"))
    assert "of which 0 were new" in again.output
    assert not list((shop.store / "incoming").iterdir())
    assert shop.store.stat().st_mode & 0o077 == 0


def test_other_bytes_than_the_registered_ones_do_not_come_in(shop: Shop) -> None:
    assert shop.run("init").exit_code == 0
    (shop.work / "model.onnx").write_bytes(FILE + b"!")
    told = shop.run("put", "churn", "1.0.0", str(shop.work / "model.onnx"))
    assert told.exit_code == 2
    assert "This is not what was registered" in told.output
    assert set(shop.objects()) == {"owner"}


def test_a_link_is_not_followed_into_the_store(shop: Shop) -> None:
    assert shop.run("init").exit_code == 0
    (shop.work / "saved" / "config.json").unlink()
    (shop.work / "saved" / "config.json").symlink_to("/etc/hostname")
    told = shop.run("put", "churn", "2.0.0", str(shop.work / "saved"))
    assert told.exit_code == 2
    assert "is a link" in told.output


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_rotten_bytes_are_named_and_never_written(shop: Shop, version: str) -> None:
    shop.put()
    rotten = shop.store / name_of(sha(FILE))
    rotten.write_bytes(b"x" + FILE[1:])
    output = shop.work / "back"
    told = shop.run("get", "churn", version, "-o", str(output))
    assert told.exit_code == 1
    assert "other bytes than the version has" in told.output
    assert not output.exists()
    assert not list(shop.work.glob(".*part*"))
    told = shop.run("verify")
    assert told.exit_code == 1
    assert "churn 1.0.0, artifact: damaged" in told.output
    assert "churn 2.0.0, same.bin: damaged" in told.output


def test_missing_bytes_are_named_and_never_put_ones_only_if_asked(shop: Shop) -> None:
    assert shop.run("init").exit_code == 0
    told = shop.run("verify")
    assert told.exit_code == 0
    assert "2 artifacts are not held here" in told.output
    assert shop.run("verify", "--complete").exit_code == 1
    assert shop.run("get", "churn", "1.0.0", "-o", str(shop.work / "b")).exit_code == 4
    shop.put()
    assert shop.run("verify", "--complete").exit_code == 0
    (shop.store / name_of(sha(FILES["config.json"]))).unlink()
    told = shop.run("verify")
    assert told.exit_code == 1
    assert "churn 2.0.0, config.json: missing" in told.output
    assert "1 artifacts" in shop.run("verify", "--sample", "1").output


def test_nothing_that_is_there_is_overwritten(shop: Shop) -> None:
    shop.put()
    (shop.work / "link").symlink_to(shop.work / "nowhere")
    for output in ("model.onnx", "saved", "link"):
        assert shop.run("get", "churn", "1.0.0", "-o", str(shop.work / output)).exit_code == 2
    assert not (shop.work / "nowhere").exists()


@pytest.mark.parametrize(
    "path",
    ["../out", "/etc/out", "a/../../out", "a//b", ".", "..", "a\\b", "a\x00b", "a\nb", "", "./a"],
)
def test_a_list_of_files_leads_nowhere_else(path: str) -> None:
    part = {"path": path, "sha256": sha(b""), "size": 0}
    digest = sha(bytes.fromhex(sha(b"")))
    listed = json.dumps({"directory": True, "files": [part]}).encode()
    with pytest.raises(IntegrityError, match="can't be read"):
        read_manifest(listed, digest)
    good = json.dumps({"directory": True, "files": [part | {"path": "a/b"}]}).encode()
    assert read_manifest(good, digest).files[0].path == "a/b"


@pytest.mark.parametrize(
    "change",
    [
        lambda listed: listed["files"].pop(),
        lambda listed: listed["files"].reverse(),
        lambda listed: listed["files"].append(listed["files"][0]),
        lambda listed: listed.update(directory=False),
        lambda listed: listed["files"][0].update(sha256="00" * 32),
    ],
)
def test_a_list_of_other_files_is_not_believed(shop: Shop, change: object) -> None:
    assert callable(change)
    shop.put()
    sha256 = shop.company.house.wiring.reader.version("churn", "2.0.0").artifact.sha256
    place = shop.store / name_of(sha256, MANIFESTS)
    listed = json.loads(place.read_bytes())
    change(listed)
    place.write_text(json.dumps(listed))
    assert shop.run("get", "churn", "2.0.0", "-o", str(shop.work / "b")).exit_code == 1
    assert "churn 2.0.0: damaged" in shop.run("verify").output
    told = shop.run("garbage", "--older-than", "0", "--remove", "--yes")
    assert told.exit_code == 1, "what a damaged list named can't be told"
    assert name_of(sha(FILES["config.json"])) in shop.objects()


def test_a_file_that_stands_in_the_way_of_a_folder_is_an_error(shop: Shop) -> None:
    digests = [sha(b"a"), sha(b"b")]
    artifact = sha(b"".join(bytes.fromhex(one) for one in digests))
    files = [
        {"path": path, "sha256": one, "size": 1}
        for path, one in zip(("a", "a/b"), digests, strict=True)
    ]
    place = open_place("memory://in-the-way")
    for data in (b"a", b"b"):
        place.write(name_of(sha(data)), iter((data,)))
    listed = json.dumps({"directory": True, "files": files}).encode()
    place.write(name_of(artifact, MANIFESTS), iter((listed,)))
    with pytest.raises(OutsideError):
        Store(place).take(artifact, shop.work / "way")
    assert not (shop.work / "way").exists()


def test_a_link_out_of_the_store_is_not_followed(shop: Shop) -> None:
    assert shop.run("init").exit_code == 0
    outside = shop.work / "outside"
    outside.mkdir()
    digest = sha(FILE)
    (shop.store / "sha256").mkdir()
    (shop.store / "sha256" / digest[:2]).symlink_to(outside)
    told = shop.run("put", "churn", "1.0.0", str(shop.work / "model.onnx"))
    assert told.exit_code == 4
    assert "a symbolic link leads out" in told.output
    assert not list(outside.iterdir())


def test_garbage_is_reported_and_removed_only_when_that_is_said(shop: Shop) -> None:
    shop.put()
    extra = shop.store / name_of(sha(b"old"))
    extra.parent.mkdir(exist_ok=True)
    extra.write_bytes(b"old")
    (shop.store / "incoming" / "broken-off").write_bytes(b"half")
    assert "0 files" in shop.run("garbage").output, "it may be under way"
    told = shop.run("garbage", "--older-than", "0")
    assert name_of(sha(b"old")) in told.output
    assert "7  bytes in 2 files" in told.output
    assert extra.exists()
    home = shop.run("garbage", "--older-than", "0", "--remove")
    assert home.exit_code == 130, "nobody said yes"
    assert extra.exists()
    told = shop.run("garbage", "--older-than", "0", "--remove", "--yes")
    assert "2 files removed" in told.output
    assert not extra.exists()
    assert shop.run("verify", "--complete").exit_code == 0


@pytest.mark.parametrize("rot", [b"x" + FILE[1:], FILE[:-1]])
def test_putting_again_mends_what_rotted_whatever_its_size(shop: Shop, rot: bytes) -> None:
    shop.put()
    whole = shop.objects()
    (shop.store / name_of(sha(FILE))).write_bytes(rot)
    for name in whole:
        if name.startswith(MANIFESTS):
            (shop.store / name).write_bytes(b"x" * len(whole[name]))
    told = shop.run("put", "churn", "2.0.0", str(shop.work / "saved"))
    assert f"of which {len(FILE):,} were new" in told.output
    told = shop.run("put", "churn", "1.0.0", str(shop.work / "model.onnx"))
    assert "of which 0 were new" in told.output
    assert shop.objects() == whole


def test_a_disk_that_is_not_mounted_is_no_empty_store(shop: Shop) -> None:
    shop.put()
    shop.store.rename(shop.work / "elsewhere")
    shop.store.mkdir()
    for command in (
        ("put", "churn", "1.0.0", str(shop.work / "model.onnx")),
        ("get", "churn", "1.0.0", "-o", str(shop.work / "back")),
        ("verify",),
        ("garbage", "--remove", "--yes", "--older-than", "0"),
    ):
        told = shop.run(*command)
        assert told.exit_code == ExitCode.OUTSIDE
        assert "Mount its disk" in told.output
    assert not shop.objects()
    shop.store.rmdir()
    (shop.work / "elsewhere").rename(shop.store)
    assert shop.run("verify", "--complete").exit_code == 0
    assert shop.run("init").exit_code == 0, "and setting it up again changes nothing"


@pytest.mark.parametrize("module", ["gcsfs.retry", "azure.core.exceptions", "google.auth"])
@pytest.mark.parametrize(
    "use",
    [
        lambda place: place.size("sha256/aa/bb"),
        lambda place: list(place.read("sha256/aa/bb")),
        lambda place: place.write("sha256/aa/bb", iter((b"a",))),
        lambda place: list(place.names("sha256/")),
        lambda place: place.remove("sha256/aa/bb"),
    ],
)
def test_what_a_cloud_driver_raises_is_told_as_the_stores_failure(
    module: str, use: Callable[[Folder], object]
) -> None:
    base = type("DriverError", (Exception,), {"__module__": module})
    place = Folder("memory://driver")
    place._files = _Failing(type("AuthError", (base,), {})("the token of the account"))
    with pytest.raises(OutsideError, match="AuthError") as caught:
        use(place)
    assert caught.value.code == "artifacts-failed"
    assert "token" not in str(caught.value)


class _Failing:
    """A file system of which every call fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise self._error

        return fail


def test_the_store_of_another_installation_is_left_alone(shop: Shop) -> None:
    shop.put()
    (shop.store / "owner").write_text("example.org/another")
    for command in (
        ("put", "churn", "1.0.0", str(shop.work / "model.onnx")),
        ("garbage", "--remove", "--yes", "--older-than", "0"),
    ):
        told = shop.run(*command)
        assert told.exit_code == 2
        assert "belongs to another installation" in told.output


def test_without_a_place_it_says_what_to_set(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERSEAL_ARTIFACTS")
    assert "Name a place in COUNTERSEAL_ARTIFACTS" in shop.run("verify").output


@pytest.mark.parametrize(
    "url",
    [
        "/srv/artifacts",
        "file:///",
        "http://example.org/a",
        "zip://a::file:///b",
        "file:///a?b=c",
        "s3://key:secret@bucket/a",
        "s3://bucket/a?other=1",
        "s3://bucket/a?endpoint=http://example.org",
        "s3://",
        "",
    ],
)
def test_an_odd_place_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        open_place(url)


def test_a_write_that_breaks_leaves_nothing(object_store: ObjectStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OutsideError("The artifact changed.", code="artifact-changed")

    for url in ("memory://broken", object_store.url("broken")):
        place = open_place(url)
        with pytest.raises(OutsideError, match="The artifact changed"):
            place.write("sha256/aa/bb", broken())
        assert place.size("sha256/aa/bb") is None
        assert not list(place.names("incoming/"))
        place.close()


def test_an_object_store_holds_large_and_small_artifacts(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "large.bin").write_bytes(bytes(range(256)) * 40_000)
    (folder / "small.bin").write_bytes(b"")
    from webui.client.capture.artifact import digest_of

    sha256 = digest_of(folder).sha256
    place = open_place(object_store.url("artifacts"))
    store = Store(place)
    assert store.put(sha256, folder).new == 10_240_000
    assert store.put(sha256, folder).new == 0
    store.take(sha256, tmp_path / "back")
    assert digest_of(tmp_path / "back").sha256 == sha256
    assert not list(place.names("incoming/"))
    (small,) = (one for one in place.names("sha256/") if one.size == 0)
    place.remove(small.name)
    with pytest.raises(OutsideError, match="does not hold these bytes"):
        store.take(sha256, tmp_path / "again")
    place.close()
