"""Posts go where the operator said and nowhere else, whatever names and servers do."""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from ledger.errors import InputError, LedgerError, OutsideError
from tests.tools.receivers import Hooks, hooks, server_context
from webui.notices.outward import MOST_ANSWER_BYTES, check_address, choose, new_client, send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    made = new_client()
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Hooks]:
    with hooks() as made:
        yield made


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/x",
        "http://example.org/x",
        "http://10.0.0.1/x",
        "http://localhost.example.org/x",
        "https:///x",
        "https://user@example.org/x",
        "https://user:word@example.org/x",
        "https://example.org/x#y",
        "https://example.org/x y",
        "https://example.org\\@evil.example/",
        "https://exämple.org/",
        "https://example.org:99999/",
        "https://[::1",
        "https://example.org/\r\nX: y",
    ],
)
def test_an_address_that_may_not_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="plain http is for this machine alone"):
        check_address(url)


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a?b=c", "http://localhost:8080/", "http://127.0.0.1/", "http://[::1]/"],
)
def test_an_address_that_may_be_asked_is_taken(url: str) -> None:
    assert check_address(url).host in url


PRIVATE = (
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1",
    "64:ff9b::a00:1", "2002:a00:1::",
)  # fmt: skip
NEVER = (
    "127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "::",
    "224.0.0.1", "ff02::1", "255.255.255.255", "64:ff9b::a9fe:a9fe", "fe80::1%eth0",
)  # fmt: skip


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER])
def test_a_name_that_leads_into_a_private_network_is_not_asked(address: str) -> None:
    place = check_address("https://hooks.example.org/x")
    for found in ([address], ["93.184.215.14", address]):
        with pytest.raises(InputError) as refused:
            choose(place, private=False, resolve=lambda host, port, found=found: found)
        assert refused.value.code == "private-address"


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_network_is_asked_where_the_operator_allows_it(address: str) -> None:
    place = check_address("https://hooks.example.org/x")
    assert choose(place, private=True, resolve=lambda host, port: [address]) == address


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_asked_by_no_name_at_all(address: str) -> None:
    place = check_address("https://hooks.example.org/x")
    with pytest.raises(InputError):
        choose(place, private=True, resolve=lambda host, port: [address])


def test_a_public_address_is_asked_and_loopback_only_by_its_own_name() -> None:
    public = check_address("https://hooks.example.org/x")
    assert choose(public, private=False, resolve=lambda host, port: ["93.184.215.14"])
    here = check_address("http://localhost/x")
    assert choose(here, private=False, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(InputError):
        choose(here, private=True, resolve=lambda host, port: ["10.0.0.1"])


def test_a_post_arrives_with_its_query_host_and_headers(
    client: httpx.Client, receiver: Hooks
) -> None:
    send(client, f"{receiver.url}/a/b?sig=x%20y", b'{"a":1}', headers={"X-One": "two"})
    (post,) = receiver.posts
    assert (post.path, post.body) == ("/a/b?sig=x%20y", b'{"a":1}')
    assert post.headers["HOST"] == receiver.url.removeprefix("http://")
    assert post.headers["X_ONE"] == "two"
    assert post.headers["CONTENT_TYPE"] == "application/json"


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect", "303 Other"])
def test_a_redirect_is_not_followed(client: httpx.Client, receiver: Hooks, status: str) -> None:
    receiver.answers.append((status, [("Location", f"{receiver.url}/elsewhere")], b""))
    with pytest.raises(OutsideError) as failed:
        send(client, f"{receiver.url}/a", b"{}")
    assert failed.value.code == "not-accepted"
    assert [post.path for post in receiver.posts] == ["/a"]


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "204 No Content"])
def test_any_answer_of_success_means_that_it_arrived(
    client: httpx.Client, receiver: Hooks, status: str
) -> None:
    receiver.answers.append((status, [], b""))
    send(client, receiver.url, b"{}")


def test_an_answer_without_end_is_cut_off(client: httpx.Client, receiver: Hooks) -> None:
    receiver.answers.append(("200 OK", [], b"x" * (MOST_ANSWER_BYTES + 1)))
    with pytest.raises(OutsideError) as failed:
        send(client, receiver.url, b"{}")
    assert failed.value.code == "answer-too-long"


def test_nobody_there_is_an_outside_error_that_shows_no_address(client: httpx.Client) -> None:
    with pytest.raises(OutsideError) as failed:
        send(client, "http://127.0.0.1:9/services/T0/B0/secret-part", b"{}")
    assert failed.value.code == "unreachable"
    assert "secret-part" not in str(failed.value)


def test_no_log_of_any_level_shows_the_address(
    client: httpx.Client, receiver: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(client, f"{receiver.url}/services/secret-part", b"{}")
    assert len(receiver.posts) == 1
    assert "secret-part" not in caplog.text


def test_the_connection_goes_to_the_checked_address_under_the_certificate_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once; the certificate must be the name's, though an IP is asked."""
    file = tmp_path / "hook.pem"
    context = server_context(file, "hooks.example.org")
    trusting = httpx.Client(verify=ssl.create_default_context(cafile=str(file)), trust_env=False)
    seen: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        seen.append((host, port))
        return ["127.0.0.1"]

    with hooks(context) as receiver, trusting:
        port = receiver.url.rpartition(":")[2]
        # Loopback stands in for a public address here.
        monkeypatch.setattr("webui.notices.outward._may_be_asked", lambda *one, private: True)
        send(trusting, f"https://hooks.example.org:{port}/x", b"{}", resolve=resolve)
        with pytest.raises(LedgerError) as failed:
            send(trusting, f"https://other.example.org:{port}/x", b"{}", resolve=resolve)
        assert failed.value.code == "unreachable"
        assert seen == [("hooks.example.org", int(port)), ("other.example.org", int(port))]
        (post,) = receiver.posts
        assert post.headers["HOST"] == f"hooks.example.org:{port}"
