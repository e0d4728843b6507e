"""people and token: what an operator may do, and what only the policy may allow."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest

from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from webui.access_reviews import opening
from webui.identity.links import issue_setup_link, redeem_first
from webui.identity.tokens import authenticate
from webui.settings import read_settings
from webui.wiring import open_home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run


@pytest.fixture
def administrator(installed: Run, home: Path) -> str:
    """The id of an administrator who has set the installation up."""
    assert installed
    wiring = open_home(read_settings({}, home))
    actor_id = redeem_first(
        wiring,
        issue_setup_link(wiring),
        name="Mira Haddad",
        email="mira@example.org",
        password="a long enough sentence",
    )
    wiring.close()
    return actor_id


def test_people_are_listed_with_their_roles(installed: Run, administrator: str) -> None:
    line = next(it for it in installed("people", "list").stdout.splitlines() if administrator in it)
    assert "Mira Haddad" in line
    assert line.endswith("administrator")


def test_the_service_may_not_invite_where_the_policy_does_not_let_it(
    installed: Run, administrator: str
) -> None:
    assert administrator
    told = installed("people", "invite", "--name", "Bo", "--email", "bo@example.org")
    assert told.exit_code == 3
    assert "page People" in told.stderr
    assert installed("entry", "4").stdout.count("access.denied") == 1
    assert "Bo" not in installed("people", "list").stdout


def test_an_invitation_needs_an_address(installed: Run) -> None:
    told = installed("people", "invite", "--name", "Bo", "--email", "nowhere")
    assert told.exit_code == 2
    assert "name@example.org" in told.stderr


def test_a_token_is_shown_once_and_opens_what_its_scope_says(
    installed: Run, administrator: str, home: Path
) -> None:
    told = installed(
        "token", "create", "--actor", administrator, "--label", "ci", "--kind", "metrics.observed"
    )
    assert told.exit_code == 0
    secret = told.stdout.strip()
    wiring = open_home(read_settings({}, home))
    bearer = authenticate(wiring, secret)
    wiring.close()
    assert bearer.actor.id == administrator
    assert bearer.scope.kinds == ("metrics.observed",)
    listed = installed("token", "list").stdout
    assert secret not in listed
    assert "ci" in listed


def test_a_revoked_token_is_listed_as_revoked(installed: Run, administrator: str) -> None:
    installed("token", "create", "--actor", administrator, "--label", "ci")
    token_id = installed("token", "list").stdout.splitlines()[1].split()[0]
    assert installed("token", "revoke", token_id).exit_code == 0
    assert "-" not in installed("token", "list").stdout.splitlines()[1].split()[-1:]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--label", "x"), "either --actor or --workload"),
        (("--label", "x", "--actor", "0" * 32), "no such actor"),
        (("--label", "x", "--actor", "0" * 32, "--role", "pipeline"), "--role goes with"),
        (("--label", "x", "--actor", "0" * 32, "--kind", "model.regstered"), "kinds"),
        (("--label", "x", "--actor", "0" * 32, "--days", "0"), "--days"),
        (("--actor", "0" * 32), "--label"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    installed: Run, arguments: tuple[str, ...], said: str
) -> None:
    told = installed("token", "create", *arguments)
    assert told.exit_code == 2
    assert said in told.stderr


def test_a_token_that_is_not_there_can_not_be_revoked(installed: Run) -> None:
    told = installed("token", "revoke", "nothing")
    assert told.exit_code == 2
    assert "no such token" in told.stderr


def test_a_database_that_can_not_be_written_is_told(
    installed: Run, administrator: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "COUNTERSEAL_DATABASE_URL", f"sqlite:///file:{home / 'ledger.db'}?mode=ro&uri=true"
    )
    told = installed("token", "create", "--actor", administrator, "--label", "ci")
    assert told.exit_code == 4
    assert "can't be written" in told.stderr
    assert "readonly" in told.stderr


def test_an_administrator_trusts_a_publisher_with_a_token_of_their_own(
    installed: Run, administrator: str, home: Path, tmp_path: Path
) -> None:
    token = installed("token", "create", "--actor", administrator, "--label", "mine", "--kind", "*")
    file = tmp_path / "token"
    file.write_text(token.stdout, encoding="ascii")
    workload = secrets.token_hex(16)
    wiring = open_home(read_settings({}, home))
    fields = {"actor_id": workload, "actor_type": "workload", "name": "CI"}
    by = authenticate(wiring, token.stdout.strip()).actor
    wiring.submitter.submit(by, read_command("actor.enrolled", fields))
    wiring.close()
    said = (
        "publisher", "trust", "--workload", workload, "--service", "github", "--audience",
        "https://ledger.example.org", "--repository-id", "456789", "--owner-id", "123456",
        "--ref-protected", "--kind", "version.registered",
    )  # fmt: skip
    assert installed(*said).exit_code == 2  # no token, no administrator
    trusted = installed(*said, "--token-file", str(file))
    assert trusted.exit_code == 0, trusted.stderr
    number = trusted.stdout.split()[-1].rstrip(".")
    assert "456789" in installed("publisher", "list").stdout
    removed = installed("publisher", "remove", number, "--token-file", str(file))
    assert removed.exit_code == 0, removed.stderr
    assert "removed" in installed("publisher", "list").stdout


def test_a_list_of_people_is_shown_then_carried_out_with_a_token(
    installed: Run, administrator: str, tmp_path: Path
) -> None:
    token = installed("token", "create", "--actor", administrator, "--label", "mine", "--kind", "*")
    file, people = tmp_path / "token", tmp_path / "people.csv"
    file.write_text(token.stdout, encoding="ascii")
    people.write_text("email,name,roles\nana@example.org,Ana Kovač,data_scientist\n", "utf-8")
    said = ("people", "import", str(people), "--source", "hr", "--token-file", str(file))
    shown = installed(*said)
    assert shown.exit_code == 0, shown.stderr
    assert "give data scientist: yes" in shown.stdout
    assert "Nothing was changed" in shown.stdout
    assert "Ana" not in installed("people", "list").stdout
    done = installed(*said, "--apply")
    assert "3 commands are recorded" in done.stdout
    assert "data_scientist" in installed("people", "list").stdout
    again = json.loads(installed(*said, "--apply", "--json").stdout)
    assert (again["matched"], again["carried_out"]["commands"]) == (1, 0)
    assert again["known_since"] is not None


def test_a_list_with_faults_is_told_fault_by_fault(installed: Run, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email,name\nnowhere,Ana\nbo@example.org,=Bo\n", "utf-8")
    told = installed("people", "import", str(people))
    assert told.exit_code == 2
    assert "people.csv, line 2, column email:" in told.stderr
    assert "people.csv, line 3, column name: it begins like a formula" in told.stderr
    for wrong in (("--source", "H R"), ("--manages", "ml_laed"), ("--as-of", "x"),
                  ("--provider", "x")):  # fmt: skip
        assert installed("people", "import", str(people), *wrong).exit_code == 2


def test_access_reviews_are_listed_with_what_is_to_do(
    installed: Run, administrator: str, home: Path
) -> None:
    wiring = open_home(read_settings({}, home))
    event = read_command(
        "access.review_opened", opening(wiring, ["administrator"], "2099-01-01T00:00:00Z")
    )
    by = Actor(id=administrator, type="person", via="password")
    entry = wiring.submitter.submit(by, event).sequence
    wiring.close()
    (line,) = installed("people", "reviews").stdout.splitlines()[1:]
    assert line.split()[0] == str(entry)
    assert line.split()[2:] == ["2099-01-01", "1", "1", "open"]
