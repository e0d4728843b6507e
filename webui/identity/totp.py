"""The second factor: six digits that an app on a phone shows, and codes for when it is lost.

Rules:
- RFC 6238 with SHA-1, 30 seconds, six digits: what every app takes. The secret has 160 bits and is
  stored encrypted (``webui.identity.sealing``).
- It counts only after its person has entered one code, so that nobody is locked out by a scan that
  went wrong.
- A code counts in its own half minute, the one before and the one after (RFC 6238 section 5.2), and
  once: the step of the last code is kept, and no code of it or an older step counts again.
- Ten recovery codes of 80 bits stand in for it, each once; they are stored as HMAC-SHA256.
- Wrong codes make the next one wait (``webui.identity.throttle``). Whoever is asked for a code has
  given the right password, so a stranger can make nobody wait.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyotp
from sqlalchemy import delete, func, insert, select, update

from ledger.errors import ConflictError, InputError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.errors import SignInError
from webui.identity.sealing import seal, unseal
from webui.identity.secret import keyed_digest
from webui.identity.strength import BY_RECOVERY_CODE, BY_TOTP
from webui.identity.tables import recovery_code, second_factor
from webui.identity.throttle import check_attempt, forget_failures, note_failure

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webui.identity.strength import Strength
    from webui.wiring import Wiring

STEP_SECONDS: Final = 30
DRIFT_STEPS: Final = 1
RECOVERY_CODES: Final = 10
ISSUER: Final = "Counterseal"
_SECRET_BYTES: Final = 20
_RECOVERY_BYTES: Final = 10
_DIGITS: Final = 6


@dataclass(frozen=True)
class SecondFactor:
    """Whether somebody has a second factor, since when, and how many recovery codes are left."""

    since: str
    codes_left: int


@dataclass(frozen=True)
class NewFactor:
    """What the enrolment page shows once: the secret as text and as an ``otpauth`` address."""

    secret: str
    uri: str


def begin_enrolment(wiring: Wiring, actor_id: str, account_name: str) -> NewFactor:
    """Make a secret that counts once it is confirmed; a secret that waited is replaced.

    Raises:
        ConflictError: there is a second factor; it must be taken off first.
    """
    secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")
    with writing(wiring.engine) as connection:
        _check_none(connection, actor_id)
        connection.execute(delete(second_factor).where(second_factor.c.actor_id == actor_id))
        connection.execute(
            insert(second_factor).values(
                actor_id=actor_id,
                secret=seal(wiring, "second-factor", actor_id, secret.encode("ascii")),
                created_at=format_instant(wiring.now()),
                last_step=-1,
            )
        )
    return _shown(secret, account_name)


def waiting_enrolment(wiring: Wiring, actor_id: str, account_name: str) -> NewFactor | None:
    """The secret that waits to be confirmed, to be shown again; None where none does."""
    query = select(second_factor).where(
        second_factor.c.actor_id == actor_id, second_factor.c.confirmed_at.is_(None)
    )
    with reading(wiring.engine) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    secret = unseal(wiring, "second-factor", actor_id, row.secret).decode("ascii")
    return _shown(secret, account_name)


def confirm_enrolment(wiring: Wiring, actor_id: str, code: str) -> list[str]:
    """Let the secret that waits count; returns the recovery codes, which are shown once.

    Raises:
        InputError: the code is not one of this secret now, or nothing waits.
    """
    step_now = _step(wiring)
    with writing(wiring.engine) as connection:
        row = connection.execute(
            select(second_factor).where(second_factor.c.actor_id == actor_id)
        ).first()
        step = None
        if row is not None and row.confirmed_at is None:
            step = _matching(_secret(wiring, actor_id, row.secret), code, step_now)
        if step is None:
            raise InputError(
                "This is not the code that the app shows now.",
                code="code-wrong",
                pointer="/code",
                remedy="Look at the app again; the clocks of phone and server must agree.",
            )
        connection.execute(
            update(second_factor)
            .where(second_factor.c.actor_id == actor_id)
            .values(confirmed_at=format_instant(wiring.now()), last_step=step)
        )
        return _renew_codes(connection, wiring, actor_id)


def find_second_factor(wiring: Wiring, actor_id: str) -> SecondFactor | None:
    """The second factor that counts, or None."""
    query = select(second_factor.c.confirmed_at).where(second_factor.c.actor_id == actor_id)
    left = select(func.count()).where(
        recovery_code.c.actor_id == actor_id, recovery_code.c.used_at.is_(None)
    )
    with reading(wiring.engine) as connection:
        since = connection.execute(query).scalar()
        return None if since is None else SecondFactor(since, connection.execute(left).scalar_one())


def check_code(wiring: Wiring, actor_id: str, code: str, address: str) -> Strength:
    """Use up a code of the app or a recovery code; says how strong that makes the sign-in.

    Raises:
        ThrottledError: too many were wrong; the code was not looked at.
        SignInError: it is wrong, or was used.
    """
    key = f"code/{actor_id}"
    check_attempt(wiring, key, address)
    found = _use(wiring, actor_id, code)
    if found is None:
        note_failure(wiring, key, address)
        raise SignInError(
            "This code does not count: it is wrong, too old or was used.",
            code="code-wrong",
            pointer="/code",
            remedy="Wait for the next code of the app, or take a recovery code.",
        )
    forget_failures(wiring, key, address)
    return found


def new_recovery_codes(wiring: Wiring, actor_id: str) -> list[str]:
    """New recovery codes, shown once; the old ones count no more.

    Raises:
        InputError: there is no second factor.
    """
    if find_second_factor(wiring, actor_id) is None:
        raise InputError("There is no second factor.", code="no-second-factor")
    with writing(wiring.engine) as connection:
        return _renew_codes(connection, wiring, actor_id)


def remove_second_factor(connection: Connection, actor_id: str) -> None:
    """Take the second factor and its recovery codes off, within a writing transaction."""
    connection.execute(delete(second_factor).where(second_factor.c.actor_id == actor_id))
    connection.execute(delete(recovery_code).where(recovery_code.c.actor_id == actor_id))


def _use(wiring: Wiring, actor_id: str, code: str) -> Strength | None:
    given = "".join(code.split()).replace("-", "")
    if len(given) == _DIGITS and given.isascii() and given.isdigit():
        return BY_TOTP if _use_step(wiring, actor_id, given) else None
    return BY_RECOVERY_CODE if _use_recovery(wiring, actor_id, given.upper()) else None


def _use_step(wiring: Wiring, actor_id: str, code: str) -> bool:
    """Of two who bring the same code at once, one is let in: the step moves by compare-and-swap."""
    with reading(wiring.engine) as connection:
        row = connection.execute(
            select(second_factor).where(
                second_factor.c.actor_id == actor_id, second_factor.c.confirmed_at.is_not(None)
            )
        ).first()
    if row is None:
        return False
    step = _matching(_secret(wiring, actor_id, row.secret), code, _step(wiring))
    if step is None:
        return False
    with writing(wiring.engine) as connection:
        moved = connection.execute(
            update(second_factor)
            .where(second_factor.c.actor_id == actor_id, second_factor.c.last_step < step)
            .values(last_step=step)
        )
    return moved.rowcount == 1


def _use_recovery(wiring: Wiring, actor_id: str, code: str) -> bool:
    with writing(wiring.engine) as connection:
        used = connection.execute(
            update(recovery_code)
            .where(
                recovery_code.c.digest == _recovery_digest(wiring, actor_id, code),
                recovery_code.c.actor_id == actor_id,
                recovery_code.c.used_at.is_(None),
            )
            .values(used_at=format_instant(wiring.now()))
        )
    return used.rowcount == 1


def _renew_codes(connection: Connection, wiring: Wiring, actor_id: str) -> list[str]:
    codes = [
        base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode("ascii")
        for _ in range(RECOVERY_CODES)
    ]
    now = format_instant(wiring.now())
    connection.execute(delete(recovery_code).where(recovery_code.c.actor_id == actor_id))
    connection.execute(
        insert(recovery_code),
        [
            {
                "digest": _recovery_digest(wiring, actor_id, code),
                "actor_id": actor_id,
                "created_at": now,
            }
            for code in codes
        ],
    )
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _recovery_digest(wiring: Wiring, actor_id: str, code: str) -> str:
    return keyed_digest(wiring, "recovery-code", f"{actor_id}\n{code}")


def _check_none(connection: Connection, actor_id: str) -> None:
    query = select(second_factor.c.confirmed_at).where(second_factor.c.actor_id == actor_id)
    if connection.execute(query).scalar() is not None:
        raise ConflictError(
            "There is a second factor already.",
            code="second-factor-exists",
            remedy="Take it off first.",
        )


def _matching(secret: str, code: str, step_now: int) -> int | None:
    """The step whose code this is; all are looked at, so that the time tells nothing."""
    generator = pyotp.HOTP(secret)
    found = None
    for step in range(step_now - DRIFT_STEPS, step_now + DRIFT_STEPS + 1):
        if hmac.compare_digest(generator.at(step), code):
            found = step
    return found


def _step(wiring: Wiring) -> int:
    return int(wiring.now().timestamp()) // STEP_SECONDS


def _secret(wiring: Wiring, actor_id: str, sealed: str) -> str:
    return unseal(wiring, "second-factor", actor_id, sealed).decode("ascii")


def _shown(secret: str, account_name: str) -> NewFactor:
    uri = pyotp.TOTP(secret).provisioning_uri(name=account_name, issuer_name=ISSUER)
    return NewFactor(secret, uri)
