"""What a notice says: who did what to which model, version and environment, and where to look.

Written from an entry (or a release that waits, or the alarm of a ledger) and from names that the
vault gives at the moment of sending. Reasons and other free text are never part of it. A channel
writes the same message in its own way and sees to it that none of it is taken for markup.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ledger.core.digest import hex_digest
from ledger.core.rfc4648 import from_base64
from ledger.events.entry import decode_entry
from ledger.events.proof import WebAuthnProof
from policies import humanize
from webui.notices.topics import (
    ACCESS_REVIEW,
    ALARM,
    ESCALATION,
    MONTHLY,
    OBLIGED,
    REMINDER,
    TOPIC_WORDS,
    VERDICT,
    topic_of,
)
from webui.reports.appearance import VERDICT_LOOKS
from webui.reports.assemble.words import KIND_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.events.event import Event
    from ledger.state.access import AccessReview
    from ledger.state.aggregates import ReleaseState, ReportState
    from ledger.state.exceptions import ReviewState
    from ledger.store.entries import StoredEntry
    from webui.life.retiring import Retiring

    NameOf = Callable[[str], str]

LONGEST_NAME: Final = 100
_MOST_NAMED: Final = 5
OBLIGED_WORDS: Final = "For your information"
_PLACES: Final = (("change.", "changes"), ("access.review", "access-reviews"))
_NUMBERED: Final = (
    "change",
    "exception",
    "review",
    "delegation",
    "incident",
    "publisher",
    "recall",
)


@dataclass(frozen=True)
class Subject:
    """What a message is about, as far as it applies; ``release`` and ``entry`` are -1 for none."""

    model: str = ""
    version: str = ""
    environment: str = ""
    release: int = -1
    entry: int = -1


@dataclass(frozen=True)
class Message:
    """A notice before a channel writes it down.

    ``message_id`` is the same each time it is tried. ``title`` and ``sentence`` are one line of
    plain text each. ``link`` is empty where the settings name no address of the pages.
    """

    message_id: str
    topic: str
    kind: str
    title: str
    sentence: str
    at: str
    origin: str
    about: Subject
    actor: str = ""
    actor_name: str = ""
    link: str = ""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The parts of it by name, for people: those that there are."""
        about = self.about
        found = (
            ("Model", about.model),
            ("Version", about.version),
            ("Environment", about.environment),
            ("Release", str(about.release) if about.release >= 0 else ""),
            ("By", self.actor_name),
            ("Entry", str(about.entry) if about.entry >= 0 else ""),
            ("When", f"{self.at[:16].replace('T', ' ')} UTC"),
            ("Ledger", self.origin),
        )
        return tuple((name, value) for name, value in found if value)


_SIGNED_KINDS: Final = frozenset({"release.approved", "release.rejected"})
_SENTENCES: Final[dict[str, str]] = {
    "version.registered": "{who} registered {what}.",
    "release.requested": "{who} asked for the release of {what}{where}.",
    "release.assigned": "{who} asked {asked} to look at the release of {what}{where}{due_by}.",
    "release.commented": "{who} commented on the release of {what}{where}.",
    "release.approved": "{who} approved the release of {what}{where}.",
    "release.granted": "The release of {what}{where} is granted.",
    "release.rejected": "{who} refused the release of {what}{where}.",
    "rejection.lifted": "{who} lifted the refusal of {what}{where}.",
    "approval.revoked": "{who} took back an approval of the release of {what}{where}.",
    "release.withdrawn": "{who} withdrew the request to release {what}{where}.",
    "release.lapsed": "The release of {what}{where} ended: the policy no longer covers it.",
    "deployment.recorded": "{who} deployed {what}{where}.",
    "deployment.rolled_back": "{who} rolled back to {what}{where}.",
    "deployment.stopped": "{who} stopped {what}{where}.",
    "version.deprecated": "{who} deprecated {what}.",
    "deprecation.acknowledged": "{who} acknowledged that {what} is deprecated.",
    "version.archived": "{who} archived {what}.",
    "change.proposed": "{who} proposed a change ({proposed}){about}.",
    "change.approved": "{who} agreed to proposal {number}{about}.",
    "change.rejected": "{who} refused proposal {number}{about}.",
    "change.withdrawn": "{who} withdrew proposal {number}{about}.",
    "policy.activated": "{who} put other rules in force.",
    "role.granted": "{who} gave {receiver} the role {role}.",
    "role.revoked": "{who} took the role {role} from {receiver}.",
    "identity.linked": "{who} said that {receiver} is the same person as another account.",
    "identity.unlinked": "{who} said that {receiver} is not the person of other accounts.",
    "recovery.allowed": "{who} let {receiver} set password and second factor anew.",
    "key.enrolled": "{who} enrolled a passkey of {receiver}.",
    "key.revoked": "{who} revoked a passkey of {receiver}.",
    "role.delegated": "{who} lets {receiver} stand in as {role} until {until}.",
    "delegation.ended": "{who} ended delegation {number}.",
    "publisher.trusted": "{who} lets pipelines of a repository speak for {receiver}.",
    "publisher.removed": "{who} removed publisher {number}.",
    "workload.key_enrolled": "{who} enrolled a key of {receiver}.",
    "workload.key_revoked": "{who} revoked a key of a workload.",
    "exception.opened": "{who} opened an exception{about}, until {until}.",
    "exception.used": "Exception {number} was used{about}.",
    "exception.closed": "{who} closed exception {number}{about}.",
    "review.required": "A review is owed{about}, until {due}.",
    "review.completed": "{who} reviewed what review {number} asks for{about}.",
    "access.review_opened": "{who} opened an access review, due {due}.",
    "access.reviewed": "{who} completed access review {number}.",
    "incident.opened": "{who} told of an incident{about}.",
    "incident.closed": "{who} closed incident {number}{about}.",
    "recall.placed": "{who} recalled {material}: what descends from it is held back.",
    "recall.lifted": "{who} lifted recall {number}.",
    "access.denied": "{who} was refused by the policy ({attempted}){about}.",
}


def one_line(text: str, most: int = LONGEST_NAME) -> str:
    """Text that somebody wrote, on one line: no control or invisible characters, and bounded."""
    seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    line = " ".join(seen.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def of_entry(
    row: StoredEntry, event: Event, name_of: NameOf, *, message_id: str, origin: str, base: str
) -> Message:
    """The notice of an entry; ``base`` is the address of the pages, or empty."""
    release = getattr(event, "release", None)
    if row.kind == "release.requested":
        release = row.sequence
    about = Subject(
        row.model,
        row.version,
        row.environment,
        release if isinstance(release, int) else -1,
        row.sequence,
    )
    topic = topic_of(row.kind) or OBLIGED
    name = one_line(name_of(row.actor))
    return Message(
        message_id=message_id,
        topic=topic,
        kind=row.kind,
        title=f"{TOPIC_WORDS.get(topic, OBLIGED_WORDS)}{_short(about)}",
        sentence=_sentence(row.kind, event, name, about, name_of) + _signed(row),
        at=row.recorded_at,
        origin=origin,
        about=about,
        actor=row.actor,
        actor_name=name,
        link=_link(base, event, about),
    )


def _signed(row: StoredEntry) -> str:
    """That a passkey signed it, with what the signer can compare: the digest of the statement."""
    if row.kind not in _SIGNED_KINDS:
        return ""
    proof = decode_entry(row.envelope).proof
    if not isinstance(proof, WebAuthnProof):
        return ""
    digest = hex_digest(from_base64(proof.statement))
    return f" A passkey signed it; the statement's SHA-256 is {digest}."


def of_waiting(
    release: ReleaseState, topic: str, hours: int, *, message_id: str, origin: str, base: str
) -> Message:
    """The reminder or escalation of a release that waits for ``hours`` or more."""
    about = Subject(release.model, release.version, release.environment, release.since)
    waits = f"The release of {_what(about)}{_where(about)} waits for more than {hours} h"
    endings = {
        REMINDER: "; your approval could fill a place that is still empty.",
        ESCALATION: " and is still not decided.",
    }
    return Message(
        message_id=message_id,
        topic=topic,
        kind="",
        title=f"{TOPIC_WORDS[topic]}{_short(about)}",
        sentence=waits + endings[topic],
        at=release.requested_at,
        origin=origin,
        about=about,
        link=f"{base}/releases/{release.since}" if base else "",
    )


def of_access_review(
    review: AccessReview, now: str, *, message_id: str, origin: str, base: str
) -> Message:
    """The reminder of an access review that is due soon, or late."""
    late = review.due < now
    rows = f"{review.undecided} of {len(review.rows)} rows wait for a decision"
    return Message(
        message_id=message_id,
        topic=ACCESS_REVIEW,
        kind="",
        title=f"Access review {review.since} is {'late' if late else 'due soon'}",
        sentence=f"Access review {review.since} {'was' if late else 'is'} due on "
        f"{_minute(review.due)}; {rows}.",
        at=review.opened_at,
        origin=origin,
        about=Subject(entry=review.since),
        link=f"{base}/access-reviews/{review.since}" if base else "",
    )


def of_sunset(item: Retiring, *, message_id: str, origin: str, base: str) -> Message:
    """How many days a deprecated version has left, and where it still runs."""
    about = Subject(item.model, item.version, entry=item.entry)
    days = f"{item.days_left} day{'' if item.days_left == 1 else 's'}"
    runs = f"still runs in {', '.join(item.environments)}" if item.environments else "runs nowhere"
    instead = f" Use {item.replacement} instead." if item.replacement else ""
    return Message(
        message_id=message_id,
        topic="deprecation",
        kind="",
        title=f"{days} left{_short(about)}",
        sentence=f"{_what(about)} ends on {item.sunset}, in {days}, and {runs}.{instead}",
        at=item.announced,
        origin=origin,
        about=about,
        link=f"{base}/deprecations" if base else "",
    )


def of_overdue(
    review: ReviewState, topic: str, *, message_id: str, origin: str, base: str
) -> Message:
    """The reminder or escalation of a review that is past its day."""
    about = Subject(review.model, "", review.environment, -1, review.of)
    endings = {
        REMINDER: "; you can make it.",
        ESCALATION: " and is still not made.",
    }
    due = f"A review was due by {_minute(review.due)}{_short(about)}"
    return Message(
        message_id=message_id,
        topic=topic,
        kind="",
        title=f"Review overdue{_short(about)}",
        sentence=due + endings[topic],
        at=review.due,
        origin=origin,
        about=about,
        link=f"{base}/exceptions" if base else "",
    )


def of_turned(
    framework: str,
    short: str,
    turned: Sequence[tuple[str, str, str]],
    *,
    message_id: str,
    at: str,
    origin: str,
    base: str,
) -> Message:
    """The notice that verdicts turned: the controls by reference, each from what to what."""
    shown = turned[:_MOST_NAMED]
    said = "; ".join(
        f"{ref} from {_verdict_word(before)} to {_verdict_word(now)}" for ref, before, now in shown
    )
    more = f"; and {len(turned) - len(shown)} more" if len(turned) > len(shown) else ""
    return Message(
        message_id=message_id,
        topic=VERDICT,
        kind="",
        title=f"{TOPIC_WORDS[VERDICT]}: {short}",
        sentence=f"{short}: {said}{more}.",
        at=at,
        origin=origin,
        about=Subject(),
        link=f"{base}/controls?framework={framework}" if base else "",
    )


def _verdict_word(verdict: str) -> str:
    return next(
        (look.word.lower() for name, look in VERDICT_LOOKS.items() if name == verdict), verdict
    )


def of_report(report: ReportState, *, message_id: str, origin: str, base: str) -> Message:
    """The notice that the report of a month is made; it links to the file and does not hold it."""
    return Message(
        message_id=message_id,
        topic=MONTHLY,
        kind="",
        title=f"Report of {report.period_from[:7]}: {report.framework}",
        sentence=f"The report {report.framework} for {report.period_from} to "
        f"{report.period_until} (UTC) is made: {report.pages} pages.",
        at=report.at,
        origin=origin,
        about=Subject(entry=report.since),
        link=f"{base}/reports/{report.since}.pdf" if base else "",
    )


def of_no_report(
    framework: str, month: str, why: str, *, message_id: str, at: str, origin: str, base: str
) -> Message:
    """The notice to who subscribed that the report of a month was not made, and why."""
    return Message(
        message_id=message_id,
        topic=MONTHLY,
        kind="",
        title=f"No report of {month}: {framework}",
        sentence=f"The report {framework} of {month} was not made: {why}",
        at=at,
        origin=origin,
        about=Subject(),
        link=f"{base}/reports/monthly" if base else "",
    )


def of_alarm(*, message_id: str, at: str, origin: str, base: str) -> Message:
    """The notice that the ledger takes no more entries. Why is told where it is shown, not here."""
    return Message(
        message_id=message_id,
        topic=ALARM,
        kind="",
        title=f"{TOPIC_WORDS[ALARM]}: {origin}",
        sentence="The ledger failed a check and is read-only until a person has looked.",
        at=at,
        origin=origin,
        about=Subject(),
        link=f"{base}/log" if base else "",
    )


def for_test(*, message_id: str, at: str, origin: str, base: str) -> Message:
    """A message that says that messages arrive."""
    return Message(
        message_id=message_id,
        topic="test",
        kind="",
        title=f"Test: {origin}",
        sentence="This is a test: notices of this ledger arrive here. Nothing happened.",
        at=at,
        origin=origin,
        about=Subject(),
        link=f"{base}/account/notices" if base else "",
    )


def kinds_with_sentences() -> frozenset[str]:
    """The kinds of event that a notice can tell of."""
    return frozenset(_SENTENCES)


def _sentence(kind: str, event: Any, name: str, about: Subject, name_of: NameOf) -> str:
    attempted, proposed = getattr(event, "attempted", ""), getattr(event, "proposed", "")
    receiver = getattr(event, "actor_id", "")
    who = name[:1].upper() + name[1:]
    words = {
        "who": who,
        "what": _what(about),
        "where": _where(about),
        "about": f": {_what(about)}{_where(about)}" if about.model else "",
        "attempted": KIND_WORDS.get(attempted, attempted),
        "proposed": KIND_WORDS.get(proposed, proposed),
        "receiver": one_line(name_of(receiver)) if receiver else "",
        "role": humanize(getattr(event, "role", "")),
        "number": _number(event),
        "material": getattr(event, "material", ""),
        "until": _minute(getattr(event, "until", "")),
        "asked": _row(getattr(event, "reviewers", ()), name_of),
        "due_by": f", by {_minute(event.due)}" if getattr(event, "due", "") else "",
        "due": _minute(getattr(event, "due", "") or ""),
    }
    plain = f"{{who}} made this entry: {KIND_WORDS.get(kind, kind)}{{about}}."
    return _SENTENCES.get(kind, plain).format(**words)


def _what(about: Subject) -> str:
    return " ".join(part for part in (about.model, about.version) if part)


def _where(about: Subject) -> str:
    return f" in {about.environment}" if about.environment else ""


def _short(about: Subject) -> str:
    return f": {_what(about)}{_where(about)}" if about.model else ""


def _number(event: Any) -> int:
    """The entry of the proposal, exception, review or delegation that an event speaks of."""
    named = (getattr(event, name, None) for name in _NUMBERED)
    return next((number for number in named if isinstance(number, int)), -1)


def _row(actors: tuple[str, ...], name_of: NameOf) -> str:
    """Names in a row, at most so many that it stays one line."""
    names = [one_line(name_of(actor)) for actor in actors[:_MOST_NAMED]]
    more = len(actors) - len(names)
    names += [f"{more} more"] if more > 0 else []
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def _minute(instant: str) -> str:
    return f"{instant[:16].replace('T', ' ')} UTC"


def _link(base: str, event: Event, about: Subject) -> str:
    """Where to look: the page of what it is about, or the entry."""
    kind = event.kind
    if not base:
        return ""
    if about.release >= 0 and kind != "access.denied":
        return f"{base}/releases/{about.release}"
    if kind.startswith("version."):
        return f"{base}/models/{quote(about.model)}/{quote(about.version)}"
    for begins, place in _PLACES:
        if kind.startswith(begins):
            number = _number(event)
            return f"{base}/{place}/{number if number >= 0 else about.entry}"
    if kind.startswith(("exception.", "review.")):
        return f"{base}/exceptions"
    return f"{base}/ledger/{about.entry}"
