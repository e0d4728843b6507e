"""An installation with channels to real receivers on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.tools.receivers import PASSWORD, USER, Hooks, Mailbox, hooks, mailbox
from tests.webui.house import build
from tests.webui.seed import Seeded, seed
from webui.app import create_app
from webui.notices.channels import Channels, read_channels
from webui.notices.courier import Courier
from webui.notices.subscribing import subscribe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.webui.house import House
    from webui.wiring import Wiring

SECRET = "a secret of the two of us, and nobody else"
FILE = """
[email]
server = "localhost"
port = {port}
sender = "ledger@example.org"
user = "{user}"
password_file = "mail-password"
certificates = "{certificate}"

[[channel]]
name = "ml-team"
type = "slack"
url = "{url}/slack/T0/B0/hidden-part"

[[channel]]
name = "risk"
type = "teams"
url = "{url}/teams?sig=hidden-part"

[[channel]]
name = "pipeline"
type = "webhook"
url = "{url}/hook"
secrets = ["{secret}"]
"""


@dataclass
class Office:
    """A seeded house whose notices really arrive somewhere."""

    seeded: Seeded
    mail: Mailbox
    hooks: Hooks
    courier: Courier
    channels: Channels

    @property
    def house(self) -> House:
        return self.seeded.house

    @property
    def wiring(self) -> Wiring:
        return self.house.wiring

    def subscribe(
        self,
        who: str,
        *topics: str,
        channel: str = "email",
        model: str = "",
        environment: str = "",
    ) -> str:
        made = subscribe(
            self.wiring,
            self.channels,
            subscriber=who,
            channel=channel,
            topics=topics,
            model=model,
            environment=environment,
        )
        return made.subscription_id

    def another(self) -> Courier:
        """A second courier of the same installation, as of another server."""
        return Courier(self.wiring, self.channels)


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[Mailbox]:
    folder = tmp_path / "mail"
    folder.mkdir()
    with mailbox(folder) as made:
        yield made


@pytest.fixture
def hook_server() -> Iterator[Hooks]:
    with hooks() as made:
        yield made


@pytest.fixture
def office(
    tmp_path: Path, database_url: str, mail_server: Mailbox, hook_server: Hooks
) -> Iterator[Office]:
    """On SQLite and on PostgreSQL."""
    house = build(tmp_path / "home", database_url)
    file = tmp_path / "notices.toml"
    values = {"port": mail_server.port, "user": USER, "certificate": mail_server.certificate}
    file.write_text(FILE.format(url=hook_server.url, secret=SECRET, **values), encoding="utf-8")
    (tmp_path / "mail-password").write_text(PASSWORD, encoding="utf-8")
    for one in (file, tmp_path / "mail-password"):
        one.chmod(0o600)
    settings = replace(
        house.wiring.settings,
        notices_file=file,
        public_url="https://ledger.example.org",
        reminder_hours=24,
        escalation_hours=72,
    )
    house.wiring = replace(house.wiring, settings=settings)
    house.app = create_app(house.wiring)
    channels = read_channels(settings)
    courier = Courier(house.wiring, channels)
    courier.turn()
    made = Office(seed(house), mail_server, hook_server, courier, channels)
    yield made
    courier.close()
    house.wiring.close()
