"""Real repositories, made on the spot with git, Git LFS and DVC, captured and registered."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import model_signing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.dvc import dvc
from webui.client.capture.artifact import digest_of
from webui.client.capture.found import capture, event_of, manifest_of
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served

ME = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *ME, "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return done.stdout.strip()


def repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "train.py").write_text("print('train')\n")
    (folder / "model.bin").write_bytes(b"weights")
    git(folder, "add", "train.py", "model.bin")
    git(folder, "commit", "-q", "-m", "First")
    git(folder, "remote", "add", "origin", "https://ana:secret@git.example/ml/churn.git")
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return repository(tmp_path / "tree")


def look(path: Path, **options: Any) -> Any:
    return capture(path, {}, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a pipeline of DVC that ran, and a large file in Git LFS."""
    folder = repository(tmp_path_factory.mktemp("trained") / "tree")
    program = str(dvc())

    def run_dvc(*words: str) -> None:
        subprocess.run(
            [program, *words],
            cwd=folder,
            check=True,
            capture_output=True,
            env={**os.environ, "DVC_NO_ANALYTICS": "1", "DVC_STUDIO_OFFLINE": "1"},
        )

    run_dvc("init", "-q")
    (folder / "data").mkdir()
    (folder / "data" / "train.csv").write_text("x,y\n1,2\n")
    (folder / "params.yaml").write_text("train:\n  lr: 0.25\n")
    (folder / "train.sh").write_text("cat data/train.csv > model.out\n")
    run_dvc("add", "-q", "data/train.csv")
    with (folder / ".dvc" / "config").open("a") as config:
        config.write("[core]\n    remote = store\n['remote \"store\"']\n")
        config.write("    url = https://key:secret@store.example/bucket\n")
    (folder / "dvc.yaml").write_text(
        "stages:\n  train:\n    cmd: sh train.sh\n    deps: [data/train.csv, train.sh]\n"
        "    params: [train.lr]\n    outs: [model.out]\n"
    )
    run_dvc("repro", "-q")
    git(folder, "lfs", "install", "--local")
    git(folder, "lfs", "track", "*.big")
    (folder / "weights.big").write_bytes(b"B" * 5000)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\nbase_model: x/y\n---\n")
    (folder / "requirements.txt").write_text("scikit-learn==1.7.0\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Trained")
    return folder


def test_a_real_pipeline_is_captured_and_registered(
    trained: Path,
    served: Served,
    run: Command,
    tmp_path: Path,
) -> None:
    written = tmp_path / "capture.json"
    words = ("register", "churn", "30.0.0", "--model", str(trained / "model.out"))
    more = ("--classification", "personal", "--manifest", str(written))
    size = served.company.house.size
    dry = run(*words, *more, "--dry-run", "--json")
    assert dry.exit_code == 0, dry.output
    assert (served.company.house.size, written.exists()) == (size, False)
    done = run(*words, *more, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [one["kind"] for one in told["entries"]] == ["version.registered", "evidence.attached"]
    version = served.client().version("churn", "30.0.0").plain
    assert version["artifact"]["sha256"] == hashlib.sha256(b"x,y\n1,2\n").hexdigest()
    assert version["code"]["commit"] == git(trained, "rev-parse", "HEAD")
    assert version["code"]["repository"] == "https://git.example/ml/churn.git"
    assert version["code"]["dirty"] is False
    assert version["parameters"] == {"train.lr": "0.25"}
    assert version["licence"] == "apache-2.0"
    assert version["environment_used"]["packages"] == {"scikit-learn": "1.7.0"}
    (data,) = version["data_sets"]
    assert data["sha256"] == hashlib.sha256(b"x,y\n1,2\n").hexdigest()
    assert data["source"] == "dvc https://store.example/bucket data/train.csv"
    (evidence,) = version["evidence"]
    assert evidence["sha256"] == hashlib.sha256(written.read_bytes()).hexdigest()
    assert b":secret" not in written.read_bytes()
    assert b"secret@" not in written.read_bytes()
    assert str(trained).encode() not in written.read_bytes()


def test_a_large_file_that_was_not_pulled_is_not_taken_for_the_model(
    trained: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    git(tmp_path, "clone", "-q", str(trained), str(copy))
    (copy / "weights.big").write_text(git(copy, "cat-file", "blob", "HEAD:weights.big") + "\n")
    with pytest.raises(CaptureError) as raised:
        look(copy / "weights.big")
    assert raised.value.code == "lfs-pointer"
    assert look(trained / "weights.big").repository.changed == 0


def test_what_differs_from_the_commit_is_counted(tree: Path) -> None:
    (tree / "train.py").write_text("print('other')\n")
    (tree / "new.txt").write_text("new")
    found = look(tree / "model.bin").repository
    assert (found.changed, found.untracked, found.branch) == (1, 1, "main")
    assert found.remote == "https://git.example/ml/churn.git"
    assert event_of("churn", "1.0.0", look(tree / "model.bin"), {})["code"]["dirty"] is True


def test_a_signed_tag_is_held_against_who_may_sign(tree: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ana@example.org {key.with_suffix('.pub').read_text()}")
    git(tree, "config", "gpg.format", "ssh")
    git(tree, "config", "gpg.ssh.allowedSignersFile", str(allowed))
    git(tree, "-c", f"user.signingkey={key}", "tag", "-s", "v1.0.0", "-m", "First")
    found = look(tree / "model.bin").repository
    assert (found.tag, found.tag_signature) == ("v1.0.0", "valid")
    allowed.write_text("")
    assert look(tree / "model.bin").repository.tag_signature == "invalid"


def test_nothing_that_a_repository_configures_is_run(tree: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    evil.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "filter.x.clean", "filter.x.process",
                 "diff.external", "gpg.ssh.program"):  # fmt: skip
        git(tree, "config", name, str(evil))
    (tree / ".git" / "info" / "attributes").write_text("* filter=x\n")
    (tree / "train.py").write_text("print('other')\n")
    look(tree / "model.bin")
    assert not ran.exists()


def empty(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "model.bin").write_bytes(b"w")
    return folder / "model.bin"


def bare(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "--bare")
    (folder / "model.bin").write_bytes(b"w")
    return folder / "model.bin"


@pytest.mark.parametrize(("make", "code"), [(empty, "repository-empty"), (bare, "repository-bare")])
def test_an_odd_repository_is_refused_with_a_remedy(
    tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    path = make(tmp_path / "odd")
    with pytest.raises(CaptureError) as raised:
        look(path)
    assert raised.value.code == code
    assert raised.value.remedy
    assert look(path, git=False).repository is None


def test_a_shallow_clone_and_a_submodule_are_told(tree: Path, tmp_path: Path) -> None:
    (tree / "train.py").write_text("print('second')\n")
    git(tree, "commit", "-q", "-a", "-m", "Second")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{tree}", str(clone))
    git(clone, "submodule", "--quiet", "add", f"file://{tree}", "part")
    found = look(clone / "model.bin").repository
    assert found.shallow
    assert found.submodules == (("part", git(tree, "rev-parse", "HEAD")),)


def test_a_working_tree_without_git_is_captured(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"w")
    found = look(tmp_path / "model.bin")
    assert found.repository is None
    assert "code" not in event_of("churn", "1.0.0", found, {})


def test_a_lock_in_the_middle_of_a_merge_registers_nothing(
    tree: Path,
    served: Served,
    run: Command,
) -> None:
    (tree / "dvc.lock").write_text("schema: '2.0'\n<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> x\n")
    size = served.company.house.size
    done = run("register", "churn", "31.0.0", "--model", str(tree / "model.bin"))
    assert done.exit_code == 2
    assert "markers of a merge" in done.stderr
    assert served.company.house.size == size


def test_dvc_outs_that_lead_outside_by_a_link_are_not_hashed(tree: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (tree / "linked").symlink_to(secret)
    md5 = "0123456789abcdef0123456789abcdef"
    (tree / "linked.dvc").write_text(f"outs:\n- md5: {md5}\n  path: linked\n")
    (data,) = look(tree / "model.bin").data
    assert data.sha256 == ""
    assert hashlib.sha256(b"secret").hexdigest().encode() not in manifest_of(
        look(tree / "model.bin")
    )


# Artifacts


def test_loops_links_and_devices_are_refused(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "w").write_bytes(b"w")
    (model / "loop").symlink_to(model)
    with pytest.raises(CaptureError, match="link"):
        digest_of(model)
    (model / "loop").unlink()
    os.mkfifo(model / "pipe")
    with pytest.raises(CaptureError, match="device"):
        digest_of(model)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(model)
    for odd in ("empty", "link", "nothing"):
        with pytest.raises(CaptureError):
            digest_of(tmp_path / odd)


def test_a_sparse_file_is_streamed_in_little_memory(tmp_path: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    passed: list[int] = []
    import tracemalloc

    tracemalloc.start()
    found = digest_of(big, seen=passed.append)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(passed) == found.size == 256 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


names = st.text("ab.-_Z1", min_size=1, max_size=6).filter(lambda n: n.strip(".") != "")
trees = st.dictionaries(
    st.tuples(names, names) | st.tuples(names), st.binary(max_size=20), min_size=1
)


@settings(max_examples=25, deadline=None)
@given(trees)
def test_a_directory_has_the_digest_that_model_signing_gives(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, ...], bytes]
) -> None:
    model = tmp_path_factory.mktemp("signed") / "model"
    model.mkdir()
    for parts, data in files.items():
        place = model.joinpath(*parts)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            continue
    if not any(path.is_file() for path in model.rglob("*")):
        return
    listed = model_signing.hashing.Config().hash(model).resource_descriptors()
    raw = b"".join(one.digest.digest_value for one in listed)
    assert digest_of(model).sha256 == hashlib.sha256(raw).hexdigest()


def key_pair(folder: Path) -> tuple[Path, Path]:
    private, public = folder / "key.pem", folder / "key.pub"
    made = ("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(private))
    subprocess.run(made, check=True, capture_output=True)
    shown = ("openssl", "ec", "-in", str(private), "-pubout", "-out", str(public))
    subprocess.run(shown, check=True, capture_output=True)
    return private, public


def test_a_signature_of_model_signing_is_checked_and_ours_is_taken_by_it(
    tmp_path: Path,
    served: Served,
    run: Command,
) -> None:
    private, public = key_pair(tmp_path)
    model, bundle = tmp_path / "model", tmp_path / "theirs.sig"
    model.mkdir()
    (model / "w").write_bytes(b"weights")
    (model / "v").write_bytes(b"more")
    model_signing.signing.Config().use_elliptic_key_signer(private_key=private).sign(model, bundle)
    words = ("register", "churn", "32.0.0", "--model", str(model), "--dry-run", "--json")
    check = ("--signature", str(bundle), "--signature-key", str(public))
    told = run(*words, *check)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["manifest"]["signed"]["digest"] == digest_of(model).sha256
    assert run(*words, "--sign-with", str(private)).exit_code == 0
    model_signing.verifying.Config().use_elliptic_key_verifier(public_key=public).verify(
        model, tmp_path / "model.sig"
    )
    (model / "w").write_bytes(b"weightz")
    changed = run(*words, *check)
    assert changed.exit_code == 2
    assert "over other bytes" in changed.stderr
    other = tmp_path / "other"
    other.mkdir()
    _, stranger = key_pair(other)
    (model / "w").write_bytes(b"weights")
    refused = run(*words, "--signature", str(bundle), "--signature-key", str(stranger))
    assert "the key did not make it" in refused.stderr
