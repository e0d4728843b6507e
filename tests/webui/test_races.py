"""Two people at the same moment: who comes first is recorded first, the second is judged after.

Each race is run both ways around and at once, on both databases. Whatever the order, the ledger
tells one story: every decision comes out again, and nothing ran that was not allowed then.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from ledger.audit import audit
from tests.webui.seed import ARTIFACT, Seeded, seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.webui.house import Api, House

    Act = Callable[[], Any]

ROUNDS = 4
PRODUCTION = {"model": "churn", "version": "1.0.0", "environment": "production"}


class Office:
    """The seeded house, with a caller for each role and two administrators' worth of tokens."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.seeded: Seeded = seed(house)
        self.chi = self._caller(self.seeded.chi)
        self.bo = self._caller(self.seeded.bo)
        self.dee = self._caller(house.enrol("Dee", "", "ml_lead"))
        self.oli = self._caller(house.enrol("Oli", "", "operations"))
        self.root = self._caller(house.administrator)

    def _caller(self, actor: str) -> Api:
        return self.house.api(self.house.token(actor))

    def asked(self) -> int:
        """A release that is open; the one before is taken back where it stands in the way."""
        reader = self.house.wiring.reader
        for status in ("open", "granted"):
            for release in reader.releases(status=status):
                self.bo.submit("release.withdrawn", {"release": release.since})
                self.root.submit("release.withdrawn", {"release": release.since})
        answer = self.bo.submit("release.requested", PRODUCTION)
        assert answer.status_code == 201, answer.text
        return int(answer.json["sequence"])

    def vote(self, caller: Api, release: int) -> Any:
        return caller.submit("release.approved", {"release": release, "artifact": ARTIFACT})

    def status(self, release: int) -> str:
        return self.house.wiring.reader.release(release).status

    def problems(self) -> list[str]:
        wiring = self.house.wiring
        found = audit(wiring.log, redecide=wiring.redecide()).problems
        return [f"{item.code} {item.sequence}" for item in found]


@pytest.fixture
def office(any_house: House) -> Office:
    return Office(any_house)


def race(one: Act, other: Act, turn: int) -> tuple[int, int]:
    """Both at once; every other time the second has a head start. Their status codes."""
    answers: dict[str, int] = {}
    gate = threading.Barrier(2)

    def run(name: str, act: Act) -> None:
        gate.wait(10)
        answers[name] = act().status_code

    pair = [("one", one), ("other", other)]
    threads = [
        threading.Thread(target=run, args=item) for item in (pair if turn % 2 else reversed(pair))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers["one"], answers["other"]


def test_an_approval_and_a_withdrawal_at_once(office: Office) -> None:
    for turn in range(ROUNDS):
        release = office.asked()
        assert office.vote(office.chi, release).status_code == 201
        voted, withdrawn = race(
            lambda: office.vote(office.dee, release),  # noqa: B023 (used before the next)
            lambda: office.bo.submit("release.withdrawn", {"release": release}),  # noqa: B023
            turn,
        )
        assert withdrawn == 201
        assert voted in {201, 409}
        assert office.status(release) == "withdrawn"
    assert office.problems() == []


def test_a_deployment_and_the_revocation_of_its_approval_at_once(office: Office) -> None:
    ran = set()
    for turn in range(ROUNDS):
        release = office.asked()
        office.vote(office.chi, release)
        office.vote(office.dee, release)
        assert office.status(release) == "granted"
        deployed, revoked = race(
            lambda: office.oli.submit("deployment.recorded", {**PRODUCTION, "artifact": ARTIFACT}),
            lambda: office.chi.submit(
                "approval.revoked",
                {"release": release, "reason": "Wrong"},  # noqa: B023
            ),
            turn,
        )
        assert revoked == 201
        assert deployed in {201, 403}
        assert office.status(release) == "lapsed"
        ran.add(deployed)
    assert office.problems() == []


def test_an_approval_and_a_change_of_what_was_looked_at_at_once(office: Office) -> None:
    metric = {
        "name": "accuracy", "value": "0.5", "data_set": "holdout", "held_out": True,
        "higher_is_better": True,
    }  # fmt: skip
    release = office.asked()
    office.vote(office.chi, release)
    measured = {
        "model": "churn", "version": "1.0.0", "phase": "evaluation", "metrics": [metric],
    }  # fmt: skip
    voted, observed = race(
        lambda: office.vote(office.dee, release),
        lambda: office.bo.submit("metrics.observed", measured),
        1,
    )
    assert (voted, observed) == (201, 201)
    assert office.status(release) in {"open", "lapsed"}
    assert office.problems() == []


def test_a_change_of_the_rules_and_an_approval_at_once(office: Office) -> None:
    wiring = office.house.wiring
    state, event = wiring.reader.policy()
    from policies import document_digest, document_text, load_document

    stricter = load_document(
        document_text(wiring.policy()).replace("evaluation.accuracy >= 0.90", "evaluation.accuracy >= 0.99")
    )  # fmt: skip
    change = {
        "policy": event.policy, "digest": document_digest(stricter), "previous": state.digest,
        "document": stricter.canonical(),
    }  # fmt: skip
    release = office.asked()
    office.vote(office.chi, release)
    voted, changed = race(
        lambda: office.vote(office.dee, release),
        lambda: office.root.submit("policy.activated", change),
        1,
    )
    assert (voted, changed) == (201, 201)
    granted = office.status(release) == "granted"
    first = wiring.reader.policy()[0].since < wiring.reader.release(release).votes[-1].entry
    assert granted is not first  # judged by the rules that were in force at its entry
    assert office.problems() == []


def test_a_role_taken_and_a_vote_with_it_at_once(office: Office) -> None:
    release = office.asked()
    office.vote(office.chi, release)
    dee = next(
        item for item in office.house.wiring.reader.holders("ml_lead") if item != office.seeded.bo
    )
    voted, taken = race(
        lambda: office.vote(office.dee, release),
        lambda: office.root.submit("role.revoked", {"actor_id": dee, "role": "ml_lead"}),
        0,
    )
    assert taken == 201
    assert voted in {201, 403}
    assert (office.status(release) == "granted") == (voted == 201)
    assert office.problems() == []
