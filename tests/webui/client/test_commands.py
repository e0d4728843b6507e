"""A pipeline's day at a real server: ask, wait, pass the gate, deploy, go back, deprecate."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.webui.api.company import ARTIFACT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served

TO = ("--to", "staging")


def test_whynot_tells_each_unmet_condition_and_who_can_meet_it(
    served: Served, run: Command
) -> None:
    served.registered("1.0.0")
    told = run("whynot", "churn", "1.0.0", "--to", "production", "--json")
    assert told.exit_code == 1, told.output
    unmet = json.loads(told.stdout)["unmet"]
    by_code = {one["code"]: one for one in unmet}
    assert by_code["E_NO_RELEASE"]["step"] == "request"
    assert by_code["E_DOC_MISSING"]["who"][0]["roles"]
    voices = by_code["E_NEED"]["who"]
    assert {role for one in voices for role in one["roles"]} == {"ml_lead", "compliance"}
    assert all(one["people"] for one in voices)
    said = run("whynot", "churn", "1.0.0", "--to", "production")
    assert "needs" in said.stdout, said.output


def test_whynot_looks_ahead_for_a_version_that_is_only_planned(
    served: Served, run: Command, tmp_path: Path
) -> None:
    from tests.webui.api.company import a_version

    size = served.company.house.size
    (tmp_path / "planned.json").write_text(json.dumps(a_version("9.9.9")))
    planned = ("--planned", str(tmp_path / "planned.json"))
    told = run("whynot", "churn", "9.9.9", *TO, *planned, "--json")
    assert told.exit_code == 1
    assert {one["code"] for one in json.loads(told.stdout)["unmet"]} == {"E_NO_RELEASE", "E_NEED"}
    assert run("whynot", "churn", "9.9.9", *TO).exit_code == 2
    assert run("whynot", "churn", "9.9.8", *TO, *planned).exit_code == 2
    assert served.company.house.size == size


def test_a_release_is_asked_for_waited_for_deployed_and_put_back(
    served: Served, run: Command, tmp_path: Path
) -> None:
    served.registered("2.0.0")
    asked = run("request-release", "churn", "2.0.0", *TO, "--key", "job-1", "--json")
    again = run("request-release", "churn", "2.0.0", *TO, "--key", "job-1", "--json")
    first, second = json.loads(asked.stdout), json.loads(again.stdout)
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["entry"] == second["entry"]
    assert run("gate", "churn", "2.0.0", *TO).exit_code == 1
    late = run("wait", "churn", "2.0.0", *TO, "--timeout", "0")
    assert late.exit_code == 2
    assert "needs 1 more approval" in late.stderr

    def approve() -> None:
        time.sleep(0.3)
        vote = {"release": first["entry"], "artifact": ARTIFACT}
        served.company.lead.submit("release.approved", vote)

    lead = threading.Thread(target=approve)
    lead.start()
    waited = run("wait", "churn", "2.0.0", *TO)
    lead.join()
    assert waited.exit_code == 0, waited.output
    assert run("gate", "churn", "2.0.0", *TO).exit_code == 0
    file = tmp_path / "receipt.json"
    done = run("record-deployment", "churn", "2.0.0", *TO, "--receipt", str(file))
    assert done.exit_code == 0, done.output
    assert run("receipt", "verify", str(file), "--vkey", served.vkey).exit_code == 0

    served.released("2.1.0", "ab" * 32)
    assert run("record-deployment", "churn", "2.1.0", *TO).exit_code == 0
    back = ("rollback", "churn", "--in", "staging", "--cause", "quality", "--reason", "Worse")
    put_back = run(*back)
    assert put_back.exit_code == 0, put_back.output
    assert "churn in staging is 2.0.0 again" in put_back.stdout
    assert served.client().running("churn")[0].version == "2.0.0"


def test_the_gate_refuses_other_bytes_than_those_that_were_approved(
    served: Served, run: Command, tmp_path: Path
) -> None:
    import hashlib

    model = tmp_path / "model.onnx"
    model.write_bytes(b"weights")
    served.released("3.0.0", hashlib.sha256(b"weights").hexdigest())
    assert run("gate", "churn", "3.0.0", *TO, "--artifact", str(model)).exit_code == 0
    model.write_bytes(b"weightz")
    refused = run("gate", "churn", "3.0.0", *TO, "--artifact", str(model))
    assert refused.exit_code == 1
    assert "the bytes are not the ones that were approved" in refused.stdout


def test_a_refusal_ends_with_3_and_tells_the_sentences(served: Served, run: Command) -> None:
    served.registered("4.0.0")
    refused = run("record-deployment", "churn", "4.0.0", *TO)
    assert refused.exit_code == 3
    assert "nobody has asked for a release" in refused.stderr
    words = ("--cause", "quality", "--on", "2026-12-01", "--reason", "It is worse")
    assert run("deprecate", "churn", "4.0.0", *words).exit_code == 3


def test_the_lead_deprecates(served: Served, run: Command) -> None:
    served.registered("4.1.0")
    words = ("--cause", "quality", "--on", "2026-12-01", "--reason", "It is worse")
    done = run("deprecate", "churn", "4.1.0", *words, COUNTERSEAL_TOKEN=served.company.lead.secret)
    assert done.exit_code == 0, done.output
    assert served.client().version("churn", "4.1.0").state == "deprecated"


def test_any_event_is_submitted_from_stdin(served: Served, run: Command) -> None:
    served.registered("4.2.0")
    event = {"model": "churn", "version": "4.2.0", "environment": "staging"}
    done = run("submit", "release.requested", "--json", stdin=json.dumps(event))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["kind"] == "release.requested"
    assert run("submit", "release.requested", stdin="[1]").exit_code == 2
    assert run("submit", "no.such", stdin="{}").exit_code == 2


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"COUNTERSEAL_URL": ""}, "It is not said where the server is"),
        ({"COUNTERSEAL_URL": "http://ledger.example.org"}, "not https"),
        ({"COUNTERSEAL_URL": "http://localhost:1"}, "can't be reached"),
        ({"COUNTERSEAL_TOKEN": ""}, "There is no token"),
        ({"COUNTERSEAL_TOKEN": "cst_wrong"}, "token"),
        ({"COUNTERSEAL_TOKEN": "two words"}, "not a token"),
    ],
)
def test_the_gate_that_cannot_ask_can_not_tell(
    run: Command, environment: dict[str, str], code: str
) -> None:
    told = run("gate", "churn", "1.0.0", *TO, **environment)
    assert told.exit_code == 2
    assert told.stderr.startswith("Can't tell: ")
    assert code in told.stderr
    assert "cst_wrong" not in told.stderr


def test_a_version_that_is_not_there_can_not_be_told_of(run: Command) -> None:
    assert run("gate", "churn", "77.0.0", *TO).exit_code == 2
    assert run("gate", "churn", "77.0.0", *TO, "--artifact", "/nowhere").exit_code == 2
    assert run("gate", "churn").exit_code == 2
