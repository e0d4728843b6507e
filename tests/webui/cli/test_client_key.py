"""A workload's key at the command line: made, enrolled, and used for a request that is recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from webui.app import create_app
from webui.identity.links import issue_setup_link, redeem_first
from webui.identity.scope import TokenScope
from webui.identity.tokens import create_token
from webui.settings import read_settings
from webui.wiring import open_home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run


def test_a_workload_makes_a_key_and_signs_what_is_then_recorded(
    installed: Run, home: Path, tmp_path: Path
) -> None:
    wiring = open_home(read_settings({}, home))
    try:
        root = redeem_first(
            wiring,
            issue_setup_link(wiring),
            name="Mira Haddad",
            email="mira@example.org",
            password="a long enough sentence",
        )
        scope = TokenScope(kinds="*")
        _, secret = create_token(
            wiring, actor_id=root, label="t", scope=scope, days=1, created_by=root
        )
        client = create_app(wiring).test_client()

        def submit(kind: str, event: dict[str, object]) -> int:
            headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": kind}
            answer = client.post(
                "/api/v1/events", json={"kind": kind, "event": event}, headers=headers
            )
            return answer.status_code

        actor = "ab" * 16
        machine = {"actor_id": actor, "actor_type": "workload", "name": "Trainer"}
        assert submit("actor.enrolled", machine) == 201
        assert submit("role.granted", {"actor_id": actor, "role": "pipeline"}) == 201
        file, who = tmp_path / "client.pem", ("--actor", actor, "--origin", wiring.log.origin)
        made = installed("key", "client", "new", str(file), *who)
        assert made.exit_code == 0, made.stderr
        assert file.stat().st_mode & 0o077 == 0
        assert installed("key", "client", "new", str(file), *who).exit_code == 4  # never replaced
        enrolled = {**json.loads(made.stdout), "kinds": ["model.registered"]}
        assert submit("workload.key_enrolled", {**enrolled, "until": "2999-01-01T00:00:00Z"}) == 201
        event = tmp_path / "event.json"
        fields = {
            "model": "churn",
            "version_scheme": "semantic",
            "task": "ranking",
            "risk_tier": "low",
            "purposes": ["retention"],
            "owner": actor,
        }
        event.write_text(json.dumps(fields), encoding="utf-8")
        said = ("key", "client", "sign", "--key", str(file), *who, "--kind", "model.registered")
        signed = installed(*said, str(event))
        assert signed.exit_code == 0, signed.stderr
        answer = client.post("/api/v1/events:signed", json=json.loads(signed.stdout))
        assert answer.status_code == 201, answer.text
        assert installed(*said, str(tmp_path / "none.json")).exit_code == 4
    finally:
        wiring.close()
