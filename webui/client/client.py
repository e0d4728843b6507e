"""The API as a typed client.

::

    with Client("https://ledger.example.org", token) as client:
        client.submit("release.requested", {...}, key="build-4711")

Rules:

* every command carries an idempotency key, so that it can be sent again: when the answer was lost
  the same key finds out what became of it, and nothing is recorded twice;
* what may succeed later (no connection, 429, 502, 503, 504) is tried again, with waits that grow
  and that the server may prescribe; what can't is raised at once, as the typed error it is;
* with a pinned verifier key every receipt is checked: the entry that it names must hold this
  command and stand in a tree that the key signed. Then a server that lies is found out;
* an answer that is not understood is an error, never a yes.

Safe for several threads if its wire is.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from urllib.parse import quote, urlencode

from webui.client import moment
from webui.client.answers import (
    Decision,
    Deployment,
    Gate,
    Me,
    Receipt,
    Recorded,
    Release,
    Version,
    WhyNot,
)
from webui.client.backoff import TRY_AGAIN, Patience, wait_before
from webui.client.errors import AnswerError, ClientError, InvalidError, UnreachableError
from webui.client.plain import number_or_none, objects, read_object
from webui.client.problem import problem_of
from webui.client.settings import checked_url
from webui.client.wire import Reply, StandardWire, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Item = TypeVar("Item")
GATE_FORMAT: Final = "counterseal-gate/1"
_JSON: Final = "application/json"
_NDJSON: Final = "application/x-ndjson"
_FILED: Final = "filed-already"
_CHANCE_BITS: Final = 32
_NEVER_BETTER: Final = frozenset({"certificate-not-trusted"})


class Client:
    """A server's API, asked with one token."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        vkey: str = "",
        wire: Wire | None = None,
        patience: Patience | None = None,
        seconds: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked_url(url)
        self.vkey = vkey
        self._token = token
        self._wire = wire or StandardWire()
        self._patience = patience or Patience()
        self._seconds = seconds
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back connections."""
        self._wire.close()

    # Commands

    def submit(self, kind: str, event: Mapping[str, Any], *, key: str = "") -> Receipt:
        """Ask that something happens; answered when it is durable.

        Without ``key`` a fresh one is made, which serves the retries of this call.

        Raises:
            DeniedError: the policy refused, which is recorded.
            InvalidError, NotAllowedError, BusyError, UnreachableError, AnswerError.
            ProofError: the receipt does not verify under the pinned key.
        """
        reply = self._ask(
            "POST", "/events", {"kind": kind, "event": event}, key=key or new_key(), good=(200, 201)
        )
        plain = read_object(reply.body)
        replayed = reply.headers.get("idempotency-replayed") == "true"
        receipt = Receipt.of(plain, replayed=replayed)
        if receipt.kind != kind or receipt.outcome != "allow":
            raise AnswerError("The receipt is for something else than was sent.")
        if self.vkey:
            self.check(receipt, event)
        return receipt

    def submit_many(
        self, commands: Sequence[tuple[str, Mapping[str, Any], str]]
    ) -> tuple[Recorded, ...]:
        """Ask for many things at once, each a kind, its fields and a key: all are recorded or none.

        A command that the policy refuses is recorded as a refusal: its status is ``denied``.

        Raises:
            InvalidError: nothing was recorded. The others as ``submit``.
        """
        lines = [
            json.dumps({"kind": kind, "event": event, "idempotency_key": key})
            for kind, event, key in commands
        ]
        body = ("\n".join(lines) + "\n").encode()
        reply = self._ask("POST", "/events:batch", None, raw=(body, _NDJSON))
        found = objects(read_object(reply.body), "lines", Recorded.of)
        if [one.line for one in found] != list(range(1, len(commands) + 1)):
            raise AnswerError("The answer does not speak of each line once.")
        if self.vkey:
            for one, (_, event, _) in zip(found, commands, strict=True):
                self.check(one.receipt, event if one.status != "denied" else {})
        return found

    def decide(self, kind: str, event: Mapping[str, Any]) -> Decision:
        """What the policy would say now. Nothing is recorded."""
        return Decision.of(self._read("POST", "/decide", {"kind": kind, "event": event}))

    def file_parts(self, policy: str, parts: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
        """File the parts of a policy, by digest; the digests of those that this call filed.

        A part is filed once: one that somebody filed before is passed over.

        Raises:
            DeniedError: the policy in force lets the asker file none. The others as ``submit``.
        """
        filed = []
        for digest, part in parts.items():
            event = {"policy": policy, "digest": digest, "part": part}
            try:
                receipt = self.submit("policy.filed", event, key=f"policy-part/{digest}")
            except InvalidError as error:
                if error.code != _FILED:
                    raise
            else:
                filed += [] if receipt.replayed else [digest]
        return tuple(filed)

    # Questions of a pipeline

    def gate(
        self,
        model: str,
        version: str,
        environment: str,
        *,
        artifact: str = "",
        admission_hours: int = 0,
    ) -> Gate:
        """Whether whoever holds the token may deploy these bytes there now. Nothing is recorded.

        Without ``artifact`` it is asked about the bytes that were registered. With
        ``admission_hours`` an allowance comes as a signed admission receipt too.

        Raises:
            AnswerError: also where the answer is about something else than was asked.
        """
        challenge = secrets.token_hex(16)
        asked = {
            "model": model,
            "version": version,
            "environment": environment,
            "challenge": challenge,
        }
        if artifact:
            asked["artifact"] = artifact
        wanted: dict[str, Any] = dict(asked)
        if admission_hours:
            wanted["admission_hours"] = admission_hours
        plain = self._read("POST", "/gate", wanted)
        if plain.get("format") != GATE_FORMAT:
            raise AnswerError("The answer is not that of a gate.", remedy="Is the server older?")
        found = Gate.of(plain)
        if any(plain.get(name) != value for name, value in asked.items()):
            raise AnswerError("The answer is about something else than was asked.")
        return found

    def why_not(
        self, model: str, version: str, environment: str, planned: Mapping[str, Any] | None = None
    ) -> WhyNot:
        """Every condition that is not met yet, and who can meet it.

        ``planned`` are fields of ``version.registered`` for a version that does not exist yet.
        """
        wanted = {"model": model, "version": version, "environment": environment}
        body = {**wanted, "planned": planned} if planned else wanted
        return WhyNot.of(self._read("POST", "/why-not", body))

    # Reads

    def me(self) -> Me:
        """Who the token speaks for."""
        return Me.of(self._read("GET", "/me"))

    def version(self, model: str, version: str) -> Version:
        """One version."""
        return Version.of(self._read("GET", f"/models/{_part(model)}/versions/{_part(version)}"))

    def release(self, number: int) -> Release:
        """One release and what it still lacks."""
        return Release.of(self._read("GET", f"/releases/{number}"))

    def releases(self, **query: str) -> Iterator[Release]:
        """Releases, newest first; by ``model``, ``version``, ``environment``, ``status``."""
        return self._pages("/releases", query, Release.of_item)

    def read(self, *path: str, query: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """Any read of the API, as plain JSON; ``path`` below ``/api/v1``, step by step."""
        return self._read("GET", _address(path, query))

    def ask(self, *path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Any question of the API that is asked with a body; nothing is recorded."""
        return self._read("POST", _address(path, ()), body)

    def fetch(self, *path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        """Any file of the API, as it is."""
        return self._ask("GET", _address(path, query), None).body

    def deployments(self, **query: str) -> Iterator[Deployment]:
        """Deployments, newest first; by ``model``, ``version``, ``environment``, ``status``."""
        return self._pages("/deployments", query, Deployment.of)

    def running(self, model: str = "") -> tuple[Deployment, ...]:
        """What runs now."""
        query = f"?{urlencode({'model': model})}" if model else ""
        return objects(self._read("GET", f"/running{query}"), "items", Deployment.of)

    def get(self, path: str) -> dict[str, Any]:
        """Any JSON answer below ``/api/v1``, as it comes."""
        return self._read("GET", path)

    def post(self, path: str, body: Mapping[str, Any], *, key: str = "") -> dict[str, Any]:
        """Any JSON sent below ``/api/v1``; the answer as it comes."""
        return read_object(
            self._ask("POST", path, body, key=key or new_key(), good=(200, 201)).body
        )

    def proof(self, sequence: int) -> bytes:
        """The inclusion proof of an entry (C2SP tlog-proof)."""
        return self._ask("GET", f"/entries/{sequence}/proof").body

    def entry(self, sequence: int) -> dict[str, Any]:
        """An entry with its stored bytes."""
        return self._read("GET", f"/entries/{sequence}")

    # Receipts

    def check(self, receipt: Receipt, event: Mapping[str, Any]) -> None:
        """Check a receipt under the pinned key, with the entry and proof that the server has.

        Raises:
            ProofError: it does not verify.
            SettingError: no key is pinned, or it is none.
        """
        from webui.client.receipts import check_kept

        check_kept(self.kept(receipt), self.vkey, event)

    def kept(self, receipt: Receipt) -> dict[str, Any]:
        """A receipt with everything that proves it, to be written into a file."""
        from webui.client.receipts import keep

        entry = self.entry(receipt.sequence)
        return keep(receipt.plain, str(entry.get("envelope")), self.proof(receipt.sequence))

    # The way there

    def _pages(
        self, path: str, query: Mapping[str, str], read: Callable[[dict[str, Any]], Item]
    ) -> Iterator[Item]:
        after: dict[str, str] = {}
        while True:
            plain = self._read("GET", f"{path}?{urlencode({**query, **after})}")
            yield from objects(plain, "items", read)
            following = number_or_none(plain, "next")
            if following is None:
                return
            after = {"before": str(following)}

    def _read(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        reply = self._ask(method, path, body)
        if not reply.headers.get("content-type", "").startswith(_JSON):
            raise AnswerError("The answer is not JSON.", remedy="Is this the right address?")
        return read_object(reply.body)

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        raw: tuple[bytes, str] | None = None,
        good: tuple[int, ...] = (200,),
    ) -> Reply:
        """Ask until there is an answer that trying again would not change."""
        data, media = raw or (json.dumps(body).encode() if body is not None else None, _JSON)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": f"{_JSON}, application/problem+json, text/plain",
            "User-Agent": "counterseal-client",
        }
        if data is not None:
            headers["Content-Type"] = media
        if key:
            headers["Idempotency-Key"] = key
        reply = self._patiently(method, f"{self.url}/api/v1{path}", headers, data)
        if reply.status not in good:
            raise problem_of(reply)
        return reply

    def _patiently(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None
    ) -> Reply:
        end = time.monotonic() + self._patience.altogether
        for attempt in range(1, self._patience.attempts + 1):
            reply: Reply | None = None
            failure: ClientError | None = None
            try:
                reply = self._wire.exchange(method, url, headers, data, self._seconds)
            except UnreachableError as error:
                failure = error
            if reply is not None and reply.status not in TRY_AGAIN:
                return reply
            wait = wait_before(attempt, self._patience, reply, moment.now(), _chance)
            last = attempt == self._patience.attempts or time.monotonic() + wait > end
            if last or (failure is not None and failure.code in _NEVER_BETTER):
                break
            self._sleep(wait)
        if reply is not None:
            return reply
        raise failure or UnreachableError("The server was not asked: no attempt was allowed.")


def new_key() -> str:
    """A fresh idempotency key: 128 bits of chance."""
    return f"cs-{secrets.token_hex(16)}"


def _chance() -> float:
    return secrets.randbits(_CHANCE_BITS) / 2.0**_CHANCE_BITS


def _address(path: Sequence[str], query: Sequence[tuple[str, str]]) -> str:
    steps = "".join(f"/{_part(step)}" for step in path)
    return f"{steps}?{urlencode(query)}" if query else steps


def _part(name: str) -> str:
    """A name as one step of a path."""
    return quote(name, safe="")
