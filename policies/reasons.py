"""Reasons: from a result's code and parameters to a sentence, through one table.

The codes stand in the ledger, the sentences here; pages, PDFs, the API and the command line use the
same ones. ``name_of`` turns an actor id into a name, which may have been erased.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.state.remembered import remembered
from policies.duration import duration_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ledger.events.decision import Decision, Result

    NameOf = Callable[[str], str]

_PARTIES: Final = {
    "registrant": "registered this version",
    "requester": "asked for this release",
    "proposer": "proposed this change",
    "delegator": "gave this delegation",
    "participant": "had a part in it",
    "owner": "owns this model",
    "receiver": "is the one whom it is about",
    "approver": "approved this",
    "refuser": "refused this",
}
_PLAIN: Final = {
    "M_CHECK": "{say}",
    "M_DOCUMENTS": "attached: {types}",
    "M_FIELDS": "recorded: {fields}",
    "M_OPEN": "outside of: {titles}",
    "M_NOT_VETOED": "refused by nobody of {roles}, or no longer",
    "M_WAITED": "{limit} have passed since it was asked for",
    "M_GRANTED": "release {release} is granted",
    "M_POLICY": "the new policy can be read, is the one its digest names, and can be changed again",
    "M_FRAMEWORK": "the rows can be read, and are the ones that their digest names",
    "M_RAN": "this version ran here before, with the same bytes",
    "E_FIELD_MISSING": "never recorded: {fields}",
    "E_FROZEN": "closed until {until}: {title}",
    "E_WAIT": "it must wait until {until}",
    "E_TOO_SOON": "that was less than {limit} ago; not before {until}",
    "E_CHECK": "not met: {say}",
    "E_PARTY_UNKNOWN": "it is not known who is excluded from doing this, so nobody may",
    "E_OVER": "release {release} is {status}; it must be asked for anew",
    "E_POLICY_UNREADABLE": "the new policy can't be read: {problem}",
    "E_POLICY_DIGEST": "the new policy is not the one that its digest names",
    "E_POLICY_NAME": "the new policy calls itself {name}, the change calls it something else",
    "E_POLICY_LOCKED": "under the new policy nobody who is enrolled now could change it again",
    "E_FRAMEWORK_UNREADABLE": "the rows can't be read: {problem}",
    "E_FRAMEWORK_DIGEST": "the rows are not the ones that their digest names",
    "E_FRAMEWORK_NAME": "the rows call themselves {name}, the entry calls them something else",
    "E_NOT_PROPOSED": "this needs the approval of others: propose it first",
    "E_NO_VERSION": "it is not known which version this is about",
    "E_NO_RELEASE": "nobody has asked for a release of this version to this environment",
    "E_NOT_GRANTED": "release {release} is {status}, not granted",
    "E_GRANT_OLD": "release {release} was granted longer ago than {limit}",
    "E_OTHER_ARTIFACT": "the bytes are not the ones that were approved",
    "E_NEVER_RAN": "this version never ran in this environment",
    "E_RAN_LONG_AGO": "this version last ran here longer ago than {limit}",
    "E_DOC_MISSING": "a document of type {type} is missing",
    "E_DOC_EXPIRED": "the document of type {type} expired on {on}",
    "E_DOC_OLD": "the document of type {type} is older than {limit}",
    "E_NO_GATE": "the policy opens no gate for {kind} here",
}
_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d[.\d]*Z", re.ASCII)
_KEPT: Final = 1_024
_SIGNS: Final = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}
_CANNOT: Final = {
    "E_NOT_A_PERSON": "is not a person",
    "E_OTHER_ARTIFACT": "approved other bytes",
    "E_STALE": "approved before entry {detail} changed what there was to look at",
    "E_OLD_WORDING": "approved under an earlier policy",
    "E_EXPIRED": "approved longer ago than {detail}",
    "E_UNSIGNED": "the approval is not signed by a passkey",
    "E_COPYABLE": "the approval is signed by a passkey that can be copied to other devices",
    "E_KEY_REVOKED": "the passkey that signed the approval was revoked since",
    "E_ROLE_LOST": "holds no role that counts here now",
    "E_ROLE_OVER": "held a role that counts here, which is over",
    "E_ROLE_ELSEWHERE": "holds a role that counts, but for other models",
    "E_SAME_PERSON": "is the same person as {name}, and one person takes one seat",
    "E_STANDS_IN_EXCLUDED": "stands in for {name}, who {party}",
    "E_DELEGATOR_VOTED": "stands in for {name}, who approved too: both are one",
    "E_OTHER_STANDS_IN": "stands in for {name}, for whom somebody else approved already",
    "E_DELEGATION_OVER": "stood in for {name}, and the delegation did not hold all the time",
    "E_BEFORE_ITS_TURN": "approved before {detail} did",
}


_HEALED_BY_AGAIN: Final = frozenset(
    {
        "E_STALE",
        "E_OLD_WORDING",
        "E_EXPIRED",
        "E_BEFORE_ITS_TURN",
        "E_DELEGATION_OVER",
        "E_UNSIGNED",
        "E_COPYABLE",
        "E_KEY_REVOKED",
    }
)


def sentence(result: Result, name_of: NameOf) -> str:
    """One result as a sentence without a full stop."""
    said = _sentence(result, name_of)
    if result.state == "bypassed":
        return f"let through by exception {result.by[0] if result.by else '-'}: {said}"
    return said


def _sentence(result: Result, name_of: NameOf) -> str:
    special = _SPECIAL.get(result.code)
    if special is not None:
        return special(result.params, name_of)
    return _plain(result)


# The same checks are met again and again. No sentence that names a person is kept.
@lru_cache(maxsize=_KEPT)
def _plain(result: Result) -> str:
    shown = {key: _SHOWN_AS.get(key, _words)(value) for key, value in result.params.items()}
    return _PLAIN.get(result.code, result.code).format_map(_Shown(shown))


def explain(decision: Decision, name_of: NameOf) -> list[str]:
    """A decision as sentences: a refusal by what is missing, an allowance by what is met."""
    said = _told(decision)
    sentences = [one if isinstance(one, str) else sentence(one, name_of) for one in said]
    return list(dict.fromkeys(sentences))


# The same decisions are told again and again. No sentence that names a person is kept.
@remembered
def _told(decision: Decision) -> tuple[str | Result, ...]:
    """Sentences, and the results whose sentences name people."""
    results = decision.unmet or decision.results
    return tuple(
        result
        if result.code in _SPECIAL and result.code not in _NAMELESS
        else sentence(result, str)
        for result in results
    )


def why_not_counted(decision: Decision, name_of: NameOf) -> dict[str, str]:
    """Whose approvals do not count any more, by actor, and why, as far as a decision says so.

    Only what the same person can heal by approving again.
    """
    found: dict[str, str] = {}
    for result in decision.unmet:
        for item in _list(result.params.get("cannot")):
            actor, code, detail = item.split(":", 2)
            if code in _HEALED_BY_AGAIN:
                found[actor] = _why(code, detail, name_of)
    return found


def humanize(word: str) -> str:
    """A role or type as words: ``ml_lead`` becomes ``ml lead``."""
    return word.replace("_", " ")


class _Shown(dict[str, str]):
    """A parameter that an older entry lacks is shown as a dash."""

    def __missing__(self, key: str) -> str:
        del key
        return "-"


def _words(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(humanize(str(item)) for item in value)
    return str(value)


def _duration(value: object) -> str:
    return duration_in_words(str(value))


def _instant(value: object) -> str:
    """To the minute, as people write it; what is no instant stays as it is."""
    found = _INSTANT.match(str(value))
    return f"{found[1]} {found[2]} UTC" if found else str(value)


_SHOWN_AS: Final[dict[str, Callable[[object], str]]] = {
    "limit": _duration,
    "until": _instant,
    "due": _instant,
}


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _one_of(names: Iterable[str]) -> str:
    found = list(names)
    if len(found) < 2:  # noqa: PLR2004 (one name needs no "or")
        return "".join(found)
    return f"{', '.join(found[:-1])} or {found[-1]}"


def _all_of(names: Iterable[str]) -> str:
    found = list(names)
    if len(found) < 2:  # noqa: PLR2004 (one name needs no "and")
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"


def _approved(params: Mapping[str, Any], name_of: NameOf) -> str:
    people = _list(params.get("people"))
    if "stand_ins" in params:
        lent = dict(pair.split(":", 1) for pair in _list(params["stand_ins"]))
        names = [
            f"{name_of(actor)} for {name_of(lent[actor])}" if actor in lent else name_of(actor)
            for actor in people
        ]
    else:
        names = [name_of(actor) for actor in people]
    if not names:
        return "no approval is needed"
    return f"approved by {', '.join(names)}"


def _acted(params: Mapping[str, Any], name_of: NameOf) -> str:
    name = name_of(str(params.get("actor", "")))
    roles = _words(params.get("roles", []))
    return f"{name} may do this as {roles}" if roles else f"{name} may do this"


def _stands_in(params: Mapping[str, Any], name_of: NameOf) -> str:
    name, other = (name_of(str(params.get(key, ""))) for key in ("actor", "delegator"))
    return f"{name} may do this for {other} as {_words(params.get('role', '-'))}"


def _need(params: Mapping[str, Any], name_of: NameOf) -> str:
    counts = Counter(_list(params.get("missing")))
    instead = [Counter(way.split("+")) for way in _list(params.get("instead"))]
    parts = [f"needs {_more(seat, number)}" for seat, number in counts.items()]
    parts += [
        f"or {_all_of(_more(seat, number) for seat, number in way.items())}" for way in instead
    ]
    could = [name_of(actor) for actor in _list(params.get("could"))]
    if could:
        parts.append(f"{_one_of(could)} can give {'it' if len(parts) == 1 else 'one'}")
    else:
        parts.append("nobody who could give it holds the role now")
    for item in _list(params.get("cannot")):
        actor, code, detail = item.split(":", 2)
        parts.append(f"{name_of(actor)} cannot count: {_why(code, detail, name_of)}")
    return "; ".join(parts)


def _more(seat: str, number: int) -> str:
    roles = _one_of(humanize(role) for role in seat.split("|"))
    return f"{number} more {'approval' if number == 1 else 'approvals'} from {roles}"


def _why(code: str, detail: str, name_of: NameOf) -> str:
    if code == "E_SELF":
        return f"the same person {_PARTIES.get(detail, detail)}"
    if code == "E_BEFORE_ITS_TURN":
        detail = _one_of(humanize(role) for role in detail.split("|"))
    actor, _, party = detail.partition(":")
    found = _CANNOT.get(code, code)
    if "{name}" in found:
        return found.format(name=name_of(actor), party=_PARTIES.get(party, party))
    return found.format(detail=duration_in_words(detail))


def _rejected(params: Mapping[str, Any], name_of: NameOf) -> str:
    names = [name_of(actor) for actor in _list(params.get("people"))]
    release = params.get("release", "-")
    return f"release {release} was refused by {_all_of(names)}; it must be asked for anew"


def _vetoed(params: Mapping[str, Any], name_of: NameOf) -> str:
    names = [name_of(actor) for actor in _list(params.get("people"))]
    roles = _all_of(humanize(role) for role in _list(params.get("roles")))
    return (
        f"{_all_of(names) or 'somebody'} refused these bytes as {roles or '-'}, and that stands:"
        " until whoever refused approves, or it is lifted"
    )


def _review(params: Mapping[str, Any], name_of: NameOf) -> str:
    del name_of
    said = f"it is reviewed until {_instant(params.get('due', '-'))}"
    again = params.get("again")
    if not isinstance(again, int):
        return said
    days, hours = divmod(again, 24)
    span = duration_in_words(f"PT{again}H" if hours else f"P{days}D")
    return f"{said}, and again within {span} of each review, for as long as it runs"


def _notify(params: Mapping[str, Any], name_of: NameOf) -> str:
    told = [humanize(role) for role in _list(params.get("roles"))]
    told += [name_of(actor) for actor in _list(params.get("people"))]
    return f"told of it: {_all_of(told) or '-'}"


def _beyond(params: Mapping[str, Any], name_of: NameOf) -> str:
    del name_of
    field, value, need = (params.get(key, "-") for key in ("field", "value", "need"))
    how = _SIGNS.get(str(params.get("sign")), "-")
    say = f": {params['say']}" if params.get("say") else ""
    return f"{field} is {value}, the policy needs {how} {need}{say}"


def _not_recorded(params: Mapping[str, Any], name_of: NameOf) -> str:
    del name_of
    fields = _all_of(_list(params.get("fields"))) or "something it needs"
    return f"{fields} was never recorded, so this is not met: {params.get('say', '-')}"


def _self(params: Mapping[str, Any], name_of: NameOf) -> str:
    name = name_of(str(params.get("actor", "")))
    party = str(params.get("party", ""))
    return f"{name} cannot do this: the same person {_PARTIES.get(party, party)}"


def _type(params: Mapping[str, Any], name_of: NameOf) -> str:
    name = name_of(str(params.get("actor", "")))
    return f"{name} cannot do this: only a {_one_of(_list(params.get('types')))} can"


def _no_role(params: Mapping[str, Any], name_of: NameOf) -> str:
    name = name_of(str(params.get("actor", "")))
    roles = [humanize(role) for role in _list(params.get("roles"))]
    if not roles:
        return f"{name} may not do this"
    return f"{name} may not do this: it needs the role {_one_of(roles)}"


_SPECIAL: Final = {
    "M_APPROVED": _approved,
    "M_ACTOR": _acted,
    "M_STANDS_IN": _stands_in,
    "E_NEED": _need,
    "E_REJECTED": _rejected,
    "E_VETOED": _vetoed,
    "O_REVIEW": _review,
    "O_NOTIFY": _notify,
    "E_BELOW": _beyond,
    "E_ABOVE": _beyond,
    "E_NOT_RECORDED": _not_recorded,
    "E_SELF": _self,
    "E_TYPE": _type,
    "E_NOROLE": _no_role,
}
_NAMELESS: Final = frozenset({"E_BELOW", "E_ABOVE", "E_NOT_RECORDED", "O_REVIEW"})
CODES: Final = frozenset({*_PLAIN, *_CANNOT, *_SPECIAL})
"""Every code that a result of this engine can carry."""
