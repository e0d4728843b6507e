"""A company on the pages: people with passwords, a model, a version, and a release that waits.

``seed`` makes just that; ``live`` adds what a company sees in some weeks: two more models, releases
granted, rejected and ended, deployments, a roll-back, a deprecation, refusals, a role taken back.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.webui.api.company import ARTIFACT, OTHER, a_model, a_version
from tests.webui.house import Kept
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.webui.house import Api, House

PASSWORD = "a sentence that nobody guesses"
HOSTILE = '<script>alert("x")</script><b>&'


@dataclass
class Seeded:
    """The house, who is in it, and the number of the open release that Bo asked for."""

    house: House
    ana: str
    bo: str
    chi: str
    release: int

    def browser(self, name: str) -> FlaskClient:
        """A browser in which somebody has signed in."""
        client = self.house.client()
        answer = client.post(
            "/login",
            data={
                "csrf_token": token_of(client.get("/login").text),
                "email": f"{name}@example.org",
                "password": PASSWORD,
            },
        )
        assert answer.status_code == 302, answer.text
        return client

    def post(self, client: FlaskClient, path: str, page: str, **fields: str) -> TestResponse:
        """Fill in a form of ``page`` and send it to ``path``."""
        found = client.get(page).text
        hidden = {"csrf_token": token_of(found), "once": once_of(found)}
        if path.endswith("/approve"):
            hidden["pack"] = pack_of(found)
        return client.post(path, data={**hidden, **fields})


@dataclass(frozen=True)
class Founded:
    """A company that was closed, of which each test opens a copy of its own."""

    kept: Kept
    seeded: Seeded

    @classmethod
    def of(cls, seeded: Seeded) -> Founded:
        """Close a company and keep it."""
        return cls(Kept.of(seeded.house), seeded)

    @contextmanager
    def opened(self, folder: Path) -> Iterator[Seeded]:
        """A copy in ``folder``, for the length of a block."""
        made = self.kept.copied(folder)
        yield replace(self.seeded, house=made)
        made.wiring.close()


def token_of(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def pack_of(page: str) -> str:
    """The digest of what a page shows, as its form to approve sends it."""
    found = re.search(r'name="pack" value="([0-9a-f]{64})"', page)
    return found[1] if found else ""


def once_of(page: str) -> str:
    """The value that makes a page's form happen once."""
    found = re.search(r'name="once" value="([^"]+)"', page)
    return found[1] if found else ""


def seed(house: House) -> Seeded:
    """Fill a house."""
    ids = {}
    for name, role in (("ana", "data_scientist"), ("bo", "ml_lead"), ("chi", "compliance")):
        shown = "Ana Kovač" if name == "ana" else name.title()
        ids[name] = house.enrol(shown, f"{name}@example.org", role)
        create_account(house.wiring, ids[name], PASSWORD)
    ana, bo = (house.api(house.token(ids[name])) for name in ("ana", "bo"))
    asked = [
        ana.submit("model.registered", {**a_model(ids["ana"]), "description": HOSTILE}),
        ana.submit("version.registered", a_version()),
        ana.submit(
            "evidence.attached",
            {
                "model": "churn",
                "version": "1.0.0",
                "type": "evaluation_report",
                "sha256": "7a" * 32,
                "size_bytes": 12,
                "media_type": "text/plain",
                "title": HOSTILE,
            },
        ),
        bo.submit(
            "release.requested",
            {"model": "churn", "version": "1.0.0", "environment": "production", "note": HOSTILE},
        ),
    ]
    assert [answer.status_code for answer in asked] == [201] * 4
    return Seeded(house, ids["ana"], ids["bo"], ids["chi"], asked[-1].json["sequence"])


@dataclass
class Lived:
    """What ``live`` added: the numbers of entries that pages are asked for."""

    granted: int
    lapsed: int
    rejected: int
    refused: int


def live(seeded: Seeded) -> Lived:
    """Add some weeks of work to a house that was seeded."""
    house = seeded.house
    pipeline = house.enrol("release-pipeline", "", "pipeline", actor_type="workload")
    eli = house.enrol("Eli Sato", "eli@example.org", "operations")
    dee = house.enrol("Dee Okafor", "dee@example.org", "ml_lead")
    create_account(house.wiring, dee, PASSWORD)
    people = {"ana": seeded.ana, "bo": seeded.bo, "chi": seeded.chi, "dee": dee}
    people |= {"pipeline": pipeline, "eli": eli}
    company = _Weeks(
        house, {name: house.api(house.token(one, days=90)) for name, one in people.items()}
    )
    company.ask("ana", "model.registered", _triage(seeded.ana))
    company.ask("ana", "model.registered", _demand(seeded.ana))
    granted = company.release("1.0.0", ARTIFACT, "0.942")
    lapsed = company.release("1.1.0", OTHER, "0.951")
    company.fall_back()
    rejected = company.turn_down()
    vote = {"release": seeded.release, "artifact": ARTIFACT}
    refused = company.ask("bo", "release.approved", vote, 403)["entry"]
    root = house.enrol("Rae Moreau", "rae@example.org", "administrator")
    create_account(house.wiring, root, PASSWORD)
    gus = house.enrol("Gus Hale", "gus@example.org", "data_scientist")
    company.callers["rae"] = house.api(house.token(root))
    taken = {"actor_id": gus, "role": "data_scientist", "reason": "Left the company"}
    company.ask("rae", "role.revoked", taken)
    return Lived(granted, lapsed, rejected, refused)


@dataclass
class _Weeks:
    """Somebody asks, a day goes by."""

    house: House
    callers: dict[str, Api]

    def ask(self, who: str, kind: str, fields: dict[str, Any], status: int = 201) -> dict[str, Any]:
        """Ask as somebody; it must end as said."""
        self.house.clock.move(hours=7)
        answer = self.callers[who].submit(kind, fields)
        assert answer.status_code == status, answer.text
        return answer.json

    def release(self, version: str, artifact: str, accuracy: str) -> int:
        """A version of triage from its registration to production; the number of its release."""
        of = {"model": "triage", "version": version}
        self.ask("pipeline", "version.registered", _described(version, artifact, accuracy))
        for place, (kind, title) in enumerate(_DOCUMENTS):
            document = {"type": kind, "sha256": f"{version[2]}{place}" * 32, "size_bytes": 4_096}
            fields = {**of, **document, "media_type": "application/pdf", "title": title}
            self.ask("ana", "evidence.attached", fields)
        note = "Better on the winter cohort, no worse elsewhere."
        wanted = {**of, "environment": "production", "note": note}
        number = int(self.ask("ana", "release.requested", wanted)["sequence"])
        vote = {"release": number, "artifact": artifact}
        self.ask("bo", "release.approved", {**vote, "comment": "Confusion matrix read."})
        self.ask("chi", "release.approved", {**vote, "comment": "DPIA still covers it."})
        run = {**of, "environment": "production", "artifact": artifact, "region": "eu"}
        self.ask("eli", "deployment.recorded", {**run, "target": "cluster-7"})
        return number

    def fall_back(self) -> None:
        """The new version misbehaves in the field: rolled back, deprecated, its release ends."""
        of = {"model": "triage", "version": "1.1.0"}
        seen = {**of, "phase": "monitoring", "environment": "production"}
        self.ask("pipeline", "metrics.observed", {**seen, "metrics": [_metric("0.871", "field")]})
        back = {"model": "triage", "version": "1.0.0", "environment": "production"}
        reason = "Misses cases that 1.0.0 finds."
        fields = {**back, "artifact": ARTIFACT, "cause": "quality", "reason": reason}
        self.ask("eli", "deployment.rolled_back", fields)
        ended = {**of, "cause": "quality", "effective_on": "2026-03-30", "replacement": "1.0.0"}
        self.ask("bo", "version.deprecated", {**ended, "reason": reason})

    def turn_down(self) -> int:
        """A release that a person rejects; its number."""
        version = {**a_version("2026.03.14", "demand"), "metrics": [_metric("0.31", "q1", "r2")]}
        self.ask("pipeline", "version.registered", version)
        wanted = {"model": "demand", "version": "2026.03.14", "environment": "staging"}
        number = int(self.ask("ana", "release.requested", wanted)["sequence"])
        vote = {"release": number, "artifact": ARTIFACT, "reason": "No better than last year's."}
        self.ask("dee", "release.rejected", vote)
        return number


_DOCUMENTS = (
    ("evaluation_report", "Evaluation on held-out admissions"),
    ("dpia", "Data protection impact assessment"),
    ("model_card", "Model card"),
)


def _triage(owner: str) -> dict[str, Any]:
    return {
        **a_model(owner, "triage"),
        "purposes": ["patient-triage"],
        "description": "Which admissions a nurse should see first.",
    }


def _demand(owner: str) -> dict[str, Any]:
    kind = {"version_scheme": "date", "task": "regression", "risk_tier": "low"}
    return {**a_model(owner, "demand"), **kind, "purposes": ["stock-planning"]}


def _described(version: str, artifact: str, accuracy: str) -> dict[str, Any]:
    described = a_version(version, "triage")
    described["artifact"] = {"sha256": artifact, "size_bytes": 7_482_113, "format": "onnx"}
    described["metrics"] = [_metric(accuracy, "holdout"), _metric("0.977", "holdout", "roc_auc")]
    described["parameters"] = {"learning_rate": "0.01", "max_depth": "6", "seed": "7"}
    packages = {"numpy": "2.3.1", "onnx": "1.19.0", "scikit-learn": "1.7.0"}
    described["environment_used"] = {"python": "3.12.4", "packages": packages}
    described["data_sets"][0] |= {"classification": "phi", "legal_basis": "public_task"}
    described["data_sets"][0] |= {"rows": 184_220, "retain_until": "2031-12-31", "region": "eu"}
    if version != "1.0.0":
        parent = {"model": "triage", "version": "1.0.0", "relation": "successor_of"}
        described["parents"] = [parent]
    return described


def _metric(value: str, data_set: str, name: str = "accuracy") -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "data_set": data_set,
        "held_out": True,
        "higher_is_better": True,
        "sample_size": 12_480,
    }


__all__ = [
    "ARTIFACT",
    "HOSTILE",
    "PASSWORD",
    "Lived",
    "Seeded",
    "live",
    "once_of",
    "seed",
    "token_of",
]
