"""What happened, in words: one phrase per kind of event, to follow the name of who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webui.pages import words_described as described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ledger.events.event import Event

    NameOf = Callable[[str], str]

_SHORT: Final = 8
_SHOWN_METRICS: Final = 4
# Initials that people write in capitals.
_INITIALS: Final = {
    "ai": "AI", "auc": "AUC", "ci": "CI", "dpia": "DPIA", "eu": "EU", "gdpr": "GDPR",
    "github": "GitHub", "gitlab": "GitLab",
    "hipaa": "HIPAA", "id": "ID", "mae": "MAE", "ml": "ML", "onnx": "ONNX", "phi": "PHI",
    "r2": "R²", "rmse": "RMSE", "roc": "ROC", "sbom": "SBOM", "sha256": "SHA-256",
    "soc2": "SOC 2", "uri": "URI",
}  # fmt: skip


def plain(word: str) -> str:
    """A technical word as people write it: ``ml_lead`` is ``ML lead``, ``dpia`` is ``DPIA``."""
    return " ".join(_INITIALS.get(part, part) for part in word.split("_"))


SIGNED_IN_BY: Final = {
    "service": "the service itself",
    "password": "password",
    "password+totp": "password and code",
    "password+code": "password and recovery code",
    "sso": "single sign-on",
    "token": "API token",
    "setup": "one-time link",
    "id-token": "identity token of its pipeline",
    "client-key": "key of its own",
    "webhook": "signed delivery of a connection",
}


def signed_in_by(via: str) -> str:
    """How somebody was signed in, in words."""
    return SIGNED_IN_BY.get(via, via)


def recalled(material: str) -> str:
    """What a recall is on: every version of it, or one."""
    kind, _, name = material.partition(":")
    one, _, only = name.partition("@")
    what = "the data set" if kind == "data" else "the model"
    return f"{what} {one} {only}" if only else f"{what} {one}, every version"


def with_article(word: str) -> str:
    """The same with ``a`` or ``an`` before it."""
    return f"{'an' if word[:1] in 'aeio' else 'a'} {plain(word)}"


def people(actors: Iterable[str], name_of: NameOf) -> str:
    """Names in a row: Bo, Chi and Dee."""
    names = [name_of(actor) for actor in actors]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _continued(event: Any) -> str:
    """Which log a new one continues, and what of that is lost."""
    before = event.previous
    if before is None:
        return ""
    lost = ""
    if before.loss is not None and before.loss.promised_size > before.loss.since:
        lost = f", whose entries {before.loss.since} to {before.loss.promised_size - 1} are lost"
    return f", which continues {before.origin} after {before.size} entries{lost}"


def told_of_a_registry(event: Any) -> str:
    """What a registry elsewhere did, and to what."""
    of = f" of {event.model} {event.version or ''}".rstrip() if event.model else ""
    name = f" {event.name}" if event.name else ""
    return f"told that in the registry {event.registry}: {plain(event.change)}{name}{of}"


def _proposed(event: Any, name: NameOf) -> str:
    """What a proposal is about, as far as its facts are plain."""
    facts = event.event
    parts = []
    if isinstance(facts.get("role"), str):
        parts.append(plain(facts["role"]))
    if isinstance(facts.get("actor_id"), str):
        parts.append(name(facts["actor_id"]))
    if isinstance(facts.get("model"), str):
        parts.append(f"{facts['model']} {facts.get('version', '')}".strip())
    return f": {', '.join(parts)}" if parts else ""


def limits(event: Any) -> str:
    """For which models a role is given, and until when."""
    told = [*(event.models or ()), *(f"tag {tag}" for tag in event.tags or ())]
    scope = f" for {', '.join(told)}" if told else ""
    return f"{scope}{f' until {_moment(event.until)}' if event.until else ''}"


def _moment(instant: str) -> str:
    """A recorded time as people write it, without the clock where a day begins."""
    day, _, clock = instant.partition("T")
    return day if clock.startswith("00:00") else f"{day} {clock[:5]} UTC"


def _short(actor_id: str) -> str:
    return actor_id[:_SHORT]


_PHRASES: Final[dict[str, Callable[[Any, NameOf], str]]] = {
    **described.PHRASES,
    "log.created": lambda e, _: f"began the ledger {e.origin}{_continued(e)}",
    "checkpoint.timestamped": lambda e, _: (
        f"had the checkpoint of {e.size} entries time-stamped by {e.authority}"
    ),
    "actor.enrolled": lambda e, name: f"enrolled {name(e.actor_id)}",
    "role.granted": lambda e, name: f"gave {name(e.actor_id)} the role {plain(e.role)}{limits(e)}",
    "access.digested": lambda e, _: (
        f"digested the access log of {e.day}, {e.count} records up to number {e.last}"
    ),
    "activity.reviewed": lambda e, _: (
        f"signed off the activity from {e.first_day} to {e.last_day}, {e.records} records"
    ),
    "access.review_opened": lambda e, _: (
        f"opened an access review of {len(e.rows)} roles held, due {e.due[:10]}"
    ),
    "access.row_reviewed": lambda e, name: (
        f"decided in access review {e.review} that {name(e.actor_id)} "
        f"{'keeps' if e.decision == 'keep' else 'loses'} the role {plain(e.role)}"
    ),
    "access.reviewed": lambda e, _: (
        f"completed access review {e.review}: {e.kept} kept, {e.removed} removed"
    ),
    "inventory.reconciled": lambda e, _: (
        f"held a list of {plain(e.inventory)} from {e.source} against the ledger: "
        f"{e.listed} listed, {e.matched} found, {e.unknown} unknown"
        + (f", {len(e.differing)} deployments different" if e.differing else "")
    ),
    "registry.changed": lambda e, _: told_of_a_registry(e),
    "run.observed": lambda e, _: (
        f"told that the run {e.run} of {e.job} {plain(e.status)}, "
        f"with {len(e.inputs)} read and {len(e.outputs)} written"
    ),
    "role.revoked": lambda e, name: f"took the role {plain(e.role)} from {name(e.actor_id)}",
    "identity.linked": lambda e, name: (
        f"said that {name(e.actor_id)} and {name(e.same_as)} are one person"
    ),
    "identity.unlinked": lambda e, name: (
        f"said that {name(e.actor_id)} is not the person of other accounts"
    ),
    "recovery.allowed": lambda e, name: (
        f"let {name(e.actor_id)} set password and second factor anew"
    ),
    "key.enrolled": lambda e, name: (
        f"enrolled a passkey of {name(e.actor_id)}"
        if e.earlier is None
        else f"took over a passkey of {name(e.actor_id)} from entry {e.earlier.entry} of "
        f"{e.earlier.origin}"
    ),
    "key.revoked": lambda e, name: f"revoked a passkey of {name(e.actor_id)}",
    "role.delegated": lambda e, name: (
        f"let {name(e.actor_id)} stand in as {plain(e.role)} until {_moment(e.until)}"
    ),
    "delegation.ended": lambda e, _: f"ended the delegation of entry {e.delegation}",
    "publisher.trusted": lambda e, name: (
        f"trusted pipelines of {plain(e.provider)} repository {e.repository_id} to speak for "
        f"{name(e.actor_id)}"
    ),
    "publisher.removed": lambda e, _: f"removed the publisher of entry {e.publisher}",
    "workload.key_enrolled": lambda e, name: (
        f"enrolled the key {e.public[:16]} of {name(e.actor_id)}, until {e.until[:10]}"
    ),
    "workload.key_revoked": lambda e, _: f"revoked the workload's key {e.key[:16]}",
    "exception.opened": lambda e, _: (
        f"opened an exception for {e.model} in {e.environment} until {_moment(e.until)}"
    ),
    "exception.used": lambda e, name: (
        f"noted that exception {e.exception} let entry {e.entry} of {name(e.by)} through"
    ),
    "exception.closed": lambda e, _: f"closed exception {e.exception}",
    "review.required": lambda e, _: f"asked for a review of entry {e.of} by {e.due[:10]}",
    "review.completed": lambda e, _: f"reviewed what review {e.review} asks for: {e.finding}",
    "recall.placed": lambda e, _: f"recalled {recalled(e.material)} ({plain(e.cause)})",
    "recall.lifted": lambda e, _: f"lifted recall {e.recall}",
    "hold.placed": lambda e, name: f"placed a hold on {_held(e, name)}",
    "hold.released": lambda e, _: f"released hold {e.hold}",
    "erasure.requested": lambda e, name: (
        f"recorded that {name(e.actor_id)} asked for erasure on {e.received}"
    ),
    "erasure.approved": lambda e, _: f"approved erasure {e.erasure}",
    "erasure.refused": lambda e, _: f"refused erasure {e.erasure} ({plain(e.ground)})",
    "subject.erased": lambda e, name: (
        f"destroyed what the vault held of {name(e.actor_id)}: {e.texts} texts and their keys"
        f"{'' if e.lost is None else ', again, as a restored backup still held them'}"
    ),
    "subject.rectified": lambda e, name: f"put the personal data of {name(e.actor_id)} right",
    "model.registered": lambda e, _: f"registered the model {e.model}",
    "version.registered": lambda e, _: f"registered {e.model} {e.version}",
    "evidence.attached": lambda e, _: f"attached {with_article(e.type)} to {e.model} {e.version}",
    "metrics.observed": lambda e, _: (
        f"recorded {e.phase} metrics of {e.model} {e.version}: {_metrics(e.metrics)}"
    ),
    "version.deprecated": lambda e, _: f"deprecated {e.model} {e.version} ({plain(e.cause)})",
    "deprecation.acknowledged": lambda e, _: (
        f"acknowledged that {e.model} {e.version} is deprecated"
    ),
    "version.archived": lambda e, _: f"archived {e.model} {e.version}",
    "release.requested": lambda e, _: (
        f"asked for the release of {e.model} {e.version} to {e.environment}"
    ),
    "release.assigned": lambda e, name: (
        f"asked {people(e.reviewers, name)} to look at release {e.release}"
    ),
    "release.commented": lambda e, _: f"commented on release {e.release}",
    "release.approved": lambda e, _: f"approved release {e.release}",
    "release.rejected": lambda e, _: f"rejected release {e.release}",
    "release.withdrawn": lambda e, _: f"withdrew the request for release {e.release}",
    "rejection.lifted": lambda e, _: f"lifted the refusal of entry {e.rejection}",
    "approval.revoked": lambda e, _: f"took back an approval of release {e.release}",
    "release.granted": lambda e, _: (
        f"granted release {e.release}: {e.model} {e.version} may run in {e.environment}"
    ),
    "release.lapsed": lambda e, _: (
        f"ended release {e.release}: {e.model} {e.version} may no longer run in"
        f" {e.environment}, because of entry {e.cause}"
    ),
    "deployment.recorded": lambda e, _: f"deployed {e.model} {e.version} to {e.environment}",
    "deployment.rolled_back": lambda e, _: (
        f"rolled {e.model} in {e.environment} back to {e.version} ({plain(e.cause)})"
    ),
    "deployment.stopped": lambda e, _: f"stopped {e.model} in {e.environment}",
    "policy.activated": lambda e, _: f"put the policy {e.policy} in force",
    "policy.filed": lambda e, _: f"filed a part of the policy {e.policy}",
    "change.proposed": lambda e, name: f"proposed to {attempt(e.proposed)}{_proposed(e, name)}",
    "change.approved": lambda e, _: f"agreed to proposal {e.change}",
    "change.rejected": lambda e, _: f"refused proposal {e.change}",
    "change.withdrawn": lambda e, _: f"took proposal {e.change} back",
    "access.denied": lambda e, _: (
        f"tried to {attempt(e.attempted)}{_concerned(e)}, and was refused{_unrecorded(e)}"
    ),
    "incident.opened": lambda e, _: (
        f"told of an incident ({e.severity}, {plain(e.nature)}) detected {e.detected_at[:16]}"
    ),
    "incident.closed": lambda e, _: f"closed incident {e.incident}",
    "statement.signed": lambda e, _: f"signed a statement for {e.control} until {e.valid_until}",
    "control.set_aside": lambda e, _: (
        f"set {e.control} aside as not applicable until {e.valid_until}"
    ),
    "room.opened": lambda e, name: (
        f"let {name(e.auditor)} into an auditor's room on {', '.join(map(plain, e.frameworks))} "
        f"until {_moment(e.until)}"
    ),
    "room.closed": lambda e, _: f"closed auditor's room {e.room}",
    "room.asked": lambda e, _: f"asked in auditor's room {e.room}",
    "room.answered": lambda e, _: f"answered question {e.asked} of an auditor: {plain(e.status)}",
    "framework.activated": lambda e, _: (
        f"put rows of the framework {e.framework} in force, SHA-256 {e.digest[:12]}"
    ),
    "framework.withdrawn": lambda e, _: f"withdrew the framework {e.framework}",
    "sample.opened": lambda e, _: (
        f"asked for a sample of {plain(e.population)} from {e.period_from} to {e.period_until}"
    ),
    "sample.drawn": lambda e, _: (
        f"drew {len(e.drawn)} of {e.population} rows for sample {e.sample}"
    ),
    "sample.extended": lambda e, _: f"added {len(e.added)} rows to sample {e.sample}",
    "report.issued": lambda e, _: (
        f"issued the {plain(e.framework)} report {e.report} for {e.period_from} to {e.period_until}"
    ),
    "key.rotated": lambda e, _: f"replaced the ledger's key for {e.use}",
    "key.compromised": lambda e, _: (
        f"said that a former key for {e.use} is not to be trusted from entry {e.trusted_until} on"
    ),
    "root.named": lambda e, _: f"named the root key {e.public[:16]}, which certifies all others",
    "log.frozen": lambda e, _: f"ended this ledger, which {e.successor} continues",
    "backup.verified": lambda e, _: f"made a backup of the first {e.position} entries",
    "restore.tested": lambda e, _: (
        f"restored a backup of the first {e.position} entries for practice: {e.outcome}"
    ),
    "backup.restored": lambda e, _: (
        f"restored the ledger from a backup of its first {e.position} entries"
    ),
}

_DETAILS: Final[dict[str, Callable[[Any, NameOf], str]]] = {
    **described.DETAILS,
    "actor.enrolled": lambda e, name: name(e.actor_id),
    "role.granted": lambda e, name: f"{plain(e.role)} to {name(e.actor_id)}",
    "role.revoked": lambda e, name: f"{plain(e.role)} from {name(e.actor_id)}",
    "identity.linked": lambda e, name: f"{name(e.actor_id)} is {name(e.same_as)}",
    "identity.unlinked": lambda e, name: name(e.actor_id),
    "recovery.allowed": lambda e, name: name(e.actor_id),
    "key.enrolled": lambda e, name: f"passkey of {name(e.actor_id)}",
    "key.revoked": lambda e, name: f"passkey of {name(e.actor_id)}",
    "role.delegated": lambda e, name: f"{plain(e.role)} to {name(e.actor_id)}",
    "delegation.ended": lambda e, _: f"delegation {e.delegation}",
    "publisher.trusted": lambda e, name: f"repository {e.repository_id} for {name(e.actor_id)}",
    "publisher.removed": lambda e, _: f"publisher {e.publisher}",
    "workload.key_enrolled": lambda e, name: f"{e.public[:16]} of {name(e.actor_id)}",
    "workload.key_revoked": lambda e, _: e.key[:16],
    "exception.opened": lambda e, _: f"{e.uses} uses until {_moment(e.until)}",
    "exception.used": lambda e, _: f"exception {e.exception}, entry {e.entry}",
    "exception.closed": lambda e, _: f"exception {e.exception}",
    "review.required": lambda e, _: f"entry {e.of}, due {e.due[:10]}",
    "review.completed": lambda e, _: f"review {e.review}: {e.finding}",
    "recall.placed": lambda e, _: recalled(e.material),
    "recall.lifted": lambda e, _: f"recall {e.recall}",
    "hold.placed": lambda e, name: _held(e, name),  # noqa: PLW0108 (defined below)
    "hold.released": lambda e, _: f"hold {e.hold}",
    "erasure.requested": lambda e, name: f"{name(e.actor_id)}, received {e.received}",
    "erasure.approved": lambda e, _: f"erasure {e.erasure}",
    "erasure.refused": lambda e, _: f"erasure {e.erasure}: {plain(e.ground)}",
    "subject.erased": lambda e, name: f"{name(e.actor_id)}: {e.texts} texts",
    "subject.rectified": lambda e, name: name(e.actor_id),
    "evidence.attached": lambda e, _: plain(e.type),
    "metrics.observed": lambda e, _: _metrics(e.metrics, 2),
    "version.deprecated": lambda e, _: plain(e.cause),
    "release.assigned": lambda e, name: f"release {e.release}: {people(e.reviewers, name)}",
    "release.commented": lambda e, _: f"release {e.release}",
    "release.approved": lambda e, _: f"release {e.release}",
    "release.rejected": lambda e, _: f"release {e.release}",
    "release.withdrawn": lambda e, _: f"release {e.release}",
    "rejection.lifted": lambda e, _: f"entry {e.rejection}",
    "approval.revoked": lambda e, _: f"release {e.release}",
    "release.granted": lambda e, _: f"release {e.release}",
    "release.lapsed": lambda e, _: f"release {e.release}",
    "deployment.rolled_back": lambda e, _: plain(e.cause),
    "policy.activated": lambda e, _: e.policy,
    "policy.filed": lambda e, _: e.policy,
    "change.proposed": lambda e, _: attempt(e.proposed),
    "change.approved": lambda e, _: f"proposal {e.change}",
    "change.rejected": lambda e, _: f"proposal {e.change}",
    "change.withdrawn": lambda e, _: f"proposal {e.change}",
    "access.denied": lambda e, _: f"tried to {attempt(e.attempted)}",
    "incident.opened": lambda e, _: f"{e.severity}, {plain(e.nature)}",
    "incident.closed": lambda e, _: f"incident {e.incident}",
    "statement.signed": lambda e, _: e.control,
    "control.set_aside": lambda e, _: e.control,
    "room.opened": lambda e, _: f"{e.period_from} to {e.period_until}",
    "room.closed": lambda e, _: f"room {e.room}",
    "room.asked": lambda e, _: f"room {e.room}",
    "room.answered": lambda e, _: f"question {e.asked}",
    "framework.activated": lambda e, _: e.framework,
    "framework.withdrawn": lambda e, _: e.framework,
    "sample.opened": lambda e, _: plain(e.population),
    "sample.drawn": lambda e, _: f"sample {e.sample}: {len(e.drawn)} rows",
    "sample.extended": lambda e, _: f"sample {e.sample}",
    "report.issued": lambda e, _: plain(e.framework),
    "checkpoint.timestamped": lambda e, _: f"{e.size} entries by {e.authority}",
    "restore.tested": lambda e, _: e.outcome,
    "backup.restored": lambda e, _: f"{e.lost} entries lost",
}

_ATTEMPTS: Final = {
    **described.ATTEMPTS,
    "actor.enrolled": "enrol somebody",
    "role.granted": "give a role",
    "access.digested": "digest the access log",
    "activity.reviewed": "sign off the review of activity",
    "access.review_opened": "open an access review",
    "access.row_reviewed": "decide in an access review",
    "access.reviewed": "complete an access review",
    "inventory.reconciled": "record that a list was held against the ledger",
    "registry.changed": "record what a registry elsewhere did",
    "run.observed": "record what a run elsewhere read and wrote",
    "role.revoked": "take a role",
    "identity.linked": "link accounts",
    "identity.unlinked": "unlink an account",
    "recovery.allowed": "let somebody start anew",
    "key.enrolled": "enrol a passkey",
    "key.revoked": "revoke a passkey",
    "role.delegated": "let somebody stand in",
    "delegation.ended": "end a delegation",
    "publisher.trusted": "trust a publisher",
    "publisher.removed": "remove a publisher",
    "workload.key_enrolled": "enrol a workload's key",
    "workload.key_revoked": "revoke a workload's key",
    "exception.opened": "open an exception",
    "exception.closed": "close an exception",
    "review.completed": "complete a review",
    "recall.placed": "recall a data set or a model",
    "recall.lifted": "lift a recall",
    "hold.placed": "place a hold",
    "hold.released": "release a hold",
    "erasure.requested": "ask for erasure",
    "erasure.approved": "approve an erasure",
    "erasure.refused": "refuse an erasure",
    "subject.erased": "erase personal data",
    "subject.rectified": "put personal data right",
    "model.registered": "register a model",
    "version.registered": "register a version",
    "evidence.attached": "attach a document",
    "metrics.observed": "record metrics",
    "version.deprecated": "deprecate a version",
    "deprecation.acknowledged": "acknowledge a deprecation",
    "version.archived": "archive a version",
    "release.requested": "ask for a release",
    "release.assigned": "ask people to look at a release",
    "release.commented": "comment on a release",
    "release.approved": "approve a release",
    "release.rejected": "reject a release",
    "release.withdrawn": "withdraw a request",
    "rejection.lifted": "lift a refusal",
    "approval.revoked": "take an approval back",
    "deployment.recorded": "deploy a version",
    "deployment.rolled_back": "roll back",
    "deployment.stopped": "stop a deployment",
    "policy.activated": "change the policy",
    "policy.filed": "file a part of a policy",
    "change.proposed": "propose a change",
    "change.approved": "agree to a proposal",
    "change.rejected": "refuse a proposal",
    "change.withdrawn": "take a proposal back",
    "incident.opened": "tell of an incident",
    "incident.closed": "close an incident",
    "statement.signed": "sign a statement",
    "control.set_aside": "set a control aside",
    "report.issued": "issue a report",
    "room.opened": "open an auditor's room",
    "room.closed": "close an auditor's room",
    "room.asked": "ask in an auditor's room",
    "room.answered": "answer an auditor",
    "framework.activated": "put a framework of one's own in force",
    "framework.withdrawn": "withdraw a framework of one's own",
    "sample.opened": "ask for a sample",
    "sample.drawn": "draw a sample",
    "sample.extended": "add rows to a sample",
    "checkpoint.timestamped": "record a time stamp",
    "key.rotated": "replace a key",
    "key.compromised": "distrust a key",
    "root.named": "name a root key",
    "log.frozen": "end the ledger",
    "backup.verified": "record a backup",
    "restore.tested": "record a restore for practice",
    "backup.restored": "record a restore",
}


def phrase(event: Event, name_of: NameOf = _short) -> str:
    """What happened, as a phrase without a subject and without a full stop."""
    return _PHRASES[event.kind](event, name_of)


def detail(event: Event, name_of: NameOf = _short) -> str:
    """What a list of entries adds to the kind, to what is concerned and to who did it."""
    told = _DETAILS.get(event.kind)
    return told(event, name_of) if told else ""


def wanted(event: Event, name_of: NameOf = _short) -> str:
    """What somebody wants to happen, as a phrase: ``give a role: operations to Ana``."""
    concerned = event.about()
    told = detail(event, name_of)
    parts = [f"{concerned.model} {concerned.version}".strip(), told]
    about = ", ".join(part for part in parts if part)
    return f"{attempt(event.kind)}: {about}" if about else attempt(event.kind)


def attempt(kind: str) -> str:
    """What was attempted, to follow ``to``; a kind without words is named as it is."""
    return _ATTEMPTS.get(kind, f"submit {kind}")


def kinds_with_words() -> frozenset[str]:
    """The kinds that have a phrase."""
    return frozenset(_PHRASES)


def _metrics(metrics: Any, most: int = _SHOWN_METRICS) -> str:
    shown = ", ".join(f"{plain(item.name)} {item.value}" for item in metrics[:most])
    more = len(metrics) - most
    return f"{shown} and {more} more" if more > 0 else shown


def _held(event: Any, name: NameOf) -> str:
    if event.scope == "subject":
        return f"the data of {name(event.actor_id)}"
    return f"the model {event.model}" if event.scope == "model" else "everything"


def _unrecorded(event: Any) -> str:
    return f", after {event.unrecorded} more that were not recorded" if event.unrecorded else ""


def _concerned(event: Any) -> str:
    parts = [part for part in (event.model, event.version) if part]
    where = f" in {event.environment}" if event.environment else ""
    return f" ({' '.join(parts)}{where})" if parts else ""
