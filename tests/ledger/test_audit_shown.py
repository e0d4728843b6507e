"""What was published is audited like the rest: every line, every token, and the time they bracket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger import clock
from ledger.audit import audit
from ledger.core.trust import TrustPolicy
from ledger.outside.timestamp import read_certificates
from ledger.publish import Publisher
from ledger.stamp import Authorities, Stamper
from ledger.store.tables import APPEND_ONLY
from tests.ledger.test_publish import Watch, policy, watch
from tests.tools.authority import Authority, running
from tests.tools.house import person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.tools.house import House

__all__ = ["watch"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    yield from running(tmp_path_factory.mktemp("tsa") / "here")


def publish(house: House) -> None:
    made = Publisher(house.log)
    made.publish()
    made.close()


def unguarded(house: House, *statements: str) -> None:
    """Change what can't be changed, as somebody with the database's own shell would."""
    with house.log.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        else:
            for table in APPEND_ONLY:
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER {table}_refuses_{verb}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def codes(house: House) -> set[tuple[str, str]]:
    return {(problem.table, problem.code) for problem in audit(house.log).problems}


@pytest.fixture
def shown(house: House, watch: Callable[..., Watch]) -> House:
    """A log of some entries that one witness has seen."""
    one = watch("one", house.log)
    house.log.trust = policy(house.log, one.line, quorum="one")
    house.fill()
    publish(house)
    return house


def test_what_was_published_and_witnessed_is_counted(shown: House) -> None:
    found = audit(shown.log)
    assert found.sound, found.problems
    assert (found.counts.publications, found.counts.cosignatures) == (1, 2)


def test_a_publication_of_another_tree_is_named(shown: House) -> None:
    size = shown.log.head().size
    other = shown.log.sign_checkpoint(size, b"\x07" * 32)
    unguarded(shown, f"UPDATE publication SET note = {literal(shown, other)}")
    assert ("publication", "publication-differs") in codes(shown)


def literal(house: House, data: bytes) -> str:
    start = "'\\x" if house.log.engine.dialect.name == "postgresql" else "x'"
    return f"{start}{data.hex()}'"


def test_a_publication_without_the_logs_own_second_line_is_named(shown: House) -> None:
    note = shown.log.head().checkpoint
    unguarded(shown, f"UPDATE publication SET note = {literal(shown, note)}")
    assert ("publication", "cosignature-missing") in codes(shown)


def test_a_changed_line_of_a_witness_is_named(shown: House) -> None:
    with shown.log.engine.begin() as connection:
        line: bytes = bytes(connection.exec_driver_sql("SELECT line FROM cosignature").scalar())
    changed = line[:-10] + (b"A" if line[-10:-9] != b"A" else b"B") + line[-9:]
    unguarded(shown, f"UPDATE cosignature SET line = {literal(shown, changed)}")
    assert ("cosignature", "signature-failed") in codes(shown)
    unguarded_again(shown, f"UPDATE cosignature SET line = {literal(shown, b'nonsense')}")
    assert ("cosignature", "malformed-cosignature") in codes(shown)


def unguarded_again(house: House, statement: str) -> None:
    with house.log.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql(statement)


def test_lines_without_their_publication_are_named(shown: House) -> None:
    unguarded(shown, "DELETE FROM publication")
    assert ("cosignature", "rows-outside") in codes(shown)


def test_lines_of_witnesses_that_nobody_trusts_are_said_to_be_unchecked(shown: House) -> None:
    shown.log.trust = TrustPolicy()
    found = audit(shown.log)
    assert found.sound
    assert any("witnesses that the trust policy lacks" in what for what in found.skipped)


def stamped(house: House, authority: Authority) -> None:
    authorities = Authorities((authority.url,), tuple(read_certificates(authority.roots)))
    made = Stamper(house.log, house.submitter, authorities, now=clock.now)
    made.stamp()
    made.close()


@pytest.fixture
def punctual(sqlite_house: House, authority: Authority) -> House:
    """A log whose clock is right, published and time-stamped."""
    sqlite_house.submitter._committer._now = clock.now
    sqlite_house.submit(person())
    publish(sqlite_house)
    stamped(sqlite_house, authority)
    return sqlite_house


def test_a_token_is_verified_where_its_authority_is_known(
    punctual: House, authority: Authority
) -> None:
    roots = read_certificates(authority.roots)
    found = audit(punctual.log, certificates=roots)
    assert found.sound, found.problems
    assert found.counts.timestamps == 1
    unknown = audit(punctual.log)
    assert any("no certificates of authorities" in what for what in unknown.skipped)


def test_a_changed_token_is_named(punctual: House, authority: Authority) -> None:
    with punctual.log.engine.begin() as connection:
        token: bytes = connection.exec_driver_sql("SELECT token FROM timestamp").scalar()
    changed = token[:-7] + bytes([token[-7] ^ 1]) + token[-6:]
    unguarded(punctual, f"UPDATE timestamp SET token = x'{changed.hex()}'")
    found = audit(punctual.log, certificates=read_certificates(authority.roots))
    assert {problem.table for problem in found.problems} == {"timestamp"}


def test_entries_that_claim_to_be_older_than_a_token_before_them_are_named(
    sqlite_house: House, authority: Authority
) -> None:
    """The clock of the house stands weeks in the past, that of the authority is right."""
    sqlite_house.submit(person())
    publish(sqlite_house)
    stamped(sqlite_house, authority)
    sqlite_house.submit(person("Bo"))
    found = audit(sqlite_house.log, certificates=read_certificates(authority.roots))
    assert {problem.code for problem in found.problems} == {"dated-back"}


def test_entries_dated_after_a_token_that_covers_them_are_named(
    sqlite_house: House, authority: Authority
) -> None:
    ahead = clock.now()
    sqlite_house.clock.moment = ahead.replace(year=ahead.year + 1)
    sqlite_house.submit(person())
    publish(sqlite_house)
    stamped(sqlite_house, authority)
    found = audit(sqlite_house.log, certificates=read_certificates(authority.roots))
    assert "dated-ahead" in {problem.code for problem in found.problems}
