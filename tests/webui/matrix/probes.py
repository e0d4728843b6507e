"""What is sent to each route: well-formed, about what is there, so that only who asks decides.

A route that is missing here is asked with nothing, and with the path's parameters of ``PLACES``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.encoding import canonical
from ledger.events.actor import Actor
from ledger.state.pack import pack_of
from ledger.store.database import reading
from tests.webui.api.company import ARTIFACT, a_model
from tests.webui.matrix.world import NONCE, key_enrolment
from webui.drafts import keep_draft
from webui.identity.tokens import create_token, list_tokens

if TYPE_CHECKING:
    from tests.webui.matrix.world import World

_TWO = "?v=1.0.0&v=1.1.0"
QUERIES = {
    "GET /ledger/export": "?format=csv",
    "GET /models/<model>/compare": _TWO,
    "GET /models/<model>/compare.pdf": _TWO,
    "GET /api/v1/models/<model>/compare": _TWO,
    "GET /api/v1/models/<model>/compare.pdf": _TWO,
    "GET /lineage.pdf": "?of=version:churn@1.0.0",
    "GET /api/v1/lineage": "?of=version:churn@1.0.0",
    "GET /api/v1/search": "?text=churn",
    "GET /api/v1/impact": "?of=version:churn@1.0.0",
    "GET /api/v1/models/<model>/fallback": "?environment=staging",
    "GET /api/v1/models/<model>/ran-at": "?environment=staging&time=2026-03-10T00:00",
}
APPROVING = ("ml_lead", "compliance", "data_protection_officer", "security_officer")


def places(world: World, route: str) -> dict[str, str]:
    """What stands in a path in place of its parameters."""
    named, ids = world.named, world.ids
    found = {
        "number": named["release"], "release": named["release"], "entry": 3, "model": "churn",
        "version": "1.0.0", "actor": ids["someone"], "name": "nobody", "request": "0" * 16,
        "session": "0" * 16, "subscription": "0" * 16, "token": named["token"],
        "key": named["key"], "change": named["change"], "deployment": named["deployment"],
        "report": named["report"], "erasure": named["approved"], "rest": "0/000.p/1",
        "stamp": named["deployment"], "sample": named["sample"],
        "user": ids["someone"], "group": "0" * 32, "review": named["access_review"],
        "framework": "soc2", "room": 3, "asked": 3, "control": "soc2-cc5-1", "form": "slsa",
        "type": "mlflow", "connection": "nobody", "job": named["job"], "section": "limits",
    }  # fmt: skip
    for begin, name in (
        ("/changes", "change"), ("/exceptions", "exception"), ("/reviews", "review"),
        ("/reports", "report"), ("/jobs", "job"), ("/samples", "sample"),
        ("/incidents", "incident"), ("/account/stand-ins", "delegation"),
        ("/publishers", "publisher"), ("/access-reviews", "access_review"),
        ("/privacy/holds", "hold"), ("/lineage/recalls", "recall"), ("/privacy/requests", "asked"),
        ("/ledger", "granted"), ("/log/checkpoints", "size"),
    ):  # fmt: skip
        if f" {begin}/" in route:
            found["number"] = named[name]
    if "/votes/" in route:
        found |= {"number": named["granted"], "entry": named["vote"]}
    if " /deprecations/" in route:
        found["version"] = "0.9.0"
    if " /reports/monthly/" in route:
        found["subscription"] = named["monthly"]
    if "/report-subscriptions/" in route:
        found["subscription"] = named["other_monthly"]
    if route.endswith("/erase"):
        found["number"] = named["approved"]
    if route.endswith("/carry-out"):
        found["number"] = named["agreed"]
    if route.endswith("/complete"):
        found["number"] = found["review"] = named["done_review"]
    if "/log/<name>" in route:
        found["name"] = world.house.wiring.log.name
    if route.endswith("/invite"):
        found["actor"] = ids["gone"]
    if route == "POST /people/<actor>/revoke":
        found["actor"] = ids["leaver"]
    if route.startswith("GET /static/"):
        found["filename"] = "counterseal.css"
    return {name: str(value) for name, value in found.items()}


def form(world: World, route: str, who: str) -> dict[str, Any]:
    """The fields of a form."""
    found = _forms(world).get(route, {})
    if route == "POST /account/stand-ins" and who in APPROVING:
        return {**found, "role": who}  # nobody lends what they do not hold
    return found


def _forms(world: World) -> dict[str, dict[str, Any]]:
    named, ids = world.named, world.ids
    someone, today = ids["someone"], world.house.clock.at.date().isoformat()
    vote = {"artifact": ARTIFACT, "pack": named["pack"]}
    words = {"reason": "Looked at", "comment": "Looked at", "note": "Looked at"}
    change = {"command": named["command"], **words}
    return {
        "POST /account/stand-ins": {"actor": someone, "role": "ml_lead", "until": "2026-03-25"},
        "POST /account/tokens": {"days": "3", "label": "mine", "reach": "everything"},
        "POST /account/password": {"old": "wrong", "password": "a b c d e f", "again": "other"},
        "POST /account/notices": {"topic": "approval"},
        "POST /account/passkeys/revoke": {
            "actor": ids["agreer"], "credential": named["credential"]},
        "POST /releases": {"model": "churn", "version": "2.0.0", "environment": "staging"},
        "POST /releases/<int:number>/approve": vote,
        "POST /releases/<int:number>/reject": {**vote, **words},
        "POST /releases/<int:number>/revoke": words,
        "POST /releases/<int:number>/refusals/<int:entry>/lift": words,
        "POST /releases/<int:number>/withdraw": words,
        "POST /releases/<int:number>/comment": words,
        "POST /releases/<int:number>/assign": {"reviewer": ids["agreer"], "days": "3"},
        "POST /releases/<int:number>/sign": {"decision": "approve", **vote},
        "POST /changes/<int:number>/approve": change,
        "POST /changes/<int:number>/reject": change,
        "POST /changes/<int:number>/withdraw": change,
        "POST /changes/<int:number>/carry-out": {"command": named["agreed_command"]},
        "POST /exceptions": {
            "model": "another", "environment": "production", "hours": "2", "uses": "1",
            "review_days": "2", "reason": "All get errors"},
        "POST /exceptions/<int:number>/close": {"account": "It was mended"},
        "POST /reviews/<int:number>": {"finding": "accepted", "comment": "Looked at"},
        "POST /reports": {"framework": "gdpr", "from": "2026-03-01", "until": "2026-03-09"},
        "POST /reports/monthly": {"framework": "gdpr", "recipients": ids["compliance"]},
        "POST /reports/missing": {
            "framework": "gdpr", "from": "2026-03-01", "until": "2026-03-09"},
        "POST /statements/<control>/sign": {"text": "As agreed", "valid_until": "2027-03-01"},
        "POST /statements/<control>/draft": {"text": "To come", "draft": "0" * 16 + ".1"},
        "POST /statements/<control>/draft/discard": {"draft": "0" * 16 + ".1"},
        "POST /statements/<control>/set-aside": {"reason": "No", "valid_until": "2027-03-01"},
        "POST /incidents": {
            "severity": "low", "nature": "quality", "detected_at": "2026-03-05T10:00",
            "summary": "It was wrong"},
        "POST /incidents/<int:number>/close": {"cause": "A bug", "measures": "It is mended"},
        "POST /rooms": {
            "auditor": ids["someone"], "frameworks": "soc2", "from": "2026-03-01",
            "until": "2026-03-09", "ends": "2026-04-01"},
        "POST /schema": {"document": "-", "act": "check"},
        "POST /models/<model>/<version>/documentation/<section>": {
            "text": "None", "previous": "1"},
        "POST /models/<model>/<version>/documentation/<section>/draft": {
            "text": "To come", "draft": "0" * 16 + ".1"},
        "POST /models/<model>/<version>/documentation/<section>/draft/discard": {
            "draft": "0" * 16 + ".1"},
        "POST /models/<model>/metadata": {"name": "team", "value": "blue"},
        "POST /models/<model>/<version>/metadata": {"name": "team", "value": "blue"},
        "POST /models/<model>/metadata/settle": {
            "field": "team", "value": "red", "statements": "1 2", **words},
        "POST /models/<model>/<version>/metadata/settle": {
            "field": "team", "value": "red", "statements": "1 2", **words},
        "POST /frameworks": {"document": "-", "act": "check"},
        "POST /frameworks/<name>/withdraw": {"reason": "It is over"},
        "POST /samples": {
            "commitment": "5e" * 32, "from": "2026-03-01", "until": "2026-03-09", "size": "",
            "environments": "production"},
        "POST /samples/<int:number>/draw": {"nonce": NONCE},
        "POST /samples/<int:number>/rows": {"rows": "1", "reason": "It looks odd"},
        "POST /lineage/recall": {
            "material": "data:customers@2026.02", "scope": "one", "cause": "quality", **words},
        "POST /lineage/recalls/<int:number>/lift": words,
        "POST /models/<model>/rollback": {
            "environment": "staging", "version": "1.1.0", "cause": "quality", **words},
        "POST /policy/new": {"document": named["document"], "act": "propose"},
        "POST /people": {"type": "person", "name": "New", "email": "new@example.org"},
        "POST /people/<actor>/grant": {"role": "operator"},
        "POST /people/<actor>/revoke": {"role": "operator"},
        "POST /people/<actor>/link": {"same_as": ids["gone"]},
        "POST /people/<actor>/unlink": {},
        "POST /people/<actor>/recover": {},
        "POST /notices": {"channel": "nothing", "topic": "approval"},
        "POST /activity": {
            "first_day": "2026-03-09", "last_day": "2026-03-09", "finding": "nothing",
            "conclusion": "Nothing"},
        "POST /access-reviews": {"due": "2026-06-30", "roles": "operations"},
        "POST /access-reviews/<int:number>/rows": {
            f"decision-{named['row']}": "remove", f"reason-{named['row']}": "Looked at again"},
        "POST /access-reviews/<int:number>/remove": {
            "actor_id": ids["owner"], "role": "data_scientist"},
        "POST /access-reviews/<int:number>/complete": {"conclusion": "Done"},
        "POST /privacy/requests": {
            "actor_id": ids["runner"], "received": today, "reason": "By letter"},
        "POST /privacy/requests/<int:number>/answer": {
            "answer": "approve", "assessment": "Nothing keeps it"},
        "POST /privacy/requests/<int:number>/erase": {"sure": str(named["approved"])},
        "POST /privacy/holds": {"scope": "model", "on": "churn", "reason": "An inquiry"},
        "POST /privacy/holds/<int:number>/release": {"reason": "It is over"},
        "POST /privacy/people/<actor>/rectify": {"name": "Someone Else"},
        "POST /publishers": {
            "service": "github", "actor": ids["pipeline"], "audience": "counterseal",
            "repository_id": "456700", "owner_id": "123400", "kinds": "model.registered"},
        "POST /publishers/keys": {
            **{
                name: value for name, value in named["enrolment"].items()
                if name in {"public", "possession"}
            },
            "actor": ids["pipeline"], "kinds": "model.registered", "until": "2026-12-01"},
        "POST /login": {"email": "nobody@example.org", "password": "wrong"},
        "POST /login/code": {"code": "000000"},
        "POST /login/link": {"token": "wrong"},
        "POST /setup": {"token": "wrong"},
        "POST /account/confirm": {"confirm_password": "a sentence that nobody guesses"},
        "POST /account/second-factor/confirm": {"code": "000000"},
        "POST /account/second-factor/remove": {"code": "000000"},
        "POST /account/passkeys/name": {"passkey": "1", "name": "Mine"},
    }  # fmt: skip


def options(world: World, route: str) -> dict[str, Any]:
    """What is sent to a route of the API."""
    ids = world.ids
    key = {"Idempotency-Key": "matrix"}
    fresh = {"kind": "model.registered", "event": _plain(a_model(ids["owner"], "fresh"))}
    line = {**fresh, "idempotency_key": "matrix"}
    place = {"model": "churn", "version": "1.0.0", "environment": "staging"}
    return {
        "POST /api/v1/events": {"json": fresh, "headers": key},
        "POST /api/v1/events:batch": {
            "data": canonical(line), "content_type": "application/x-ndjson"},
        "POST /api/v1/events:signed": {"json": {}},
        "POST /api/v1/decide": {"json": fresh},
        "POST /api/v1/gate": {"json": {**place, "challenge": "0" * 32}},
        "POST /api/v1/why-not": {"json": place},
        "POST /api/v1/next-version": {"json": {"model": "churn"}},
        "POST /api/v1/lineage": {"json": {
            "eventTime": "2026-03-09T08:00:00Z", "eventType": "COMPLETE",
            "producer": "https://example.org", "schemaURL": "https://openlineage.io/spec/2-0-2",
            "run": {"runId": "01975a3c-7d1e-7c4b-9f0a-2f6f1f0a7c11"},
            "job": {"namespace": "airflow", "name": "train"}}},
        "POST /api/v1/inventories": {"json": {"source": "gto", "items": []}},
        "POST /api/v1/reports": {
            "json": {"framework": "gdpr", "from": "2026-03-01", "to": "2026-03-09"}},
        "POST /api/v1/report-subscriptions": {
            "json": {"framework": "gdpr", "recipients": [ids["compliance"]]}},
        "POST /api/v1/reports:missing": {
            "json": {"framework": "gdpr", "from": "2026-03-01", "to": "2026-03-09"}},
        "PUT /api/v1/statements/<control>/draft": {
            "json": {"text": "To come"}, "headers": {"If-Match": '"old"'}},
        "DELETE /api/v1/statements/<control>/draft": {"headers": {"If-Match": '"old"'}},
        "POST /api/v1/frameworks": {"json": {"yaml": "-"}, "headers": {"Idempotency-Key": "rows"}},
        "POST /api/v1/frameworks:check": {"json": {"yaml": "-"}},
        "POST /api/v1/samples/<sample>/draw": {"json": {"nonce": NONCE}, "headers": {"Idempotency-Key": "draw"}},
        "POST /api/v1/samples/<sample>/rows": {
            "json": {"rows": [1], "reason": "It looks odd"}, "headers": {"Idempotency-Key": "rows"}},
        "POST /api/v1/access-reviews": {
            "json": {"roles": ["operations"], "due": "2026-06-30T00:00:00Z"},
            "headers": {"Idempotency-Key": "opening"}},
        "POST /api/v1/access-reviews/<review>/rows": {
            "json": {"rows": [{
                "actor_id": ids["data_scientist"], "role": "data_scientist", "decision": "remove",
                "reason": "Looked at again"}]},
            "headers": {"Idempotency-Key": "deciding"}},
        "POST /api/v1/access-reviews/<review>/complete": {
            "json": {}, "headers": {"Idempotency-Key": "completing"}},
        "POST /api/v1/tokens": {"json": {"label": "mine", "scope": {}}},
        "POST /api/v1/token-exchange": {"json": {"subject_token": "wrong"}},
    }.get(route, {})  # fmt: skip


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Without private texts, so that a signed request could carry it too."""
    return {name: value for name, value in fields.items() if name != "description"}


def prepare(world: World) -> None:
    """What only probes need: proposals that are open, an exception, digests of what is shown."""
    house, named, ids = world.house, world.named, world.ids
    wiring = house.wiring
    world.proposed("runner", "exception.opened", named["emergency"], by="agreer")
    named["exception"] = world.say("runner", "exception.opened", named["emergency"])
    other = {**named["emergency"], "model": "another"}
    named["agreed"] = world.proposed("runner", "exception.opened", other, by="agreer")
    later = {**other, "uses": 2}
    named["change"] = world.proposed("runner", "exception.opened", later)
    for name, number in (("command", named["change"]), ("agreed_command", named["agreed"])):
        named[name] = wiring.reader.change(number).command
    with reading(wiring.engine) as connection:
        release = wiring.reader.release(named["release"])
        pack = pack_of(wiring.reader.registry(connection), release)
    named["pack"] = pack.digest()
    officer = Actor(id=ids["officer"], type="person", via="password")
    keep_draft(wiring, officer, "soc2-cc5-1", "To come")
    review = wiring.reader.access_review(named["access_review"])
    rows = [row.actor_id for row in review.rows]
    named["row"] = rows.index(ids["data_scientist"])
    named["size"] = house.size
    named["enrolment"] = key_enrolment(world, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    from policies import document_text

    named["document"] = document_text(wiring.policy()).replace(
        "title: Model lifecycle, default rules", "title: Model lifecycle, other rules"
    )
    create_token(
        wiring, actor_id=ids["someone"], label="theirs", scope=_reads(), days=9,
        created_by=ids["someone"],
    )  # fmt: skip
    named["token"] = list_tokens(wiring, ids["someone"])[0].token_id


def _reads() -> Any:
    from webui.identity.scope import TokenScope

    return TokenScope()
