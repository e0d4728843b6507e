"""The clerk: a thread beside the server that makes events of what was delivered.

Rules:

* a delivery is read in the order in which it came, submitted as the workload of its connection,
  and settled by what the ledger says; the idempotency key is made of its name, so that a crash in
  between records nothing twice;
* what can't be read is quarantined with its body; what the policy refuses stands in the ledger as
  a refusal, and is told on the page: it has happened at the source;
* a delivery that comes late, by the source's own clock, is recorded and moves nothing;
* an alias or stage that is an environment, of a version that is registered here, is asked for as a
  deployment; the policy's refusal of it is what reveals a change that nobody approved;
* while the ledger can't be written everything waits;
* a connection without a delivery for longer than its hours is silent, which is recorded once.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger.errors import (
    ConflictError,
    InputError,
    LedgerError,
    UnknownSubjectError,
)
from ledger.events.actor import Actor
from ledger.events.deployment import DeploymentRecorded
from ledger.events.names import format_instant, parse_instant
from ledger.events.registries import RegistryChanged
from ledger.state.aggregates import VersionState, version_key
from ledger.state.registries import ALIAS, STAGE, Mirrored, mirrored_key
from ledger.store.connections import (
    IGNORED,
    QUARANTINED,
    RECORDED,
    REFUSED,
    TEST,
    forget_inbound,
    note_source,
    read_source,
    read_sources,
    settle_inbound,
    waiting_inbound,
)
from ledger.store.database import reading, writing
from policies import explain
from webui.intake.managing import mapping_of
from webui.intake.reading import read_delivery
from webui.naming import namer

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.receipt import Receipt
    from ledger.state.registry import Registry
    from ledger.store.connections import Inbound, Source
    from webui.wiring import Wiring

SECONDS: Final = 2.0
KEPT: Final = timedelta(days=90)
_AT_ONCE: Final = 100
_LOOK: Final = timedelta(minutes=5)
_LOGGER = logging.getLogger("counterseal.intake")


class Clerk:
    """Reads for one installation: ``turn`` once, or ``start`` and ``stop`` a thread."""

    def __init__(self, wiring: Wiring, *, seconds: float = SECONDS) -> None:
        self._wiring = wiring
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked: datetime | None = None
        self._told = ""

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="counterseal-intake", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is being read is finished first."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def turn(self) -> int:
        """Read all that waits, and look who is silent; how many deliveries were settled.

        Raises:
            LedgerError: the database or the ledger can't be written; what waits goes on waiting.
        """
        wiring = self._wiring
        if wiring.log.alarm:
            return 0
        count = 0
        while True:
            with reading(wiring.engine) as connection:
                waiting = waiting_inbound(connection, wiring.log.log_id, _AT_ONCE)
            for came in waiting:
                self._settle(came)
                count += 1
            if len(waiting) < _AT_ONCE:
                break
        now = wiring.now()
        if self._looked is None or now - self._looked >= _LOOK:
            self._look(now)
            self._looked = now
        return count

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self.turn()
                self._told = ""
            except LedgerError as error:
                if str(error) != self._told:
                    _LOGGER.error("deliveries can't be recorded: %s", error)  # noqa: TRY400
                    self._told = str(error)
            except Exception:
                _LOGGER.exception("reading deliveries failed unexpectedly")

    def _settle(self, came: Inbound) -> None:
        wiring = self._wiring
        with reading(wiring.engine) as connection:
            source = read_source(connection, wiring.log.log_id, came.connection)
        settled = replace(came, state=IGNORED, body=b"")
        if source is not None:
            settled = self._read(source, came)
        with writing(wiring.engine) as connection:
            at = format_instant(wiring.now())
            settle_inbound(connection, wiring.log.log_id, replace(settled, settled_at=at))

    def _read(self, source: Source, came: Inbound) -> Inbound:
        document = mapping_of(source)
        try:
            event = read_delivery(document, source.name, came.body)
        except ValueError as error:
            return replace(came, state=QUARANTINED, failure=f"It can't be read: {error}.")
        if isinstance(event, str):
            return replace(came, state=TEST if event == "test" else IGNORED, body=b"")
        try:
            receipt = self._submit(source, event, f"hook/{source.name}/{came.delivery[:48]}")
            settled = self._settled(came, receipt)
            environment = document.environments.get(event.name or "")
            if environment and settled.state == RECORDED:
                deployed = self._deployment(source, event, environment, came)
                if deployed is not None:
                    entry = settled.entry if deployed.entry < 0 else deployed.entry
                    return replace(deployed, entry=entry)
        except (InputError, ConflictError, UnknownSubjectError) as error:
            return replace(came, state=QUARANTINED, failure=str(error))
        return settled

    def _deployment(
        self, source: Source, event: RegistryChanged, environment: str, came: Inbound
    ) -> Inbound | None:
        """What came of the deployment that an alias or a stage means; None where it means none."""
        wiring = self._wiring
        if event.change not in {"alias_set", "stage_set"}:
            return None
        model, version = event.model or "", event.version or ""
        with reading(wiring.engine) as connection:
            registry = wiring.reader.registry(connection)
            known = registry.find(VersionState, version_key(model, version))
            if not _stands(registry, event):
                return None
        running = {(one.environment, one.version) for one in wiring.reader.running(model)}
        if (environment, version) in running:
            return None
        if known is None:
            said = f"{model} {version} is to run in {environment} and is not registered here"
            return replace(came, state=REFUSED, failure=f"{said}.", body=b"")
        deployment = DeploymentRecorded(
            model=model,
            version=version,
            environment=environment,
            artifact=known.artifact.sha256,
            target=f"{source.name}:{event.name}"[:300],
        )
        key = f"hook/{source.name}/{came.delivery[:48]}/deployed"
        return self._settled(came, self._submit(source, deployment, key))

    def _submit(
        self, source: Source, event: RegistryChanged | DeploymentRecorded, key: str
    ) -> Receipt:
        actor = Actor(id=source.actor, type="workload", via="webhook", credential=source.name)
        return self._wiring.submitter.submit(actor, event, key)

    def _settled(self, came: Inbound, receipt: Receipt) -> Inbound:
        if receipt.outcome == "allow":
            return replace(came, state=RECORDED, entry=receipt.sequence, body=b"")
        decision = receipt.decision
        name_of = namer(self._wiring.reader)
        reasons = "; ".join(explain(decision, name_of)) if decision is not None else ""
        said = f"The policy refuses it: {reasons or 'see the entry'}."
        return replace(came, state=REFUSED, entry=receipt.sequence, failure=said, body=b"")

    def _look(self, now: datetime) -> None:
        """Record who is silent, and forget what is old."""
        wiring = self._wiring
        with reading(wiring.engine) as connection:
            sources = read_sources(connection, wiring.log.log_id)
        for source in sources:
            if is_silent(source, now) and (source.silence_told_at < _since(source)):
                self._tell_silence(source, now)
        before = format_instant(now - KEPT)
        with writing(wiring.engine) as connection:
            forget_inbound(connection, wiring.log.log_id, before)

    def _tell_silence(self, source: Source, now: datetime) -> None:
        wiring = self._wiring
        event = RegistryChanged(registry=source.name, change="source_silent", told_by="webhook")
        key = f"hook/{source.name}/silent/{_since(source)}"
        receipt = wiring.submitter.submit(wiring.service, event, key)
        if receipt.outcome != "allow":
            _LOGGER.error("the policy refuses to record that %s is silent", source.name)
        with writing(wiring.engine) as connection:
            at = format_instant(now)
            note_source(connection, wiring.log.log_id, source.name, silence_told_at=at)


def _stands(registry: Registry, event: RegistryChanged) -> bool:
    """Whether what was told is true there now: a delivery that came late asks for nothing."""
    model, version, name = event.model or "", event.version or "", event.name or ""
    thing, item, value = (
        (ALIAS, name, version) if event.change == "alias_set" else (STAGE, version, name)
    )
    now = registry.find(Mirrored, mirrored_key(event.registry, model, thing, item))
    return now is not None and now.value == value


def is_silent(source: Source, now: datetime) -> bool:
    """Whether nothing came for longer than its hours."""
    if not source.silent_hours:
        return False
    return now - parse_instant(_since(source)) > timedelta(hours=source.silent_hours)


def _since(source: Source) -> str:
    return source.heard_at or source.created_at
