"""One example of every kind of event, with every field filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.events.catalogue import CATALOGUE

if TYPE_CHECKING:
    from ledger.events.event import Event

ANA: Final = "a1" * 16
DIGEST: Final = "5e" * 32
_OF: Final = {"model": "churn", "version": "1.4.0"}
_METRIC: Final = {
    "name": "accuracy",
    "value": "0.931",
    "data_set": "holdout-2026",
    "held_out": True,
    "higher_is_better": True,
    "sample_size": 1200,
}
_RELEASE: Final = {**_OF, "environment": "production", "artifact": DIGEST, "release": 17}

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "log.created": {
        "origin": "counterseal.example/acme/main",
        "keys": (
            {"use": "entries", "algorithm": "ed25519", "public": "11" * 32},
            {"use": "checkpoints", "algorithm": "ed25519", "public": "22" * 32},
            {"use": "cosignatures", "algorithm": "ml-dsa-44", "public": "55" * 1312},
            {"use": "seal", "algorithm": "x509-sha256", "public": "33" * 32},
        ),
        "schemas": "44" * 32,
        "generator": "counterseal 0.1.0",
        "previous": {
            "origin": "counterseal.example/acme/2025",
            "size": 900,
            "root": "66" * 32,
            "checkpoint": "bm90ZQ==",
            "key": "77" * 32,
            "carried": 12,
            "loss": {
                "since": 900,
                "promised_size": 950,
                "promised_root": "88" * 32,
                "checkpoint": "bm90ZQ==",
                "source": "guard",
            },
        },
    },
    "actor.enrolled": {
        "actor_id": ANA,
        "actor_type": "person",
        "name": "Ana Kovač",
        "email": "ana@example.org",
    },
    "role.granted": {"actor_id": ANA, "role": "compliance", "reason": "Joined the team"},
    "identity.linked": {
        "actor_id": ANA,
        "same_as": "b2" * 16,
        "reason": "One person, two accounts",
    },
    "identity.unlinked": {"actor_id": ANA, "reason": "It was somebody else"},
    "role.revoked": {"actor_id": ANA, "role": "compliance", "reason": "Left the team"},
    "role.delegated": {
        "actor_id": ANA,
        "role": "compliance",
        "since": "2026-08-01T00:00:00Z",
        "until": "2026-08-22T00:00:00Z",
        "reason": "On leave",
    },
    "delegation.ended": {"delegation": 31, "reason": "Back earlier"},
    "exception.opened": {
        "model": "churn",
        "environment": "production",
        "until": "2026-08-01T04:00:00Z",
        "uses": 3,
        "review_by": "2026-08-04T00:00:00Z",
        "reason": "The model fails for all customers",
        "incident": "INC-2041",
    },
    "exception.used": {"exception": 33, "entry": 35, "by": ANA},
    "exception.closed": {"exception": 33, "account": "Rolled back to 1.3.9"},
    "review.required": {
        "of": 33,
        "reviewed": "exception.opened",
        "by": ANA,
        "gate": "policy",
        "review": "exception",
        "due": "2026-08-04T00:00:00Z",
        "model": "churn",
        "environment": "production",
    },
    "review.completed": {"review": 34, "finding": "accepted", "comment": "It was needed"},
    "model.registered": {
        "model": "churn",
        "version_scheme": "semantic",
        "task": "classification",
        "risk_tier": "high",
        "purposes": ("customer-retention",),
        "owner": ANA,
        "tags": ("customers",),
        "description": "Who will leave next month",
    },
    "version.registered": {
        **_OF,
        "artifact": {
            "sha256": DIGEST,
            "size_bytes": 48213,
            "format": "onnx",
            "uri": "s3://models/churn/1.4.0/model.onnx",
        },
        "trained_at": "2026-03-09T08:15:00Z",
        "data_sets": (
            {
                "name": "customers",
                "version": "2026.02",
                "sha256": "6f" * 32,
                "source": "warehouse.crm.customers",
                "classification": "personal",
                "rows": 81233,
                "legal_basis": "legitimate_interests",
                "purposes": ("customer-retention",),
                "region": "eu",
                "retain_until": "2028-02-01",
                "de_identification": "none",
            },
        ),
        "code": {
            "repository": "https://git.example.org/ml/churn",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "branch": "main",
            "dirty": False,
            "tag": "v1.4.0",
            "tag_signature": "valid",
        },
        "run": "run-2026-03-09-1",
        "parameters": {"max_depth": "6", "learning_rate": "0.1"},
        "metrics": (_METRIC,),
        "environment_used": {
            "python": "3.12.1",
            "packages": {"scikit-learn": "1.7.2", "numpy": "2.3.1"},
            "hardware": "x86_64, 2 cores",
        },
        "parents": ({"model": "churn", "version": "1.3.0", "relation": "successor_of"},),
        "licence": "Apache-2.0",
        "notes": "Trained with the February extract",
    },
    "evidence.attached": {
        **_OF,
        "type": "evaluation_report",
        "sha256": "7a" * 32,
        "size_bytes": 9120,
        "media_type": "application/pdf",
        "valid_until": "2027-03-09",
        "title": "Evaluation by the second line",
    },
    "metrics.observed": {
        **_OF,
        "phase": "monitoring",
        "environment": "production",
        "metrics": (_METRIC,),
    },
    "version.deprecated": {
        **_OF,
        "cause": "quality",
        "effective_on": "2026-05-01",
        "replacement": "1.5.0",
        "reason": "It misses students",
    },
    "version.archived": {**_OF, "reason": "No longer used"},
    "release.requested": {**_OF, "environment": "production", "note": "For the spring campaign"},
    "release.approved": {
        "release": 17,
        "artifact": DIGEST,
        "pack": "fa" * 32,
        "comment": "Looks right",
    },
    "release.rejected": {"release": 17, "artifact": DIGEST, "reason": "The bias report is old"},
    "release.withdrawn": {"release": 17, "reason": "A better one comes"},
    "approval.revoked": {"release": 17, "reason": "I looked at the wrong report"},
    "release.granted": {**_RELEASE, "approvals": (18, 19)},
    "release.lapsed": {**_RELEASE, "cause": 21},
    "deployment.recorded": {
        **_OF,
        "environment": "production",
        "artifact": DIGEST,
        "target": "k8s/eu-1/churn",
        "region": "eu",
    },
    "deployment.rolled_back": {
        **_OF,
        "environment": "production",
        "artifact": DIGEST,
        "cause": "quality",
        "reason": "Too many false alarms since Monday",
    },
    "deployment.stopped": {
        "model": "churn",
        "environment": "production",
        "deployment": 25,
        "reason": "The campaign is over",
    },
    "policy.activated": {
        "policy": "default",
        "digest": "9c" * 32,
        "previous": "8b" * 32,
        "document": {"format": "policy/1", "id": "default"},
    },
    "change.proposed": {
        "proposed": "role.granted",
        "event": {"actor_id": ANA, "role": "compliance"},
        "note": "She takes over from Bo",
    },
    "change.approved": {"change": 29, "command": "cd" * 32, "comment": "Agreed"},
    "change.rejected": {"change": 29, "command": "cd" * 32, "reason": "Not before the audit"},
    "change.withdrawn": {"change": 29, "command": "cd" * 32, "reason": "No longer needed"},
    "access.denied": {
        "attempted": "release.approved",
        "command": "ad" * 32,
        "model": "churn",
        "version": "1.4.0",
        "environment": "production",
        "release": 17,
    },
    "report.issued": {
        "report": "soc2-2026-h1",
        "framework": "soc2",
        "period_from": "2026-01-01",
        "period_until": "2026-06-30",
        "models": ("churn",),
        "position": 3,
        "root": "be" * 32,
        "unsealed": "ca" * 32,
        "sealed": "fe" * 32,
        "pages": 12,
        "verdicts": {"pass": 7, "fail": 1},
    },
    "checkpoint.timestamped": {
        "size": 41,
        "root": "be" * 32,
        "note": "0e" * 32,
        "authority": "https://tsa.example/rfc3161",
        "token": "70" * 32,
        "time": "2026-03-09T10:00:00Z",
    },
    "key.rotated": {
        "use": "checkpoints",
        "algorithm": "ed25519",
        "old": "22" * 32,
        "new": "23" * 32,
        "proof": "24" * 64,
        "certificate": "2b" * 64,
    },
    "key.compromised": {
        "use": "checkpoints",
        "public": "22" * 32,
        "trusted_until": 30,
        "reason": "A laptop was stolen",
    },
    "root.named": {
        "public": "25" * 32,
        "proof": "26" * 64,
        "by_previous": "27" * 64,
        "certificates": (
            {"use": "entries", "certificate": "28" * 64},
            {"use": "checkpoints", "certificate": "29" * 64},
            {"use": "cosignatures", "certificate": "2a" * 64},
        ),
    },
    "log.frozen": {
        "successor": "counterseal.example/acme/2027",
        "reason": "The year is over",
    },
    "backup.verified": {
        "backup": "b0" * 32,
        "size_bytes": 1048576,
        "position": 40,
        "root": "be" * 32,
        "database": "sqlite",
        "encrypted": True,
        "checked": "entries",
    },
    "restore.tested": {
        "backup": "b0" * 32,
        "position": 40,
        "root": "be" * 32,
        "behind": 3,
        "problems": 0,
        "outcome": "pass",
    },
    "backup.restored": {
        "backup": "b0" * 32,
        "position": 40,
        "root": "be" * 32,
        "promised": 42,
        "lost": 2,
    },
}


def example(kind: str) -> Event:
    """The example of a kind, as an event."""
    return CATALOGUE[kind].model_validate(EXAMPLES[kind])
