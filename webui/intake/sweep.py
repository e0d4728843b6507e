"""What MLflow shows now, held against the ledger: one to one, what is unexplained listed.

Webhooks are lost, and SQL asks nobody. So MLflow's REST API is read whole, and each model, version,
alias and stage is explained by something here: what is registered, or what was told of it last, by
whatever way. What is not explained is recorded as told by the sweep, and counted in
``inventory.reconciled``; what this ledger knows and MLflow shows no more is listed there.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import httpx
import orjson

from ledger.core.digest import hex_digest
from ledger.errors import OutsideError
from ledger.events.access import MOST_NAMED, InventoryReconciled
from ledger.events.names import format_instant
from ledger.events.registries import RegistryChanged
from ledger.state.aggregates import ModelState, VersionState, version_key
from ledger.state.registries import ALIAS, MODEL, PRESENT, STAGE, VERSION, Mirrored
from ledger.store import folded
from ledger.store.database import reading
from webui.client.capture.where import public
from webui.client.foreign_names import model_name, version_name
from webui.notices.outward import check_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.events.registries import RegistryChange
    from ledger.receipt import Receipt
    from webui.wiring import Wiring

INVENTORY: Final = "models"
_LOGGER = logging.getLogger("counterseal.intake")
_API: Final = "/api/2.0/mlflow"
_ON_A_PAGE: Final = 200
_AT_ONCE: Final = 1_000
_MOST_PAGES: Final = 5_000
_SECONDS: Final = 30.0
_OK: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_CHANGES: Final[dict[str, RegistryChange]] = {
    MODEL: "model_created",
    VERSION: "version_created",
    ALIAS: "alias_set",
    STAGE: "stage_set",
}


@dataclass(frozen=True, order=True)
class Shown:
    """One thing that MLflow shows: as ``Mirrored`` names it, with the time MLflow gives, if any."""

    model: str
    thing: str
    item: str
    value: str
    at: str = ""


@dataclass(frozen=True)
class Swept:
    """What a sweep found; ``coverage`` is the part of what is shown that is explained here."""

    shown: tuple[Shown, ...]
    unexplained: tuple[Shown, ...]
    vanished: tuple[str, ...]

    @property
    def coverage(self) -> str:
        """As a percentage with one digit, never rounded up to 100."""
        if not self.shown:
            return "100 %"
        matched = len(self.shown) - len(self.unexplained)
        tenths = 1000 * matched // len(self.shown)
        return f"{tenths // 10}.{tenths % 10} %"


def shown_by_mlflow(url: str, token: str = "") -> list[Shown]:
    """Everything that an MLflow server's registry shows.

    Raises:
        OutsideError: it can't be reached, or does not answer as MLflow does.
        ValueError: the address is none.
    """
    check_address(url)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    found: set[Shown] = set()
    with httpx.Client(headers=headers, timeout=_SECONDS, follow_redirects=False) as client:
        for model in _pages(client, f"{url.rstrip('/')}{_API}", "registered-models"):
            name = model_name(str(model["name"]))
            found.add(Shown(name, MODEL, "", "", _at(model)))
            for alias in model.get("aliases") or []:
                version = version_name(str(alias["version"]))
                found.add(Shown(name, ALIAS, public(str(alias["alias"])) or "?", version))
        for one in _pages(client, f"{url.rstrip('/')}{_API}", "model-versions"):
            name, version = model_name(str(one["name"])), version_name(str(one["version"]))
            found.add(Shown(name, VERSION, version, "", _at(one)))
            stage = str(one.get("current_stage") or "None")
            if stage != "None":
                found.add(Shown(name, STAGE, version, public(stage)))
    return sorted(found)


def _pages(client: httpx.Client, api: str, what: str) -> Iterator[dict[str, Any]]:
    member = what.replace("-", "_")
    page = ""
    for _ in range(_MOST_PAGES):
        query = {"max_results": str(_ON_A_PAGE), **({"page_token": page} if page else {})}
        try:
            answer = client.get(f"{api}/{what}/search", params=query)
            plain = orjson.loads(answer.content) if answer.status_code == _OK else None
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            raise OutsideError(
                f"MLflow can't be read ({type(error).__name__}).", code="unreachable"
            ) from None
        if not isinstance(plain, dict):
            raise OutsideError(
                f"MLflow does not answer as it should (status {answer.status_code}).",
                code="not-accepted",
            )
        for item in plain.get(member) or []:
            if not isinstance(item, dict) or "name" not in item:
                raise OutsideError("MLflow shows something without a name.", code="not-accepted")
            yield item
        page = str(plain.get("next_page_token") or "")
        if not page:
            return
    raise OutsideError("MLflow's pages have no end.", code="not-accepted")


def _at(item: dict[str, Any]) -> str:
    """When it was made, in MLflow's milliseconds; empty where that is no number."""
    text = str(item.get("creation_timestamp", ""))
    if not _NUMBER.fullmatch(text):
        return ""
    return format_instant(datetime.fromtimestamp(int(text) / 1000, UTC))


def compare(wiring: Wiring, shown: list[Shown]) -> Swept:
    """Hold what is shown against what is registered and what was told."""
    told: dict[tuple[str, str, str], Mirrored] = {}
    for one in sorted(_mirrored(wiring), key=lambda it: it.entry):
        told[one.model, one.thing, one.item] = one
    unexplained = []
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        for it in shown:
            known = told.get((it.model, it.thing, it.item))
            explained = known is not None and (known.status, known.value) == (PRESENT, it.value)
            if not explained and it.thing == MODEL:
                explained = registry.find(ModelState, it.model) is not None
            if not explained and it.thing == VERSION:
                explained = registry.find(VersionState, version_key(it.model, it.item)) is not None
            if not explained:
                unexplained.append(it)
    there = {(it.model, it.thing, it.item) for it in shown}
    vanished = [
        f"{one.thing} {one.model} {one.item}".strip()
        for key, one in sorted(told.items())
        if one.status == PRESENT and key not in there and one.thing != STAGE
    ]
    return Swept(tuple(shown), tuple(unexplained), tuple(vanished))


def _mirrored(wiring: Wiring) -> list[Mirrored]:
    """Everything that was told of registries elsewhere."""
    found: list[Mirrored] = []
    with reading(wiring.engine) as connection:
        while page := folded.find(
            connection,
            wiring.log.log_id,
            Mirrored,
            before=found[-1].since if found else None,
            limit=_AT_ONCE,
        ):
            found += page
    return found


def record(
    wiring: Wiring, registry: str, found: Swept, told_by: Literal["sweep", "import"]
) -> Receipt:
    """Record what is unexplained, each as itself, and the sum of it; the receipt of the sum.

    Raises:
        LedgerError: the ledger can't be written; what was recorded stands, and a sweep goes on.
    """
    day = format_instant(wiring.now())
    listing = orjson.dumps([(s.model, s.thing, s.item, s.value) for s in found.shown])
    digest = hex_digest(listing)
    for one in found.unexplained:
        event = RegistryChanged(
            registry=registry,
            change=_CHANGES[one.thing],
            told_by=told_by,
            model=one.model,
            version={ALIAS: one.value, VERSION: one.item, STAGE: one.item}.get(one.thing),
            name={ALIAS: one.item, STAGE: one.value}.get(one.thing),
            changed_at=one.at or None,
        )
        receipt = wiring.submitter.submit(wiring.service, event)
        if receipt.outcome != "allow":
            _LOGGER.error("the policy refuses to record what %s shows", registry)
    return wiring.submitter.submit(
        wiring.service,
        InventoryReconciled(
            inventory=INVENTORY,
            source=registry,
            as_of=day,
            digest=digest,
            listed=len(found.shown),
            matched=len(found.shown) - len(found.unexplained),
            unknown=len(found.unexplained),
            unlisted=tuple(public(one) for one in found.vanished[:MOST_NAMED]),
        ),
    )
