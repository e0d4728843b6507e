"""A company in which everything that a route speaks of is there once, and everybody who could ask.

Nothing that a caller asks changes it: what the policy refuses is refused and recorded as ever, what
it allows is decided by the real policy and not carried out. So each caller meets the same world.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import update

from ledger.batch import Asked
from ledger.core.sampling import commitment_to
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.client_key import possession_message
from ledger.events.names import format_instant
from ledger.events.people import RoleGranted
from ledger.events.proof import IdTokenProof
from ledger.receipt import Receipt
from ledger.store.database import writing
from tests.tools.authenticator import Authenticator
from tests.webui.api.company import ARTIFACT, OTHER, a_model, a_version
from tests.webui.seed import PASSWORD
from webui.digesting import digest_days
from webui.identity.accounts import address_lookup, insert_account
from webui.identity.passwords import hash_password
from webui.identity.scope import TokenScope
from webui.identity.sessions import find_session, open_session
from webui.identity.strength import BY_PASSWORD
from webui.identity.tables import token
from webui.identity.tokens import create_token, insert_exchanged, list_tokens, revoke_token
from webui.issuing import Wanted
from webui.jobs import Book
from webui.jobs.kinds import REPORT, report_wanted
from webui.monthly import Said, subscribe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from ledger.events.event import Event
    from ledger.submit import Submitter
    from tests.webui.house import House

NONCE: Final = "5a" * 32
MACHINES: Final = ("pipeline", "people_feed")
PEOPLE: Final = (
    "data_scientist",
    "ml_lead",
    "compliance",
    "data_protection_officer",
    "security_officer",
    "operations",
    "operator",
    "administrator",
    "auditor",
)
ROLES: Final = (*PEOPLE, *MACHINES)
SCOPED: Final = "scoped_auditor"
ROLELESS: Final = "roleless"
ROOM: Final = "outside_auditor"
ANONYMOUS: Final = "anonymous"
# Of an ML lead but for `exchanged`, which is of the pipeline.
TOKENS: Final = (
    "reads_only",
    "reads_nothing",
    "one_kind",
    "another_model",
    "exchanged",
    "expired",
    "revoked",
)
SIGNED_IN: Final = (*PEOPLE, SCOPED, ROLELESS, ROOM)
_SCOPES: Final = {
    "reads_only": TokenScope(),
    "reads_nothing": TokenScope(kinds="*", read=False),
    "one_kind": TokenScope(kinds=("metrics.observed",)),
    "another_model": TokenScope(kinds="*", models=("another",)),
    "expired": TokenScope(kinds="*"),
    "revoked": TokenScope(kinds="*"),
}
_OF_A_JOB: Final = TokenScope(kinds=("model.registered",))
_CSRF: Final = "a token of the test's own"
STAGING: Final = {"model": "churn", "environment": "staging"}


class Previewing:
    """The real door, but that what it would allow is not recorded.

    What would be allowed is answered with the receipt of an entry of the same kind that is there.
    """

    def __init__(self, real: Submitter, world: World) -> None:
        self.real = real
        self._world = world
        self.allowed: list[tuple[Actor, Event]] = []

    def submit(self, actor: Actor, event: Event, key: str = "") -> Receipt:
        return self.submit_batch(actor, [Asked(event, key)])[0]

    def submit_batch(self, actor: Actor, asked: Sequence[Asked]) -> list[Receipt]:
        return [self._one(actor, one) for one in asked]

    def preview(self, actor: Actor, event: Event, proof: Any = None) -> Any:
        return self.real.preview(actor, event, proof)

    def _one(self, actor: Actor, asked: Asked) -> Receipt:
        decision = self.real.preview(actor, asked.event, asked.proof)
        if not decision.allowed:
            return self.real.submit_batch(actor, [asked])[0]
        self.allowed.append((actor, asked.event))
        kind = asked.event.kind
        return Receipt(
            outcome="allow",
            sequence=self._world.latest.get(kind, 0),
            kind=kind,
            recorded_at="2026-03-09T08:00:00.000000Z",
            leaf_hash=bytes(32),
            decision=decision,
            consequences=(),
            checkpoint=b"",
            replayed=False,
        )


@dataclass
class World:
    """The house, who asks, and the numbers of what there is to ask about."""

    house: House
    ids: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    latest: dict[str, int] = field(default_factory=dict)
    named: dict[str, Any] = field(default_factory=dict)
    door: Previewing = None  # type: ignore[assignment]

    # What is done before callers come.

    def say(self, who: str, kind: str, fields: dict[str, Any]) -> int:
        """Record something as somebody; its number."""
        machine = who in MACHINES
        via: Any = "token" if machine else "password"
        actor = Actor(id=self.ids[who], type="workload" if machine else "person", via=via)
        receipt = self.house.wiring.submitter.submit(actor, read_command(kind, fields))
        assert receipt.outcome == "allow", (kind, receipt.decision)
        return receipt.sequence

    def proposed(self, who: str, kind: str, fields: dict[str, Any], by: str = "") -> int:
        """Propose something, and have it agreed to where ``by`` is somebody; its number."""
        number = self.say(who, "change.proposed", {"proposed": kind, "event": fields})
        if by:
            command = self.house.wiring.reader.change(number).command
            self.say(by, "change.approved", {"change": number, "command": command})
        return number

    def close(self) -> None:
        """From here on nothing that is allowed is recorded."""
        self.door = Previewing(self.house.wiring.submitter, self)
        object.__setattr__(self.house.wiring, "submitter", self.door)

    def open(self) -> None:
        """The real door again."""
        object.__setattr__(self.house.wiring, "submitter", self.door.real)

    # What callers do.

    def browser(self, who: str) -> FlaskClient:
        """A browser in which the caller is signed in, with a session that is open."""
        wiring, client = self.house.wiring, self.house.client()
        if who != ANONYMOUS and find_session(wiring, self.sessions.get(who, "")) is None:
            self.sessions[who] = open_session(wiring, self.ids[who], BY_PASSWORD)
        with client.session_transaction() as session:
            session["csrf_token"] = hashlib.sha1(_CSRF.encode()).hexdigest()
            if who != ANONYMOUS:
                session["_user_id"] = self.sessions[who]
                session["_fresh"] = True
        return client

    def csrf(self) -> str:
        """The token of the forms of every browser above."""
        key = self.house.app.secret_key
        signer = URLSafeTimedSerializer(key, salt="wtf-csrf-token")
        return str(signer.dumps(hashlib.sha1(_CSRF.encode()).hexdigest()))

    def page(self, who: str, method: str, path: str, form: dict[str, Any]) -> TestResponse:
        """Ask for a page, or send a form."""
        data = {**form, "csrf_token": self.csrf()} if method == "POST" else None
        client = self.browser(who)
        return client.open(path, method=method, data=data, environ_base=address(who), buffered=True)

    def api(self, who: str, method: str, path: str, **options: Any) -> TestResponse:
        """Call the API with the caller's token."""
        headers = dict(options.pop("headers", {}))
        if who != ANONYMOUS:
            headers["Authorization"] = f"Bearer {self.secrets[who]}"
        client = self.house.client()
        options["environ_base"] = address(who)
        return client.open(path, method=method, headers=headers, buffered=True, **options)


def address(who: str) -> dict[str, str]:
    """Each caller is at a place of their own, so that none waits for what others got wrong."""
    number = (*SIGNED_IN, *MACHINES, ANONYMOUS, *TOKENS).index(who)
    return {"REMOTE_ADDR": f"192.0.2.{number}"}


def made(house: House) -> World:
    """The world, with everybody in it; until it is closed, what is asked happens."""
    world = World(house, {"root": house.administrator})
    _people(world)
    _work(world)
    _trust(world)
    _privacy(world)
    _last(world)
    for row in house.wiring.log.stored(0, house.size):
        if row.outcome == "allow":
            world.latest[row.kind] = row.sequence
    prepare_tokens(world)
    return world


def _people(world: World) -> None:
    house, ids = world.house, world.ids
    # These act before the callers come, so that no caller asked, built or proposed anything.
    others = {"owner": "data_scientist", "agreer": "ml_lead", "runner": "operations",
              "officer": "compliance", "adviser": "data_protection_officer",
              "leaver": "operator", "gone": "", "someone": ""}  # fmt: skip
    for name, role in others.items():
        ids[name] = house.enrol(name.title(), f"{name}@example.org", *([role] if role else []))
    for role in (*ROLES, ROLELESS):
        if role == "administrator":
            continue  # the second one, after what one alone may do
        kind = "workload" if role in MACHINES else "person"
        mail = "" if kind == "workload" else f"{role}@example.org"
        given = [role] if role in ROLES else []
        ids[role] = house.enrol(role.title(), mail, *given, actor_type=kind)
    ids[SCOPED] = house.enrol("Scoped", "scoped@example.org")
    ids[ROOM] = house.enrol("Outside", "outside@example.org")
    root = Actor(id=house.administrator, type="person", via="password")
    end = format_instant(house.clock.at.replace(month=6))
    limited = RoleGranted(actor_id=ids[SCOPED], role="auditor", models=("another",), until=end)
    assert house.wiring.submitter.submit(root, limited).outcome == "allow"


def _work(world: World) -> None:
    """A model, versions, releases, deployments, exceptions, proposals, a review, a stand-in."""
    ids, named, say = world.ids, world.named, world.say
    say("owner", "model.registered", a_model(ids["owner"]))
    say("owner", "model.registered", {**a_model(ids["owner"], "another")})
    say("owner", "version.registered", a_version())
    second = a_version("1.1.0")
    second["artifact"]["sha256"] = OTHER
    say("owner", "version.registered", second)
    say("owner", "version.registered", a_version("2.0.0"))
    say("owner", "version.registered", a_version("0.9.0"))
    ended = {"model": "churn", "version": "0.9.0", "cause": "superseded"}
    say("agreer", "version.deprecated", {**ended, "effective_on": "2026-06-01", "reason": "Old"})
    recalled = {"data_set": "elsewhere", "cause": "licence", "reason": "Withdrawn"}
    named["recall"] = say("officer", "recall.placed", recalled)
    for version, artifact in (("1.0.0", ARTIFACT), ("1.1.0", OTHER)):
        wanted = {**STAGING, "version": version}
        release = say("owner", "release.requested", wanted)
        vote = {"release": release, "artifact": artifact}
        named["granted"], named["vote"] = release, say("agreer", "release.approved", vote)
        run = {**wanted, "artifact": artifact}
        named["deployment"] = say("runner", "deployment.recorded", run)
    back = {**STAGING, "version": "1.0.0", "artifact": ARTIFACT, "cause": "quality"}
    say("runner", "deployment.rolled_back", {**back, "reason": "Errors"})
    named["review"] = world.house.wiring.reader.reviews(status="required", limit=1)[0].since
    asked = {"model": "churn", "version": "1.0.0", "environment": "production"}
    named["release"] = say("owner", "release.requested", asked)
    assigned = {"release": named["release"], "reviewers": [ids["agreer"]]}
    say("owner", "release.assigned", assigned)
    lent = {"actor_id": ids["someone"], "role": "ml_lead", "until": "2026-03-20T00:00:00Z"}
    named["delegation"] = say("agreer", "role.delegated", lent)


def _trust(world: World) -> None:
    """A publisher, a workload's key, a passkey."""
    house, ids, named = world.house, world.ids, world.named
    rule = {
        "actor_id": ids["pipeline"], "provider": "github", "audience": "counterseal",
        "issuer": "https://token.actions.githubusercontent.com",
        "repository_id": "456789", "owner_id": "123456", "kinds": ["model.registered"],
    }  # fmt: skip
    named["publisher"] = world.say("root", "publisher.trusted", rule)
    key = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
    enrolment = key_enrolment(world, key)
    world.say("root", "workload.key_enrolled", enrolment)
    named["key"] = house.wiring.reader.client_keys(limit=1)[0].keyid
    passkey = Authenticator(ids["agreer"], origin="http://localhost")
    event = passkey.enrolment()
    proposal = {"proposed": "key.enrolled", "event": event.facts()}
    number = world.say("agreer", "change.proposed", proposal)
    command = house.wiring.reader.change(number).command
    world.say("root", "change.approved", {"change": number, "command": command})
    world.say("agreer", "key.enrolled", event.facts())
    named["credential"] = event.facts()["credential"]


def _job(rule: int, now: datetime) -> IdTokenProof:
    """The proof of a job of the repository that is trusted."""
    return IdTokenProof(
        type="id-token", publisher=rule, token="ab" * 32, audience="counterseal",
        issuer="https://token.actions.githubusercontent.com", repository_id="456789",
        owner_id="123456", ref="refs/heads/main", commit="0123456789abcdef0123456789abcdef01234567",
        run="1", issued_at=format_instant(now),
        expires_at=format_instant(now + timedelta(minutes=10)),
    )  # fmt: skip


def key_enrolment(world: World, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The command that enrols a workload's key."""
    public = key.public_key().public_bytes_raw().hex()
    actor, origin = world.ids["pipeline"], world.house.wiring.log.origin
    return {
        "actor_id": actor,
        "public": public,
        "possession": key.sign(possession_message(origin, actor, public)).hex(),
        "kinds": ["model.registered"],
        "until": "2026-12-01T00:00:00Z",
    }


def _privacy(world: World) -> None:
    ids, named, say = world.ids, world.named, world.say
    today = world.house.clock.at.date().isoformat()
    asked = {"received": today, "reason": "By letter"}
    named["asked"] = say("officer", "erasure.requested", {**asked, "actor_id": ids["leaver"]})
    named["approved"] = say("officer", "erasure.requested", {**asked, "actor_id": ids["gone"]})
    word = {"erasure": named["approved"], "assessment": "Nothing keeps it"}
    say("adviser", "erasure.approved", word)
    held = {"scope": "model", "model": "another", "reason": "An inquiry"}
    named["hold"] = say("officer", "hold.placed", held)


def _last(world: World) -> None:
    """The second administrator, what needs one, reviews of access, a report, a digested day."""
    house, ids, named, say = world.house, world.ids, world.named, world.say
    reader, wiring = house.wiring.reader, house.wiring
    scope = (("data_scientist",), ("operator",))
    for name, roles in zip(("access_review", "done_review"), scope, strict=True):
        rows = [
            {"actor_id": one, "role": role, "granted": reader.actor(one).held(role).granted}
            for role in roles
            for one in reader.holders(role)
        ]
        fields = {"roles": roles, "as_of": house.size, "due": "2026-06-30T23:59:59Z"}
        named[name] = say("officer", "access.review_opened", {**fields, "rows": rows})
        for row in rows:
            if name == "done_review" or row["actor_id"] == ids["owner"]:
                decision = "remove" if row["actor_id"] == ids["owner"] else "keep"
                said = {"decision": decision, "reason": "Looked at"}
                where = {"review": named[name], "actor_id": row["actor_id"], "role": row["role"]}
                say("officer", "access.row_reviewed", {**where, **said})
    ids["administrator"] = house.enrol("Rae", "administrator@example.org", "administrator")
    hashed = hash_password(PASSWORD)  # once, for it is made to take long
    for name in (*SIGNED_IN, "someone"):
        lookup = address_lookup(wiring, ids[name])
        with writing(wiring.engine) as connection:
            insert_account(connection, wiring, ids[name], lookup, hashed)
    for name in (*ROLES, SCOPED, ROLELESS, ROOM):
        world.secrets[name] = house.token(ids[name], days=60)
    house.clock.move(days=1)
    assert house.client().get("/api/v1/me").status_code == 401
    house.wiring.accesses.flush()
    house.clock.move(days=1)
    digest_days(wiring)
    named["report"] = _a_report(world)
    asker = Actor(id=ids["officer"], type="person", via="password")
    wanted = report_wanted(Wanted("gdpr", "2026-03-01", "2026-03-09"))
    named["job"] = Book(wiring, lambda _: True).ask(asker, REPORT, wanted).number
    said = Said("gdpr", (ids["compliance"],))
    for name in ("monthly", "other_monthly"):
        named[name] = subscribe(wiring, asker, said).kept.subscription_id
    bound = {
        "population": "changes", "period_from": "2026-03-01", "period_until": "2026-03-09",
        "environments": ["production"], "commitment": commitment_to(bytes.fromhex(NONCE)),
    }  # fmt: skip
    happened = {"severity": "low", "nature": "quality", "detected_at": "2026-03-02T10:00:00Z"}
    named["incident"] = say("officer", "incident.opened", {**happened, "summary": "Wrong"})
    named["sample"] = say("officer", "sample.opened", bound)
    let_in = {
        "auditor": ids[ROOM], "frameworks": ["soc2"], "period_from": "2026-03-01",
        "period_until": "2026-03-09", "until": format_instant(house.clock.at.replace(month=6)),
    }  # fmt: skip
    named["room"] = say("officer", "room.opened", let_in)
    emergency = {
        "model": "churn", "environment": "production", "uses": 1, "reason": "All get errors",
        "until": format_instant(house.clock.at.replace(hour=10)),
        "review_by": format_instant(house.clock.at.replace(day=12)),
    }  # fmt: skip
    named["emergency"] = emergency


def _a_report(world: World) -> int:
    """The entry of a report, and a file that is the one it names."""
    nothing, data = "0" * 64, b"%PDF-1.7 what a report would be"
    folder = world.house.wiring.settings.reports
    folder.mkdir(exist_ok=True)
    (folder / "gdpr-1.pdf").write_bytes(data)
    head = world.house.wiring.log.head()
    fields = {
        "report": "gdpr-1", "framework": "gdpr", "period_from": "2026-03-01",
        "period_until": "2026-03-09", "models": (), "position": head.size,
        "root": head.root.hex(), "unsealed": nothing, "pages": 1,
        "sealed": hashlib.sha256(data).hexdigest(), "verdicts": {},
    }  # fmt: skip
    return world.say("officer", "report.issued", fields)


def prepare_tokens(world: World) -> None:
    house, wiring = world.house, world.house.wiring
    whose = world.ids["ml_lead"]
    for name, scope in _SCOPES.items():
        world.secrets[name] = create_token(
            wiring, actor_id=whose, label=name, scope=scope, days=60, created_by=whose
        )[1]
    rule = wiring.reader.publishers(limit=1)[0]
    with writing(wiring.engine) as connection:
        now = house.clock.at
        given = insert_exchanged(connection, rule, _job(rule.since, now), _OF_A_JOB, now)
    world.secrets["exchanged"] = given[1]
    for one in list_tokens(wiring):
        if one.label == "revoked":
            revoke_token(wiring, one.token_id)
        if one.label == "expired":
            past = format_instant(house.clock.at)
            with writing(wiring.engine) as connection:
                changed = update(token).where(token.c.token_id == one.token_id)
                connection.execute(changed.values(expires_at=past))
