"""MLflow's registry read whole and held against the ledger, and brought in with its history."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ledger.errors import OutsideError
from ledger.events.entry import decode_entry
from tests.webui.api.company import a_model, a_version, found
from webui.intake.inventory import Swept, compare, coverage, record
from webui.intake.sweep import shown_by_mlflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.house import House

MODELS = [
    {
        "name": "churn",
        "creation_timestamp": 1772000000000,
        "aliases": [{"alias": "champion", "version": "2"}],
    },
    {"name": "Fraud Model", "creation_timestamp": 1772000000001},
]
VERSIONS = [
    {"name": "churn", "version": "1", "creation_timestamp": 1772000000002, "current_stage": "Staging"},
    {"name": "churn", "version": "2", "creation_timestamp": 1772000000003, "current_stage": "None"},
]  # fmt: skip


@dataclass
class Registry:
    """An MLflow server's answers, one thing on a page."""

    models: list[dict[str, Any]] = field(default_factory=lambda: json.loads(json.dumps(MODELS)))
    versions: list[dict[str, Any]] = field(default_factory=lambda: json.loads(json.dumps(VERSIONS)))
    url: str = ""
    status: int = 200


@pytest.fixture
def registry() -> Iterator[Registry]:
    made = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            models = asked.path.endswith("/registered-models/search")
            items = made.models if models else made.versions
            at = int(parse_qs(asked.query).get("page_token", ["0"])[0])
            told: dict[str, Any] = {
                "registered_models" if models else "model_versions": items[at : at + 1]
            }
            if at + 1 < len(items):
                told["next_page_token"] = str(at + 1)
            body = json.dumps(told).encode()
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()


def swept(house: House, registry: Registry, source: str = "main") -> Swept:
    return compare(house.wiring, source, shown_by_mlflow(registry.url))


def test_what_is_not_explained_is_recorded_once(house: House, registry: Registry) -> None:
    before = house.size
    first = swept(house, registry)
    assert (len(first.shown), len(first.unexplained), first.coverage) == (6, 6, "0.0 %")
    *_, receipt = record(house.wiring, "main", first, "sweep")
    assert house.size == before + 7
    event = decode_entry(house.wiring.reader.tell(receipt.sequence).row.envelope).event
    assert (event.inventory, event.listed, event.matched, event.unknown) == ("models", 6, 0, 6)
    again = swept(house, registry)
    assert (again.unexplained, again.vanished, again.coverage) == ((), (), "100.0 %")


def test_what_is_registered_here_is_explained(house: House, registry: Registry) -> None:
    company = found(house)
    company.scientist.submit("model.registered", a_model(company.scientist_id))
    for version in ("1.0.0", "2.0.0"):
        company.scientist.submit("version.registered", a_version(version))
    left = {(it.model, it.thing, it.item) for it in swept(house, registry).unexplained}
    assert ("churn", "model", "") not in left
    assert ("churn", "version", "2.0.0") not in left
    assert ("churn", "alias", "champion") in left
    assert ("churn", "stage", "1.0.0") in left


def test_an_alias_that_moved_past_everybody_is_found(house: House, registry: Registry) -> None:
    record(house.wiring, "main", swept(house, registry), "import")
    registry.models[0]["aliases"][0]["version"] = "1"
    (moved,) = swept(house, registry).unexplained
    assert (moved.thing, moved.item, moved.value) == ("alias", "champion", "1.0.0")


def test_what_is_shown_no_more_is_listed(house: House, registry: Registry) -> None:
    record(house.wiring, "main", swept(house, registry), "sweep")
    registry.models[0]["aliases"] = []
    del registry.versions[1]
    found_ = swept(house, registry)
    assert found_.vanished == ("alias churn champion", "version churn 2.0.0")
    *_, receipt = record(house.wiring, "main", found_, "sweep")
    event = decode_entry(house.wiring.reader.tell(receipt.sequence).row.envelope).event
    assert event.unlisted == found_.vanished


def test_two_who_read_the_same_at_once_record_it_once(house: House, registry: Registry) -> None:
    one, other = swept(house, registry), swept(house, registry)
    before = house.size
    record(house.wiring, "main", one, "sweep")
    record(house.wiring, "main", other, "sweep")
    assert house.size == before + 6 + 2
    house.clock.move(hours=2)
    registry.models[0]["aliases"][0]["version"] = "1"
    record(house.wiring, "main", swept(house, registry), "sweep")
    registry.models[0]["aliases"][0]["version"] = "2"
    (back,) = swept(house, registry).unexplained
    assert (back.item, back.value) == ("champion", "2.0.0")


def test_coverage_is_told_by_source(house: House, registry: Registry) -> None:
    record(house.wiring, "old", swept(house, registry, "old"), "import")
    record(house.wiring, "main", swept(house, registry), "sweep")
    main, old = coverage(house.wiring)
    assert (main.source, main.listed, main.unexplained, main.coverage) == ("main", 6, 6, "0.0 %")
    assert (old.source, old.listed, old.unexplained, old.coverage) == ("old", 6, 0, "100.0 %")
    registry.models[0]["aliases"] = []
    record(house.wiring, "old", swept(house, registry, "old"), "sweep")
    assert coverage(house.wiring)[1].listed == 5


def test_one_source_explains_nothing_of_another(house: House, registry: Registry) -> None:
    record(house.wiring, "main", swept(house, registry), "import")
    assert len(swept(house, registry, "other").unexplained) == 6
    registry.models.clear()
    registry.versions.clear()
    assert swept(house, registry, "other").vanished == ()


def test_history_is_marked_as_imported(house: House, registry: Registry) -> None:
    before = house.size
    record(house.wiring, "old", swept(house, registry, "old"), "import")
    entries = [
        decode_entry(house.wiring.reader.tell(number).row.envelope).event
        for number in range(before, house.size - 1)
    ]
    assert {event.told_by for event in entries} == {"import"}
    (version,) = (e for e in entries if e.change == "version_created" and e.version == "1.0.0")
    assert version.changed_at == "2026-02-25T06:13:20.002000Z"


@pytest.mark.parametrize("wrong", ["status", "nameless", "away"])
def test_a_server_that_is_none_is_told(house: House, registry: Registry, wrong: str) -> None:
    url = registry.url
    if wrong == "status":
        registry.status = 500
    elif wrong == "nameless":
        registry.models[0].pop("name")
    else:
        url = "http://127.0.0.1:9"
    with pytest.raises(OutsideError):
        shown_by_mlflow(url)
