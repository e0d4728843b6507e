"""policy replay, policy simulate, and decisions in verify: against a real past in a home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.events.catalogue import read_command
from ledger.submit import Submitter
from tests.past import begun, happened
from tests.world import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.event import Event
    from ledger.events.proof import Proof
    from ledger.state.registry import Registry
    from tests.past import Past
    from tests.webui.cli.conftest import Run


@pytest.fixture
def past(tmp_path: Path) -> Past:
    made = happened(begun(tmp_path))
    made.wiring.close()
    return made


@pytest.fixture
def forged(tmp_path: Path) -> int:
    """A ledger with one well-signed entry whose decision its policy never took; its number."""
    past = begun(tmp_path)
    decide = past.wiring.decide

    def generous(
        registry: Registry, event: Event, actor: Actor, now: str, proof: Proof | None = None
    ) -> Decision:
        found = decide(registry, event, actor, now, proof)
        met = (item.model_copy(update={"state": "met"}) for item in found.results)
        return found.model_copy(update={"outcome": "allow", "results": tuple(met)})

    submitter = Submitter(past.wiring.log, generous, now=lambda: past.now[0])
    event = read_command("actor.enrolled", {"actor_id": "77" * 16, "actor_type": "person"})
    number = submitter.submit(past.people["ana"], event).sequence
    submitter.close()
    past.wiring.close()
    return number


def test_replay_of_one_entry_says_that_it_is_the_same(past: Past, run: Run) -> None:
    granted = next(e.sequence for e in past.entries if e.kind == "release.granted")
    told = run("policy", "replay", str(granted))
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith(f"Entry {granted}, release.granted, ")
    assert "allow, the same byte for byte" in told.stdout


def test_replay_of_all_counts(past: Past, run: Run) -> None:
    told = run("policy", "replay", "--all", "--json")
    assert told.exit_code == 0, told.output
    said = json.loads(told.stdout)
    decided = sum(entry.decision is not None for entry in past.entries)
    assert said["same"] + said["not_kept"] == decided
    assert said["wrong"] == []


def test_replay_names_the_requirement_and_both_answers(forged: int, run: Run) -> None:
    told = run("policy", "replay", str(forged))
    assert told.exit_code == 1
    assert "comes out otherwise" in told.stdout
    assert "  enrol/who\n    recorded   {" in told.stdout
    assert '"state":"met"' in told.stdout
    assert '"state":"unmet"' in told.stdout
    everything = run("policy", "replay", "--all")
    assert everything.exit_code == 1
    assert "         1  decisions don't" in everything.stdout


def test_verify_names_a_decision_that_does_not_come_out_again(
    forged: int, run: Run, tmp_path: Path
) -> None:
    told = run("verify", "--json")
    assert told.exit_code == 1
    (problem,) = json.loads(told.stdout)["problems"]
    assert (problem["sequence"], problem["code"]) == (forged, "decision-not-reproducible")
    assert "enrol/who" in problem["sentence"]
    copy = tmp_path / "copy"
    assert run("log", "export", str(copy)).exit_code == 0
    copied = run("verify", str(copy), "--json")
    assert copied.exit_code == 1
    assert [one["code"] for one in json.loads(copied.stdout)["problems"]] == [
        "decision-not-reproducible"
    ]


def test_verify_counts_decisions_and_says_what_it_could_not_take_again(
    past: Past, run: Run
) -> None:
    told = run("verify")
    assert told.exit_code == 0, told.output
    assert " decisions      taken again by the policy then in force" in told.stdout
    assert "Not checked: 1 refusal again:" in told.stdout


def test_replay_wants_an_entry_or_all(past: Past, run: Run) -> None:
    assert run("policy", "replay").exit_code == 2
    assert run("policy", "replay", "3", "--all").exit_code == 2
    assert run("policy", "replay", "0").exit_code == 2  # nobody decided the first
    assert run("policy", "replay", "99999").exit_code == 2


def candidate(tmp_path: Path) -> str:
    file = tmp_path / "candidate.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    changed = text.replace("at_least: 2\n          seats", "at_least: 3\n          seats")
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    return str(file)


def test_simulate_prints_a_table(past: Past, run: Run, tmp_path: Path) -> None:
    granted = next(e.sequence for e in past.entries if e.kind == "release.granted")
    told = run("policy", "simulate", candidate(tmp_path))
    assert told.exit_code == 0, told.output
    assert "         1  Newly refused" in told.stdout
    assert "         0  NEWLY ALLOWED" in told.stdout
    assert told.stdout.index("NEWLY ALLOWED") < told.stdout.index("Newly refused")
    line = next(one for one in told.stdout.splitlines() if one.startswith(str(granted)))
    assert line.split() == [
        str(granted),
        "release.granted",
        "churn",
        "1.0.0",
        "production",
        "release-production/review",
    ]
    assert "by rule: release-production/review 1" in told.stdout


def test_simulate_as_json_and_since(past: Past, run: Run, tmp_path: Path) -> None:
    file = candidate(tmp_path)
    said = json.loads(run("policy", "simulate", file, "--json").stdout)
    assert said["numbers"]["newly_refused"] == 1
    later = json.loads(run("policy", "simulate", file, "--json", "--since", "35").stdout)
    assert later["numbers"]["newly_refused"] == 0


def test_simulate_writes_nothing(past: Past, run: Run, tmp_path: Path) -> None:
    run("policy", "simulate", candidate(tmp_path))
    assert f"Size  {len(past.entries)}\n" in run("verify").stdout
