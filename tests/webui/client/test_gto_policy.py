"""A rule of the policy that only signed tags give the stage prod, as `gto check` and `record` meet it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from ledger.events.entry import decode_entry
from policies import Document, document_digest
from tests.webui.client.test_gto import Repository, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served

GATE = {
    "id": "signed-prod",
    "event": "registry.changed",
    "when": 'registry.change == "alias_set" && registry.name == "prod"',
    "title": "Giving the stage prod by a tag",
    "require": [
        {
            "id": "signed",
            "check": 'registry.signature == "valid"',
            "say": "only a tag whose signature holds gives the stage prod",
        }
    ],
}


@pytest.fixture(scope="module")
def strict(served: Served) -> Served:
    """The shipped policy with one gate more."""
    house = served.company.house
    policy = house.wiring.policy().canonical()
    document = Document.from_canonical({**policy, "gates": [*policy["gates"], GATE]})
    fields = {
        "policy": document.id,
        "digest": document_digest(document),
        "previous": house.wiring.reader.policy()[0].digest,
        "document": document.canonical(),
    }
    root = house.api(house.token(house.administrator))
    answer = root.submit("policy.activated", fields)
    assert answer.status_code == 201, answer.text
    return served


def signer(folder: Path, tmp_path: Path) -> tuple[str, ...]:
    """Options by which git signs with a key that the repository trusts."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ana@example.org {key.with_suffix('.pub').read_text()}")
    git(folder, "config", "gpg.format", "ssh")
    git(folder, "config", "gpg.ssh.allowedSignersFile", str(allowed))
    return ("-c", f"user.signingkey={key}", "tag", "-s", "-m", "GTO")


def test_a_tag_that_a_rule_refuses_fails_the_check_and_is_a_refusal_in_the_ledger(
    strict: Served, run: Command, tmp_path: Path
) -> None:
    tree = Repository(tmp_path / "tree")
    tree.commit()
    tree.tag("churn@v1.0.0")
    tree.tag("churn#prod#1")
    where = ("--repo", str(tree.folder))
    refused = run("gto", "check", "churn#prod#1", *where)
    assert refused.exit_code == 1, refused.output
    assert "DENIED: churn#prod#1: " in refused.stdout
    assert run("gto", "check", "churn@v1.0.0", *where).exit_code == 0
    told = run("gto", "record", *where)
    assert told.exit_code == 1
    assert "refused" in told.stdout
    house = strict.company.house
    newest = [
        decode_entry(house.wiring.reader.tell(n).row.envelope).event.kind
        for n in range(house.size - 3, house.size)
    ]
    assert newest == ["registry.changed", "access.denied", "inventory.reconciled"]
    tree.commit()
    sign = signer(tree.folder, tmp_path)
    git(tree.folder, *sign, "churn@v1.1.0")
    git(tree.folder, *sign, "churn#prod#2")
    assert run("gto", "check", "churn#prod#2", *where).exit_code == 0
    assert run("gto", "check", *where).exit_code == 1
