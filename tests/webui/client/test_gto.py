"""GTO's tags in real repositories: read, recorded, moved, deleted, and refused by the policy."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.entry import decode_entry
from webui.client.errors import CaptureError
from webui.client.gto import parse_tag, read_tags, stages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served


def git(folder: Path, *words: str, **more: str) -> str:
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    me = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *me, *words],
        cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **nobody, **more},
    )  # fmt: skip
    return done.stdout.strip()


class Repository:
    """Commits and tags; each tag a minute after the one before, as GTO orders them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.minute = folder, 0
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")

    def commit(self) -> str:
        git(self.folder, "commit", "-q", "--allow-empty", "-m", "Work")
        return git(self.folder, "rev-parse", "HEAD")

    def tag(self, name: str, *words: str) -> None:
        self.minute += 1
        at = f"2026-03-02T10:{self.minute:02}:00+00:00"
        git(self.folder, "tag", "-a", "-m", "GTO", *words, name, GIT_COMMITTER_DATE=at)


@pytest.fixture
def tree(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "tree")
    made.commit()
    return made


def events(served: Served, start: int) -> list[Any]:
    reader = served.company.house.wiring.reader
    size = served.company.house.size
    return [decode_entry(reader.tell(n).row.envelope).event for n in range(start, size)]


@pytest.mark.parametrize(
    ("name", "means", "version", "stage"),
    [
        ("churn@v1.2.0", "version_created", "1.2.0", ""),
        ("churn@v1.2.0-rc.1+build.5", "version_created", "1.2.0-rc.1+build.5", ""),
        ("churn@v1.2.0!", "version_deleted", "1.2.0", ""),
        ("churn#prod#3", "alias_set", "", "prod"),
        ("churn#prod", "alias_set", "", "prod"),
        ("churn#prod!#4", "alias_removed", "", "prod"),
        ("churn@deprecated", "model_tag_set", "", ""),
        ("churn@created#1", "model_created", "", ""),
        ("models/nlp=churn@v0.1.0", "version_created", "0.1.0", ""),
    ],
)
def test_each_form_of_the_grammar_is_read(name: str, means: str, version: str, stage: str) -> None:
    found = parse_tag(name)
    assert found is not None
    assert (found["means"], found["version"], found["stage"]) == (means, version, stage)
    assert ("=" in found["artifact"], ":" in found["artifact"]) == (False, "=" in name)


@pytest.mark.parametrize(
    "name",
    ["v1.2.0", "churn@1.2.0", "churn@v1.2", "Churn@v1.2.0", "churn#", "churn#prod#x", "churn@v1.2.0?",
     "churn@v01.2.0", "churn@latest", "churn@v1.2.0\n", "a" * 300 + "@v1.0.0"],
)  # fmt: skip
def test_other_tags_are_nobodys(name: str) -> None:
    assert parse_tag(name) is None


@given(st.text(alphabet="ab01@#!v.=-/:+", max_size=30))
def test_what_is_read_can_be_written_again(name: str) -> None:
    found = parse_tag(name)
    if found is None:
        return
    artifact = found["artifact"].replace(":", "=")
    sign = f"#{found['stage']}" if found["stage"] else f"@v{found['version']}"
    assert name.startswith((artifact + sign, artifact + "@"))


def test_a_stage_has_the_version_of_its_commit(tree: Repository) -> None:
    first = git(tree.folder, "rev-parse", "HEAD")
    tree.tag("churn@v1.0.0")
    tree.commit()
    tree.tag("churn@v2.0.0")
    tree.tag("churn#prod#1", "-m", "back", "-f")
    git(tree.folder, "tag", "-a", "-m", "x", "other#dev", first)
    tags = read_tags(tree.folder)
    assert [one.ref for one in tags][:3] == ["churn@v1.0.0", "churn@v2.0.0", "churn#prod#1"]
    now = stages(tags)
    assert now["churn", "prod"].version == "2.0.0"
    assert (now["other", "dev"].version, now["other", "dev"].commit) == ("", first)
    assert tags[0].by == "Ana <ana@example.org>"
    assert tags[0].object != tags[0].commit == first
    tree.tag("churn#prod!#2")
    assert ("churn", "prod") not in stages(read_tags(tree.folder))


def test_the_signature_of_a_tag_is_told(tree: Repository, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ana@example.org {key.with_suffix('.pub').read_text()}")
    ssh = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}")
    git(tree.folder, *ssh, "tag", "-s", "-m", "GTO", "churn@v1.0.0")
    git(tree.folder, *ssh, "tag", "-s", "-m", "GTO", "churn@v1.1.0")
    tree.tag("churn@v1.2.0")
    assert {one.signature for one in read_tags(tree.folder)} == {"invalid", "none"}
    git(tree.folder, "config", "gpg.format", "ssh")
    git(tree.folder, "config", "gpg.ssh.allowedSignersFile", str(allowed))
    told = {one.ref: one.signature for one in read_tags(tree.folder)}
    assert told == {"churn@v1.0.0": "valid", "churn@v1.1.0": "valid", "churn@v1.2.0": "none"}


def test_a_shallow_clone_is_refused_and_a_bare_one_read(tree: Repository, tmp_path: Path) -> None:
    tree.tag("churn@v1.0.0")
    tree.commit()
    url = f"file://{tree.folder}"
    git(tmp_path, "clone", "-q", "--depth", "1", url, "shallow")
    git(tmp_path, "clone", "-q", "--bare", url, "bare")
    with pytest.raises(CaptureError, match="shallow"):
        read_tags(tmp_path / "shallow")
    assert [one.ref for one in read_tags(tmp_path / "bare")] == ["churn@v1.0.0"]
    with pytest.raises(CaptureError, match="no git repository"):
        read_tags(tmp_path)


def test_a_repository_without_commits_has_no_tags(tmp_path: Path) -> None:
    assert read_tags(Repository(tmp_path / "new").folder) == []


def test_tags_are_recorded_once_with_where_they_stand(
    served: Served, run: Command, tree: Repository
) -> None:
    commit = git(tree.folder, "rev-parse", "HEAD")
    tree.tag("once@v1.0.0")
    tree.tag("once#staging#1")
    where = ("--repo", str(tree.folder), "--source", "once")
    start = served.company.house.size
    told = run("gto", "record", *where)
    assert told.exit_code == 0, told.output
    registered, staged, total = events(served, start)
    assert (registered.change, registered.version, registered.ref) == (
        "version_created", "1.0.0", "once@v1.0.0",
    )  # fmt: skip
    assert (registered.commit, registered.signature, registered.told_by) == (commit, "none", "tags")
    assert (staged.change, staged.name, staged.version) == ("alias_set", "staging", "1.0.0")
    assert (total.source, total.listed, total.matched, total.unknown) == ("once", 2, 0, 2)
    private = served.company.house.wiring.reader.tell(start).private
    assert private["by"] == "Ana <ana@example.org>"
    again = run("gto", "record", *where, "--json")
    assert json.loads(again.stdout)["unexplained"] == []
    assert json.loads(again.stdout)["coverage"] == "100.0 %"


def test_a_tag_that_moved_or_went_is_found(served: Served, run: Command, tree: Repository) -> None:
    tree.tag("moved@v1.0.0")
    tree.tag("moved@v2.0.0")
    where = ("--repo", str(tree.folder), "--source", "moved")
    assert run("gto", "check", *where).exit_code == 0
    assert run("gto", "record", *where).exit_code == 0
    tree.commit()
    tree.tag("moved@v1.0.0", "-f")
    git(tree.folder, "tag", "-d", "moved@v2.0.0")
    checked = run("gto", "check", *where)
    assert checked.exit_code == 1, checked.output
    assert "moved@v1.0.0: the tag was moved" in checked.stdout
    assert "moved@v2.0.0: the tag was removed" in checked.stdout
    start = served.company.house.size
    assert run("gto", "record", *where).exit_code == 1
    changed, gone, _ = events(served, start)
    assert (changed.change, changed.ref) == ("ref_moved", "moved@v1.0.0")
    assert (gone.change, gone.ref, gone.model) == ("ref_removed", "moved@v2.0.0", "moved")
    assert run("gto", "record", *where).exit_code == 0
    answer = served.client().get("/inventories")
    (source,) = (one for one in answer["items"] if one["source"] == "moved")
    assert (source["listed"], source["unexplained"], source["coverage"]) == (1, 2, "0.0 %")
    told = {(one["name"], one["status"]) for one in source["newest"]}
    assert told == {("moved@v1.0.0", "moved"), ("moved@v2.0.0", "gone")}


def test_a_stage_that_is_an_environment_must_pass_the_gate(
    served: Served, run: Command, tree: Repository
) -> None:
    served.registered("7.0.0")
    tree.tag("churn@v7.0.0")
    tree.tag("churn#live#1")
    words = ("--repo", str(tree.folder), "--environment", "live=staging", "--source", "gated")
    refused = run("gto", "check", "churn#live#1", *words)
    assert refused.exit_code == 1, refused.output
    assert "not granted" in refused.stdout or "release" in refused.stdout
    assert run("gto", "check", "churn@v7.0.0", *words).exit_code == 0
    served.released("7.1.0")
    tree.commit()
    tree.tag("churn@v7.1.0")
    tree.tag("churn#live#2")
    allowed = run("gto", "check", "churn#live#2", *words)
    assert allowed.exit_code == 0, allowed.output


@pytest.mark.parametrize("wrong", ["unknown", "not-gto", "unregistered", "away", "no-token"])
def test_what_cant_be_told_is_never_a_yes(run: Command, tree: Repository, wrong: str) -> None:
    tree.tag("churn@v6.0.0")
    tree.tag("churn#live#1")
    tree.tag("v6")
    tag = {"unknown": "churn@v9.9.9", "not-gto": "v6"}.get(wrong, "churn#live#1")
    more = {
        "away": {"COUNTERSEAL_URL": "http://127.0.0.1:9"},
        "no-token": {"COUNTERSEAL_TOKEN": "cst_wrong"},
    }.get(wrong, {})
    words = ("--repo", str(tree.folder), "--environment", "live=staging")
    assert run("gto", "check", tag, *words, **more).exit_code == 2


def test_whoever_may_not_tell_learns_nothing(
    served: Served, run: Command, tree: Repository
) -> None:
    tree.tag("churn@v1.0.0")
    start = served.company.house.size
    told = run(
        "gto", "record", "--repo", str(tree.folder), COUNTERSEAL_TOKEN=served.company.nobody.secret
    )
    assert told.exit_code == 3, told.output
    assert served.company.house.size == start
