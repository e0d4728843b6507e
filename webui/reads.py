"""What every route reads, who may read it, and the one place where reading is recorded.

Rules:

* Every route stands in ``ROUTES``; one that does not fails a test, and is read as ``members`` do.
* Who may read: ``open`` everybody, signed in or not; ``own`` whoever is signed in, about
  themselves; ``members`` whoever holds a role now; ``oversight`` whoever the policy lets issue
  reports or sign off the review of activity. A role that is over is none, from that moment on.
* The published log holds every entry, so it is for ``members`` too, unless the operator opens it.
* Every answer to somebody known is recorded: what was viewed, searched for or exported, and what
  was denied; so are attempts of nobody known that were denied, and sign-ins. What submits a command
  and is recorded in the ledger (``act``) is recorded here only where it was denied.
* A record names the route, what it concerned (numbers, models, actor ids) and by which filters was
  searched. It holds nothing that somebody typed freely. Where a request came from is kept for
  30 days as a keyed digest.
"""

from __future__ import annotations

import hmac
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from flask import g, request

from ledger.core.access import Access
from ledger.errors import ConflictError, LedgerError
from ledger.events.access import ActivityReviewed
from ledger.events.actor import Actor
from ledger.events.names import format_instant
from webui import here
from webui.here import wired
from webui.identity.current import signed_in
from webui.identity.errors import ReaderError
from webui.identity.secret import derived_key
from webui.readers import holds_role
from webui.verifying import may_verify

if TYPE_CHECKING:
    from flask import Flask, Response

    from webui.wiring import Wiring

Audience = Literal["open", "own", "members", "oversight"]
What = Literal["view", "list", "export", "act", "nothing"]


class Reads(NamedTuple):
    """What a route reads, and who may."""

    what: What
    who: Audience = "members"


_VIEW: Final = Reads("view")
_LIST: Final = Reads("list")
_EXPORT: Final = Reads("export")
_ACT: Final = Reads("act")
_OWN: Final = Reads("view", "own")
_OWN_ACT: Final = Reads("act", "own")
_NOTHING: Final = Reads("nothing", "open")
_OVERSIGHT: Final = Reads("list", "oversight")
_OVERSIGHT_ACT: Final = Reads("act", "oversight")

ROUTES: Final[dict[str, Reads]] = {
    "static": _NOTHING,
    "pages.healthz": _NOTHING,
    "pages.sign_in": _NOTHING,
    "pages.link": _NOTHING,
    "pages.set_up": _NOTHING,
    "pages.hand_in": _NOTHING,
    "pages.sign_out": _OWN_ACT,
    "pages.inbox": _OWN,
    "pages.account": _OWN,
    "pages.close_session": _OWN_ACT,
    "pages.drop_token": _OWN_ACT,
    "pages.new_token": _OWN_ACT,
    "pages.password": _OWN_ACT,
    "pages.lend": _ACT,
    "pages.end_stand_in": _ACT,
    "pages.my_notices": _OWN,
    "pages.subscribe": _OWN_ACT,
    "pages.unsubscribe": _OWN_ACT,
    "pages.models": _LIST,
    "pages.model": _VIEW,
    "pages.version": _VIEW,
    "pages.timeline": _VIEW,
    "pages.trace": _VIEW,
    "pages.lineage": _VIEW,
    "pages.lineage_pdf": _EXPORT,
    "pages.recall": _ACT,
    "pages.lift_recall": _ACT,
    "pages.roll_back": _ACT,
    "pages.export_version": _EXPORT,
    "pages.deprecations": _LIST,
    "pages.search": _LIST,
    "pages.acknowledge": _ACT,
    "pages.archive": _ACT,
    "pages.compare": _VIEW,
    "pages.compare_pdf": _EXPORT,
    "pages.deployments": _LIST,
    "pages.request_release": _ACT,
    "pages.release": _VIEW,
    "pages.release_shown": _VIEW,
    "pages.release_pack": _EXPORT,
    "pages.release_approve": _ACT,
    "pages.release_lift": _ACT,
    "pages.release_reject": _ACT,
    "pages.release_revoke": _ACT,
    "pages.release_withdraw": _ACT,
    "pages.changes": _LIST,
    "pages.change": _VIEW,
    "pages.change_approve": _ACT,
    "pages.change_carry-out": _ACT,
    "pages.change_reject": _ACT,
    "pages.change_withdraw": _ACT,
    "pages.exceptions": _LIST,
    "pages.open_exception": _ACT,
    "pages.close_exception": _ACT,
    "pages.review": _ACT,
    "pages.ledger": _LIST,
    "pages.count": _LIST,
    "pages.entry": _VIEW,
    "pages.verify": _VIEW,
    "pages.proof": _EXPORT,
    "pages.envelope": _EXPORT,
    "pages.bundle": _EXPORT,
    "pages.export": _EXPORT,
    "pages.controls": _LIST,
    "pages.control": _VIEW,
    "pages.control_exceptions": _LIST,
    "pages.control_exceptions_csv": _EXPORT,
    "pages.population": _LIST,
    "pages.population_csv": _EXPORT,
    "pages.reports": _LIST,
    "pages.make_report": _OWN_ACT,
    "pages.prepare_report": _OWN_ACT,
    "pages.jobs": _LIST,
    "pages.job": _VIEW,
    # Its page, which was recorded, asks this each second for no more than it shows.
    "pages.job_progress": _ACT,
    "pages.cancel_job": _VIEW,
    "pages.monthly": _LIST,
    "pages.subscribe_report": _VIEW,
    "pages.end_report": _VIEW,
    "pages.rooms": Reads("list", "own"),
    **dict.fromkeys(("pages.open_room", "pages.close_room", "pages.draw_in_room"), _OWN_ACT),
    **dict.fromkeys(("pages.ask_in_room", "pages.answer_in_room", "pages.room_samples"), _OWN_ACT),
    "pages.room": _OWN,
    "pages.room_population": Reads("list", "own"),
    "pages.room_population_csv": Reads("export", "own"),
    "pages.room_report": Reads("export", "own"),
    "pages.room_entry": _OWN,
    "pages.room_sample": _OWN,
    "pages.frameworks": _LIST,
    "pages.read_framework": _ACT,
    "pages.framework": _VIEW,
    "pages.withdraw_framework": _ACT,
    "pages.statements": _LIST,
    "pages.statement": _VIEW,
    "pages.sign_statement": _ACT,
    "pages.set_aside": _ACT,
    "pages.incidents": _LIST,
    "pages.open_incident": _ACT,
    "pages.close_incident": _ACT,
    "pages.samples": _LIST,
    "pages.open_sample": _ACT,
    "pages.sample": _VIEW,
    "pages.draw_sample": _ACT,
    "pages.extend_sample": _ACT,
    "pages.report_file": _EXPORT,
    "pages.report_bundle": _EXPORT,
    "pages.policy": _VIEW,
    "pages.new_policy": _VIEW,
    "pages.look_at_policy": _ACT,
    "pages.people": _LIST,
    "pages.person": _VIEW,
    "pages.role_matrix": _LIST,
    "pages.role_matrix_csv": _EXPORT,
    "pages.person_history": _VIEW,
    "pages.enrol": _ACT,
    "pages.grant": _ACT,
    "pages.revoke": _ACT,
    "pages.link_account": _ACT,
    "pages.unlink": _ACT,
    "pages.invite": _ACT,
    "pages.log": _VIEW,
    "pages.checkpoint": _EXPORT,
    "pages.checkpoints": _LIST,
    "pages.old_checkpoint": _EXPORT,
    "pages.verify_all": _ACT,
    "pages.verification": _VIEW,
    "pages.notices": _VIEW,
    "pages.share": _ACT,
    "pages.unshare": _ACT,
    "pages.resend": _ACT,
    "pages.activity": _OVERSIGHT,
    "pages.access_log": _OVERSIGHT,
    "pages.access_export": Reads("export", "oversight"),
    "pages.review_activity": _OVERSIGHT_ACT,
    "pages.close_sessions": _OWN_ACT,
    "pages.confirm": _OWN_ACT,
    "pages.confirm_by": _OWN_ACT,
    "pages.enrol_passkey": _OWN_ACT,
    "pages.factor_begin": _OWN_ACT,
    "pages.factor_codes": _OWN_ACT,
    "pages.factor_confirm": _OWN_ACT,
    "pages.factor_remove": _OWN_ACT,
    "pages.link_sso": _OWN_ACT,
    "pages.unlink_sso": _OWN_ACT,
    "pages.name_passkey": _OWN_ACT,
    "pages.new_passkey": _OWN_ACT,
    "pages.revoke_passkey": _OWN_ACT,
    "pages.ask_erasure": _OWN_ACT,
    "pages.passkeys": _OWN,
    "pages.second_factor": _OWN,
    "pages.accept_entrant": _ACT,
    "pages.refuse_entrant": _ACT,
    "pages.answer_erasure": _ACT,
    "pages.erase": _ACT,
    "pages.place_hold": _ACT,
    "pages.rectify": _ACT,
    "pages.release_assign": _ACT,
    "pages.release_comment": _ACT,
    "pages.release_hold": _ACT,
    "pages.release_remind": _ACT,
    "pages.release_sign": _ACT,
    "pages.release_signed": _ACT,
    "pages.remove_publisher": _ACT,
    "pages.trust": _ACT,
    "pages.code": _NOTHING,
    "pages.sso": _NOTHING,
    "hooks.deliver": Reads("act", "open"),
    "pages.connections": _LIST,
    "pages.remove_connection": _ACT,
    "pages.reread": _ACT,
    "pages.try_connection": _ACT,
    "pages.sso_return": _NOTHING,
    "pages.entrants": _LIST,
    "pages.enrol_client_key": _OWN_ACT,
    "pages.revoke_client_key": _OWN_ACT,
    "pages.recover": _ACT,
    "pages.privacy": _VIEW,
    "pages.publishers": _LIST,
    "pages.subject_json": Reads("export", "own"),
    "pages.subject_pdf": Reads("export", "own"),
    "api.submit_signed": _OWN_ACT,
    "api.ask_gate": _VIEW,
    "api.ask_why_not": _VIEW,
    "api.carry_out_erasure": _OWN_ACT,
    "api.exchange_token": _NOTHING,
    "api.get_personal_data": Reads("export", "own"),
    "api.get_personal_data_pdf": Reads("export", "own"),
    "api.list_comments": _LIST,
    "api.list_erasures": _LIST,
    "api.list_holds": _LIST,
    "pages.access_reviews": _OVERSIGHT,
    "pages.open_access_review": _OVERSIGHT_ACT,
    "pages.access_review": Reads("view", "oversight"),
    "pages.review_rows": _OVERSIGHT_ACT,
    "pages.review_remove": _OVERSIGHT_ACT,
    "pages.review_complete": _OVERSIGHT_ACT,
    "tlog.checkpoint": _EXPORT,
    "tlog.tile": _EXPORT,
    "api.list_access_reviews": _OVERSIGHT,
    "api.get_access_review": Reads("view", "oversight"),
    "api.open_access_review": _OVERSIGHT_ACT,
    "api.decide_access_review": _OVERSIGHT_ACT,
    "api.complete_access_review": _OVERSIGHT_ACT,
    "scim.config": _OWN,
    "scim.resource_types": _OWN,
    "scim.resource_type": _OWN,
    "scim.schemas": _OWN,
    "scim.schema": _OWN,
    "scim.list_users": Reads("list", "own"),
    "scim.search_users": Reads("list", "own"),
    "scim.get_user": _OWN,
    "scim.create_user": _OWN_ACT,
    "scim.replace_user": _OWN_ACT,
    "scim.patch_user": _OWN_ACT,
    "scim.delete_user": _OWN_ACT,
    "scim.list_groups": Reads("list", "own"),
    "scim.search_groups": Reads("list", "own"),
    "scim.get_group": _OWN,
    "scim.create_group": _OWN_ACT,
    "scim.replace_group": _OWN_ACT,
    "scim.patch_group": _OWN_ACT,
    "scim.delete_group": _OWN_ACT,
    "scim.not_here": _OWN,
    "api.get_description": _NOTHING,
    "api.get_me": _OWN,
    "api.create_token": _OWN_ACT,
    "api.revoke_token": _OWN_ACT,
    "api.list_tokens": Reads("list", "own"),
    "api.submit_event": _OWN_ACT,
    "api.submit_batch": _OWN_ACT,
    "api.decide": _OWN_ACT,
    "api.get_change": _VIEW,
    "api.list_changes": _LIST,
    "api.get_checkpoint": _EXPORT,
    "api.get_deployment": _VIEW,
    "api.list_deployments": _LIST,
    "api.list_running": _LIST,
    "api.get_entry": _VIEW,
    "api.list_entries": _LIST,
    "api.get_proof": _EXPORT,
    "api.get_model": _VIEW,
    "api.list_models": _LIST,
    "api.get_version": _VIEW,
    "api.list_versions": _LIST,
    "api.get_timeline": _VIEW,
    "api.get_ran_at": _VIEW,
    "api.trace_deployment": _VIEW,
    "api.explore_lineage": _VIEW,
    "api.get_impact": _VIEW,
    "api.list_recalls": _LIST,
    "api.get_fallback": _VIEW,
    "api.export_version": _EXPORT,
    "api.list_deprecations": _LIST,
    "api.search": _LIST,
    "api.list_obsolete": _LIST,
    "api.suggest_version": _VIEW,
    "api.get_metric_history": _VIEW,
    "api.get_drift": _VIEW,
    "api.compare_versions": _VIEW,
    "api.get_comparison_pdf": _EXPORT,
    "api.get_lineage": _VIEW,
    "api.get_policy": _VIEW,
    "api.get_release": _VIEW,
    "api.list_releases": _LIST,
    "api.get_framework_standing": _LIST,
    "api.get_control": _VIEW,
    "api.list_control_exceptions": _LIST,
    "api.list_changes_made": _LIST,
    "api.get_report": _VIEW,
    "api.list_reports": _LIST,
    "api.get_report_pdf": _EXPORT,
    "api.issue_report": _OWN_ACT,
    "api.get_component_definition": _EXPORT,
    "api.prepare_report": _OWN_ACT,
    "api.list_jobs": _LIST,
    "api.get_job": _VIEW,
    "api.cancel_job": _VIEW,
    "api.list_report_subscriptions": _LIST,
    "api.subscribe_report": _VIEW,
    "api.end_report_subscription": _VIEW,
    "api.list_statements": _LIST,
    "api.tell_lineage": _OWN_ACT,
    "api.list_inventories": _LIST,
    "api.hand_in_inventory": _OWN_ACT,
    "api.list_rooms": Reads("list", "own"),
    "api.get_room": _OWN,
    "api.list_frameworks": _LIST,
    "api.get_framework": _VIEW,
    "api.activate_framework": _OWN_ACT,
    "api.check_framework": _ACT,
    "api.list_samples": _LIST,
    "api.get_sample": _VIEW,
    "api.draw_sample": _OWN_ACT,
    "api.extend_sample": _OWN_ACT,
}

_FILTERS: Final = frozenset(
    {"kind", "model", "version", "environment", "actor", "outcome", "status", "since", "until"}
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}")
_LONGEST: Final = 300
_DENIED: Final = frozenset({401, 403, 429})
_SIGN_IN: Final = frozenset(
    {"pages.sign_in", "pages.code", "pages.link", "pages.set_up", "pages.sso_return"}
)
_FAILED: Final = frozenset({401, 410, 429})
_WENT_ON: Final = 302


def install(app: Flask) -> None:
    """Record what the requests of ``app`` read."""
    key = derived_key(app.extensions[here.NAME], "access-origin")

    def record(response: Response) -> Response:
        endpoint = request.endpoint or ""
        if endpoint in _SIGN_IN or ROUTES.get(endpoint, _VIEW).what != "nothing":
            # Where nobody can be told from the database, the page itself says so.
            with suppress(LedgerError):
                _record(endpoint, response.status_code, key)
        return response

    app.after_request(record)


def check_may_read(endpoint: str, actor_id: str) -> None:
    """Check that somebody who is known may use a route.

    Raises:
        ReaderError: they hold no role now, or none that oversees others.
    """
    reads = ROUTES.get(endpoint, _VIEW)
    if reads.who in {"open", "own"}:
        return
    wiring = wired()
    if not holds_role(wiring, actor_id):
        raise ReaderError(
            "You hold no role now, so there is nothing for you to read here.",
            code="no-role",
            remedy="Ask an administrator; where a role of yours was for a time, it is over.",
        )
    if reads.who == "oversight" and not may_oversee(wiring, actor_id):
        raise ReaderError(
            "Only who oversees others may read this.",
            code="not-overseeing",
            remedy="Ask somebody from compliance, or an administrator.",
        )


def may_oversee(wiring: Wiring, actor_id: str) -> bool:
    """Whether the policy lets somebody issue reports, or sign off the review of activity."""
    return may_verify(wiring, _as_actor(wiring, actor_id)) or may_sign_off(wiring, actor_id)


def may_sign_off(wiring: Wiring, actor_id: str) -> bool:
    """Whether the policy lets somebody sign off the review of activity."""
    review = ActivityReviewed(
        first_day="2000-01-01",
        last_day="2000-01-01",
        digest=0,
        records=0,
        finding="nothing",
        conclusion="(asked beforehand)",
    )
    try:
        return wiring.submitter.preview(_as_actor(wiring, actor_id), review).allowed
    except ConflictError:
        # Allowed, but there is no digest yet that could be reviewed.
        return True


def _as_actor(wiring: Wiring, actor_id: str) -> Actor:
    return Actor(id=actor_id, type=wiring.reader.actor(actor_id).type, via="password")


def _record(endpoint: str, status: int, key: bytes) -> None:
    who = _who()
    kind = _kind(endpoint, status, known=who is not None)
    if kind:
        wiring = wired()
        record = Access(
            at=format_instant(wiring.now()),
            kind=kind,
            actor=who.id if who else "",
            via=who.via if who else "",
            route=endpoint[:64],
            concerns=_concerns(endpoint),
            status=status,
            many=1,
            recorder="",
        )
        wiring.accesses.note(record, _origin(key))


def _who() -> Actor | None:
    """Who asked, by token or by session."""
    asker: Actor | None = g.get("asker")
    if asker is not None:
        return asker
    sign = signed_in()
    return sign.actor if sign is not None else None


def _kind(endpoint: str, status: int, *, known: bool) -> str:
    """The kind of record that an answer leaves; empty for none."""
    if endpoint in _SIGN_IN and (request.method == "POST" or endpoint == "pages.sso_return"):
        went = "sign_in" if status == _WENT_ON else ""
        return "sign_in_failed" if status in _FAILED else went
    if endpoint == "pages.sign_out":
        return "sign_out"
    if status in _DENIED:
        return "denied"
    what = ROUTES.get(endpoint, _VIEW).what if endpoint and known else "nothing"
    if what == "list":
        return "search" if _FILTERS.intersection(request.args) else "view"
    return "" if what in {"nothing", "act"} else what


def _concerns(endpoint: str) -> str:
    """What the request was about, as far as that can't be a person's name or an address."""
    if endpoint.startswith("tlog."):
        return ""
    parts = [*(request.view_args or {}).items()]
    parts += [(name, request.args[name]) for name in request.args if name in _FILTERS]
    said = [(name, str(value)) for name, value in parts]
    told = (f"{name}={text if _PLAIN.fullmatch(text) else '?'}" for name, text in said)
    return " ".join(told)[:_LONGEST]


def _origin(key: bytes) -> str:
    """A keyed digest of the address, by which requests from one place are told apart."""
    address = (request.remote_addr or "").encode("utf-8", "replace")
    return hmac.new(key, address, "sha256").hexdigest()[:32] if address else ""
