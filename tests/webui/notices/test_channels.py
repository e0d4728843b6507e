"""The file of channels: read strictly, and nothing secret of it is ever repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import InputError, OutsideError
from webui.notices.channels import Channels, read_channels
from webui.settings import Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
[email]
server = "mail.example.org"
sender = "ledger@example.org"
user = "counterseal"
password_file = "mail-password"

[[channel]]
name = "ml-team"
type = "slack"
url = "https://hooks.example.org/services/T0/B0/hidden-part"

[[channel]]
name = "risk"
type = "teams"
url = "https://flows.example.org/workflows/1?api-version=2016-06-01&sig=hidden-part"

[[channel]]
name = "pipeline"
type = "webhook"
url = "http://localhost:8080/hook"
secrets = ["hidden-part-hidden-part-hidden", "hidden-part-hidden-part-before"]
private = true
"""


def channels(folder: Path, text: str, mode: int = 0o600) -> Channels:
    file = folder / "notices.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return read_channels(Settings(folder, "", "", notices_file=file))


def test_a_whole_file_is_read_and_shows_no_secret(tmp_path: Path) -> None:
    found = channels(tmp_path, WHOLE)
    assert found.names == ("email", "ml-team", "risk", "pipeline")
    assert found.find("pipeline").private is True
    assert found.find("nobody") is None
    assert found.file("mail-password") == tmp_path / "mail-password"
    assert "hidden-part" not in repr(found)


def test_without_a_file_there_are_no_channels(tmp_path: Path) -> None:
    assert read_channels(Settings(tmp_path, "", "")).names == ()


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as refused:
        channels(tmp_path, WHOLE, 0o644)
    assert refused.value.code == "key-exposed"


HOOK = '[[channel]]\nname = "one"\ntype = "{}"\nurl = "{}"\n'
SECRET = 'secrets = ["hidden-part-hidden-part-hidden"]\n'


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("nonsense", ""),
        ("[smtp]\nserver = 'hidden-part'", "/smtp"),
        ("[email]\nserver = 'mail.example.org'", "/email/sender"),
        ("[email]\nserver = 'a b'\nsender = 'a@example.org'", "/email/server"),
        ("[email]\nserver = 'm.example.org'\nsender = 'hidden-part'", "/email/sender"),
        ("[email]\nserver = 'm.example.org'\nsender = 'a@b.org'\nport = '25'", "/email/port"),
        ("[channel]\nname = 'x'", "/channel"),
        (HOOK.format("carrier-pigeon", "https://x.example/hidden-part"), "/channel/0/type"),
        (HOOK.format("slack", "http://x.example/hidden-part"), "/channel/0/url"),
        (HOOK.format("slack", "https://x.example/hidden-part") + SECRET, "/channel/0/secrets"),
        (HOOK.format("webhook", "https://x.example/hidden-part"), "/channel/0/secrets"),
        (
            HOOK.format("webhook", "https://x.example/") + 'secrets = ["hidden-part"]',
            "/channel/0/secrets",
        ),
        (HOOK.format("slack", "https://x.example/") + "colour = 'red'", "/channel/0/colour"),
        (HOOK.format("slack", "https://x.example/") * 2, "/channel"),
        (HOOK.format("slack", "https://x.example/").replace("one", "email"), "/channel"),
        (HOOK.format("slack", "https://x.example/").replace("one", "A B"), "/channel/0/name"),
    ],
)
def test_what_it_may_not_say_is_pointed_at_and_not_repeated(
    tmp_path: Path, text: str, pointer: str
) -> None:
    with pytest.raises(InputError) as refused:
        channels(tmp_path, text)
    assert (refused.value.code, refused.value.pointer) == ("notices-invalid", pointer)
    assert "hidden-part" not in str(refused.value)


def test_the_settings_of_notices_are_read_strictly(tmp_path: Path) -> None:
    given = {
        "COUNTERSEAL_PUBLIC_URL": "https://ledger.example.org/",
        "COUNTERSEAL_NOTICES_FILE": "/etc/counterseal/notices.toml",
        "COUNTERSEAL_REMINDER_HOURS": "24",
        "COUNTERSEAL_ESCALATION_HOURS": "72",
    }
    read = read_settings(given, tmp_path)
    assert read.public_url == "https://ledger.example.org"
    assert str(read.notices_file) == "/etc/counterseal/notices.toml"
    assert (read.reminder_hours, read.escalation_hours) == (24, 72)
    for name, value in (
        ("COUNTERSEAL_PUBLIC_URL", "javascript:alert(1)"),
        ("COUNTERSEAL_PUBLIC_URL", "https://x.example/?a=b"),
        ("COUNTERSEAL_PUBLIC_URL", "https://user@x.example"),
        ("COUNTERSEAL_PUBLIC_URL", "https://x.example/\n"),
        ("COUNTERSEAL_REMINDER_HOURS", "-1"),
        ("COUNTERSEAL_ESCALATION_HOURS", "soon"),
    ):
        with pytest.raises(InputError) as refused:
            read_settings({name: value}, tmp_path)
        assert refused.value.code == "setting-invalid"
