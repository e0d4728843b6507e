"""The demonstration end to end, as a program of its own: killed, gone on with, run again.

One home serves all tests: the first run is killed in the middle of its story, the second plays it
to the end, the third tells it again.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from webui.settings import Settings, read_settings
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.query import Told
    from webui.wiring import Wiring

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]
PROGRAM = (sys.executable, "-c", "from webui.cli.main import main; main(prog_name='counterseal')")
SECONDS = 240


@dataclass(frozen=True)
class Played:
    """A home, and what the runs in it printed."""

    settings: Settings
    environment: dict[str, str]
    killed_at: int
    resumed: subprocess.CompletedProcess[str]
    again: subprocess.CompletedProcess[str]
    reports: dict[str, bytes]


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


def size_of(settings: Settings) -> int:
    wiring = open_home(settings)
    size = wiring.log.head().size
    wiring.close()
    return size


def kill_in_the_middle(environment: dict[str, str]) -> None:
    """Play until the roll-back begins, then end the process as a power cut would."""
    with subprocess.Popen(
        [*PROGRAM, "demo", "--no-serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as program:
        assert program.stderr is not None
        said = []
        for line in program.stderr:
            said.append(line)
            if "rolled back" in line:
                break
        program.kill()
    assert any("rolled back" in line for line in said), said


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    home = tmp_path_factory.mktemp("demo") / "home"
    kept = {name: text for name, text in os.environ.items() if "COUNTERSEAL" not in name}
    environment = kept | {"COUNTERSEAL_HOME": str(home)}
    kill_in_the_middle(environment)
    settings = read_settings({}, home)
    killed_at = size_of(settings)
    resumed = run(environment, "demo", "--no-serve")
    assert resumed.returncode == 0, resumed.stderr
    reports = {path.name: path.read_bytes() for path in settings.reports.glob("*.pdf")}
    again = run(environment, "demo", "--no-serve")
    return Played(settings, environment, killed_at, resumed, again, reports)


@pytest.fixture(scope="module")
def wiring(played: Played) -> Iterator[Wiring]:
    opened = open_home(played.settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def told(wiring: Wiring) -> list[Told]:
    return wiring.reader.told(wiring.log.stored())


def kinds(told: list[Told]) -> Counter[str]:
    return Counter(one.entry.kind for one in told)


def test_an_interrupted_story_is_played_to_its_end_and_nothing_twice(
    played: Played, told: list[Told]
) -> None:
    assert 20 < played.killed_at < len(told)
    found = kinds(told)
    assert found["actor.enrolled"] == 8
    assert found["model.registered"] == 2
    assert found["version.registered"] == 7
    assert found["evidence.attached"] == 7 * 5
    assert found["deployment.rolled_back"] == 1
    assert found["version.deprecated"] == 2
    assert found["version.archived"] == 1
    assert found["report.issued"] == 3
    assert found["access.denied"] == 3


def test_everything_that_happened_came_by_the_api_with_a_token(told: list[Told]) -> None:
    set_up = told[:4]
    assert {one.entry.actor.via for one in set_up} == {"service"}
    written = {"release.granted", "release.lapsed", "review.required"}
    assert {one.entry.actor.via for one in told[4:] if one.entry.kind not in written} == {"token"}


def test_the_refusals_say_why(told: list[Told]) -> None:
    denied = [one.entry for one in told if one.entry.kind == "access.denied"]
    codes = [{result.code for result in entry.decision.unmet} for entry in denied if entry.decision]
    assert codes[0] == {"E_NOT_GRANTED"}
    assert codes[1] == {"E_SELF"}
    assert codes[2] >= {"E_NOT_GRANTED", "E_CHECK"}


def test_the_weak_version_never_ran_and_the_last_ones_run(wiring: Wiring) -> None:
    running = {(one.model, one.environment): one.version for one in wiring.reader.running()}
    assert running["breast-cancer-screening", "production"] == "1.2.0"
    assert running["diabetes-progression", "production"].endswith(".3")
    weak = wiring.reader.version("breast-cancer-screening", "0.9.0")
    assert (weak.state, weak.last_deployed) == ("archived", {})
    assert wiring.reader.version("breast-cancer-screening", "1.1.0").state == "deprecated"


def test_every_artifact_and_document_is_a_real_file_of_its_digest(
    played: Played, told: list[Told]
) -> None:
    digests = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (played.settings.home / "demo" / "runs").rglob("*")
        if path.is_file()
    }
    for one in told:
        if one.entry.kind == "version.registered":
            assert one.entry.event.artifact.sha256 in digests  # type: ignore[attr-defined]
        if one.entry.kind == "evidence.attached":
            assert one.entry.event.sha256 in digests  # type: ignore[attr-defined]


def test_every_version_names_a_commit_of_the_repository(played: Played, told: list[Told]) -> None:
    commits = subprocess.run(
        ["git", "log", "--format=%H"],
        cwd=played.settings.home / "demo" / "repository",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    named = [
        one.entry.event.code.commit  # type: ignore[attr-defined]
        for one in told
        if one.entry.kind == "version.registered"
    ]
    assert len(set(named)) == 7
    assert set(named) <= set(commits)


def test_the_three_reports_are_there_and_sealed(played: Played, wiring: Wiring) -> None:
    for name in ("gdpr", "hipaa", "soc2"):
        data = played.reports[f"{name}.pdf"]
        assert data.startswith(b"%PDF-")
        recorded = {one.sealed for one in wiring.reader.reports() if one.framework == name}
        assert recorded == {hashlib.sha256(data).hexdigest()}
    assert played.resumed.stdout.count("valid, whole file") == 3


def test_the_summary_tells_what_happened_and_how_to_get_in(played: Played) -> None:
    said = played.resumed.stdout
    for word in ("refused", "not granted", "granted", "rolls production back", "archives 0.9.0"):
        assert word in said
    assert "the policy needs at least 0.90" in said
    assert "Everything verifies." in said
    assert len(re.findall(r"http://localhost:\d+/login#\S{43}\n", said)) == 7


def test_a_second_run_verifies_and_changes_nothing(played: Played, told: list[Told]) -> None:
    assert played.again.returncode == 0, played.again.stderr
    assert "it is not played again" in played.again.stderr
    assert "Everything verifies." in played.again.stdout
    assert f"Size {len(told)}," in played.resumed.stdout
    assert f"Size {len(told)}," in played.again.stdout
    for name, data in played.reports.items():
        assert (played.settings.reports / name).read_bytes() == data


def test_nobody_keeps_a_token_of_the_run_that_ended(played: Played, wiring: Wiring) -> None:
    from webui.identity.tokens import list_tokens

    last = [token for token in list_tokens(wiring) if token.revoked_at is not None]
    assert len(last) == 8
    assert all(token.expires_at > token.created_at for token in list_tokens(wiring))
    assert "cst_" not in played.resumed.stdout + played.resumed.stderr


def test_the_command_verifies_the_demonstration(played: Played) -> None:
    verified = run(played.environment, "verify")
    assert verified.returncode == 0
    assert verified.stdout.endswith("verified\n")


def test_init_and_demo_refuse_each_others_homes(played: Played, tmp_path: Path) -> None:
    assert run(played.environment, "init").returncode == 2
    other = str(tmp_path / "real")
    assert run(played.environment, "--home", other, "init").returncode == 0
    refused = run(played.environment, "--home", other, "demo", "--no-serve")
    assert refused.returncode == 2
    assert "left alone" in refused.stderr


def test_it_serves_until_interrupted_and_its_links_sign_people_in(played: Played) -> None:
    with subprocess.Popen(
        [*PROGRAM, "demo"],
        env=played.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stderr is not None
            link = re.compile(r"(http://localhost:\d+)/login#(\S{43})\n")
            found = next(match for line in program.stdout if (match := link.search(line)))
            assert any("Serving until interrupted" in line for line in program.stderr)
            inside = [signed_in(found[1], found[2]) for _ in range(2)]
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=30)
        finally:
            program.kill()
    assert inside == [True, False]
    assert program.returncode == 0


def signed_in(url: str, secret: str) -> bool:
    """Use a sign-in link as the page's script does; whether the first page then opens."""
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as browser:
        guard = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)
        assert guard is not None
        browser.post("/login/link", data={"csrf_token": guard[1], "token": secret})
        return browser.get("/").status_code == 200
