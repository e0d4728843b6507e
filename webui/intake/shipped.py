"""The documents of the known sources, and what one of each delivers.

MLflow: ``mlflow/webhooks`` of 3.17.2 (headers, entities and actions; a test sends the examples of
its payload types). Weights & Biases: webhook automations, whose body is a template that the user
writes; ``WANDB_TEMPLATE`` is ours. Comet: the registry's webhooks, whose header is the user's.
Hugging Face: the hub's webhooks; discussions and other kinds of repositories are not read.
"""

from __future__ import annotations

import json
from typing import Any, Final, get_args

from ledger.events.registries import (
    OF_A_NAME,
    OF_A_REF,
    OF_A_VERSION,
    OF_NO_MODEL,
    RegistryChange,
)

FORMAT: Final = "counterseal-connection/1"
TRIAL: Final = {"counterseal": "test"}
"""What `counterseal connection test` delivers, signed as the source would."""
_TRIED: Final = {"when": {"/counterseal": "test"}, "change": "test"}


def _mlflow() -> dict[str, Any]:
    def rule(entity: str, action: str, change: str, **more: str) -> dict[str, Any]:
        return {"when": {"/entity": entity, "/action": action}, "change": change, **more}

    model, version, at = "/data/name", "/data/version", "/timestamp"
    tag = {"model": model, "version": version, "name": "/data/key", "at": at}
    alias = {"model": model, "name": "/data/alias", "at": at}
    tests = [
        {"when": {"/data/name": name}, "change": "test"}
        for name in ("example_model", "example_prompt")
    ]
    prompts = [
        rule(entity, action, "prompt_changed", name="/data/name", at=at)
        for entity, actions in (
            ("prompt", ("created",)),
            ("prompt_version", ("created",)),
            ("prompt_tag", ("set", "deleted")),
            ("prompt_version_tag", ("set", "deleted")),
            ("prompt_alias", ("created", "deleted")),
        )
        for action in actions
    ]
    return {
        "format": FORMAT,
        "proof": {
            "kind": "timed",
            "header": "X-MLflow-Signature",
            "id_header": "X-MLflow-Delivery-Id",
            "time_header": "X-MLflow-Timestamp",
        },
        "delivery": {"header": "X-MLflow-Delivery-Id"},
        "environments": {"champion": "production"},
        "rules": [
            _TRIED,
            *tests,
            rule(
                "registered_model", "created", "model_created", model=model, at=at,
                value="/data/description",
            ),
            rule(
                "model_version", "created", "version_created", model=model, version=version,
                at=at, value="/data/source",
            ),
            rule("model_version_tag", "set", "version_tag_set", **tag, value="/data/value"),
            rule("model_version_tag", "deleted", "version_tag_removed", **tag),
            rule("model_version_alias", "created", "alias_set", **alias, version=version),
            rule("model_version_alias", "deleted", "alias_removed", **alias),
            *prompts,
            rule("budget_policy", "exceeded", "ignore"),
        ],
    }  # fmt: skip


def _wandb() -> dict[str, Any]:
    model, version, by = "/collection", "/version", "/author"
    return {
        "format": FORMAT,
        "proof": {"kind": "hmac", "header": "X-Wandb-Signature"},
        "environments": {"production": "production"},
        "rules": [
            _TRIED,
            {
                "when": {"/event": "ADD_ARTIFACT_ALIAS"}, "change": "alias_set", "model": model,
                "version": version, "name": "/alias", "value": "/artifact", "by": by,
            },
            {
                "when": {"/event": "LINK_ARTIFACT"}, "change": "version_created", "model": model,
                "version": version, "value": "/artifact", "by": by,
            },
            {
                "when": {"/event": "ADD_ARTIFACT_TAG"}, "change": "version_tag_set",
                "model": model, "version": version, "name": "/tag", "by": by,
            },
        ],
    }  # fmt: skip


def _comet() -> dict[str, Any]:
    model, version = "/registryModelName", "/version"
    return {
        "format": FORMAT,
        "proof": {"kind": "header", "header": "Authorization"},
        "environments": {"Production": "production", "Staging": "staging"},
        "rules": [
            _TRIED,
            {
                "when": {"/action": "stage-changed"}, "change": "stage_set", "model": model,
                "version": version, "name": "/stages/0", "by": "/userName",
            },
            {
                "when": {"/action": "model-version-created"}, "change": "version_created",
                "model": model, "version": version, "by": "/userName",
            },
            {"change": "stage_set", "model": model, "version": version, "name": "/stages/0"},
        ],
    }  # fmt: skip


def _huggingface() -> dict[str, Any]:
    model = "/repo/name"

    def rule(action: str, scope: str, change: str, **more: str) -> dict[str, Any]:
        return {
            "when": {"/event/action": action, "/event/scope": scope, "/repo/type": "model"},
            "change": change, "model": model, **more,
        }  # fmt: skip

    return {
        "format": FORMAT,
        "proof": {"kind": "header", "header": "X-Webhook-Secret"},
        "rules": [
            _TRIED,
            rule("create", "repo", "model_created", value="/repo/headSha"),
            rule("delete", "repo", "model_deleted"),
            rule("move", "repo", "model_renamed", name="/movedTo/name"),
            rule("update", "repo.content", "model_updated", value="/updatedRefs/0/newSha"),
            rule("update", "repo.config", "model_updated"),
            {"change": "ignore"},
        ],
    }


def _cloudevents() -> dict[str, Any]:
    places = {"model": "/data/model", "version": "/data/version", "name": "/data/name"}
    rules = [
        {
            "when": {"/type": f"dev.counterseal.registry.{change}"}, "change": change,
            "value": "/data/value", "by": "/data/by", "at": "/time",
            **({} if change in OF_NO_MODEL else {"model": places["model"]}),
            **({"version": places["version"]} if change in OF_A_VERSION else {}),
            **({"name": places["name"]} if change in OF_A_NAME else {}),
        }
        for change in get_args(RegistryChange)
        if change not in OF_A_REF
    ]  # fmt: skip
    return {
        "format": FORMAT,
        "proof": {"kind": "bearer"},
        "envelope": "cloudevents",
        "environments": {"production": "production", "staging": "staging"},
        "rules": [{"when": {"/type": "dev.counterseal.test"}, "change": "test"}, *rules],
    }


SHIPPED: Final = {
    "mlflow": _mlflow,
    "wandb": _wandb,
    "comet": _comet,
    "huggingface": _huggingface,
    "cloudevents": _cloudevents,
}
TYPES: Final = (*SHIPPED, "generic")
WANDB_TEMPLATE: Final = json.dumps(
    {
        "event": "${event_type}",
        "author": "${event_author}",
        "collection": "${artifact_collection_name}",
        "version": "${artifact_version_index}",
        "artifact": "${artifact_version_string}",
        "alias": "${alias}",
        "tag": "${tag}",
    },
    indent=1,
)
