"""OpenLineage in, from its own client over HTTP, and out, as its own client reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from openlineage.client.facet_v2 import (
    dataset_version_dataset,
    source_code_location_job,
    symlinks_dataset,
)
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport

from ledger.events.entry import decode_entry
from tests.webui.api.company import a_version

if TYPE_CHECKING:
    from tests.webui.client.conftest import Served

RUN = "01975a3c-7d1e-7c4b-9f0a-2f6f1f0a7c11"
AT = "2026-03-09T08:00:00+00:00"


def version(text: str) -> dict[str, Any]:
    return {"version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=text)}


def an_event(run: str = RUN, state: RunState = RunState.COMPLETE, **more: Any) -> RunEvent:
    job = Job(namespace="airflow", name="prepare")
    return RunEvent(eventType=state, eventTime=AT, run=Run(runId=run), job=job, **more)


@pytest.fixture(scope="module")
def sender(served: Served) -> OpenLineageClient:
    """Configured as its users configure it: an address and an API key."""
    key = ApiKeyTokenProvider({"apiKey": served.pipeline})
    return OpenLineageClient(transport=HttpTransport(HttpConfig(url=served.url, auth=key)))


def newest(served: Served) -> Any:
    house = served.company.house
    return decode_entry(house.wiring.reader.tell(house.size - 1).row.envelope).event


def post(served: Served, body: bytes, token: str = "") -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {token or served.pipeline}",
        "Content-Type": "application/json",
    }
    return httpx.post(f"{served.url}/api/v1/lineage", content=body, headers=headers)


def plain(**more: Any) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE",
        "eventTime": AT,
        "producer": "https://me:secret@example.org/p?token=1",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": RUN},
        "job": {"namespace": "airflow", "name": "prepare"},
        **more,
    }


def test_its_own_client_tells_what_a_run_read_and_wrote(
    served: Served, sender: OpenLineageClient
) -> None:
    raw = InputDataset(namespace="s3://lake", name="crm/raw", facets=version("7"))
    made = OutputDataset(namespace="counterseal", name="customers", facets=version("2026.02"))
    sender.emit(an_event(state=RunState.START, inputs=[raw]))
    sender.emit(an_event(outputs=[made]))
    told = newest(served)
    assert (told.kind, told.status, told.run, told.job) == (
        "run.observed", "completed", RUN, "airflow/prepare",
    )  # fmt: skip
    served.registered("1.2.0")
    found = served.client().read(
        "lineage", query=[("of", "version:churn@1.2.0"), ("direction", "up"), ("depth", "5")]
    )
    ids = {one["id"]: one for one in found["things"]}
    assert {"data:customers@2026.02", f"run:{RUN}", "data:s3://lake/crm/raw@7"} <= set(ids)
    assert ids[f"run:{RUN}"]["detail"] == "airflow/prepare, completed"
    reached = served.client().read("impact", query=[("of", "data:s3://lake/crm/raw@7")])
    assert [one["version"] for one in reached["versions"]] == ["1.2.0"]


def test_the_same_message_is_recorded_once(served: Served) -> None:
    body = json.dumps(plain(run={"runId": "01975a3c-7d1e-7c4b-9f0a-000000000001"})).encode()
    first, again = post(served, body), post(served, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert "secret" not in newest(served).producer


def test_a_message_without_a_run_is_taken_and_not_recorded(
    served: Served, sender: OpenLineageClient
) -> None:
    size = served.company.house.size
    sender.emit(JobEvent(eventTime=AT, job=Job(namespace="airflow", name="prepare")))
    assert served.company.house.size == size


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b'{"a":1,"a":2}', ""),
        (b"{}", "/eventTime"),
        (json.dumps(plain(eventTime="2026-03-09T08:00:00")).encode(), "/eventTime"),
        (json.dumps(plain(eventType="DONE")).encode(), "/eventType"),
        (json.dumps(plain(run={"runId": "nightly"})).encode(), "/run/runId"),
        (json.dumps(plain(run={})).encode(), "/run/runId"),
        (json.dumps(plain(job={"name": "x"})).encode(), "/job/namespace"),
        (json.dumps(plain(inputs=[{"name": "x"}])).encode(), "/inputs/0/namespace"),
        (json.dumps(plain(inputs={"name": "x"})).encode(), "/inputs"),
        (json.dumps(plain(inputs=[{"namespace": "a", "name": "b"}] * 201)).encode(), "/inputs"),
    ],
)
def test_what_is_no_message_is_told_with_its_place(served: Served, body: bytes, place: str) -> None:
    size = served.company.house.size
    answer = post(served, body)
    assert answer.status_code == 422, answer.text
    errors = answer.json().get("errors", [{"pointer": ""}])
    assert errors[0]["pointer"] == place
    assert served.company.house.size == size


def test_a_message_has_a_bound(served: Served) -> None:
    body = json.dumps(plain(producer="x" * 300_000)).encode()
    assert post(served, body).status_code == 413


def test_whoever_may_not_tell_is_refused_in_the_ledger(served: Served) -> None:
    body = json.dumps(plain(run={"runId": "01975a3c-7d1e-7c4b-9f0a-000000000002"})).encode()
    answer = post(served, body, served.company.lead.secret)
    assert answer.status_code == 403
    assert newest(served).kind == "access.denied"


def test_a_version_goes_out_as_its_client_would_write_it(
    served: Served, sender: OpenLineageClient
) -> None:
    fields = a_version("4.0.0") | {
        "parents": [{"model": "resnet", "version": "7", "relation": "base_model"}],
        "run": RUN,
    }
    assert served.company.scientist.submit("version.registered", fields).status_code == 201
    found = json.loads(
        served.client().fetch("models", "churn", "versions", "4.0.0", "export", "openlineage")
    )
    data, parent = found["inputs"]
    links = symlinks_dataset.SymlinksDatasetFacet(
        identifiers=[
            symlinks_dataset.Identifier(
                namespace="source", name="warehouse.crm.customers", type="LOCATION"
            )
        ]
    )
    code = source_code_location_job.SourceCodeLocationJobFacet(
        type="git", url="https://git.example.org/ml/churn", version=fields["code"]["commit"]
    )
    for told, facet in (
        (data["facets"]["version"], version("2026.02")["version"]),
        (data["facets"]["symlinks"], links),
        (parent["facets"]["version"], version("7")["version"]),
        (found["outputs"][0]["facets"]["version"], version("4.0.0")["version"]),
        (found["job"]["facets"]["sourceCodeLocation"], code),
    ):
        own = {name: value for name, value in told.items() if not name.startswith("_")}
        for name, value in own.items():
            if name == "identifiers":
                assert value == [
                    {"namespace": "source", "name": "warehouse.crm.customers", "type": "LOCATION"}
                ]
            else:
                assert getattr(facet, name) == value
        assert told["_schemaURL"].rpartition("/")[2] == facet._get_schema().rpartition("/")[2]
    event = RunEvent(
        eventType=RunState[found["eventType"]],
        eventTime=found["eventTime"],
        producer=found["producer"],
        run=Run(runId=found["run"]["runId"]),
        job=Job(namespace=found["job"]["namespace"], name=found["job"]["name"]),
        inputs=[
            InputDataset(namespace=one["namespace"], name=one["name"]) for one in found["inputs"]
        ],
        outputs=[
            OutputDataset(namespace=one["namespace"], name=one["name"]) for one in found["outputs"]
        ],
    )
    assert event.schemaURL == found["schemaURL"]
    assert event.run.runId == RUN


def test_what_goes_out_comes_in_again(served: Served) -> None:
    served.registered("5.0.0")
    body = served.client().fetch("models", "churn", "versions", "5.0.0", "export", "openlineage")
    assert post(served, body).status_code == 201
    told = newest(served)
    assert told.inputs == ("data:customers@2026.02",)
    assert told.outputs == ("version:churn@5.0.0",)
