"""Lists and providers on every database: people join, leave and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.webui.feed.test_difference import START, Feed
from tests.webui.scim.test_scim import CORE, Idp
from webui.identity.accounts import find_account

if TYPE_CHECKING:
    from tests.webui.house import House


def test_a_list_is_carried_out_once_and_a_provider_tells_the_rest(any_house: House) -> None:
    feed = Feed(any_house)
    assert feed.run(START).commands == 5
    assert feed.run(START).commands == 0
    ana = feed.known("ana@example.org")
    feed.run("email,name\nbo@example.org,Bo\n")
    account = find_account(any_house.wiring, ana)
    assert account is not None
    assert account.disabled
    idp = Idp(any_house)
    eve = idp.create("eve")
    group = {"schemas": [f"{CORE}:Group"], "displayName": "All", "members": [{"value": eve}]}
    assert idp.ask("POST", "/Groups", group).status_code == 201
    assert idp.patch(
        f"/Users/{eve}", {"op": "Replace", "path": "active", "value": "False"}
    ).json["active"] is False  # fmt: skip
    assert idp.ask("DELETE", f"/Users/{eve}").status_code == 204
    assert idp.create("eve") == eve
