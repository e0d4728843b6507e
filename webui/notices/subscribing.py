"""Subscribing: what a person or a shared channel is told of, made, listed and ended.

A person may subscribe to anything that the pages would show, by e-mail to the address in the vault.
A shared channel is subscribed by an administrator. Every subscription begins with the next entry.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.names import ModelName, Slug, format_instant
from ledger.store.database import reading, writing
from ledger.store.entries import read_head
from ledger.store.notices import (
    Subscription,
    delete_subscription,
    insert_subscription,
    read_subscriptions,
)
from webui.identity.administrators import check_administrator, is_administrator
from webui.notices.channels import EMAIL
from webui.notices.topics import topics_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webui.notices.channels import Channels
    from webui.wiring import Wiring

MOST: Final = 50
MOST_SHARED: Final = 200
_MODEL: Final[TypeAdapter[str]] = TypeAdapter(ModelName)
_ENVIRONMENT: Final[TypeAdapter[str]] = TypeAdapter(Slug)


def subscribe(
    wiring: Wiring,
    channels: Channels,
    *,
    subscriber: str,
    channel: str,
    topics: Sequence[str],
    model: str = "",
    environment: str = "",
) -> Subscription:
    """Tell the subscriber (or the shared channel) of these topics from the next entry on.

    Raises:
        InputError: a topic, model or environment is none; there is no such channel.
        AdministratorError: a shared channel is for administrators.
        ConflictError: there are too many subscriptions already.
    """
    shared = channel != EMAIL
    if shared:
        check_administrator(wiring, subscriber)
    if channel not in channels.names:
        raise InputError("There is no such channel.", pointer="/channel", code="channel-unknown")
    administrator = shared or is_administrator(wiring, subscriber)
    _check(topics, topics_for(shared=shared, administrator=administrator), model, environment)
    with writing(wiring.engine) as connection:
        log_id = wiring.log.log_id
        there = read_subscriptions(connection, log_id)
        count = sum(one.subscriber == subscriber and one.channel == EMAIL for one in there)
        if shared:
            count = sum(one.channel != EMAIL for one in there)
        if count >= (MOST_SHARED if shared else MOST):
            raise ConflictError(
                "There are too many subscriptions already.",
                code="too-many-subscriptions",
                remedy="Remove some that are not needed.",
            )
        made = Subscription(
            subscription_id=secrets.token_hex(8),
            subscriber=subscriber,
            channel=channel,
            topics=tuple(dict.fromkeys(topics)),
            model=model,
            environment=environment,
            since=read_head(connection, log_id).size,
            created_at=format_instant(wiring.now()),
        )
        insert_subscription(connection, log_id, made)
    return made


def own_subscriptions(wiring: Wiring, subscriber: str) -> list[Subscription]:
    """A person's own subscriptions, by e-mail; oldest first."""
    with reading(wiring.engine) as connection:
        found = read_subscriptions(connection, wiring.log.log_id, subscriber=subscriber)
    return [one for one in found if one.channel == EMAIL]


def shared_subscriptions(wiring: Wiring) -> list[Subscription]:
    """The subscriptions of shared channels, oldest first."""
    with reading(wiring.engine) as connection:
        found = read_subscriptions(connection, wiring.log.log_id)
    return [one for one in found if one.channel != EMAIL]


def unsubscribe(wiring: Wiring, subscription_id: str, *, asker: str) -> None:
    """End a subscription: one's own, or as an administrator any shared one.

    Raises:
        UnknownSubjectError: there is none of this id, or it is somebody else's.
        AdministratorError: it is a shared channel's.
    """
    log_id = wiring.log.log_id
    with reading(wiring.engine) as connection:
        found = read_subscriptions(connection, log_id, subscription_id=subscription_id)
    if not found or (found[0].channel == EMAIL and found[0].subscriber != asker):
        raise UnknownSubjectError("There is no such subscription.", pointer="/subscription")
    if found[0].channel != EMAIL:
        check_administrator(wiring, asker)
    with writing(wiring.engine) as connection:
        delete_subscription(connection, log_id, subscription_id)


def _check(topics: Sequence[str], known: Sequence[str], model: str, environment: str) -> None:
    if not topics:
        raise InputError("Choose at least one thing to be told of.", pointer="/topics")
    if not set(topics) <= set(known):
        raise InputError("There is no such topic, or not for you.", pointer="/topics")
    _check_name(_MODEL, model, "/model")
    _check_name(_ENVIRONMENT, environment, "/environment")


def _check_name(kind: TypeAdapter[str], text: str, pointer: str) -> None:
    try:
        if text:
            kind.validate_python(text)
    except ValidationError:
        raise InputError("This can't be a name.", pointer=pointer) from None
