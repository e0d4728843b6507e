"""What was approved, shown again as it was when it was approved."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.webui.house import build
from tests.webui.seed import ARTIFACT, Founded, Seeded, live, seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    made = build(tmp_path_factory.mktemp("founded") / "home")
    seeded = seed(made)
    live(seeded)
    return Founded.of(seeded)


@pytest.fixture
def company(founded: Founded, tmp_path: Path) -> Iterator[Seeded]:
    with founded.opened(tmp_path / "home") as seeded:
        yield seeded


def approved(company: Seeded) -> str:
    """Chi approves the release that waits; the page of what was shown."""
    path = f"/releases/{company.release}"
    client = company.browser("chi")
    assert company.post(client, f"{path}/approve", path, artifact=ARTIFACT).status_code == 302
    found = re.search(rf'href="({path}/votes/\d+)"', client.get(path).text)
    assert found is not None
    return found[1]


def measured_worse(company: Seeded) -> None:
    metric = {"name": "accuracy", "value": "0.11", "data_set": "holdout", "held_out": True}
    fields = {
        "model": "churn",
        "version": "1.0.0",
        "phase": "evaluation",
        "metrics": [{**metric, "higher_is_better": True}],
    }
    bo = company.house.api(company.house.token(company.bo))
    assert bo.submit("metrics.observed", fields).status_code == 201


def test_it_shows_what_was_there_then(company: Seeded) -> None:
    path = approved(company)
    client = company.browser("bo")
    before = client.get(path).text
    assert "This is what was approved" in before
    assert "0.11" not in before
    measured_worse(company)
    assert "0.11" in client.get(f"/releases/{company.release}").text
    after = client.get(path).text
    assert "This is what was approved" in after
    assert "0.11" not in after


def test_the_pack_hashes_to_what_the_approval_names(company: Seeded) -> None:
    path = approved(company)
    answer = company.browser("bo").get(f"{path}/pack.json")
    assert answer.mimetype == "application/json"
    number = int(path.rsplit("/", 1)[1])
    event = company.house.wiring.reader.tell(number).entry.event
    assert hashlib.sha256(answer.data).hexdigest() == event.pack
    pack = json.loads(answer.data)
    assert pack["proposed"]["artifact"]["sha256"] == ARTIFACT
    assert [item["type"] for item in pack["proposed"]["evidence"]] != []


def test_what_was_shown_too_long_ago_is_not_approved(company: Seeded) -> None:
    path = f"/releases/{company.release}"
    client = company.browser("chi")
    old = client.get(path).text
    measured_worse(company)
    fields = {
        name: re.search(rf'name="{name}" value="([^"]+)"', old)[1]  # type: ignore[index]
        for name in ("csrf_token", "once", "pack")
    }
    size = company.house.size
    answer = client.post(f"{path}/approve", data={**fields, "artifact": ARTIFACT})
    assert answer.status_code == 409
    assert "changed since you were shown it" in answer.text
    assert company.house.size == size


@pytest.mark.parametrize("wrong", ["votes/1", "votes/999999"])
def test_a_number_that_is_no_such_vote_is_not_found(company: Seeded, wrong: str) -> None:
    approved(company)
    answer = company.browser("bo").get(f"/releases/{company.release}/{wrong}")
    assert answer.status_code == 404


def test_a_vote_on_another_release_is_not_found_here(company: Seeded) -> None:
    vote = approved(company).rsplit("/", 1)[1]
    other = company.house.wiring.reader.releases(model="triage")[0].since
    assert company.browser("bo").get(f"/releases/{other}/votes/{vote}").status_code == 404
