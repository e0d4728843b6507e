"""Hand in a file to have it verified. Open to strangers: an auditor may have nothing but a file.

A file of up to 20 MB is looked at and forgotten. At most two are looked at at a time; a stranger
whose files do not verify waits longer each time, apart from failed sign-ins.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from flask import render_template, request

from ledger.errors import BusyError, LedgerError
from webui.errors_http import status_of
from webui.here import wired
from webui.identity.current import signed_in
from webui.identity.throttle import check_attempt, forget_failures, note_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Blueprint, Flask
    from flask.typing import ResponseReturnValue

    from webui.handed_in import HandedIn, Verdict

PATH: Final = "/verify"
# Room for the form around the files.
LARGEST_UPLOAD: Final = 20_000_000 + 100_000
_AT_ONCE: Final = 2
_LONGEST_NAME: Final = 120
_ROOM = threading.BoundedSemaphore(_AT_ONCE)


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(PATH, "hand_in", _hand_in, methods=["GET", "POST"])


def allow_uploads(app: Flask) -> None:
    """Let this page alone take more than others; before any form of ``app`` is read."""
    app.before_request(_larger)
    app.teardown_request(_forget)


def _larger() -> None:
    if request.path == PATH:
        request.max_content_length = LARGEST_UPLOAD


def _forget(error: BaseException | None) -> None:
    """Close, and so remove, the temporary files that large uploads are kept in meanwhile."""
    del error
    if request.path == PATH:
        request.close()


def _hand_in() -> ResponseReturnValue:
    if request.method == "GET":
        return _page()
    try:
        with _throttled() as failed, _room():
            verdicts = _verdicts()
            failed[0] = not all(one.holds for one in verdicts)
    except LedgerError as error:
        return _page(problem=error), status_of(error)
    return _page(verdicts)


def _page(verdicts: Sequence[Verdict] = (), problem: LedgerError | None = None) -> str:
    return render_template("verify.html", verdicts=verdicts, problem=problem, vkey=wired().log.vkey)


def _verdicts() -> list[Verdict]:
    # Drawing, sealing and their libraries are loaded with it.
    from webui.handed_in import verify_files

    return verify_files(wired(), _files())


def _files() -> list[HandedIn]:
    from webui.handed_in import HandedIn

    return [
        HandedIn((one.filename or "")[-_LONGEST_NAME:], one.read())
        for one in request.files.getlist("file")
    ]


@contextmanager
def _throttled() -> Iterator[list[bool]]:
    """Count what a stranger tries in vain; apart from sign-ins, which this must not hold up."""
    if signed_in() is not None:
        yield [False]
        return
    wiring, address = wired(), f"verify {request.remote_addr or ''}"
    check_attempt(wiring, PATH, address)
    failed = [True]
    try:
        yield failed
    finally:
        if failed[0]:
            note_failure(wiring, PATH, address)
        else:
            forget_failures(wiring, PATH, address)


@contextmanager
def _room() -> Iterator[None]:
    if not _ROOM.acquire(timeout=5):
        raise BusyError(
            "Other files are being verified.", remedy="Try again in a moment.", code="busy"
        )
    try:
        yield
    finally:
        _ROOM.release()
