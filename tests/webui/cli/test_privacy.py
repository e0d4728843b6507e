"""The privacy desk from the command line: what it lists, carries out and writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from webui.settings import read_settings
from webui.tombstones import FILE
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


def test_what_was_approved_is_listed_carried_out_and_gone(run: Run, tmp_path: Path) -> None:
    assert run("init").exit_code == 0
    found = next(path for path in tmp_path.rglob("keys") if path.is_dir()).parent
    wiring = open_home(read_settings({}, found))
    submit, service = wiring.submitter.submit, wiring.service

    def enrol(name: str, digit: str, by: Actor) -> Actor:
        one = Actor(id=digit * 32, type="person", via="password")
        fields = {"actor_id": one.id, "actor_type": "person", "name": name}
        assert submit(by, read_command("actor.enrolled", fields)).outcome == "allow"
        return one

    def grant(one: Actor, role: str, by: Actor) -> None:
        fields = {"actor_id": one.id, "role": role}
        assert submit(by, read_command("role.granted", fields)).outcome == "allow"

    root = enrol("Root", "1", service)
    grant(root, "administrator", service)
    dora = enrol("Dora", "2", root)
    grant(dora, "data_protection_officer", root)
    zoe = enrol("Zoe Quill", "3", root)
    today = wiring.now().date().isoformat()
    request = read_command("erasure.requested", {"actor_id": zoe.id, "received": today})
    number = submit(zoe, request).sequence
    early = run("privacy", "erase", str(number))
    assert (early.exit_code, "not approved" in early.output) == (2, True)
    fields = {"erasure": number, "assessment": "Nothing to keep"}
    assert submit(dora, read_command("erasure.approved", fields)).outcome == "allow"
    wiring.close()

    listed = run("privacy", "requests").output
    assert today in listed
    assert "approved" in listed
    target = tmp_path / "copy.json"
    assert run("privacy", "export", zoe.id, "-o", str(target)).exit_code == 0
    assert json.loads(target.read_bytes())["subject"]["name"] == "Zoe Quill"
    assert target.stat().st_mode & 0o077 == 0
    done = run("privacy", "erase", str(number))
    assert done.exit_code == 0, done.output
    assert "1 texts" in done.output
    assert zoe.id in (found / FILE).read_text()
    assert run("vault", "rotate").exit_code == 0
    assert "Zoe" not in run("people", "list").output
    assert "Dora" in run("people", "list").output
    assert run("verify").exit_code == 0
    assert run("privacy", "holds").exit_code == 0
    assert run("privacy", "keeps", dora.id).exit_code == 0
