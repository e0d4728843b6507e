"""What is drawn of a text: every character its faces have, and a box for every other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.reports.pdf.direction import letter, visual
from webui.reports.pdf.fonts import BOLD, BOX, MONO, SANS, advance, drawable, runs, undrawable


@pytest.mark.parametrize(
    "text", ["Łukasz Żółć", "Ελληνικά", "Кириллица", "→ ✓ ✗ ≤ 3 µs", "<b>&", "日本語", "שלום"]
)
def test_what_the_faces_have_is_drawn_as_it_is(text: str) -> None:
    assert drawable(text) == text
    assert not undrawable([text])


def test_what_no_face_has_becomes_a_box_and_is_counted() -> None:
    assert drawable("한국어 model") == f"{BOX * 3} model"
    assert undrawable(["한국어", "한", "plain"]) == {"한": 2, "국": 1, "어": 1}


def test_arabic_letters_join_and_keep_what_they_mean() -> None:
    drawn = drawable("العربية v2")
    assert drawn != "العربية v2"
    assert not undrawable(["العربية v2"])
    assert "".join(map(letter, drawn)) == "العربية v2"
    assert visual(drawn).startswith("v2 ")


def test_a_change_of_direction_can_be_seen() -> None:
    hidden = "approved\u202edetcejer"
    assert drawable(hidden) == f"approved{BOX}detcejer"
    assert undrawable([hidden]) == {"\u202e": 1}


@pytest.mark.parametrize("character", ["\x00", "\u200b", "\ud800", "\ue000", "\U0001f600", "ਅ"])
def test_unseen_and_unreadable_characters_are_boxes(character: str) -> None:
    assert drawable(f"a{character}b") == f"a{BOX}b"


def test_white_space_is_a_blank_and_no_loss() -> None:
    assert drawable("a\tb\u00a0c\nd") == "a b c d"
    assert not undrawable(["a\tb\u00a0c\nd"])


def test_an_accent_typed_by_itself_finds_its_letter() -> None:
    assert drawable("re\u0301sume\u0301") == "résumé"


def test_a_face_that_lacks_a_character_hands_it_to_one_that_has_it() -> None:
    assert [run.face for run in runs("aǄb", MONO)] == [MONO, SANS, MONO]
    assert runs("aǄb", SANS)[0].text == "aǄb"


@given(st.text())
def test_nothing_is_dropped_and_everything_left_has_a_width(text: str) -> None:
    drawn = drawable(text)
    for face in (SANS, BOLD, MONO):
        assert "".join(run.text for run in runs(drawn, face)) == drawn
    assert all(advance(character, SANS) >= 0 for character in drawn)
    assert drawn.count(BOX) == sum(undrawable([text]).values()) + text.count(BOX)
    assert drawable(drawn) == drawn
