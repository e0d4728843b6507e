"""Deliveries of registries elsewhere: proved, kept, answered, read once, recorded under the policy."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ledger.events.entry import decode_entry
from ledger.state.registries import Mirrored
from ledger.store.connections import STATES, count_inbound, newest_inbound
from ledger.store.database import reading
from tests.webui.api.company import a_model, a_version, found
from webui.intake.clerk import Clerk
from webui.intake.managing import add_connection
from webui.intake.shipped import WANDB_TEMPLATE

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.webui.api.company import Company
    from tests.webui.house import House

SECRET = "a-secret-of-thirty-characters!"
NAME = "0f0c1d7e-5f4c-4a52-9c57-6a60f3f0f2a1"


@dataclass
class Post:
    """A house that listens, and a source that delivers."""

    house: House
    workload: str

    def connect(self, name: str, type_: str, **more: Any) -> None:
        by = self.house.wiring.service.id
        add_connection(
            self.house.wiring, name, type_, actor=self.workload, by=by, secret=SECRET, **more
        )

    def deliver(self, path: str, body: bytes, headers: dict[str, str]) -> TestResponse:
        return self.house.client().post(f"/hooks/{path}", data=body, headers=headers)

    def mlflow(
        self,
        told: Any,
        *,
        name: str = NAME,
        secret: str = SECRET,
        late: int = 0,
        path: str = "mlflow/main",
    ) -> TestResponse:
        """As MLflow 3.17.2 delivers: the payload of its documentation, signed as it signs."""
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        at = str(int(self.house.clock.at.timestamp()) - late)
        signed = f"{name}.{at}.".encode() + body
        mac = b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
        headers = {
            "X-MLflow-Delivery-Id": name,
            "X-MLflow-Timestamp": at,
            "X-MLflow-Signature": f"v1,{mac}",
        }
        return self.deliver(path, body, headers)

    def read(self) -> dict[str, dict[str, int]]:
        """Have all read; the counts by connection and state."""
        wiring = self.house.wiring
        Clerk(wiring).turn()
        with reading(wiring.engine) as connection:
            return count_inbound(connection, wiring.log.log_id)

    def failures(self) -> list[str]:
        wiring = self.house.wiring
        with reading(wiring.engine) as connection:
            found = newest_inbound(connection, wiring.log.log_id, STATES, 50)
        return [one.failure for one in found if one.failure]

    def newest(self) -> Any:
        wiring = self.house.wiring
        return decode_entry(wiring.reader.tell(self.house.size - 1).row.envelope)


@pytest.fixture
def post(house: House) -> Post:
    return Post(house, house.enrol("MLflow", "", "pipeline", actor_type="workload"))


def alias(version: str = "1", name: str = "champion", model: str = "churn") -> dict[str, Any]:
    return {
        "entity": "model_version_alias",
        "action": "created",
        "timestamp": "2026-03-09T08:00:00.123456+00:00",
        "data": {"name": model, "alias": name, "version": version},
    }


DOCUMENTED = [
    ("registered_model", "created", {"name": "m", "tags": {"k": "v"}, "description": "A model"}),
    (
        "model_version",
        "created",
        {
            "name": "m", "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678",
            "tags": {"k": "v"}, "description": "A version",
        },
    ),
    ("model_version_tag", "set", {"name": "m", "version": "1", "key": "k", "value": "v"}),
    ("model_version_tag", "deleted", {"name": "m", "version": "1", "key": "k"}),
    ("model_version_alias", "created", {"name": "m", "alias": "a", "version": "1"}),
    ("model_version_alias", "deleted", {"name": "m", "alias": "a"}),
    ("prompt", "created", {"name": "p", "tags": {}, "description": None}),
    ("prompt_version", "created", {"name": "p", "version": "1", "template": "Hello {{name}}!"}),
    ("prompt_alias", "deleted", {"name": "p", "alias": "a"}),
]  # fmt: skip


def test_every_documented_delivery_of_mlflow_is_recorded(post: Post) -> None:
    post.connect("main", "mlflow")
    for number, (entity, action, data) in enumerate(DOCUMENTED):
        told = {
            "entity": entity, "action": action, "timestamp": "2026-03-09T08:00:00+00:00",
            "data": data,
        }  # fmt: skip
        assert post.mlflow(told, name=f"delivery-{number}").status_code == 202
    assert post.read() == {"main": {"recorded": len(DOCUMENTED)}}
    entry = post.newest()
    assert (entry.actor.id, entry.actor.via) == (post.workload, "webhook")


def test_a_retry_is_the_same_delivery(post: Post) -> None:
    post.connect("main", "mlflow")
    before = post.house.size
    told = alias(name="candidate")
    assert [post.mlflow(told, late=late).status_code for late in (0, 0, 5)] == [202, 202, 202]
    assert post.read() == {"main": {"recorded": 1}}
    post.mlflow(told)
    assert post.read() == {"main": {"recorded": 1}}
    assert post.house.size == before + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another-secret-of-30-characters"},
        {"late": 700},
        {"late": -700},
        {"name": "no good name"},
        {"path": "mlflow/other"},
        {"path": "wandb/main"},
    ],
    ids=str,
)
def test_what_does_not_prove_itself_is_refused_and_not_kept(
    post: Post, wrong: dict[str, Any]
) -> None:
    post.connect("main", "mlflow")
    answer = post.mlflow(alias(), **wrong)
    assert answer.status_code == 401
    assert b"secret of" not in answer.data
    assert post.read() == {}


def test_a_delivery_without_headers_is_refused(post: Post) -> None:
    post.connect("main", "mlflow")
    assert post.deliver("mlflow/main", b"{}", {}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"no json", b"[]", b"{}", b'{"entity": "model_version", "entity": "x"}', b"\xff\xfe",
        b'{"entity": "new_thing", "action": "created"}', b"[" * 5000,
        b'{"entity": "model_version_alias", "action": "created", "data": {"name": "m"}}',
        b'{"entity": "model_version_alias", "action": "created", "data": {"name": NaN}}',
    ],
    ids=range(9),
)  # fmt: skip
def test_what_cant_be_read_is_kept_for_a_person_and_holds_up_nothing(
    post: Post, body: bytes
) -> None:
    post.connect("main", "mlflow")
    assert post.mlflow(body, name="odd").status_code == 202
    assert post.mlflow(alias(name="candidate"), name="good").status_code == 202
    assert post.read() == {"main": {"quarantined": 1, "recorded": 1}}


def test_mlflows_own_test_is_no_event(post: Post) -> None:
    post.connect("main", "mlflow")
    before = post.house.size
    assert post.mlflow(alias(model="example_model", name="example_alias")).status_code == 202
    assert post.read() == {"main": {"test": 1}}
    assert post.house.size == before


def test_an_alias_that_nobody_approved_is_a_refusal_in_the_ledger(post: Post) -> None:
    company: Company = found(post.house)
    company.scientist.submit("model.registered", a_model(company.scientist_id))
    company.scientist.submit("version.registered", a_version("1.0.0"))
    post.connect("main", "mlflow")
    post.mlflow(alias())
    assert post.read() == {"main": {"refused": 1}}
    assert "The policy refuses it" in post.failures()[0]
    entry = post.newest()
    assert entry.event.kind == "access.denied"
    assert entry.event.attempted == "deployment.recorded"


def test_an_alias_of_an_unknown_version_is_told_and_shown(post: Post) -> None:
    post.connect("main", "mlflow")
    post.mlflow(alias("7", model="never-heard-of"))
    assert post.read() == {"main": {"refused": 1}}
    assert "is not registered here" in post.failures()[0]
    assert post.newest().event.change == "alias_set"


def test_a_source_that_falls_silent_is_a_finding_once(post: Post) -> None:
    post.connect("main", "mlflow", silent_hours=2)
    before = post.house.size
    post.house.clock.move(hours=3)
    post.read()
    post.read()
    assert post.house.size == before + 1
    assert post.newest().event.change == "source_silent"
    post.mlflow(alias(name="candidate"))
    post.read()
    post.house.clock.move(hours=3)
    post.read()
    assert post.house.size == before + 3


def test_wandb_is_proved_in_hexadecimal_and_base64(post: Post) -> None:
    post.connect("wb", "wandb")
    template = json.loads(WANDB_TEMPLATE)
    filled = {
        **template, "event": "ADD_ARTIFACT_ALIAS", "author": "ana", "collection": "Churn Model",
        "version": "v3", "artifact": "acme/models/churn:v3", "alias": "candidate", "tag": "",
    }  # fmt: skip
    for number, how in enumerate((bytes.hex, lambda mac: b64encode(mac).decode())):
        body = json.dumps({**filled, "version": f"v{number}"}).encode()
        mac = how(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
        signed = {"X-Wandb-Signature": mac, "Authorization": f"Bearer {SECRET}"}
        assert post.deliver("wandb/wb", body, signed).status_code == 202
        assert post.deliver("wandb/wb", body + b" ", signed).status_code == 401
    assert post.read() == {"wb": {"recorded": 2}}
    event = post.newest().event
    assert (event.change, event.version, event.name) == ("alias_set", "1.0.0", "candidate")


def test_comet_is_proved_by_its_header(post: Post) -> None:
    post.connect("cm", "comet")
    told = {
        "workspaceName": "acme", "registryModelName": "churn", "version": "1.2.0",
        "stages": ["candidate"],
    }  # fmt: skip
    body = json.dumps(told).encode()
    assert post.deliver("comet/cm", body, {"Authorization": "wrong"}).status_code == 401
    for _ in range(2):
        assert post.deliver("comet/cm", body, {"Authorization": SECRET}).status_code == 202
    assert post.read() == {"cm": {"recorded": 1}}
    assert post.newest().event.version == "1.2.0"


@pytest.mark.parametrize("kind", ["none", "bearer", "header", "hmac"])
def test_a_generic_source_is_read_by_its_document(post: Post, kind: str) -> None:
    proofs: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "none": ({"kind": "none"}, {}),
        "bearer": ({"kind": "bearer"}, {"Authorization": f"Bearer {SECRET}"}),
        "header": ({"kind": "header", "header": "X-Secret"}, {"X-Secret": SECRET}),
        "hmac": ({"kind": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256="}, {}),
    }
    proof, headers = proofs[kind]
    document = {
        "format": "counterseal-connection/1",
        "proof": proof,
        "delivery": {"pointer": "/id"},
        "rules": [
            {
                "when": {"/type": "promoted"}, "change": "stage_set", "model": "/what/0/model~1name",
                "version": "/what/0/version", "name": "/to",
            }
        ],
    }  # fmt: skip
    post.connect("own", "generic", document=document)
    told = {
        "id": 7,
        "type": "promoted",
        "to": "live",
        "what": [{"model/name": "churn", "version": 4}],
    }
    body = json.dumps(told).encode()
    if kind == "hmac":
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={mac}"}
    assert post.deliver("generic/own", body, headers).status_code == 202
    assert post.deliver("generic/own", body, headers).status_code == 202
    if kind != "none":
        assert post.deliver("generic/own", body, {}).status_code == 401
    assert post.read() == {"own": {"recorded": 1}}
    assert post.newest().event.version == "4.0.0"


def test_too_much_is_refused(post: Post) -> None:
    post.connect("main", "mlflow")
    assert post.mlflow(b'"' + b"x" * 300_000 + b'"').status_code == 422
    assert post.read() == {}


def test_deliveries_out_of_order_leave_the_newest_in_place(post: Post) -> None:
    post.connect("main", "mlflow")
    company = found(post.house)
    company.registered("1.0.0")
    company.scientist.submit("version.registered", a_version("2.0.0"))
    late, new = alias("1"), alias("2")
    late["timestamp"] = "2026-03-09T07:59:00+00:00"
    post.mlflow(new, name="new")
    post.mlflow(late, name="late")
    start = post.house.size
    assert post.read() == {"main": {"refused": 1, "recorded": 1}}
    reader = post.house.wiring.reader
    kinds = [decode_entry(reader.tell(n).row.envelope).event for n in range(start, post.house.size)]
    assert [one.kind for one in kinds] == ["registry.changed", "access.denied", "registry.changed"]
    (now,) = reader.all_of(Mirrored, model="churn")
    assert (now.item, now.value) == ("champion", "2.0.0")


def hub(action: str = "update", scope: str = "repo.content", **more: Any) -> bytes:
    """As the hub's documentation shows one."""
    told = {
        "event": {"action": action, "scope": scope},
        "repo": {
            "type": "model", "name": "acme/churn", "id": "621ffdc036468d709f17434d",
            "private": False, "headSha": "cbe8a9c8e1b8d2ad3d9f1c2b9ab2e2a4d8f2a1c0",
        },
        "webhook": {"id": "6390e855e30d9209411de93b", "version": 3},
        "updatedRefs": [
            {"ref": "refs/tags/v1.2.0", "oldSha": None, "newSha": "ce9a4674fa833a68d5a73ec355f0ea95eedd60b7"}
        ],
    }  # fmt: skip
    return json.dumps({**told, **more}).encode()


def test_the_hub_is_proved_by_its_secret(post: Post) -> None:
    post.connect("hub", "huggingface")
    secret = {"X-Webhook-Secret": SECRET}
    assert post.deliver("huggingface/hub", hub(), {"X-Webhook-Secret": "x"}).status_code == 401
    for body in (
        hub(), hub("create", "repo"), hub("move", "repo", movedTo={"name": "acme/leavers"}),
        hub("delete", "repo"), hub("create", "discussion"), hub(repo={"type": "dataset", "name": "a/b"}),
    ):  # fmt: skip
        assert post.deliver("huggingface/hub", body, secret).status_code == 202
    assert post.read() == {"hub": {"recorded": 4, "ignored": 2}}
    size = post.house.size
    told = [
        decode_entry(post.house.wiring.reader.tell(n).row.envelope).event
        for n in range(size - 4, size)
    ]
    assert {one.change for one in told} == {
        "model_updated", "model_created", "model_renamed", "model_deleted",
    }  # fmt: skip
    assert {one.model for one in told} == {"acme-churn-" + told[0].model[-8:]}
