"""Strangers' tests of SCIM (scim2-tester), run against ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.webui.scim.test_scim import Idp

if TYPE_CHECKING:
    from tests.webui.house import House


@pytest.mark.filterwarnings("default")
def test_the_service_passes_the_tests_of_others(shared_house: House) -> None:
    idp = Idp(shared_house)
    client = WSGISCIMClient(
        shared_house.app,
        base_url="http://localhost/scim/v2",
        headers={"Authorization": f"Bearer {idp.secret}"},
    )
    results = check_server(client)
    wrong = {
        (one.title, one.resource_type): one.reason
        for one in results
        if one.status in {Status.ERROR, Status.CRITICAL}
    }
    # Whoever is here is active or not: the attribute is never without a value.
    wrong.pop(("check_remove_attribute", "User"))
    assert wrong == {}
    assert sum(one.status == Status.SUCCESS for one in results) > 60
