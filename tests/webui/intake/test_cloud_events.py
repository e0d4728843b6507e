"""CloudEvents in: structured, batched and binary, from the library that others send with."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.webui.intake.test_hooks import SECRET, Post, post

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

__all__ = ["post"]
BEARER = {"Authorization": f"Bearer {SECRET}"}
SIGNED = {
    "format": "counterseal-connection/1",
    "proof": {"kind": "hmac", "header": "X-Mac"},
    "envelope": "cloudevents",
    "rules": [{"change": "model_created", "model": "/data/model"}],
}


def event(id_: str = "1", source: str = "//registry", **data: Any) -> CloudEvent:
    told = {"model": "churn", "version": "3", "name": "champion", **data}
    attributes = {
        "id": id_, "source": source, "type": "dev.counterseal.registry.alias_set",
        "specversion": "1.0", "datacontenttype": "application/json",
    }  # fmt: skip
    return CloudEvent(attributes, told)


def send(post: Post, message: Any, **more: str) -> TestResponse:
    return post.deliver("cloudevents/ce", message.body, {**message.headers, **BEARER, **more})


@pytest.fixture
def listening(post: Post) -> Post:
    post.connect("ce", "cloudevents")
    return post


@pytest.mark.parametrize("write", [to_structured, to_binary])
def test_an_event_is_recorded_in_either_mode(listening: Post, write: Any) -> None:
    assert send(listening, write(event(), JSONFormat())).status_code == 202
    assert listening.read() == {"ce": {"recorded": 1}}
    told = listening.newest().event
    assert (told.change, told.model, told.version, told.name, told.registry) == (
        "alias_set", "churn", "3.0.0", "champion", "ce",
    )  # fmt: skip


def test_a_batch_is_taken_event_by_event(listening: Post) -> None:
    events = [json.loads(JSONFormat().write(event(str(n), name=f"a{n}"))) for n in range(3)]
    body = json.dumps([*events, events[0]]).encode()
    headers = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8", **BEARER}
    assert listening.deliver("cloudevents/ce", body, headers).status_code == 202
    assert listening.read() == {"ce": {"recorded": 3}}


def test_source_and_id_name_an_event(listening: Post) -> None:
    for told in (event("1"), event("1", name="other"), event("1", "//another"), event("2")):
        send(listening, to_structured(told, JSONFormat()))
    assert listening.read() == {"ce": {"recorded": 3}}


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/cloudevents+json", b"{}"),
        ("application/cloudevents+json", b"[]"),
        ("application/cloudevents+json", b'{"specversion":"0.3","id":"1","source":"s","type":"t"}'),
        ("application/cloudevents+json", b'{"specversion":"1.0","id":"","source":"s","type":"t"}'),
        ("application/cloudevents+json", b'{"specversion":"1.0","id":"1","source":"s","type":"t","time":"noon"}'),
        ("application/cloudevents+json", b'{"specversion":"1.0","id":"1","id":"2","source":"s","type":"t"}'),
        ("application/cloudevents+json", b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":1,"data_base64":"AA=="}'),
        ("application/cloudevents+json", b"[" * 100_000),
        ("application/cloudevents-batch+json", b"{}"),
        ("application/cloudevents-batch+json", b"[1]"),
        ("application/cloudevents-batch+json", b"[" + b"{}," * 300 + b"{}]"),
        ("application/json", b'{"model": "churn"}'),
    ],
)  # fmt: skip
def test_what_is_no_cloudevent_is_kept_for_a_person(
    listening: Post, media: str, body: bytes
) -> None:
    answer = listening.deliver("cloudevents/ce", body, {"Content-Type": media, **BEARER})
    assert answer.status_code == 202
    assert listening.read() == {"ce": {"quarantined": 1}}


def test_binary_attributes_need_a_proof_that_speaks_for_them(post: Post) -> None:
    post.connect("ce", "generic", document=SIGNED)
    binary = to_binary(event(), JSONFormat())
    whole = to_structured(event(), JSONFormat())
    for message, status in ((binary, 401), (whole, 202)):
        mac = hmac.new(SECRET.encode(), message.body, hashlib.sha256).hexdigest()
        headers = {**message.headers, "X-Mac": mac}
        assert post.deliver("generic/ce", message.body, headers).status_code == status
    assert post.read() == {"ce": {"recorded": 1}}


def test_an_event_without_the_secret_is_not_taken(listening: Post) -> None:
    message = to_structured(event(), JSONFormat())
    assert send(listening, message, Authorization="Bearer wrong").status_code == 401
    assert listening.read() == {}
