"""Exports of Weights & Biases, Comet and Hugging Face: difference first, once, marked as imported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.entry import decode_entry
from webui.client.errors import SettingError
from webui.client.importers import READERS, read_export

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served

COMMIT = "c37a8cd1e382064d8aced5e05543c5f7753834da"
WANDB = [
    {"name": "acme/registry/wb-churn:v0", "type": "model", "version": "v0", "aliases": ["v0"], "created_at": "2026-01-05T10:00:00"},
    {"name": "wb-churn:v1", "type": "model", "version": "v1", "aliases": ["v1", "latest", "production"], "created_at": "2026-02-05T10:00:00Z"},
    {"name": "rows:v7", "type": "dataset", "version": "v7", "aliases": ["latest"]},
]  # fmt: skip
COMET = {
    "registryModelId": "ath6ho4eijaexeShahJ9sohQu",
    "modelName": "Comet Churn",
    "userName": "ana",
    "createdAt": 1772000000000,
    "versions": [
        {"version": "1.0.0", "stages": ["Production", "EU"], "userName": "bo", "createdAt": 1772000000001},
        {"version": "1.1.0", "stages": [], "userName": "bo", "createdAt": 1772000000002},
    ],
}  # fmt: skip
HUB = {
    "id": "acme/churn",
    "createdAt": "2026-01-05T10:00:00.000Z",
    "refs": {
        "branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": COMMIT}],
        "tags": [{"name": "v1.2.0", "ref": "refs/tags/v1.2.0", "targetCommit": COMMIT}],
    },
}
EXPORTS: list[tuple[str, Any, int]] = [
    ("wandb", WANDB, 4),
    ("comet", COMET, 5),
    ("huggingface", HUB, 2),
]


def written(folder: Path, export: Any) -> str:
    file = folder / "export.json"
    file.write_text(json.dumps(export))
    return str(file)


@pytest.mark.parametrize("case", EXPORTS, ids=[kind for kind, _, _ in EXPORTS])
def test_an_export_is_shown_then_brought_in_once(
    served: Served, run: Command, tmp_path: Path, case: tuple[str, Any, int]
) -> None:
    kind, export, many = case
    file, size = written(tmp_path, export), served.company.house.size
    shown = run("import", kind, file)
    assert shown.exit_code == 0, shown.output
    assert "say --record" in shown.stdout
    assert served.company.house.size == size
    done = run("import", kind, file, "--record", "--json")
    assert len(json.loads(done.stdout)["unexplained"]) == many
    assert served.company.house.size == size + many + 1
    reader = served.company.house.wiring.reader
    events = [decode_entry(reader.tell(n).row.envelope).event for n in range(size, size + many)]
    assert {(one.told_by, one.registry) for one in events} == {("import", kind)}
    again = run("import", kind, file, "--record", "--json")
    assert json.loads(again.stdout)["unexplained"] == []
    assert json.loads(again.stdout)["coverage"] == "100.0 %"


def test_what_weights_and_biases_sets_by_itself_is_no_alias() -> None:
    items = read_export("wandb", json.dumps(WANDB).encode())
    assert [one["name"] for one in items if one["thing"] == "alias"] == ["production"]
    assert {one["model"] for one in items} == {"wb-churn"}
    assert items[1]["at"] == "2026-01-05T10:00:00+00:00"


def test_two_stages_of_a_version_of_comet_are_both_told() -> None:
    items = read_export("comet", json.dumps([COMET]).encode())
    assert [(one["name"], one["version"]) for one in items if one["thing"] == "alias"] == [
        ("Production", "1.0.0"), ("EU", "1.0.0"),
    ]  # fmt: skip


def test_a_tag_of_the_hub_that_moved_is_found(served: Served, run: Command, tmp_path: Path) -> None:
    hub: Any = json.loads(json.dumps(HUB))
    words = ("--source", "hub", "--record", "--json")
    run("import", "huggingface", written(tmp_path, hub), *words)
    hub["refs"]["tags"][0]["targetCommit"] = "0" * 40
    done = run("import", "huggingface", written(tmp_path, hub), *words)
    (moved,) = json.loads(done.stdout)["unexplained"]
    assert (moved["change"], moved["ref"]) == ("ref_moved", "v1.2.0")


@pytest.mark.parametrize(
    ("kind", "export", "said"),
    [
        ("wandb", b"{", "not JSON"),
        ("wandb", b"[" * 100_000, "not JSON"),
        ("wandb", b"[1]", "Record 0"),
        ("wandb", b'[{"type":"model","name":"churn"}]', "churn:v3"),
        ("wandb", b'[{"type":"model","name":"churn:v1","aliases":"x"}]', "aliases"),
        ("comet", b'{"modelName":"churn"}', "versions"),
        ("comet", b'{"modelName":"churn","versions":[{}]}', "version"),
        ("huggingface", b'{"id":"a/b"}', "refs"),
        ("huggingface", b'{"id":"a/b","refs":{"tags":[{"name":"v1","targetCommit":"x"}]}}', "commit"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_told(kind: str, export: bytes, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        read_export(kind, export)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "type", "aliases", "modelName", "versions", "version", "stages", "id",
                 "refs", "tags", "targetCommit", "createdAt", "created_at"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from(sorted(READERS)), _JSON)
def test_any_json_is_read_or_refused_in_a_sentence(kind: str, plain: Any) -> None:
    try:
        items = read_export(kind, json.dumps(plain).encode())
    except SettingError:
        return
    assert all(one["thing"] and one["model"] for one in items)
