"""People as a provider tells of them: joined, changed, left, returned; nobody is ever deleted.

Rules:

* somebody new is enrolled, unless a person with that address is here: then they are that person, to
  whom no sign-in is linked. Names and addresses go to the vault; what else the provider must be
  able to read again is kept encrypted beside it;
* ``active: false`` and DELETE are leaving (``webui.feed.leaving``) and a list of one who left
  (``inventory.reconciled``), so that the control of leavers (T8) finds them;
* another name or address is put right in the vault only where the policy lets the provider; the
  provider reads back what it said in any case.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import orjson
from scim2_models import Context, Email, GroupMembership, Meta, Name, Reference

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.errors import ConflictError, InputError, RefusedError, UnknownSubjectError
from ledger.events.access import InventoryReconciled, Left
from ledger.events.names import format_instant
from ledger.events.people import ActorEnrolled
from ledger.genesis import new_actor_id
from ledger.state.aggregates import ActorState
from webui.feed.asking import steps, submit
from webui.feed.known import person_at
from webui.feed.leaving import LAST_ADMINISTRATOR, close, roles_end
from webui.identity.accounts import ensure_account, normal_address
from webui.identity.feed_groups import find_group, groups_of, leave_groups
from webui.identity.feeds import (
    Fed,
    find_fed,
    is_last_administrator,
    keep_fed,
    new_fed,
    open_account,
)
from webui.identity.scope import check_submit
from webui.identity.sealing import seal, unseal
from webui.identity.secret import keyed_digest
from webui.identity.subjects import link_subject, whose_subject
from webui.scim.resources import User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.events.event import Event
    from webui.scim.door import Provisioner

PURPOSE: Final = "people-feed"
PEOPLE: Final = "people"
SOURCE: Final = "scim"
_LONGEST: Final = 200


def user_key(asker: Provisioner, user_name: str) -> str:
    """Under what a user name is found: two that differ in case only are one."""
    return keyed_digest(asker.wiring, PURPOSE, f"user\n{user_name.strip().casefold()}")


def other_key(asker: Provisioner, external_id: str) -> str:
    """Under what the provider's own id is found."""
    return keyed_digest(asker.wiring, PURPOSE, f"id\n{external_id}")


def get_fed(asker: Provisioner, user: str) -> Fed:
    """Somebody of this provider, or UnknownSubjectError."""
    found = find_fed(asker.wiring, asker.feed, actor_id=user)
    if found is None or found.state in {"new", "gone"}:
        raise UnknownSubjectError("There is no such user.", pointer="/user")
    return found


def shown(asker: Provisioner, people: Sequence[Fed]) -> list[User]:
    """People as the provider reads them back, with the groups that they are in."""
    inside = groups_of(asker.wiring, asker.feed, [one.actor_id for one in people])
    names = {
        group: _group_name(asker, group)
        for group in {one for groups in inside.values() for one in groups}
    }
    return [_shown(asker, one, {it: names[it] for it in inside[one.actor_id]}) for one in people]


def _shown(asker: Provisioner, fed: Fed, groups: dict[str, str]) -> User:
    user = _told(asker, fed)
    user.id = fed.actor_id
    user.active = fed.state == "active"
    user.groups = [
        GroupMembership(
            value=group, display=name, ref=Reference(f"{asker.base}/Groups/{group}"), type="direct"
        )
        for group, name in groups.items()
    ] or None
    user.meta = Meta(
        resource_type="User",
        created=fed.created_at,
        last_modified=fed.changed_at,
        location=f"{asker.base}/Users/{fed.actor_id}",
    )
    return user


def create(asker: Provisioner, user: User) -> Fed:
    """Somebody joins, or is found to be here, or comes back after they were dropped.

    Raises:
        ConflictError: ``scim-taken``: the user name is somebody's of this provider already.
        RefusedError: the policy lets the provider enrol nobody.
    """
    wiring, key = asker.wiring, user_key(asker, _user_name(user))
    before = find_fed(wiring, asker.feed, digest=key)
    if before is not None and before.state not in {"new", "gone"}:
        raise _taken("userName")
    email = _address(user)
    fed = before or _found(asker, key, email) or new_fed(wiring, asker.feed, "", key, "")
    fed = fed if fed.actor_id else replace(fed, actor_id=new_actor_id())
    fed = _keeping(asker, fed, user)
    if fed.state == "new":
        # Kept before it is enrolled, so that the same request again is the same person.
        keep_fed(wiring, [fed])
        if _enrol(asker, fed.actor_id, _name(user), email):
            ensure_account(wiring, fed.actor_id)
            _link(asker, user, fed.actor_id)
    if fed.closed:
        open_account(wiring, fed.actor_id)
    fed = replace(fed, state="active", closed=False)
    keep_fed(wiring, [fed])
    return leave(asker, fed) if user.active is False else fed


def change(asker: Provisioner, fed: Fed, user: User) -> Fed:
    """What the provider says of somebody from now on.

    Raises:
        ConflictError: the user name is somebody else's; or nobody else could administer.
    """
    wiring, key = asker.wiring, user_key(asker, _user_name(user))
    other = find_fed(wiring, asker.feed, digest=key)
    if other is not None and other.actor_id != fed.actor_id:
        raise _taken("userName")
    before = _told(asker, fed)
    if user.active is False and fed.state == "active":
        fed = leave(asker, fed)
    if user.active is True and fed.state == "left":
        if fed.closed:
            open_account(wiring, fed.actor_id)
        fed = replace(fed, state="active", closed=False)
    if (_name(before), _address(before)) != (_name(user), _address(user)):
        _put_right(asker, fed.actor_id, _name(user), _address(user))
    fed = replace(_keeping(asker, fed, user), digest=key)
    keep_fed(wiring, [fed])
    return fed


def leave(asker: Provisioner, fed: Fed) -> Fed:
    """Somebody leaves, now.

    Raises:
        ConflictError: ``last-administrator``: nobody else could administer.
    """
    wiring = asker.wiring
    if is_last_administrator(wiring, fed.actor_id):
        raise ConflictError(
            f"This person can't leave: {LAST_ADMINISTRATOR}.", code="last-administrator"
        )
    at = format_instant(wiring.now())
    left = Left(actor_id=fed.actor_id, at=at)
    event = InventoryReconciled(
        inventory=PEOPLE,
        source=SOURCE,
        as_of=at,
        digest=hex_digest(canonical({"left": [left.model_dump(mode="json")]})),
        listed=1,
        matched=1,
        unknown=0,
        left=(left,),
    )
    with steps(wiring, asker.actor) as asked:
        if (step := asked.ask(event)).outcome == "left":
            raise RefusedError(f"The policy does not take this from you: {step.why}.")
        roles_end(asked, fed.actor_id)
    ask_for(asker, asked.commands)
    closed, _ = close(wiring, fed.actor_id)
    gone = replace(fed, state="left", closed=closed or fed.closed)
    keep_fed(wiring, [gone])
    return gone


def drop(asker: Provisioner, fed: Fed) -> None:
    """The provider tells of somebody no more: they leave, and are in no group."""
    gone = leave(asker, fed) if fed.state == "active" else fed
    leave_groups(asker.wiring, asker.feed, fed.actor_id)
    keep_fed(asker.wiring, [replace(gone, state="gone")])


def ask_for(asker: Provisioner, commands: Sequence[Sequence[Event]]) -> None:
    """Submit commands, if the token reaches so far; else none of them.

    Raises:
        ScopeError: it does not.
    """
    for event in {one.kind: one for group in commands for one in group}.values():
        check_submit(asker.wiring, asker.scope, event)
    submit(asker.wiring, asker.actor, commands)


def _found(asker: Provisioner, key: str, email: str) -> Fed | None:
    """A person with that address who is here already."""
    actor_id = person_at(asker.wiring, email) if email else None
    if actor_id is None:
        return None
    if find_fed(asker.wiring, asker.feed, actor_id=actor_id) is not None:
        raise _taken("emails")
    return new_fed(asker.wiring, asker.feed, actor_id, key, "")


def _enrol(asker: Provisioner, actor_id: str, name: str, email: str) -> bool:
    """Enrol somebody who is not; whether they are here by that."""
    with steps(asker.wiring, asker.actor) as asked:
        if asked.registry.find(ActorState, actor_id) is not None:
            return False
        event = ActorEnrolled(
            actor_id=actor_id, actor_type="person", name=name, **({"email": email} if email else {})
        )
        step = asked.ask(event, or_propose=False)
        if step.outcome != "recorded":
            raise RefusedError(f"The policy lets you enrol nobody: {step.why}.")
    ask_for(asker, asked.commands)
    return True


def _link(asker: Provisioner, user: User, actor_id: str) -> None:
    """Their sign-in at the provider, where the settings say which attribute it is."""
    said = user.external_id if asker.scim.subject == "externalId" else user.user_name
    if asker.provider is None or not said:
        return
    if whose_subject(asker.wiring, asker.provider, said) is None:
        link_subject(asker.wiring, asker.provider, said, actor_id)


def _put_right(asker: Provisioner, actor_id: str, name: str, email: str) -> None:
    with steps(asker.wiring, asker.actor) as asked:
        if asked.put_right(actor_id, name, email, or_propose=False).outcome != "recorded":
            return
    ask_for(asker, asked.commands)


def _keeping(asker: Provisioner, fed: Fed, user: User) -> Fed:
    """The row with what the provider said, encrypted."""
    if user.external_id:
        other = other_key(asker, user.external_id)
        there = find_fed(asker.wiring, asker.feed, other=other)
        if there is not None and there.actor_id != fed.actor_id and there.state != "gone":
            raise _taken("externalId")
    kept = User(
        user_name=user.user_name,
        external_id=user.external_id,
        name=user.name,
        display_name=user.display_name,
        emails=user.emails,
    )
    plain = orjson.dumps(kept.model_dump(scim_ctx=Context.DEFAULT))
    told = seal(asker.wiring, PURPOSE, f"{fed.feed}/{fed.actor_id}", plain)
    other_digest = other_key(asker, user.external_id) if user.external_id else None
    return replace(fed, other=other_digest, told=told)


def _told(asker: Provisioner, fed: Fed) -> User:
    plain = unseal(asker.wiring, PURPOSE, f"{fed.feed}/{fed.actor_id}", fed.told)
    return User.model_validate(orjson.loads(plain))


def _group_name(asker: Provisioner, group_id: str) -> str:
    found = find_group(asker.wiring, asker.feed, group_id=group_id)
    if found is None:
        return ""
    plain = unseal(asker.wiring, PURPOSE, f"{found.feed}/{found.group_id}", found.told)
    return str(orjson.loads(plain)["displayName"])


def _user_name(user: User) -> str:
    name = (user.user_name or "").strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise InputError(f"userName is a line of up to {_LONGEST} characters.")
    return name


def _name(user: User) -> str:
    """How somebody is called; as little as the provider says."""
    parts = user.name or Name()
    both = " ".join(filter(None, (parts.given_name, parts.family_name)))
    said = user.display_name or parts.formatted or both or user.user_name or ""
    return "".join(letter for letter in said if letter.isprintable()).strip()[:_LONGEST] or "-"


def _address(user: User) -> str:
    """The primary address, else the first, else a user name that is one."""
    emails: list[Email] = sorted(user.emails or [], key=lambda one: not one.primary)
    for said in (*(str(one.value) for one in emails if one.value), user.user_name or ""):
        try:
            return normal_address(said)
        except InputError:
            continue
    return ""


def _taken(attribute: str) -> ConflictError:
    return ConflictError(
        f"Another user of this provider has this {attribute} already.", code="scim-taken"
    )
