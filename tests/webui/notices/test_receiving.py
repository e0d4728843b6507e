"""The receiver that the documentation gives to others, run as it is printed there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.shape.documents import DOCS
from webui.notices.webhook import sign

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = b'{"id":"entry/41/8f0c"}'
NOW = 1_700_000_000
SECRET = "at least 24 characters of chance"


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """The function of the one block of Python in docs/notices.md, with its clock stopped."""
    text = (DOCS / "notices.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, "docs/notices.md", "exec"), names)
    names["time"] = type("Stopped", (), {"time": staticmethod(lambda: NOW + 0.5)})
    return names["is_genuine"]


@pytest.mark.parametrize("secrets", [[SECRET], ["the new one of two, not known yet", SECRET]])
def test_what_we_sign_is_genuine_to_whoever_knows_a_secret(
    is_genuine: Callable[..., bool], secrets: list[str]
) -> None:
    assert is_genuine(sign(BODY, NOW, secrets), BODY, SECRET)


def test_another_body_secret_or_time_is_not(is_genuine: Callable[..., bool]) -> None:
    header = sign(BODY, NOW, [SECRET])
    assert not is_genuine(header, BODY + b" ", SECRET)
    assert not is_genuine(header, BODY, SECRET + "x")
    assert not is_genuine(sign(BODY, NOW - 301, [SECRET]), BODY, SECRET)
    assert not is_genuine(sign(BODY, NOW + 302, [SECRET]), BODY, SECRET)
    moved = header.replace(f"t={NOW}", f"t={NOW - 1}")
    assert not is_genuine(moved, BODY, SECRET)


@pytest.mark.parametrize(
    "header", ["", "t=", "v1=", "t=1,t=1700000000", "t=x,v1=y", "t=1700000000,v1=é", "t=1700000000"]
)
def test_a_header_that_is_none_is_refused_and_breaks_nothing(
    is_genuine: Callable[..., bool], header: str
) -> None:
    assert not is_genuine(header, BODY, SECRET)
