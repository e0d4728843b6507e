"""The typed client: retries, keys, typed errors, receipts under a pinned key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webui.client.conftest import HASTY
from webui.client.backoff import Patience, retry_after, wait_before
from webui.client.client import Client
from webui.client.errors import (
    BusyError,
    DeniedError,
    InvalidError,
    NotAllowedError,
    ProofError,
    SettingError,
    UnreachableError,
)
from webui.client.pooled import PooledWire
from webui.client.settings import checked_url, read_client_settings
from webui.client.token import find_token
from webui.client.wire import Reply, StandardWire

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.webui.client.conftest import Served
    from webui.client.wire import Wire

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
JSON = {"content-type": "application/json"}


class Flaky:
    """A wire that loses answers after they were given, and counts."""

    def __init__(self, below: Wire, lose: int) -> None:
        self.below, self.lose, self.asked = below, lose, 0

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Reply:
        self.asked += 1
        reply = self.below.exchange(method, url, headers, body, seconds)
        if self.asked <= self.lose:
            raise UnreachableError("The answer was lost.")
        return reply

    def close(self) -> None:
        self.below.close()


class Scripted:
    """A wire that answers what it was told to."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.requests = list(replies), list[tuple[str, str, Any]]()

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Reply:
        self.requests.append((method, url, headers))
        return self.replies.pop(0)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("below", [StandardWire, PooledWire])
def test_a_lost_answer_is_asked_for_again_and_recorded_once(served: Served, below: Any) -> None:
    version = "10.0.0" if below is StandardWire else "10.0.1"
    served.registered(version)
    size = served.company.house.size
    wire = Flaky(below(), lose=2)
    event = {"model": "churn", "version": version, "environment": "staging"}
    with served.client(wire=wire) as client:
        receipt = client.submit("release.requested", event)
    assert (wire.asked, receipt.replayed) == (3, True)
    assert served.company.house.size == size + 1


def test_every_receipt_is_checked_under_a_pinned_key(served: Served) -> None:
    served.registered("10.1.0")
    event = {"model": "churn", "version": "10.1.0", "environment": "staging"}
    with served.client(vkey=served.vkey) as client:
        first = client.submit("release.requested", event, key="pinned")
    assert first.sequence
    name, _, _ = served.vkey.split("+", 2)
    with served.client(vkey=f"{name}+00000000+AQ==") as client, pytest.raises(SettingError):
        client.submit("release.requested", event, key="pinned")


def test_a_receipt_that_was_changed_does_not_verify(served: Served) -> None:
    from webui.client.receipts import check_kept

    served.registered("10.2.0")
    event = {"model": "churn", "version": "10.2.0", "environment": "staging"}
    with served.client() as client:
        kept = client.kept(client.submit("release.requested", event))
    check_kept(kept, served.vkey, event)
    with pytest.raises(ProofError):
        check_kept(kept, served.vkey, {**event, "environment": "production"})
    other = {**kept["receipt"], "sequence": kept["receipt"]["sequence"] - 1}
    envelope = kept["envelope"][:-8] + ("AAAA" + kept["envelope"][-4:])
    proof = kept["proof"].replace("index ", "index 1")
    for wrong in ({"receipt": other}, {"envelope": envelope}, {"proof": proof}, {"format": "x"}):
        with pytest.raises(ProofError):
            check_kept({**kept, **wrong}, served.vkey, event)


def test_a_batch_is_recorded_in_one_and_told_line_by_line(served: Served) -> None:
    served.registered("10.3.0")
    event = {"model": "churn", "version": "10.3.0", "environment": "staging"}
    deploy = {**event, "artifact": "5e" * 32}
    with served.client(vkey=served.vkey) as client:
        found = client.submit_many(
            [("release.requested", event, "b-1"), ("deployment.recorded", deploy, "b-2")]
        )
        assert [one.status for one in found] == ["recorded", "denied"]
        size = served.company.house.size
        with pytest.raises(InvalidError) as raised:
            client.submit_many([("release.requested", event, "b-3"), ("no.such", {}, "b-4")])
    assert raised.value.sentences[0].startswith("line 2")
    assert served.company.house.size == size


def test_problems_are_typed(served: Served) -> None:
    with served.client() as client:
        event = {"model": "churn", "version": "10.4.0", "environment": "staging"}
        with pytest.raises(InvalidError) as missing:
            client.version("churn", "10.4.0")
        with pytest.raises(InvalidError) as malformed:
            client.submit("release.requested", {**event, "environmet": "x"})
        served.registered("10.4.0")
        with pytest.raises(DeniedError) as denied:
            client.submit("deployment.recorded", {**event, "artifact": "5e" * 32})
    assert missing.value.status == 404
    assert malformed.value.pointer == "/event/environmet"
    assert denied.value.entry is not None
    with served.client("cst_nobody") as stranger, pytest.raises(NotAllowedError) as unknown:
        stranger.me()
    assert unknown.value.status == 401
    assert "cst_nobody" not in str(unknown.value)


def test_lists_are_read_to_their_end(served: Served) -> None:
    for minor in range(3):
        served.registered(f"11.{minor}.0")
        event = {"model": "churn", "version": f"11.{minor}.0", "environment": "staging"}
        served.client().submit("release.requested", event)
    found = [one.version for one in served.client().releases(environment="staging", limit="1")]
    assert found[:3] == ["11.2.0", "11.1.0", "11.0.0"]


def test_a_wait_that_the_server_asks_for_is_kept() -> None:
    waits: list[float] = []
    wire = Scripted(Reply(503, {"retry-after": "7"}, b""), Reply(503, {}, b""))
    patience = Patience(attempts=2, first=1.0, longest=10.0, altogether=60.0)
    client = Client("https://x.example", "t", wire=wire, patience=patience, sleep=waits.append)
    with pytest.raises(BusyError):
        client.me()
    assert waits == [7.0]


def test_a_command_that_is_sent_again_has_the_same_key() -> None:
    wire = Scripted(*[Reply(503, {}, b"")] * 3)
    client = Client("https://x.example", "t", wire=wire, patience=HASTY, sleep=lambda _: None)
    with pytest.raises(BusyError):
        client.submit("model.registered", {})
    assert len({headers["Idempotency-Key"] for _, _, headers in wire.requests}) == 1


def test_a_wait_as_a_date_is_read() -> None:
    later = format_datetime(NOW + timedelta(seconds=9), usegmt=True)
    assert retry_after(later, NOW) == 9.0
    assert retry_after(format_datetime(NOW - timedelta(days=1), usegmt=True), NOW) == 0.0
    assert retry_after("soon", NOW) is None


@given(st.integers(1, 9), st.text(max_size=20), st.floats(0, 1))
def test_no_wait_is_longer_than_the_longest(attempt: int, asked: str, chance: float) -> None:
    patience = Patience()
    reply = Reply(503, {"retry-after": asked}, b"")
    wait = wait_before(attempt, patience, reply, NOW, lambda: chance)
    assert 0 <= wait <= patience.longest


@pytest.mark.parametrize(
    "url",
    ["", "ledger", "ftp://x", "http://x.example", "https://u:p@x", "https://x/?a=b", "https:// x",
     "http://127.0.0.1.evil.example", "https://[::1", "https://x:99999"],
)  # fmt: skip
def test_a_token_is_sent_to_no_such_address(url: str) -> None:
    with pytest.raises(SettingError):
        checked_url(url)


def test_a_token_comes_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("cst_abc\n")
    file.chmod(0o600)
    known = {"COUNTERSEAL_URL": "https://x.example", "COUNTERSEAL_TOKEN_FILE": str(file)}
    settings = read_client_settings(known)
    assert find_token(known, settings, Scripted()) == "cst_abc"
    file.chmod(0o644)
    with pytest.raises(SettingError):
        find_token(known, settings, Scripted())


def test_the_identity_of_a_job_on_github_is_exchanged() -> None:
    wire = Scripted(
        Reply(200, JSON, json.dumps({"value": "header.payload.sig"}).encode()),
        Reply(200, JSON, json.dumps({"access_token": "cst_short"}).encode()),
    )
    known = {
        "COUNTERSEAL_URL": "https://x.example",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example/token?v=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret",
    }
    assert find_token(known, read_client_settings(known), wire) == "cst_short"
    asked, exchanged = wire.requests
    assert asked[1].endswith("?v=1&audience=https%3A%2F%2Fx.example")
    assert exchanged[:2] == ("POST", "https://x.example/api/v1/token-exchange")


def test_an_identity_that_is_not_trusted_is_told_without_it() -> None:
    problem = {"status": 401, "code": "identity-unknown", "detail": "No."}
    media = {"content-type": "application/problem+json"}
    wire = Scripted(Reply(401, media, json.dumps(problem).encode()))
    known = {"COUNTERSEAL_URL": "https://x.example", "COUNTERSEAL_ID_TOKEN": "a.b.c"}
    with pytest.raises(NotAllowedError) as raised:
        find_token(known, read_client_settings(known), wire)
    assert "a.b.c" not in str(raised.value)
