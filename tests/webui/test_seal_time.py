"""Seals with a third party's time (PAdES B-T): a real authority, and none that answers."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.errors import InputError, OutsideError, ProofError
from ledger.outside.timestamp import read_certificates
from tests import setup_tools
from tests.tools.authority import running
from tests.webui.seed import seed
from webui.handed_in import HandedIn, verify_files
from webui.issuing import Wanted, issue_report
from webui.sealed import check_seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tools.authority import Authority
    from tests.webui.house import House

WANTED = Wanted("integrity", "2026-03-01", "2026-12-31")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    yield from running(tmp_path_factory.mktemp("seal") / "tsa")


@pytest.fixture
def stamping(house: House, authority: Authority) -> Iterator[House]:
    seed(house)
    with_time = replace(
        house.wiring.settings,
        timestamp_urls=(authority.url,),
        timestamp_certificates=authority.roots,
        seal_timestamp=True,
    )
    house.wiring = replace(house.wiring, settings=with_time)
    yield house
    authority.spoil.clear()
    authority.status = 200


def test_a_seal_bears_the_authoritys_time_and_both_verifiers_report_it(
    stamping: House, authority: Authority, tmp_path: Path
) -> None:
    asked = authority.asked
    issued = issue_report(stamping.wiring, stamping.wiring.service, WANTED)
    assert authority.asked == asked + 1
    data = issued.path.read_bytes()
    certificate = stamping.wiring.seal()[1]
    held = check_seal(data, certificate, read_certificates(authority.roots))
    assert held.trusted
    assert "Test TSA" in held.stamped_by
    file = tmp_path / "report.pdf"
    file.write_bytes(data)
    program = setup_tools.find(setup_tools.PDFSIG)
    assert program is not None
    told = subprocess.run([program, str(file)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told


def test_our_verify_page_tells_the_time(stamping: House) -> None:
    issued = issue_report(stamping.wiring, stamping.wiring.service, WANTED)
    (verdict,) = verify_files(stamping.wiring, [HandedIn("report.pdf", issued.path.read_bytes())])
    assert verdict.word == "genuine"
    assert any("time-stamped 20" in step.detail and "Test TSA" in step.detail
               for step in verdict.steps)  # fmt: skip


def test_a_time_that_leads_to_another_root_does_not_hold(
    stamping: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    issued = issue_report(stamping.wiring, stamping.wiring.service, WANTED)
    for other in running(tmp_path_factory.mktemp("other") / "tsa"):
        with pytest.raises(ProofError, match="time stamp"):
            check_seal(
                issued.path.read_bytes(), stamping.wiring.seal()[1], read_certificates(other.roots)
            )
        break


@pytest.mark.parametrize("wrong", ["away", "refuses", "nonsense"])
def test_where_no_authority_answers_nothing_is_issued(
    stamping: House, authority: Authority, wrong: str
) -> None:
    wiring = stamping.wiring
    if wrong == "away":
        gone = replace(wiring.settings, timestamp_urls=("http://127.0.0.1:9/tsa",))
        wiring = replace(wiring, settings=gone)
    elif wrong == "refuses":
        authority.status = 503
    else:
        authority.spoil.append(b"no reply at all")
    size = wiring.log.head().size
    files = set(wiring.settings.reports.iterdir())
    with pytest.raises(OutsideError) as refused:
        issue_report(wiring, wiring.service, WANTED)
    assert refused.value.code == "seal-timestamp-unavailable"
    assert wiring.log.head().size == size
    assert set(wiring.settings.reports.iterdir()) == files


def test_the_next_authority_is_asked_where_the_first_is_away(
    stamping: House, authority: Authority
) -> None:
    urls = ("http://127.0.0.1:9/tsa", authority.url)
    wiring = replace(
        stamping.wiring, settings=replace(stamping.wiring.settings, timestamp_urls=urls)
    )
    issued = issue_report(wiring, wiring.service, WANTED)
    assert check_seal(issued.path.read_bytes(), wiring.seal()[1]).stamped_at


def test_without_an_authority_the_setting_is_refused_and_never_ignored(stamping: House) -> None:
    bare = replace(stamping.wiring.settings, timestamp_urls=())
    with pytest.raises(InputError, match="no authority is named"):
        issue_report(replace(stamping.wiring, settings=bare), stamping.wiring.service, WANTED)


def test_without_the_setting_no_third_party_states_the_time(house: House) -> None:
    seed(house)
    issued = issue_report(house.wiring, house.wiring.service, WANTED)
    held = check_seal(issued.path.read_bytes(), house.wiring.seal()[1])
    assert held.stamped_at == ""
    assert "no third party states its time" in held.sentence
