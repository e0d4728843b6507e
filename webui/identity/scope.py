"""How far a token reaches: which kinds of event it may submit, for which models and environments.

A scope only narrows what the token's actor may do; the policy still decides. ``read`` is all or
nothing, as for every enrolled actor. A limit on models refuses what concerns no model (a person, a
policy); a limit on environments says nothing about what happens in none (a version is registered).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.events.catalogue import CATALOGUE
from ledger.events.names import ModelName, Slug, Value
from ledger.state.concerns import about
from ledger.store.database import reading
from webui.identity.errors import ScopeError

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.events.event import Event
    from webui.wiring import Wiring

Everything = Literal["*"]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$")]
_ALL: Final = "*"


class TokenScope(Value):
    """The scope of a token. ``*`` stands for everything; an empty tuple for nothing."""

    kinds: Everything | tuple[Kind, ...] = Field(default=(), max_length=100)
    read: bool = True
    models: Everything | tuple[ModelName, ...] = Field(default=_ALL, max_length=100)
    environments: Everything | tuple[Slug, ...] = Field(default=_ALL, max_length=100)

    @model_validator(mode="after")
    def _kinds_exist(self) -> TokenScope:
        if self.kinds != _ALL and any(kind not in CATALOGUE for kind in self.kinds):
            msg = "names a kind of event that does not exist"
            raise ValueError(msg)
        return self


def check_read(scope: TokenScope) -> None:
    """Check that the token may read.

    Raises:
        ScopeError: it may not.
    """
    if not scope.read:
        raise _refused("This token may not read.")


def check_unlimited(scope: TokenScope) -> None:
    """Check that the scope has no limit: whoever makes tokens must not widen a narrow one.

    Raises:
        ScopeError: it has.
    """
    whole = scope.read and scope.kinds == scope.models == scope.environments == _ALL
    if not whole:
        raise _refused("Only a token without limits may do this.")


def check_kind(scope: TokenScope, kind: str) -> None:
    """Check that the token may submit this kind of event.

    Raises:
        ScopeError: it may not.
    """
    if scope.kinds != _ALL and kind not in scope.kinds:
        raise _refused(f"This token may not submit {kind}.")


def check_whole(scope: TokenScope, models: Collection[str] = ()) -> None:
    """Check that the token is good for what concerns these models whole; without any, for all.

    Raises:
        ScopeError: it is limited to other models, or to some environments.
    """
    within = scope.models == _ALL or (models and set(models) <= set(scope.models))
    if not within or scope.environments != _ALL:
        raise _refused("This token may act on some models or environments only.")


def check_submit(wiring: Wiring, scope: TokenScope, event: Event) -> None:
    """Check that the token may ask for this event.

    Raises:
        ScopeError: it may not.
        UnknownSubjectError: the event names a release or deployment that does not exist.
    """
    check_kind(scope, event.kind)
    if scope.models == _ALL and scope.environments == _ALL:
        return
    with reading(wiring.engine) as connection:
        concerned = about(wiring.reader.registry(connection), event)
    if scope.models != _ALL and concerned.model not in scope.models:
        raise _refused("This token may not act on this model.")
    if scope.environments != _ALL and concerned.environment not in {"", *scope.environments}:
        raise _refused("This token may not act in this environment.")


def _refused(sentence: str) -> ScopeError:
    return ScopeError(sentence, remedy="Use a token whose scope reaches this far.")
