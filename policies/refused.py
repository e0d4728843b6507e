"""What was refused, told again from its entry, where that is possible.

The entry of a refusal names what was attempted and on what, and holds the SHA-256 of the command.
Commands whose members all stand in the registry (a vote, a deployment, a role for oneself) are put
together again and recognised by that digest; of others, only the digest is known.
"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin
from typing import Literal as Choice

from pydantic import ValidationError

from ledger.core.encoding import canonical
from ledger.events.catalogue import CATALOGUE
from ledger.events.command import command_digest
from ledger.state.aggregates import ReleaseState, VersionState, number_key, version_key
from ledger.state.pack import pack_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ledger.events.assurance import AccessDenied
    from ledger.events.event import Event
    from ledger.state.registry import Registry

MOST_TRIED: Final = 64
_IN_THE_VAULT: Final = "(in the vault)"


def refused_command(
    denied: AccessDenied, registry: Registry, asker: str, roles: Collection[str]
) -> Event | None:
    """The command that was refused, or None where it can't be told.

    Args:
        denied: the refusal.
        registry: as it stood before.
        asker: who asked, by actor id.
        roles: the roles that the policy of that time named.
    """
    wanted = CATALOGUE.get(denied.attempted)
    if wanted is None or wanted.written_by_submit:
        return None
    choices = dict(_choices(wanted, denied, registry, asker, roles))
    if not all(choices.values()):
        return None
    for values in islice(product(*choices.values()), MOST_TRIED):
        event = _event(wanted, dict(zip(choices, values, strict=True)))
        if (
            event is not None
            and command_digest(event.kind, canonical(event.facts())).hex() == denied.command
        ):
            return event
    return None


def _event(wanted: type[Event], fields: dict[str, Any]) -> Event | None:
    try:
        return wanted.model_validate(fields)
    except ValidationError:
        return None


def _choices(
    wanted: type[Event],
    denied: AccessDenied,
    registry: Registry,
    asker: str,
    roles: Collection[str],
) -> Iterator[tuple[str, list[Any]]]:
    """For every member that must be there, what it can have been."""
    known: dict[str, list[Any]] = {
        "model": [denied.model],
        "version": [denied.version],
        "environment": [denied.environment],
        "release": [denied.release],
        "artifact": _artifacts(denied, registry),
        "deployment": _deployments(denied, registry),
        "pack": _packs(denied, registry) if "pack" in wanted.model_fields else [],
        "actor_id": [asker],
        "role": list(roles),
    }
    private = wanted.private_fields()
    for name, field in wanted.model_fields.items():
        given = [value for value in known.get(name, []) if value is not None]
        if name in private:
            given = [_IN_THE_VAULT]
        elif get_origin(field.annotation) is Choice:
            given = list(get_args(field.annotation))
        if field.is_required():
            yield name, given
        elif given and name not in private:
            yield name, [*given, field.get_default(call_default_factory=True)]


def _artifacts(denied: AccessDenied, registry: Registry) -> list[str]:
    found: list[str] = []
    if denied.release is not None:
        asked = registry.find(ReleaseState, number_key(denied.release))
        found += [asked.artifact] if asked else []
    if denied.model and denied.version:
        version = registry.find(VersionState, version_key(denied.model, denied.version))
        found += [version.artifact.sha256] if version else []
    return list(dict.fromkeys(found))


def _packs(denied: AccessDenied, registry: Registry) -> list[str]:
    """What there was to look at then: most who vote name no other pack."""
    found = None
    if denied.release is not None:
        found = registry.find(ReleaseState, number_key(denied.release))
    return [pack_of(registry, found).digest()] if found else []


def _deployments(denied: AccessDenied, registry: Registry) -> list[int]:
    if not denied.model or not denied.environment:
        return []
    runs = registry.running(denied.model, denied.environment)
    return [runs.since] if runs else []
