"""Failed sign-ins make the next one wait, longer each time, and never for ever.

Counted are the failures of one account from one address, and of one address over all accounts. No
count belongs to an account alone, so that nobody can keep somebody else out of an account from
elsewhere. From a browser that is known (``webui.identity.devices``) only its own failures count,
not those of its address, which it may share with strangers. Account and address are stored as
HMAC-SHA256. A count is forgotten an hour after its last failure.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.events.names import format_instant, parse_instant
from ledger.store.database import reading, writing
from webui.identity.devices import KNOWN
from webui.identity.errors import ThrottledError
from webui.identity.secret import keyed_digest
from webui.identity.tables import throttle

if TYPE_CHECKING:
    from webui.wiring import Wiring

FREE_FOR_ACCOUNT: Final = 3
FREE_FOR_ADDRESS: Final = 20
LONGEST_SECONDS: Final = 900
_FORGOTTEN_AFTER: Final = timedelta(hours=1)
_LARGEST_STEP: Final = 10


def delay_seconds(failures: int, free: int) -> int:
    """How long to wait after so many failures: nothing at first, then 1, 2, 4 ... up to 900."""
    if failures <= free:
        return 0
    return min(int(2 ** min(failures - free - 1, _LARGEST_STEP)), LONGEST_SECONDS)


def check_attempt(wiring: Wiring, account: str, address: str) -> None:
    """Check that another attempt may be made now.

    Raises:
        ThrottledError: not yet.
    """
    counts = _counts(wiring, account, address)
    query = select(throttle).where(throttle.c.digest.in_(counts))
    with reading(wiring.engine) as connection:
        rows = connection.execute(query).all()
    now = wiring.now()
    waits = [0.0]
    for row in rows:
        passed = now - parse_instant(row.last_at)
        if passed < _FORGOTTEN_AFTER:
            delay = delay_seconds(row.failures, counts[row.digest])
            waits.append(delay - passed.total_seconds())
    if max(waits) > 0:
        seconds = int(max(waits)) + 1
        raise ThrottledError(
            "Too many attempts failed.", remedy=f"Wait {seconds} seconds.", seconds=seconds
        )


def note_failure(wiring: Wiring, account: str, address: str) -> None:
    """Count a failed attempt."""
    now = wiring.now()
    moment = format_instant(now)
    dialect = postgresql if wiring.engine.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(throttle)
    statement = statement.on_conflict_do_update(
        index_elements=["digest"], set_={"failures": throttle.c.failures + 1, "last_at": moment}
    )
    rows = [
        {"digest": digest, "failures": 1, "last_at": moment}
        for digest in sorted(_counts(wiring, account, address))
    ]
    with writing(wiring.engine) as connection:
        forgotten = format_instant(now - _FORGOTTEN_AFTER)
        connection.execute(delete(throttle).where(throttle.c.last_at < forgotten))
        connection.execute(statement, rows)


def forget_failures(wiring: Wiring, account: str, address: str) -> None:
    """Forget the failures of an account from an address, after a success."""
    digest = _pair(wiring, account, address)
    with reading(wiring.engine) as connection:
        known = connection.execute(select(throttle).where(throttle.c.digest == digest)).first()
    if known is not None:
        with writing(wiring.engine) as connection:
            connection.execute(delete(throttle).where(throttle.c.digest == digest))


def _counts(wiring: Wiring, account: str, address: str) -> dict[str, int]:
    """What is counted, and how many failures of it are free."""
    if address.startswith(KNOWN):
        return {_pair(wiring, account, address): FREE_FOR_ACCOUNT}
    alone = keyed_digest(wiring, "throttle", f"address\n{address}")
    return {_pair(wiring, account, address): FREE_FOR_ACCOUNT, alone: FREE_FOR_ADDRESS}


def _pair(wiring: Wiring, account: str, address: str) -> str:
    return keyed_digest(wiring, "throttle", f"account\n{account}\n{address}")
