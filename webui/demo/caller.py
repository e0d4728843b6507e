"""One member of the company at the HTTP API, with an API token, as any program would be.

Every command has a step's name as its idempotency key, so that a demonstration that was interrupted
can be played again from the start: what was recorded is answered with the receipt that was given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import OutsideError

if TYPE_CHECKING:
    import httpx

_DENIED: Final = "policy-denied"
_OK: Final = 200
_NO_CONTENT: Final = 204
_MULTIPLE_CHOICES: Final = 300


@dataclass(frozen=True)
class Answered:
    """What became of a command: its entry, the entries that followed from it, and why not."""

    outcome: str
    entry: int
    followed: dict[str, int]
    why: tuple[str, ...]


class Caller:
    """Calls the API as one actor."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    def submit(self, step: str, kind: str, event: dict[str, Any]) -> Answered:
        """Ask that something happens; a refusal by the policy is an answer too.

        Raises:
            OutsideError: the API answered otherwise.
        """
        headers = self._headers | {"Idempotency-Key": f"demo/{step}"}
        answer = self._http.post(
            "/api/v1/events", json={"kind": kind, "event": event}, headers=headers
        )
        said = answer.json()
        if _OK <= answer.status_code < _MULTIPLE_CHOICES:
            followed = {one["kind"]: one["sequence"] for one in said["consequences"]}
            return Answered("allow", said["sequence"], followed, ())
        if said.get("code") == _DENIED:
            return Answered("deny", said["entry"], {}, _reasons(said))
        raise _failed(step, answer)

    def get(self, path: str) -> dict[str, Any]:
        """Read something as JSON."""
        answer = self._http.get(f"/api/v1/{path}", headers=self._headers)
        return self._read(path, answer)

    def download(self, path: str) -> bytes:
        """Fetch something as it is."""
        answer = self._http.get(path, headers=self._headers)
        if answer.status_code != _OK:
            raise _failed(path, answer)
        return answer.content

    def post(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Post something that is no event."""
        headers = self._headers | {"Idempotency-Key": key}
        answer = self._http.post(f"/api/v1/{path}", json=body, headers=headers)
        return self._read(path, answer)

    def revoke_itself(self) -> None:
        """Revoke the token; this caller can do nothing more."""
        token = self.get("me")["actor"]["credential"]
        answer = self._http.delete(f"/api/v1/tokens/{token}", headers=self._headers)
        if answer.status_code != _NO_CONTENT:
            raise _failed("revoking a token", answer)

    def _read(self, path: str, answer: httpx.Response) -> dict[str, Any]:
        if not _OK <= answer.status_code < _MULTIPLE_CHOICES:
            raise _failed(path, answer)
        said: dict[str, Any] = answer.json()
        return said


def _reasons(problem: dict[str, Any]) -> tuple[str, ...]:
    """The sentences about what is not met; they stand before those about what is."""
    unmet = {
        json.dumps([result["code"], result["params"]], sort_keys=True)
        for result in problem["results"]
        if result["state"] != "met"
    }
    return tuple(problem["sentences"][: len(unmet)])


def _failed(what: str, answer: httpx.Response) -> OutsideError:
    try:
        problem = answer.json()
        said = f"{problem['detail']} {problem.get('remedy', '')}".strip()
        places = ", ".join(one["pointer"] for one in problem.get("errors", ()))
    except (ValueError, KeyError, TypeError):
        said, places = "the answer is no problem document", ""
    at = f" (at {places})" if places else ""
    return OutsideError(
        f"The demonstration stopped at {what}, status {answer.status_code}{at}: {said}",
        code="demo-stopped",
    )
