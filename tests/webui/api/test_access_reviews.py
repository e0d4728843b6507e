"""Access reviews by the API: opened once, decided all or none, signed off when nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webui.seed import Seeded, seed

if TYPE_CHECKING:
    from tests.webui.house import Api, House


@pytest.fixture(scope="module")
def seeded(shared_house: House) -> Seeded:
    return seed(shared_house)


@pytest.fixture(scope="module")
def chi(seeded: Seeded) -> Api:
    """Compliance, who may open and decide."""
    return seeded.house.api(seeded.house.token(seeded.chi, days=300))


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def opened(api: Api, name: str, **more: object) -> int:
    wanted = {"roles": ["data_scientist", "ml_lead"], "due": "2026-06-30T00:00:00Z", **more}
    answer = api.post("/access-reviews", json=wanted, headers=key(name))
    assert answer.status_code in {200, 201}, answer.text
    return int(answer.json["sequence"])


def test_a_review_is_opened_once_decided_and_signed_off(seeded: Seeded, chi: Api) -> None:
    review = opened(chi, "first")
    assert opened(chi, "first") == review, "asked again, after the ledger grew"
    wanted = {"roles": ["ml_lead"], "due": "2026-06-30T00:00:00Z"}
    assert chi.post("/access-reviews", json=wanted, headers=key("first")).status_code == 409
    told = chi.get(f"/access-reviews/{review}").json
    assert {(row["actor_id"], row["role"]) for row in told["rows"]} == {
        (seeded.ana, "data_scientist"), (seeded.bo, "ml_lead"),
    }  # fmt: skip
    assert (told["to_do"], told["overdue"], told["completed"]) == (2, False, None)
    done = chi.post(f"/access-reviews/{review}/complete", json={}, headers=key("early"))
    assert done.status_code == 409
    keep = {"actor_id": seeded.bo, "role": "ml_lead", "decision": "keep", "reason": "Leads it"}
    gone = {"actor_id": seeded.ana, "role": "data_scientist", "decision": "remove", "reason": "x"}
    decided = chi.post(
        f"/access-reviews/{review}/rows", json={"rows": [keep, gone]}, headers=key("rows")
    )
    assert decided.status_code == 201, decided.text
    assert decided.json["to_do"] == 1, "the role is held still"
    again = chi.post(
        f"/access-reviews/{review}/rows", json={"rows": [keep, gone]}, headers=key("rows")
    )
    assert again.json == decided.json
    root = seeded.house.api(seeded.house.token(seeded.house.administrator, days=300))
    taken = {"actor_id": seeded.ana, "role": "data_scientist"}
    assert root.submit("role.revoked", taken).status_code == 201
    done = chi.post(
        f"/access-reviews/{review}/complete", json={"conclusion": "Fine"}, headers=key("done")
    )
    assert done.status_code == 201, done.text
    assert chi.get(f"/access-reviews/{review}").json["completed"] == done.json["sequence"]
    listed = chi.get("/access-reviews?status=completed").json["items"]
    assert [one["since"] for one in listed] == [review]


def test_nobody_decides_of_the_own_role_and_then_of_none(seeded: Seeded, chi: Api) -> None:
    review = opened(chi, "second", roles=["compliance", "ml_lead"])
    other = {"actor_id": seeded.bo, "role": "ml_lead", "decision": "keep", "reason": "Leads it"}
    own = {"actor_id": seeded.chi, "role": "compliance", "decision": "keep", "reason": "It is me"}
    answer = chi.post(
        f"/access-reviews/{review}/rows", json={"rows": [other, own]}, headers=key("own")
    )
    assert (answer.status_code, answer.json["code"]) == (403, "policy-denied")
    assert chi.get(f"/access-reviews/{review}").json["to_do"] == 2


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"roles": ["ml_laed"], "due": "2026-06-30T00:00:00Z"}, 422),
        ({"roles": [], "due": "2020-06-30T00:00:00Z"}, 409),
        ({"roles": []}, 422),
        ({"roles": [], "due": "2026-06-30T00:00:00Z", "rows": []}, 422),
    ],
)
def test_a_review_that_makes_no_sense_is_not_opened(
    chi: Api, seeded: Seeded, wanted: dict[str, object], status: int
) -> None:
    size = seeded.house.size
    answer = chi.post("/access-reviews", json=wanted, headers=key(f"wrong {wanted}"[:90]))
    assert answer.status_code == status, answer.text
    assert seeded.house.size == size


def test_a_row_that_is_none_and_a_review_that_is_none(seeded: Seeded, chi: Api) -> None:
    review = opened(chi, "third", roles=["ml_lead"])
    row = {"actor_id": seeded.ana, "role": "ml_lead", "decision": "keep", "reason": "x"}
    answer = chi.post(f"/access-reviews/{review}/rows", json={"rows": [row]}, headers=key("none"))
    assert answer.status_code == 404
    assert chi.get("/access-reviews/0").status_code == 404
    bo = seeded.house.api(seeded.house.token(seeded.bo))
    assert bo.get("/access-reviews").status_code == 403
