"""SCIM as Microsoft Entra and Okta speak it, and what comes of it in the ledger."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from ledger.events.access import InventoryReconciled
from ledger.events.actor import Actor
from ledger.events.people import RoleGranted
from ledger.store.database import reading
from tests.webui.house import build
from webui.app import create_app
from webui.identity import tables
from webui.identity.accounts import create_account, find_account, find_by_address
from webui.identity.scope import TokenScope
from webui.identity.subjects import linked_subjects
from webui.subject_export import subject_export

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

    from tests.webui.house import House

CORE = "urn:ietf:params:scim:schemas:core:2.0"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
KINDS = (
    "actor.enrolled", "role.revoked", "change.proposed", "change.withdrawn", "inventory.reconciled",
)  # fmt: skip
_NAMES = itertools.count()
SETTINGS = """
[[provider]]
name = "company"
title = "Company"
issuer = "https://login.example.org"
client_id = "counterseal"

[scim]
provider = "company"

[scim.roles]
"ML Leads" = ["ml_lead"]
"Scientists" = ["data_scientist"]
"Everything" = ["administrator"]
"""


class Idp:
    """An identity provider with its token."""

    def __init__(self, house: House, scope: TokenScope | None = None) -> None:
        self.house = house
        self.actor = house.enrol("Entra", "", "people_feed", actor_type="workload")
        self.secret = house.token(self.actor, scope or TokenScope(kinds=KINDS))

    def ask(self, method: str, path: str, fields: object = None, **more: Any) -> TestResponse:
        options: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.secret}"}, **more}
        if fields is not None:
            options |= {"json": fields, "content_type": "application/scim+json"}
        answer = self.house.client().open(f"/scim/v2{path}", method=method, **options)
        if answer.status_code != 204:
            assert answer.mimetype == "application/scim+json", answer.text
        return answer

    def create(self, name: str, **more: Any) -> str:
        answer = self.ask("POST", "/Users", entra_user(name, **more))
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])

    def patch(self, path: str, *operations: dict[str, Any]) -> TestResponse:
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def roles(self, actor: str) -> set[str]:
        return {held.role for held in self.house.wiring.reader.actor(actor).roles}

    def proposals(self, actor: str) -> set[tuple[str, str]]:
        reader = self.house.wiring.reader
        found = [reader.proposed(one.since) for one in reader.changes(status="open")]
        return {(one.kind, one.role) for one in found if one.actor_id == actor}

    def give(self, actor: str, role: str) -> None:
        root = Actor(id=self.house.administrator, type="person", via="password")
        granted = RoleGranted(actor_id=actor, role=role)
        assert self.house.wiring.submitter.submit(root, granted).outcome == "allow"


def entra_user(name: str, **more: Any) -> dict[str, Any]:
    """As Microsoft Entra creates a user, the enterprise extension included."""
    return {
        "schemas": [f"{CORE}:User", ENTERPRISE],
        "externalId": f"{name}-object-id",
        "userName": f"{name}@example.org",
        "active": True,
        "displayName": name.title(),
        "emails": [{"primary": True, "type": "work", "value": f"{name}@example.org"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": name.title(), "familyName": "X", "givenName": name.title()},
        "title": "Not kept",
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}],
        ENTERPRISE: {"department": "Not kept"},
        **more,
    }


def okta_user(name: str) -> dict[str, Any]:
    """As Okta creates a user, with a password that nobody keeps."""
    return {
        "schemas": [f"{CORE}:User"],
        "userName": f"{name}@example.org",
        "name": {"givenName": name.title(), "familyName": "Ok"},
        "emails": [{"primary": True, "value": f"{name}@example.org", "type": "work"}],
        "displayName": f"{name.title()} Ok",
        "locale": "en-US",
        "externalId": f"00u{name}",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    folder = tmp_path_factory.mktemp("scim")
    (folder / "sign-in.toml").write_text(SETTINGS, "utf-8")
    house = build(folder / "home")
    settings = replace(house.wiring.settings, sign_in_file=folder / "sign-in.toml")
    house.wiring = replace(house.wiring, settings=settings)
    house.app = create_app(house.wiring)
    yield Idp(house)
    house.wiring.close()


def test_a_user_that_entra_creates_is_a_person_with_a_linked_sign_in(idp: Idp) -> None:
    since = idp.house.size
    answer = idp.ask("POST", "/Users", entra_user("ana"))
    assert answer.status_code == 201
    ana = answer.json["id"]
    assert answer.headers["Location"] == answer.json["meta"]["location"]
    assert answer.json["userName"] == "ana@example.org"
    assert "title" not in answer.json
    assert "password" not in answer.text
    person = idp.house.wiring.reader.person(ana)
    assert (person.name, person.email) == ("Ana", "ana@example.org")
    assert find_by_address(idp.house.wiring, "ana@example.org") == ana
    assert len(linked_subjects(idp.house.wiring, ana)) == 1
    entry = idp.house.wiring.log.entry(since)
    assert (entry.event.kind, entry.actor.id) == ("actor.enrolled", idp.actor)
    again = idp.ask("POST", "/Users", entra_user("ana"))
    assert (again.status_code, again.json["scimType"]) == (409, "uniqueness")
    assert again.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert again.json["status"] == "409"


def test_what_providers_look_for_is_found(idp: Idp) -> None:
    bob = idp.create("bob")
    for said in (
        'userName eq "BOB@example.org"',
        'externalId eq "bob-object-id"',
        f'id eq "{bob}"',
        'emails[type eq "work"].value eq "bob@example.org"',
        'userName sw "bob" and active eq true',
    ):
        found = idp.ask("GET", "/Users", query_string={"filter": said}).json
        assert [one["id"] for one in found["Resources"]] == [bob], said
        assert found["totalResults"] == 1
    # As Entra tests a connection: a random user name.
    none = idp.ask("GET", "/Users", query_string={"filter": 'userName eq "c0ffee"'})
    assert (none.status_code, none.json["totalResults"], none.json["Resources"]) == (200, 0, [])
    wrong = idp.ask("GET", "/Users", query_string={"filter": "userName eq"})
    assert (wrong.status_code, wrong.json["scimType"]) == (400, "invalidFilter")
    some = idp.ask("GET", "/Users", query_string={"startIndex": "1", "count": "1"}).json
    assert (some["itemsPerPage"], len(some["Resources"])) == (1, 1)
    assert some["totalResults"] > 1
    rest = idp.ask("GET", "/Users", query_string={"startIndex": "2", "count": "1"}).json
    assert rest["Resources"][0]["id"] != some["Resources"][0]["id"]
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
              "filter": 'userName eq "bob@example.org"'}  # fmt: skip
    assert idp.ask("POST", "/Users/.search", search).json["totalResults"] == 1
    only = idp.ask("GET", f"/Users/{bob}", query_string={"attributes": "userName"}).json
    assert set(only) == {"schemas", "id", "userName"}


@pytest.mark.parametrize("said", [False, "False", "false"])
@pytest.mark.parametrize("by_path", [True, False])
def test_who_is_made_inactive_leaves_at_once(idp: Idp, said: object, by_path: bool) -> None:
    house = idp.house
    name = f"leaver{next(_NAMES)}"
    actor = idp.create(name)
    idp.give(actor, "data_scientist")
    secret = house.token(actor)
    since = house.size
    operation = {"op": "Replace", "path": "active", "value": said}
    if not by_path:
        operation = {"op": "replace", "value": {"active": said}}
    answer = idp.patch(f"/Users/{actor}", operation)
    assert (answer.status_code, answer.json["active"]) == (200, False)
    kinds = [house.wiring.log.entry(at).event.kind for at in range(since, house.size)]
    assert kinds == ["inventory.reconciled", "role.revoked"]
    event = house.wiring.log.entry(since).event
    assert isinstance(event, InventoryReconciled)
    assert [one.actor_id for one in event.left] == [actor]
    account = find_account(house.wiring, actor)
    assert account is not None
    assert account.disabled
    assert house.api(secret).get("/me").status_code == 401
    size = house.size
    assert idp.patch(f"/Users/{actor}", operation).status_code == 200
    assert house.size == size, "nothing twice"
    back = idp.patch(f"/Users/{actor}", {"op": "Replace", "path": "active", "value": "True"})
    assert back.json["active"] is True
    account = find_account(house.wiring, actor)
    assert account is not None
    assert not account.disabled
    assert idp.roles(actor) == set()


def test_deleting_is_leaving_and_nobody_is_deleted(idp: Idp) -> None:
    actor = idp.create("dee")
    assert idp.ask("DELETE", f"/Users/{actor}").status_code == 204
    assert idp.ask("GET", f"/Users/{actor}").status_code == 404
    assert idp.ask("DELETE", f"/Users/{actor}").status_code == 404
    found = idp.ask("GET", "/Users", query_string={"filter": 'userName eq "dee@example.org"'})
    assert found.json["totalResults"] == 0
    assert idp.house.wiring.reader.person(actor).name == "Dee"
    again = idp.ask("POST", "/Users", entra_user("dee"))
    assert (again.status_code, again.json["id"]) == (201, actor), "the same person comes back"


def test_a_user_is_replaced_and_patched_as_okta_does(idp: Idp) -> None:
    answer = idp.ask("POST", "/Users", okta_user("oki"))
    assert answer.status_code == 201, answer.text
    actor = answer.json["id"]
    whole = {**okta_user("oki"), "id": actor, "displayName": "Oki New"}
    whole["name"] = {"givenName": "Oki", "familyName": "New"}
    put = idp.ask("PUT", f"/Users/{actor}", whole)
    assert (put.status_code, put.json["displayName"]) == (200, "Oki New")
    assert idp.house.wiring.reader.person(actor).name == "Oki Ok", "a feed puts no name right"
    left = idp.ask("PUT", f"/Users/{actor}", {**whole, "active": False})
    assert left.json["active"] is False
    more = idp.patch(
        f"/Users/{actor}",
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "oki@home.example.org"},
        {"op": "Replace", "path": "name.familyName", "value": "Newer"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Dropped"},
        {"op": "Replace", "value": {"nickName": "dropped"}},
    )
    assert more.status_code == 200, more.text
    assert more.json["name"]["familyName"] == "Newer"
    assert {one["value"] for one in more.json["emails"]} == {
        "oki@example.org", "oki@home.example.org",
    }  # fmt: skip
    taken = idp.patch(
        f"/Users/{actor}", {"op": "Replace", "path": "userName", "value": "ANA@example.org"}
    )
    assert (taken.status_code, taken.json["scimType"]) == (409, "uniqueness")


def test_groups_give_roles_under_the_policy_and_take_them(idp: Idp) -> None:
    gil, hal = idp.create("gil"), idp.create("hal")
    group = {"schemas": [f"{CORE}:Group"], "displayName": "ML Leads", "externalId": "g-1"}
    made = idp.ask("POST", "/Groups", {**group, "members": [{"value": gil}]})
    assert made.status_code == 201, made.text
    path = f"/Groups/{made.json['id']}"
    assert idp.roles(gil) == set(), "never past the policy"
    assert idp.proposals(gil) == {("role.granted", "ml_lead")}
    added = idp.patch(path, {"op": "Add", "path": "members", "value": [{"value": hal}]})
    assert {one["value"] for one in added.json["members"]} == {gil, hal}
    assert idp.proposals(hal) == {("role.granted", "ml_lead")}
    seen = idp.ask("GET", f"/Users/{gil}").json["groups"]
    assert [one["display"] for one in seen] == ["ML Leads"]
    gone = idp.patch(path, {"op": "Remove", "path": "members", "value": [{"value": hal}]})
    assert [one["value"] for one in gone.json["members"]] == [gil]
    assert idp.proposals(hal) == set(), "what is given by no group is withdrawn"
    idp.give(gil, "ml_lead")
    okta = idp.patch(path, {"op": "remove", "path": f'members[value eq "{gil}"]'})
    assert okta.status_code == 200, okta.text
    assert idp.roles(gil) == set()
    found = idp.ask("GET", "/Groups", query_string={
        "filter": 'displayName eq "ML Leads"', "excludedAttributes": "members"})  # fmt: skip
    assert [one["id"] for one in found.json["Resources"]] == [made.json["id"]]
    assert "members" not in found.json["Resources"][0]
    twice = idp.ask("POST", "/Groups", group)
    assert (twice.status_code, twice.json["scimType"]) == (409, "uniqueness")
    stranger = idp.patch(path, {"op": "Add", "path": "members", "value": [{"value": "0" * 32}]})
    assert (stranger.status_code, stranger.json["scimType"]) == (400, "invalidValue")
    put = idp.ask("PUT", path, {**group, "members": [{"value": hal}]})
    assert put.status_code == 200, put.text
    assert idp.ask("DELETE", path).status_code == 204
    assert idp.proposals(hal) == set()


def test_a_group_makes_nobody_an_administrator(idp: Idp) -> None:
    ivy = idp.create("ivy")
    group = {"schemas": [f"{CORE}:Group"], "displayName": "Everything"}
    made = idp.ask("POST", "/Groups", {**group, "members": [{"value": ivy}]})
    assert made.status_code == 201
    assert idp.roles(ivy) == set()
    assert idp.proposals(ivy) == {("role.granted", "administrator")}
    assert idp.patch(
        f"/Users/{ivy}", {"op": "Replace", "path": "active", "value": False}
    ).status_code == 200  # fmt: skip
    assert idp.proposals(ivy) == set()


def test_who_is_here_already_is_found_and_no_sign_in_is_linked_to_them(idp: Idp) -> None:
    house = idp.house
    zoe = house.enrol("Zoe", "zoe@example.org", "compliance")
    create_account(house.wiring, zoe, "a sentence that nobody guesses")
    yan = house.enrol("Yan", "yan@example.org", "compliance")
    assert idp.create("zoe") == zoe
    assert idp.create("yan") == yan
    assert linked_subjects(house.wiring, zoe) == []
    assert house.wiring.reader.person(zoe).name == "Zoe"
    assert idp.roles(zoe) == {"compliance"}


def test_the_last_administrator_does_not_leave(idp: Idp) -> None:
    house = idp.house
    rae = house.enrol("Rae", "rae@example.org", "administrator")
    create_account(house.wiring, rae, "a sentence that nobody guesses")
    assert idp.create("rae") == rae
    size = house.size
    answer = idp.patch(f"/Users/{rae}", {"op": "Replace", "path": "active", "value": False})
    assert answer.status_code == 409
    assert "nobody else could administer" in answer.json["detail"]
    assert house.size == size


def test_only_a_workload_with_the_role_provisions(idp: Idp) -> None:
    house = idp.house
    root = house.token(house.administrator)
    pipeline = house.enrol("CI", "", "pipeline", actor_type="workload")
    for secret in ("", "nonsense", root, house.token(pipeline)):
        answer = house.client().get("/scim/v2/Users", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code in {401, 403}
        assert answer.mimetype == "application/scim+json"
        assert answer.json["status"] == str(answer.status_code)
    write = house.token(idp.actor, TokenScope(kinds=("role.revoked",)))
    size = house.size
    answer = house.client().post(
        "/scim/v2/Users", json=entra_user("nobody"), headers={"Authorization": f"Bearer {write}"}
    )
    assert (answer.status_code, house.size) == (403, size)
    assert find_by_address(house.wiring, "nobody@example.org") is None
    blind = house.token(idp.actor, TokenScope(kinds=KINDS, read=False))
    answer = house.client().get("/scim/v2/Users", headers={"Authorization": f"Bearer {blind}"})
    assert answer.status_code == 403


def test_another_provider_sees_none_of_it(idp: Idp) -> None:
    mine = idp.create("mine")
    other = Idp(idp.house)
    assert other.ask("GET", f"/Users/{mine}").status_code == 404
    assert other.ask("GET", "/Users").json["totalResults"] == 0
    assert other.ask("DELETE", f"/Users/{mine}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"userName":"a","userName":"b"}', 400),
        (b'{"userName":NaN}', 400),
        (b"{}", 400),
        (b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}', 400),
        (b"[" * 100_000, 400),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)
def test_what_is_no_user_is_refused_in_the_form_of_scim(idp: Idp, body: bytes, status: int) -> None:
    size = idp.house.size
    answer = idp.ask("POST", "/Users", data=body, content_type="application/scim+json")
    assert answer.status_code == status, answer.text
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert idp.house.size == size


def test_a_body_of_another_type_is_refused(idp: Idp) -> None:
    answer = idp.ask("POST", "/Users", data=b"{}", content_type="text/plain")
    assert answer.status_code == 415
    for path in ("/Me", "/Bulk"):
        assert idp.ask("POST", path).status_code == 501
    assert idp.ask("GET", "/Nothing").status_code == 404
    assert idp.ask("POST", "/Schemas").status_code == 405


def test_a_copy_of_somebodys_data_holds_what_the_provider_said(idp: Idp) -> None:
    actor = idp.create("copy")
    (told,) = subject_export(idp.house.wiring, actor)["subject"]["told_by_feeds"]
    assert told["told"]["userName"] == "copy@example.org"
    assert told["state"] == "active"


def test_the_tables_hold_no_name_and_no_address(idp: Idp) -> None:
    idp.create("visible")
    group = {"schemas": [f"{CORE}:Group"], "displayName": "Visible Friends"}
    assert idp.ask("POST", "/Groups", group).status_code == 201
    with reading(idp.house.wiring.engine) as connection:
        found = [connection.execute(select(one)).all() for one in tables.metadata.sorted_tables]
    assert "visible" not in repr(found).casefold()


def test_the_library_of_scim_is_not_loaded_before_it_is_asked_for() -> None:
    import subprocess

    program = "import sys, webui.app; sys.exit('scim2_models' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
