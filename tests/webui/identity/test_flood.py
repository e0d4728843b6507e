"""What is open to strangers is limited for each address, and only what was refused counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webui.identity import flood
from webui.identity.errors import ThrottledError
from webui.identity.flood import A_MINUTE, Flood, place
from webui.reads import ROUTES

if TYPE_CHECKING:
    from tests.webui.house import House

EXCHANGE, SIGNED = "api.exchange_token", "api.submit_signed"


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_an_address_that_used_up_its_minute_waits() -> None:
    time = Time()
    there = Flood(time)
    for _ in range(A_MINUTE[EXCHANGE]):
        there.check(EXCHANGE, "192.0.2.1")
        there.note(EXCHANGE, "192.0.2.1", 401)
    with pytest.raises(ThrottledError) as caught:
        there.check(EXCHANGE, "192.0.2.1")
    assert caught.value.numbers["seconds"] == 61
    there.check(EXCHANGE, "192.0.2.2")
    there.check(SIGNED, "192.0.2.1")
    time.now += 60.5
    there.check(EXCHANGE, "192.0.2.1")


def test_what_was_answered_well_does_not_count_unless_it_costs() -> None:
    there = Flood(Time())
    for _ in range(1_000):
        there.note(EXCHANGE, "192.0.2.1", 200)
        there.note("pages.models", "192.0.2.1", 404)
    there.check(EXCHANGE, "192.0.2.1")
    there.check("pages.models", "192.0.2.1")
    for _ in range(A_MINUTE["pages.sso"]):
        there.note("pages.sso", "192.0.2.1", 302)
    with pytest.raises(ThrottledError):
        there.check("pages.sso", "192.0.2.1")


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    assert place("2001:db8:1:2::1") == place("2001:db8:1:2:ffff::9") != place("2001:db8:1:3::1")
    assert place("192.0.2.1") == "192.0.2.1"
    assert place("") == ""


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MOST_ADDRESSES", 5)
    there = Flood(Time())
    for number in range(50):
        there.note(EXCHANGE, f"192.0.2.{number}", 401)
    assert len(there._used) == 5


def test_every_limited_route_is_one_that_strangers_may_use() -> None:
    brings_its_own_proof = {SIGNED}
    assert {name for name in A_MINUTE if ROUTES[name].who != "open"} == brings_its_own_proof


@pytest.mark.parametrize("path", ["/api/v1/token-exchange", "/api/v1/events:signed"])
def test_the_api_answers_429_with_the_time_to_wait(house: House, path: str) -> None:
    client = house.client()
    answers = [client.post(path, json={}).status_code for _ in range(A_MINUTE[SIGNED])]
    assert set(answers) == {422}
    answer = client.post(path, json={})
    assert (answer.status_code, answer.json["code"]) == (429, "too-many-requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    elsewhere = client.post(path, json={}, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert elsewhere.status_code == 422


def test_the_published_log_is_not_limited(house: House) -> None:
    client = house.client()
    path = f"/log/{house.wiring.log.name}/checkpoint"
    assert {client.get(path).status_code for _ in range(80)} == {401}
