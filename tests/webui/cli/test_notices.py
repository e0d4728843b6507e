"""``counterseal notices`` as an operator uses it, and a server that sends by itself."""

from __future__ import annotations

import json
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from ledger.events.actor import Actor
from ledger.store.database import writing
from ledger.store.notices import DEAD, Delivery, plan_deliveries
from tests.tools.house import a_model
from tests.tools.receivers import Hooks, hooks
from tests.webui.cli.conftest import start
from webui.notices.channels import read_channels
from webui.notices.subscribing import subscribe
from webui.settings import read_settings
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from webui.wiring import Wiring

    Run = Callable[..., Result]

HOOK = '[[channel]]\nname = "pipeline"\ntype = "webhook"\nurl = "{}/hook"\nsecrets = ["{}"]\n'


@pytest.fixture
def receiver() -> Iterator[Hooks]:
    with hooks() as made:
        yield made


@pytest.fixture
def told(installed: Run, receiver: Hooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    file = tmp_path / "notices.toml"
    file.write_text(HOOK.format(receiver.url, "hidden-part" * 4))
    file.chmod(0o600)
    monkeypatch.setenv("COUNTERSEAL_NOTICES_FILE", str(file))
    return installed


def opened(home: Path) -> Wiring:
    return open_home(read_settings({}, home))


def give_up(home: Path) -> None:
    wiring = opened(home)
    dead = Delivery("entry/3", "ab" * 8, 3, "pipeline", DEAD, 12, "2026", "2026", "No answer.")
    with writing(wiring.engine) as connection:
        plan_deliveries(connection, wiring.log.log_id, [dead])
    wiring.close()


def test_a_channel_is_tried_and_listed(told: Run, receiver: Hooks) -> None:
    done = told("notices", "test", "pipeline")
    assert (done.exit_code, "taken by pipeline" in done.output) == (0, True)
    assert json.loads(receiver.posts[0].body)["topic"] == "test"
    receiver.fail(1)
    failed = told("notices", "test", "pipeline")
    assert (failed.exit_code, "status 503" in failed.stderr) == (4, True)
    assert told("notices", "test", "nobody").exit_code == 2
    listed = told("notices", "list").output
    assert re.search(r"pipeline +webhook +- +0 +0 +0", listed)
    assert "hidden-part" not in listed


def test_what_was_given_up_is_listed_and_sent_again_by_its_name(told: Run, home: Path) -> None:
    give_up(home)
    name = f"entry/3:{'ab' * 8}"
    assert re.search(rf"{name} +pipeline +2026 +No answer\.", told("notices", "list").output)
    assert told("notices", "resend").exit_code == 2
    assert told("notices", "resend", "--all", name).exit_code == 2
    assert told("notices", "resend", "entry/4:none").exit_code == 2
    done = told("notices", "resend", name)
    assert (done.exit_code, "1 will be sent again" in done.output) == (0, True)
    assert "0 will be sent again" in told("notices", "resend", "--all").output


def test_a_file_that_says_nonsense_stops_the_server_before_it_begins(
    told: Run, tmp_path: Path
) -> None:
    (tmp_path / "notices.toml").write_text("[smtp]\n")
    done = told("serve", "--port", "0")
    assert (done.exit_code, "COUNTERSEAL_NOTICES_FILE" in done.stderr) == (2, True)


def test_a_running_server_tells_of_an_entry_that_another_program_wrote(
    told: Run, home: Path, receiver: Hooks
) -> None:
    invited = told(
        *("people", "invite", "--name", "Rae", "--email", "rae@example.org"),
        *("--role", "administrator"),
    )
    found = re.search(r"Enrolled as ([0-9a-f]{32})", invited.output)
    assert found
    root = Actor(id=found[1], type="person", via="password")
    served = start("serve", "--port", "0")
    assert served.stdout is not None
    assert "Serving" in served.stdout.readline()
    wiring = opened(home)
    settings = {"COUNTERSEAL_NOTICES_FILE": str(home.parent / "notices.toml")}
    channels = read_channels(read_settings(settings, home))
    try:
        subscribe(wiring, channels, subscriber=root.id, channel="pipeline", topics=("denial",))
        # Whoever is an administrator only registers no model; the refusal is an entry.
        assert wiring.submitter.submit(root, a_model(root.id)).outcome == "deny"
        until = time.monotonic() + 20
        while not receiver.posts and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        wiring.close()
        served.send_signal(signal.SIGINT)
        _, errors = served.communicate(timeout=30)
    assert errors == ""
    said = json.loads(receiver.posts[0].body)
    assert said["sentence"] == "Rae was refused by the policy (Model registered): churn."
