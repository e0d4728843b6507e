"""What the API answers, as values. Each is read strictly by its own ``of``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from webui.client.errors import AnswerError
from webui.client.plain import number, number_or_none, object_of, objects, text, text_or_none, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTCOMES: Final = frozenset({"allow", "deny"})


@dataclass(frozen=True, slots=True)
class Result:
    """What one requirement of the policy said. ``state`` is met, unmet, not_known, warned, ..."""

    gate: str
    requirement: str
    state: str
    code: str

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            text(plain, "gate"), text(plain, "requirement"), text(plain, "state"),
            text(plain, "code"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says: ``outcome`` is ``allow`` or ``deny``."""

    outcome: str
    policy: str
    results: tuple[Result, ...]
    sentences: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether it may happen."""
        return self.outcome == "allow"

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            outcome(plain),
            text(plain, "policy"),
            objects(plain, "results", Result.of),
            texts(plain, "sentences"),
        )


@dataclass(frozen=True, slots=True)
class Consequence:
    """An entry that a command brought about."""

    sequence: int
    kind: str

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(number(plain, "sequence"), text(plain, "kind"))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a command, durably. ``plain`` is the answer as it came, to be kept."""

    outcome: str
    sequence: int
    kind: str
    recorded_at: str
    leaf_hash: str
    consequences: tuple[Consequence, ...]
    checkpoint: str
    replayed: bool
    plain: Mapping[str, Any]

    @classmethod
    def of(cls, plain: dict[str, Any], *, replayed: bool = False) -> Self:
        """Read it."""
        return cls(
            outcome=outcome(plain),
            sequence=number(plain, "sequence"),
            kind=text(plain, "kind"),
            recorded_at=text(plain, "recorded_at"),
            leaf_hash=text(plain, "leaf_hash"),
            consequences=objects(plain, "consequences", Consequence.of),
            checkpoint=text(plain, "checkpoint"),
            replayed=replayed,
            plain=plain,
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one line of a batch: recorded, denied or replayed."""

    line: int
    status: str
    receipt: Receipt

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        status = text(plain, "status")
        receipt = Receipt.of(object_of(plain, "receipt"), replayed=status == "replayed")
        return cls(number(plain, "line"), status, receipt)


@dataclass(frozen=True, slots=True)
class Voices:
    """So many approvals from people of one of these roles; ``people`` could each give one."""

    number: int
    roles: tuple[str, ...]
    people: tuple[str, ...]

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(number(plain, "number"), texts(plain, "roles"), texts(plain, "people"))


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that is not met, in a sentence, and who can meet it."""

    step: str
    gate: str
    requirement: str
    code: str
    sentence: str
    who: tuple[Voices, ...]

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            text(plain, "step"),
            text(plain, "gate"),
            text(plain, "requirement"),
            text(plain, "code"),
            text(plain, "sentence"),
            objects(plain, "who", Voices.of),
        )


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What stands between a version and an environment; nothing unmet: it may be deployed now.

    ``status`` is that of the newest release, or empty where nobody asked for one.
    """

    model: str
    version: str
    environment: str
    release: int | None
    status: str
    unmet: tuple[Unmet, ...]

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            text(plain, "model"),
            text(plain, "version"),
            text(plain, "environment"),
            number_or_none(plain, "release"),
            text(plain, "status"),
            objects(plain, "unmet", Unmet.of),
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether this version may be deployed there now, by whoever asked.

    ``admission`` is the signed admission receipt, where it was allowed and asked for.
    """

    outcome: str
    model: str
    version: str
    environment: str
    artifact: str
    policy: str
    checked_at: str
    size: int
    sentences: tuple[str, ...]
    challenge: str
    admission: str | None

    @property
    def allowed(self) -> bool:
        """Whether it may be deployed."""
        return self.outcome == "allow"

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            outcome=outcome(plain),
            model=text(plain, "model"),
            version=text(plain, "version"),
            environment=text(plain, "environment"),
            artifact=text(plain, "artifact"),
            policy=text(plain, "policy"),
            checked_at=text(plain, "checked_at"),
            size=number(plain, "size"),
            sentences=texts(plain, "sentences"),
            challenge=text(plain, "challenge"),
            admission=text_or_none(plain, "admission"),
        )


@dataclass(frozen=True, slots=True)
class Release:
    """A request that one version may run in one environment, and what it still lacks."""

    number: int
    model: str
    version: str
    environment: str
    artifact: str
    status: str
    pending: tuple[str, ...]

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read the answer about one release."""
        return cls._of(object_of(plain, "release"), texts(plain, "pending"))

    @classmethod
    def of_item(cls, plain: dict[str, Any]) -> Self:
        """Read it as it stands in a list, which does not tell what is pending."""
        return cls._of(plain, ())

    @classmethod
    def _of(cls, plain: dict[str, Any], pending: tuple[str, ...]) -> Self:
        return cls(
            number=number(plain, "since"),
            model=text(plain, "model"),
            version=text(plain, "version"),
            environment=text(plain, "environment"),
            artifact=text(plain, "artifact"),
            status=text(plain, "status"),
            pending=pending,
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """One stretch of time in which a version ran in an environment."""

    number: int
    model: str
    version: str
    environment: str
    artifact: str
    status: str

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            number(plain, "since"),
            text(plain, "model"),
            text(plain, "version"),
            text(plain, "environment"),
            text(plain, "artifact"),
            text(plain, "status"),
        )


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the registry knows it; ``plain`` has everything else."""

    model: str
    version: str
    artifact: str
    state: str
    plain: Mapping[str, Any]

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            text(plain, "model"),
            text(plain, "version"),
            text(object_of(plain, "artifact"), "sha256"),
            text(plain, "state"),
            plain,
        )


@dataclass(frozen=True, slots=True)
class Me:
    """Who the token speaks for."""

    actor: str
    name: str
    roles: tuple[str, ...]
    expires_at: str

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read it."""
        return cls(
            text(object_of(plain, "actor"), "id"),
            text(plain, "name"),
            texts(plain, "roles"),
            text(plain, "expires_at"),
        )


def outcome(plain: dict[str, Any]) -> str:
    """The member ``outcome``, which is ``allow`` or ``deny`` and nothing else."""
    found = text(plain, "outcome")
    if found not in OUTCOMES:
        raise AnswerError("The answer is neither allow nor deny.")
    return found
