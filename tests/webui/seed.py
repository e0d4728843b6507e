"""A company on the pages: people with passwords, a model, a version, and a release that waits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.webui.api.company import ARTIFACT, a_model, a_version
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.webui.house import House

PASSWORD = "a sentence that nobody guesses"
HOSTILE = '<script>alert("x")</script><b>&'


@dataclass
class Seeded:
    """The house, who is in it, and the number of the open release that Bo asked for."""

    house: House
    ana: str
    bo: str
    chi: str
    release: int

    def browser(self, name: str) -> FlaskClient:
        """A browser in which somebody has signed in."""
        client = self.house.client()
        answer = client.post(
            "/login",
            data={
                "csrf_token": token_of(client.get("/login").text),
                "email": f"{name}@example.org",
                "password": PASSWORD,
            },
        )
        assert answer.status_code == 302, answer.text
        return client

    def post(self, client: FlaskClient, path: str, page: str, **fields: str) -> TestResponse:
        """Fill in a form of ``page`` and send it to ``path``."""
        found = client.get(page).text
        hidden = {"csrf_token": token_of(found), "once": once_of(found)}
        return client.post(path, data={**hidden, **fields})


def token_of(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def once_of(page: str) -> str:
    """The value that makes a page's form happen once."""
    found = re.search(r'name="once" value="([^"]+)"', page)
    return found[1] if found else ""


def seed(house: House) -> Seeded:
    """Fill a house."""
    ids = {}
    for name, role in (("ana", "data_scientist"), ("bo", "ml_lead"), ("chi", "compliance")):
        shown = "Ana Kovač" if name == "ana" else name.title()
        ids[name] = house.enrol(shown, f"{name}@example.org", role)
        create_account(house.wiring, ids[name], PASSWORD)
    ana, bo = (house.api(house.token(ids[name])) for name in ("ana", "bo"))
    asked = [
        ana.submit("model.registered", {**a_model(ids["ana"]), "description": HOSTILE}),
        ana.submit("version.registered", a_version()),
        ana.submit(
            "evidence.attached",
            {
                "model": "churn",
                "version": "1.0.0",
                "type": "evaluation_report",
                "sha256": "7a" * 32,
                "size_bytes": 12,
                "media_type": "text/plain",
                "title": HOSTILE,
            },
        ),
        bo.submit(
            "release.requested",
            {"model": "churn", "version": "1.0.0", "environment": "production", "note": HOSTILE},
        ),
    ]
    assert [answer.status_code for answer in asked] == [201] * 4
    return Seeded(house, ids["ana"], ids["bo"], ids["chi"], asked[-1].json["sequence"])


__all__ = ["ARTIFACT", "HOSTILE", "PASSWORD", "Seeded", "once_of", "seed", "token_of"]
