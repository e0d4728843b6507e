"""What the tests of the API ask for, and the people who ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.webui.house import Api, House

ARTIFACT = "5e" * 32
OTHER = "0d" * 32


def a_model(owner: str, name: str = "churn") -> dict[str, Any]:
    """The fields of ``model.registered``."""
    return {
        "model": name,
        "version_scheme": "semantic",
        "task": "classification",
        "risk_tier": "high",
        "purposes": ["retention"],
        "owner": owner,
        "description": "Who will leave next month",
    }


def a_version(version: str = "1.0.0", model: str = "churn") -> dict[str, Any]:
    """The fields of ``version.registered``, good enough for production."""
    return {
        "model": model,
        "version": version,
        "artifact": {"sha256": ARTIFACT, "size_bytes": 48213, "format": "onnx"},
        "trained_at": "2026-03-01T08:15:00Z",
        "data_sets": [
            {
                "name": "customers",
                "version": "2026.02",
                "sha256": "6f" * 32,
                "source": "warehouse.crm.customers",
                "classification": "personal",
            }
        ],
        "code": {
            "repository": "https://git.example.org/ml/churn",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "dirty": False,
        },
        "metrics": [
            {
                "name": "accuracy",
                "value": "0.931",
                "data_set": "holdout",
                "held_out": True,
                "higher_is_better": True,
            }
        ],
        "notes": "Trained with the February extract",
    }


@dataclass
class Company:
    """A house with people in their roles, each with a token without limits."""

    house: House
    scientist: Api
    lead: Api
    officer: Api
    operator: Api
    nobody: Api
    scientist_id: str

    def registered(self, version: str = "1.0.0") -> None:
        """Register the model and a version."""
        assert (
            self.scientist.submit("model.registered", a_model(self.scientist_id)).status_code == 201
        )
        assert self.scientist.submit("version.registered", a_version(version)).status_code == 201

    def requested(self) -> int:
        """Ask for a release to staging, which one approval grants; its number."""
        wanted = {"model": "churn", "version": "1.0.0", "environment": "staging"}
        answer = self.scientist.submit("release.requested", wanted)
        assert answer.status_code == 201, answer.text
        return int(answer.json["sequence"])

    def deployed(self) -> int:
        """Go all the way to a running deployment in staging; its number."""
        self.registered()
        vote = {"release": self.requested(), "artifact": ARTIFACT}
        assert self.lead.submit("release.approved", vote).status_code == 201
        run = {
            "model": "churn",
            "version": "1.0.0",
            "environment": "staging",
            "artifact": ARTIFACT,
        }
        answer = self.operator.submit("deployment.recorded", run)
        assert answer.status_code == 201, answer.text
        return int(answer.json["sequence"])


def found(house: House) -> Company:
    """Found the company in a house."""
    people = {
        role: house.enrol(role.title(), "", *([role] if role != "nobody" else []))
        for role in ("data_scientist", "ml_lead", "compliance", "operations", "nobody")
    }
    tokens = {role: house.api(house.token(actor)) for role, actor in people.items()}
    return Company(
        house=house,
        scientist=tokens["data_scientist"],
        lead=tokens["ml_lead"],
        officer=tokens["compliance"],
        operator=tokens["operations"],
        nobody=tokens["nobody"],
        scientist_id=people["data_scientist"],
    )
