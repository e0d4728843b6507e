"""policy propose and activate: a document brought to a real server, in parts where it is long."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.query import Filter
from policies import Document, document_text
from tests.webui.client.conftest import Command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Served


@pytest.fixture
def root(served: Served) -> Command:
    """``counterseal`` with the token of the administrator."""
    house = served.company.house
    token = house.token(house.administrator)
    return Command({"COUNTERSEAL_URL": served.url, "COUNTERSEAL_TOKEN": token})


def longer(served: Served, word: str, number: int = 60) -> Document:
    """The shipped policy with so many more gates; the last says ``word``."""
    fields = served.company.house.wiring.policy().canonical()
    gates = [gate for gate in fields["gates"] if not gate["id"].startswith("own-")]
    (pattern,) = (gate for gate in gates if gate["id"] == "file-policy")
    own = [{**pattern, "id": f"own-{at}", "title": f"{at} {'w' * 300}"} for at in range(number)]
    return Document.from_canonical({**fields, "gates": [*gates, *own, {**own[-1], "id": word}]})


def filed(served: Served) -> int:
    return len(served.company.house.wiring.reader.entries(Filter(kinds=("policy.filed",))))


def written(document: Document, folder: Path) -> str:
    file = folder / "policy.yaml"
    file.write_text(document_text(document))
    return str(file)


def test_a_long_policy_is_put_in_force_and_a_change_of_it_files_what_it_changes(
    served: Served, root: Command, tmp_path: Path
) -> None:
    house = served.company.house
    first = longer(served, "own-first")
    done = root("policy", "activate", written(first, tmp_path), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["kind"] == "policy.activated"
    assert "3 parts, 3 of them filed now." in done.stderr
    assert house.wiring.policy() == first
    parts = served.client().read("policy")["parts"]
    assert parts[0]["gates"] == 0
    assert sum(one["gates"] for one in parts) == len(first.gates)

    house.enrol("Second", "", "administrator")
    second = longer(served, "own-second")
    file = written(second, tmp_path)
    alone = root("policy", "activate", file)
    assert alone.exit_code == 3
    assert filed(served) == 4
    asked = root("policy", "propose", file, "--note", "The year's review", "--json")
    assert asked.exit_code == 0, asked.output
    assert "3 parts, 0 of them filed now." in asked.stderr
    change = json.loads(asked.stdout)["entry"]
    command = house.wiring.reader.change(change).command
    vote = {"change": change, "command": command}
    assert served.company.officer.submit("change.approved", vote).status_code == 201
    assert root("policy", "activate", file).exit_code == 0
    assert house.wiring.policy() == second
    assert filed(served) == 4
    assert audit(house.wiring.log).problems == []


def test_who_may_not_file_is_refused_before_anything_is_proposed(
    served: Served, run: Command, tmp_path: Path
) -> None:
    before = filed(served)
    refused = run("policy", "propose", written(longer(served, "own-x", 90), tmp_path))
    assert refused.exit_code == 3, refused.output
    assert filed(served) == before


def test_a_document_that_is_none_is_named_with_its_line(
    served: Served, root: Command, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("id: default\nid: other\n")
    size = served.company.house.size
    refused = root("policy", "propose", str(file))
    assert refused.exit_code == 2
    assert "policy.yaml:2" in refused.stderr
    assert served.company.house.size == size
