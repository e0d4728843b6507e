"""What an event is: a typed fact of a named kind, about something that has a name and a digest.

One class per kind serves both ends. A *command* is the class with its private texts filled in, as
somebody asks for it; the *event* that enters the ledger is the same without them, and each private
text leaves a salted commitment. A kind that ``written_by_submit`` is never taken from outside.

Source of the shape: in-toto Statement v1 (subject, predicateType, predicate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ledger.core.digest import hex_digest
from ledger.events.names import Private, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

PREDICATE_BASE = "https://counterseal.dev/event/"


class About(NamedTuple):
    """What an event concerns, for finding it again; empty text where it does not apply."""

    model: str = ""
    version: str = ""
    environment: str = ""
    release: int = -1


class Event(Value):
    """The root of all kinds."""

    kind: ClassVar[str]
    schema_version: ClassVar[int] = 1
    written_by_submit: ClassVar[bool] = False

    @classmethod
    def predicate_type(cls) -> str:
        """The in-toto predicate type, which carries the kind and the version of its schema."""
        return f"{PREDICATE_BASE}{cls.kind}/v{cls.schema_version}"

    @classmethod
    def private_fields(cls) -> tuple[str, ...]:
        """Names of the fields that go to the vault."""
        cached = cls.__dict__.get("_private_names")
        if cached is None:
            cached = tuple(
                name
                for name, field in cls.model_fields.items()
                if any(isinstance(mark, Private) for mark in _marks(field.annotation, field))
            )
            cls._private_names = cached
        names: tuple[str, ...] = cached
        return names

    _private_names: ClassVar[tuple[str, ...]]
    _named: ClassVar[tuple[bool, ...]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Know once per kind which of the fields of ``about`` it has: asking costs more."""
        super().__pydantic_init_subclass__(**kwargs)
        cls._named = tuple(name in cls.model_fields for name in About._fields)

    def facts(self) -> dict[str, Any]:
        """The part that enters the ledger: plain JSON without private fields and without nulls."""
        return self.model_dump(mode="json", exclude=set(self.private_fields()), exclude_none=True)

    def private_texts(self) -> dict[str, str]:
        """The part that goes to the vault, by field."""
        found = {name: getattr(self, name) for name in self.private_fields()}
        return {name: text for name, text in found.items() if text is not None}

    def about(self) -> About:
        """Model, version, environment and release, as far as the event itself names them."""
        has = self._named
        release = self.release if has[3] else None  # type: ignore[attr-defined]
        return About(
            (self.model or "") if has[0] else "",  # type: ignore[attr-defined]
            (self.version or "") if has[1] else "",  # type: ignore[attr-defined]
            (self.environment or "") if has[2] else "",  # type: ignore[attr-defined]
            -1 if release is None else release,
        )

    def private_owner(self, actor_id: str) -> str:
        """Whose personal data the private texts are: the author's, unless a kind says otherwise."""
        return actor_id

    def subject_digests(self) -> Mapping[str, str]:
        """Names and SHA-256 digests of what the event is about, as far as the event holds them."""
        return {}


def _marks(annotation: Any, field: Any) -> list[Any]:
    """All metadata of a field, through ``X | None``."""
    marks = list(field.metadata)
    for part in (annotation, *getattr(annotation, "__args__", ())):
        marks.extend(getattr(part, "__metadata__", ()))
    return marks


def named(name: str) -> dict[str, str]:
    """A subject without bytes of its own (a model name, an actor): the SHA-256 of its name."""
    return {name: hex_digest(name.encode("ascii"))}
