"""Cases: what a policy should say, written beside it in YAML.

::

    format: policy-cases/1
    policy: ../policy.yaml
    people:
      ana: {roles: [data_scientist]}
      ci: {type: workload, roles: [pipeline]}
    defaults:
      model.registered: {model: churn, task: classification, owner: "@ana"}
    history:
      - {by: ana, do: model.registered}
    cases:
      - id: ana-cant-approve-her-own
        given:
          - {by: ana, do: release.requested, with: {environment: staging}, as: r}
        try: {by: ana, do: release.approved, with: {release: "@r"}}
        expect: deny
        codes: [E_SELF]

The history is taken as having happened: no policy is asked about it, so that a case says exactly
what there was. ``@name`` stands for a person's id or for the number of the entry that a step
``as`` named. What an event needs and nobody wrote comes from ``defaults``, and a release, a model,
a version, the digest of its artifact, that of a proposal and that of what an approver was shown
from what the history made; ``""`` leaves out what need not be there. Time starts at ``start`` and
goes on by a minute a step, and by ``after``. With ``for``, a case stands for several: ``$name`` is
replaced by each of the values.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.events.actor import Via
from ledger.events.names import Instant, PublicText, Slug
from ledger.events.people import ActorType
from ledger.events.publisher import RefName
from policies.document import plain
from policies.duration import Duration
from policies.errors import PolicyError
from policies.names_used import place_of
from policies.strict_yaml import Path, Places, read_yaml_with_places

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE: Final = "service"
MOST_CASES: Final = 2_000
START: Final = "2026-03-02T09:00:00Z"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Person(_Part):
    """Somebody who is enrolled before anything else, with roles."""

    type: ActorType = "person"
    roles: tuple[Slug, ...] = ()


class Job(_Part):
    """A CI job, as its identity token tells of it."""

    ref: RefName = "refs/heads/main"
    ref_protected: bool | None = None
    environment: PublicText | None = None


class Step(_Part):
    """One command: by whom, what, with which members; ``after`` how long; ``as`` a name.

    ``ci`` is the job that asks with an identity token.
    ``signed`` says that a passkey of theirs signed it, one that can be copied or one that can't.
    """

    by: Slug = SERVICE
    do: str
    members: dict[str, Any] = Field(default_factory=dict, alias="with")
    after: Duration | None = None
    name: Slug | None = Field(default=None, alias="as")
    via: Via | None = None
    second_factor: bool | None = None
    ci: Job | None = None
    signed: Literal["synced", "device_bound"] | None = None


class Expected(_Part):
    """One case, as written.

    ``codes`` must be among those of what is unmet or warned, ``unmet`` (gate/requirement) must be
    unmet, and ``met`` must be met; ``withhold`` names facts that are not known in this case.
    ``owed`` are the reviews (gate/review) that must follow, with how long until they are due,
    ``again`` those of them that come again, and ``told`` who must be told: roles, and @people.
    """

    id: str = Field(pattern=r"^[a-z0-9$][a-z0-9_.$-]{0,119}$")
    varied: dict[Slug, tuple[str | int, ...]] = Field(default_factory=dict, alias="for")
    given: tuple[Step, ...] = ()
    tried: Step = Field(alias="try")
    expect: Literal["allow", "deny"]
    codes: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    withhold: tuple[str, ...] = ()
    owed: dict[str, Duration] | None = None
    again: tuple[str, ...] | None = None
    told: dict[str, tuple[str, ...]] | None = None


class CaseFile(_Part):
    """A file of cases for one policy."""

    format: Literal["policy-cases/1"]
    policy: str = "../policy.yaml"
    start: Instant = START
    people: dict[Slug, Person] = Field(default_factory=dict)
    defaults: dict[str, dict[str, Any]] = Field(default_factory=dict)
    history: tuple[Step, ...] = ()
    cases: tuple[Expected, ...] = Field(min_length=1)


def load_cases(text: str, name: str = "") -> tuple[CaseFile, dict[str, int]]:
    """Read a file of cases; with the line of each case by its id.

    Raises:
        PolicyError: what is wrong, and where.
    """
    data, places = read_yaml_with_places(text, name)
    spread = _spread(data, places, name)
    try:
        read = CaseFile.model_validate(plain(spread[0]))
    except ValidationError as error:
        raise _wrong(error, spread[1], name) from None
    ids = [case.id for case in read.cases]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise PolicyError(f"The case {twice} stands twice.", name=name)
    return read, {
        case.id: place_of(spread[1], ("cases", at)).line for at, case in enumerate(read.cases)
    }


def _spread(data: Any, places: Places, name: str) -> tuple[Any, Places]:
    """Write out the cases that stand for several; ``places`` by their new numbers."""
    cases = data.get("cases") if isinstance(data, dict) else None
    if not isinstance(cases, list):
        return data, places
    found: list[Any] = []
    moved = dict(places)
    for at, case in enumerate(cases):
        for one in _varied(case):
            if len(found) >= MOST_CASES:
                place = place_of(places, ("cases", at))
                sentence = f"A file holds at most {MOST_CASES} cases, with all that `for` makes."
                raise PolicyError(sentence, name=name, line=place.line)
            _move(places, moved, ("cases", at), ("cases", len(found)))
            found.append(one)
    return {**data, "cases": found}, moved


def _move(places: Places, moved: Places, old: Path, new: Path) -> None:
    for path, place in places.items():
        if path[: len(old)] == old:
            moved[*new, *path[len(old) :]] = place


def _varied(case: Any) -> Iterator[Any]:
    names = case.get("for") if isinstance(case, dict) else None
    if not isinstance(names, dict) or not all(isinstance(v, list) for v in names.values()):
        yield case
        return
    for values in product(*names.values()):
        chosen = dict(zip(names, values, strict=True))
        yield _put_in({key: value for key, value in case.items() if key != "for"}, chosen)


def _put_in(value: Any, chosen: dict[str, Any]) -> Any:
    """Replace ``$name``: alone by the value itself, within a text by its text."""
    if isinstance(value, list):
        return [_put_in(item, chosen) for item in value]
    if isinstance(value, dict):
        return {key: _put_in(item, chosen) for key, item in value.items()}
    if not isinstance(value, str) or "$" not in value:
        return value
    if value.startswith("$") and value[1:] in chosen:
        return chosen[value[1:]]
    for name, item in chosen.items():
        value = value.replace(f"${name}", str(item))
    return value


def _wrong(error: ValidationError, places: Places, name: str) -> PolicyError:
    first = error.errors(include_input=False, include_url=False)[0]
    path: Path = tuple(first["loc"])
    at = place_of(places, path)
    where = ".".join(str(part)[:64] for part in path)
    return PolicyError(f"{where}: {first['msg']}.", name=name, line=at.line, column=at.column)
