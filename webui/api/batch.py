"""Many commands at once, as NDJSON: all are recorded (some perhaps as denials), or none.

A line that is malformed, out of scope or impossible keeps the whole batch out; the answer says of
each line what it was. Lines count from 1, as editors count them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.batch import Asked
from ledger.core.encoding import parse_json
from ledger.errors import ConflictError, EncodingError, InputError, LedgerError
from ledger.events.catalogue import read_command
from ledger.submit import MOST_IN_A_BATCH
from webui.api.answer import json_answer
from webui.api.route import NDJSON, PROBLEM, Answer, Route
from webui.api.shapes import BatchAnswer, BatchProblem, Line, LineAnswer
from webui.api.strict import LARGEST_BODY, body_bytes, read_fields
from webui.api.told import receipt_answer
from webui.errors_http import problem_of, problem_response
from webui.identity.errors import ScopeError
from webui.identity.scope import check_submit
from webui.naming import namer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Response

    from ledger.submit import Receipt
    from webui.api.route import Asker

    NameOf = Callable[[str], str]

LARGEST_BATCH: Final = 4 * 1024 * 1024


def _submit_batch(asker: Asker) -> Response:
    lines = _lines(body_bytes(NDJSON, LARGEST_BATCH))
    asked: list[Asked] = []
    faults: dict[int, LedgerError] = {}
    for place, line in enumerate(lines):
        try:
            asked.append(_asked(asker, line))
        except (InputError, ScopeError) as error:
            faults[place] = error
    if faults:
        return _nothing_recorded(len(lines), faults)
    try:
        receipts = asker.wiring.submitter.submit_batch(asker.actor, asked)
    except (InputError, ConflictError) as error:
        return _nothing_recorded(len(lines), {int(error.numbers.get("line", 0)): error})
    name_of = namer(asker.wiring.reader)
    told = (_line_answer(line, receipt, name_of) for line, receipt in enumerate(receipts, start=1))
    return json_answer(BatchAnswer(lines=tuple(told)))


def _lines(body: bytes) -> list[bytes]:
    """The lines of an NDJSON text; the last may end in a line feed."""
    lines = body.removesuffix(b"\n").split(b"\n") if body else []
    if not lines:
        raise InputError("The batch is empty.", code="batch-empty", remedy="Send a line or more.")
    if len(lines) > MOST_IN_A_BATCH:
        raise EncodingError(
            f"The batch has more than {MOST_IN_A_BATCH} lines.",
            code="too-large",
            remedy="Send it in parts.",
        )
    return lines


def _asked(asker: Asker, line: bytes) -> Asked:
    wanted = read_fields(Line, parse_json(line, max_bytes=LARGEST_BODY))
    event = read_command(wanted.kind, wanted.event)
    check_submit(asker.wiring, asker.scope, event)
    return Asked(event, wanted.idempotency_key, asker.proof)


def _line_answer(line: int, receipt: Receipt, name_of: NameOf) -> LineAnswer:
    told = receipt_answer(receipt, name_of)
    if receipt.outcome == "deny":
        return LineAnswer(line=line, status="denied", receipt=told)
    return LineAnswer(
        line=line, status="replayed" if receipt.replayed else "recorded", receipt=told
    )


def _nothing_recorded(count: int, faults: Mapping[int, LedgerError]) -> Response:
    whole = InputError(
        f"Nothing of the batch was recorded: {len(faults)} of its {count} lines can't be.",
        code="batch-invalid",
        remedy="Mend the lines that are invalid and send the whole batch again.",
    )
    lines: list[dict[str, Any]] = []
    for place in range(count):
        fault = faults.get(place)
        if fault is None:
            lines.append({"line": place + 1, "status": "not-recorded"})
        else:
            lines.append({"line": place + 1, "status": "invalid", "problem": problem_of(fault)})
    return problem_response({**problem_of(whole), "lines": lines})


ROUTES = (
    Route(
        method="POST",
        path="/v1/events:batch",
        name="submit_batch",
        says="Ask for up to 1,000 things at once, one command with its idempotency_key a line. All "
        "are recorded, some perhaps as denials, or none.",
        view=_submit_batch,
        needs="token",
        body="Line",
        body_media=NDJSON,
        answers=(
            Answer(200, "Everything is recorded; line by line what became of it.", BatchAnswer),
            Answer(422, "Nothing is recorded; line by line why.", BatchProblem, media=PROBLEM),
        ),
    ),
)
