"""Who tells an admission webhook whether something may run: the gate, or receipts at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webui.client.errors import ClientError
from webui.client.kubernetes import MOST_REASONS, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from webui.client.admit import Vkey
    from webui.client.client import Client
    from webui.client.kubernetes import Wanted

_UNAVAILABLE: Final = 503
_MOST_BYTES: Final = 1_000_000


class GateJudge:
    """Asks the gate each time: what was taken back a moment ago is refused."""

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client

    def __call__(self, wanted: Wanted) -> None:
        """Return where the gate is open.

        Raises:
            RefusedError: it is shut, or it can't be told.
        """
        try:
            with self._client() as client:
                found = client.gate(
                    wanted.model, wanted.version, wanted.environment, artifact=wanted.artifact
                )
        except ClientError as error:
            raise RefusedError(
                f"it can't be told whether it may run: {error.sentence.rstrip('.')}",
                code=_UNAVAILABLE,
            ) from None
        if not found.allowed:
            reasons = found.sentences[:MOST_REASONS] or ("the gate is shut",)
            raise RefusedError(*(one.rstrip(".") for one in reasons))


class ReceiptJudge:
    """Verifies admission receipts, ``DIGEST.json`` in a folder, and asks nobody."""

    def __init__(
        self, folder: Path, vkey: Vkey, hours: int | None, now: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._vkey = vkey
        self._hours = hours
        self._now = now

    def __call__(self, wanted: Wanted) -> None:
        """Return where a receipt admits it.

        Raises:
            RefusedError: there is none, or it does not hold.
        """
        from webui.client.admit import Expected, WrongError, admit

        expected = Expected(
            environment=wanted.environment,
            artifact=wanted.artifact,
            model=wanted.model,
            version=wanted.version,
            hours=self._hours,
        )
        try:
            with (self._folder / f"{wanted.artifact}.json").open("rb") as file:
                receipt = file.read(_MOST_BYTES + 1)
        except OSError:
            raise RefusedError("there is no admission receipt for these bytes") from None
        try:
            admit(receipt, self._vkey, expected, self._now())
        except WrongError as error:
            raise RefusedError(f"its admission receipt does not hold: {error}") from None
