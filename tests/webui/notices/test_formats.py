"""What a notice looks like on each channel: literal whatever people are called, and as published."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator

from ledger.errors import InputError
from ledger.events.catalogue import CATALOGUE
from ledger.store.entries import StoredEntry
from tests.examples import EXAMPLES, example
from tests.golden.bytes_of import golden_file
from webui.notices.mail import as_mail
from webui.notices.message import Message, Subject, kinds_with_sentences, of_entry, one_line
from webui.notices.slack import as_slack
from webui.notices.teams import as_teams
from webui.notices.topics import KINDS_OF, TOPIC_WORDS
from webui.notices.webhook import as_json, sign

HOSTILE = 'Eve <!channel> <https://evil.example|x> *b* _i_ [a](https://evil.example) & "q"'
MESSAGE = Message(
    message_id="entry/7/abc",
    topic="approval_asked",
    kind="release.requested",
    title="Approval asked for: churn 1.0.0 in production",
    sentence=f"{HOSTILE} asked for the release of churn 1.0.0 in production.",
    at="2026-03-09T08:00:00.000000Z",
    origin="counterseal.example/main",
    about=Subject("churn", "1.0.0", "production", 7, 7),
    actor="ab" * 16,
    actor_name=HOSTILE,
    link="https://ledger.example.org/releases/7",
)

# The shape of what is used of Adaptive Cards 1.4, from the published descriptions of its types.
TEXT_RUN = {
    "type": "object",
    "required": ["type", "text"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "TextRun"},
        "text": {"type": "string"},
        "weight": {"enum": ["Lighter", "Default", "Bolder"]},
        "size": {"enum": ["Default", "Small", "Medium", "Large", "ExtraLarge"]},
    },
}
RICH_TEXT = {
    "type": "object",
    "required": ["type", "inlines"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "RichTextBlock"},
        "inlines": {"type": "array", "items": TEXT_RUN, "minItems": 1},
        "spacing": {
            "enum": ["Default", "None", "Small", "Medium", "Large", "ExtraLarge", "Padding"]
        },
    },
}
OPEN_URL = {
    "type": "object",
    "required": ["type", "url"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "Action.OpenUrl"},
        "title": {"type": "string"},
        "url": {"type": "string", "format": "uri", "pattern": "^https?://"},
    },
}
CARD = {
    "type": "object",
    "required": ["type", "version", "body"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
        "type": {"const": "AdaptiveCard"},
        "version": {"const": "1.4"},
        "fallbackText": {"type": "string"},
        "body": {"type": "array", "items": RICH_TEXT},
        "actions": {"type": "array", "items": OPEN_URL},
    },
}


BY_ITSELF = {"release.granted", "release.lapsed", "exception.used", "review.required"}


def texts(node: object) -> list[str]:
    """Every text that a card or block shows."""
    if isinstance(node, list):
        return [text for item in node for text in texts(item)]
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for item in node.values() for text in texts(item)]
    return []


def test_every_kind_of_a_topic_has_a_sentence_and_every_topic_a_name() -> None:
    kinds = [kind for kinds in KINDS_OF.values() for kind in kinds]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) <= set(CATALOGUE)
    assert kinds_with_sentences() == set(kinds)
    assert set(KINDS_OF) <= set(TOPIC_WORDS)


@pytest.mark.parametrize("kind", sorted(kinds_with_sentences()))
def test_a_notice_of_any_kind_holds_no_private_text(kind: str) -> None:
    event = example(kind)
    stored = golden_file(kind).read_bytes()
    of = ("churn", "1.0.0", "production")
    row = StoredEntry(9, kind, MESSAGE.at, "ab" * 16, "allow", *of, b"", stored)
    message = of_entry(
        row, event, lambda actor: "Ana", message_id="m", origin="o", base="https://l.example"
    )
    said = as_json(message) + as_slack(message) + as_teams(message)
    for name in CATALOGUE[kind].private_fields():
        assert str(EXAMPLES[kind][name]).encode() not in said
    assert message.sentence.endswith(".")
    assert "{" not in message.sentence
    assert message.link.startswith("https://l.example/")
    assert "churn" in message.title
    # A system may act without a person; all others are named.
    assert ("Ana" in message.sentence) != (kind in BY_ITSELF)
    assert " -1" not in message.sentence
    assert not message.sentence.endswith(("until  UTC.", "role ."))


def test_slack_shows_what_people_are_called_as_text_and_mentions_nobody() -> None:
    said = json.loads(as_slack(MESSAGE))
    assert "<" not in said["text"]
    assert "&lt;!channel&gt;" in said["text"]
    assert said["mrkdwn"] is False
    (block,) = said["blocks"]
    assert block["type"] == "rich_text"
    kinds = {part["type"] for item in block["elements"] for part in item["elements"]}
    assert kinds == {"text", "link"}
    links = [part for part in block["elements"][0]["elements"] if part["type"] == "link"]
    assert [link["url"] for link in links] == [MESSAGE.link]
    assert any(HOSTILE in text for text in texts(block))


def test_teams_gets_a_card_of_the_published_shape_in_which_nothing_is_markdown() -> None:
    said = json.loads(as_teams(MESSAGE))
    assert said["type"] == "message"
    (attachment,) = said["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    Draft202012Validator.check_schema(CARD)
    Draft202012Validator(CARD).validate(card)
    assert any(HOSTILE in text for text in texts(card["body"]))
    assert r"\[a\]\(https" in card["fallbackText"]
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open it in the ledger", "url": MESSAGE.link}
    ]


def test_without_an_address_of_the_pages_there_are_no_links() -> None:
    from dataclasses import replace

    bare = replace(MESSAGE, link="")
    assert "actions" not in json.loads(as_teams(bare))["attachments"][0]["content"]
    assert b'"link"' not in as_slack(bare)
    assert json.loads(as_json(bare))["link"] is None


def test_a_signature_is_over_time_and_body_with_each_secret() -> None:
    import hashlib
    import hmac

    value = sign(b'{"a":1}', 1_700_000_000, ["new secret", "old secret"])
    macs = [
        hmac.new(key, b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
        for key in (b"new secret", b"old secret")
    ]
    assert value == f"t=1700000000,v1={macs[0]},v1={macs[1]}"


@pytest.mark.parametrize(
    "name",
    ["Eve\r\nBcc: all@example.org", "Eve\x00\x1b[31m", "Eve\u202egnp.exe", "E\u2028ve", "a" * 4000],
)
def test_a_name_is_one_bounded_line(name: str) -> None:
    line = one_line(name)
    assert len(line) <= 100
    assert line.isprintable()
    assert one_line(line) == line


def mailed(recipient: str, **changes: str) -> str:
    from dataclasses import replace

    message = replace(MESSAGE, **changes)
    made = as_mail(
        message,
        "ledger@example.org",
        recipient,
        account="https://ledger.example.org/account/notices",
        sent_at=datetime(2026, 3, 9, tzinfo=UTC),
    )
    return made.as_bytes().decode()


def test_a_mail_says_it_once_and_how_to_end_it() -> None:
    text = mailed("ana@example.org")
    assert text.count("Message-ID: <") == 1
    assert text.split("Message-ID: ")[1] == mailed("ana@example.org").split("Message-ID: ")[1]
    assert "Auto-Submitted: auto-generated" in text
    assert "List-Unsubscribe: <https://ledger.example.org/account/notices>" in text
    assert "Open it in the ledger: https://ledger.example.org/releases/7" in text


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@example.org\r\nBcc: all@example.org",
        "ana@example.org, bo@example.org",
        "Ana <ana@example.org>",
    ],
)
def test_what_is_no_single_mailbox_is_not_written_to(recipient: str) -> None:
    with pytest.raises(InputError) as refused:
        mailed(recipient)
    assert refused.value.code == "no-mailbox"


def test_a_title_can_begin_no_header() -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mailed("ana@example.org", title="x\r\nBcc: all@example.org")
