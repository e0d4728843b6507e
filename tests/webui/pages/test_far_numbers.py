"""Numbers larger than a database's integers: in addresses and in proofs they name nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.core.proof import format_proof
from tests.webui.seed import Seeded, seed, token_of
from webui.handed_in import HandedIn, verify_files

if TYPE_CHECKING:
    from tests.webui.house import House

FAR = (2**63 - 2, 2**63 - 1, 2**63, 2**70)
ADDRESSES = (
    *("/ledger/{}", "/ledger/{}/proof", "/ledger/{}/envelope", "/ledger/{}/bundle"),
    *("/log/checkpoints/{}", "/releases/{}", "/reports/{}.pdf", "/reports/{}.zip"),
)


@pytest.fixture
def seeded(any_house: House) -> Seeded:
    return seed(any_house)


def test_an_address_with_a_far_number_leads_nowhere(seeded: Seeded) -> None:
    """They were five faults of the server: the database took no number of that size."""
    client = seeded.browser("chi")
    found = {
        path: client.get(path).status_code
        for number in FAR
        for path in (address.format(number) for address in ADDRESSES)
    }
    assert {path: code for path, code in found.items() if code != 404} == {}
    token = token_of(client.get("/ledger/2").text)
    for number in FAR:
        answer = client.post(f"/ledger/{number}/verify", data={"csrf_token": token})
        assert answer.status_code == 404


def test_a_proof_of_the_largest_number_is_a_proof_that_fails(seeded: Seeded) -> None:
    """Any stranger could change the number of a true proof, and be shown a fault of the server."""
    wiring = seeded.house.wiring
    genuine = format_proof(wiring.log.prove(2))
    assert verify_files(wiring, [HandedIn("proof", genuine)])[0].holds
    for number in (2**63 - 2, 2**63 - 1):
        far = genuine.replace(b"\nindex 2\n", b"\nindex %d\n" % number)
        assert far != genuine
        (verdict,) = verify_files(wiring, [HandedIn("proof", far)])
        assert not verdict.holds
        failed = [step for step in verdict.steps if not step.holds]
        assert [step.detail.partition(".")[0] for step in failed] == [
            "There is no entry of this number"
        ]
