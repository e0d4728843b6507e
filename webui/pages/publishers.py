"""Workloads, the pipelines that speak for them, and what was exchanged or refused of late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template, request

from webui.here import wired
from webui.identity.ci_services import SERVICES, issuer_of
from webui.identity.exchange import last_exchanges, tried
from webui.identity.fresh import fresh
from webui.pages.asking import optional, text
from webui.pages.changes import done_or_proposed
from webui.pages.frame import before, first_page, next_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.state.aggregates import ActorState
    from ledger.state.publishers import PublisherState

ON_A_PAGE = 50
MOST_TRIED = 20
MOST_ACTORS = 500
BACK = "/publishers"
# What pipelines usually submit; the API takes every kind.
KINDS = (
    "model.registered",
    "version.registered",
    "evidence.attached",
    "metadata.stated",
    "metrics.observed",
    "release.requested",
    "deployment.recorded",
    "deployment.rolled_back",
    "deployment.stopped",
)


@dataclass(frozen=True)
class Row:
    """A publisher, the name of its repository (as far as it is known), and its last exchange."""

    publisher: PublisherState
    repository: str
    last: str


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/publishers", "publishers", _publishers)
    blueprint.add_url_rule("/publishers", "trust", fresh(_trust), methods=["POST"])
    rule = "/publishers/<int:number>/remove"
    blueprint.add_url_rule(rule, "remove_publisher", _remove, methods=["POST"])
    rule = "/publishers/keys"
    blueprint.add_url_rule(rule, "enrol_client_key", fresh(_enrol_key), methods=["POST"])
    rule = "/publishers/keys/<key>/revoke"
    blueprint.add_url_rule(rule, "revoke_client_key", _revoke_key, methods=["POST"])


def _publishers() -> ResponseReturnValue:
    wiring = wired()
    found = wiring.reader.publishers(before=before(), limit=ON_A_PAGE)
    last = last_exchanges(wiring)
    return render_template(
        "publishers.html",
        rows=[Row(one, _repository(one.since), last.get(one.since, "")) for one in found],
        workloads=_workloads(),
        tried=tried(wiring, MOST_TRIED),
        keys=wiring.reader.client_keys(limit=ON_A_PAGE),
        origin=wiring.log.origin,
        services=SERVICES,
        kinds=KINDS,
        address=wiring.settings.public_url or request.host_url.rstrip("/"),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _workloads() -> Sequence[ActorState]:
    return [one for one in wired().reader.actors(limit=MOST_ACTORS) if one.type == "workload"]


def _repository(number: int) -> str:
    return wired().reader.tell(number).private.get("repository") or ""


def _trust() -> ResponseReturnValue:
    provider, issuer = issuer_of(text("service"), text("own"))
    fields = {
        "actor_id": text("actor"),
        "provider": provider,
        "issuer": issuer,
        "audience": text("audience"),
        "repository_id": text("repository_id"),
        "owner_id": text("owner_id"),
        "kinds": request.form.getlist("kinds"),
        **optional(
            ref=text("ref"),
            ci_environment=text("ci_environment"),
            workflow=text("workflow"),
            repository=text("repository"),
        ),
    }
    if text("ref_protected"):
        fields["ref_protected"] = True
    fields |= _reach()
    return done_or_proposed("publisher.trusted", fields, "The publisher is trusted.", BACK)


def _reach() -> dict[str, list[str]]:
    """Models and environments, where the form limits them."""
    written = {name: text(name) for name in ("models", "deploys_to")}
    return {
        name: [one.strip() for one in said.split(",")] for name, said in written.items() if said
    }


def _enrol_key() -> ResponseReturnValue:
    fields = {
        "actor_id": text("actor"),
        "public": text("public"),
        "possession": text("possession"),
        "kinds": request.form.getlist("kinds"),
        "until": f"{text('until')}T00:00:00Z",
        **_reach(),
    }
    return done_or_proposed("workload.key_enrolled", fields, "The key is enrolled.", BACK)


def _revoke_key(key: str) -> ResponseReturnValue:
    return done_or_proposed("workload.key_revoked", {"key": key}, "The key is revoked.", BACK)


def _remove(number: int) -> ResponseReturnValue:
    fields = {"publisher": number, **optional(reason=text("reason"))}
    return done_or_proposed("publisher.removed", fields, "The publisher is removed.", BACK)
