"""The home of a demonstration: never a real one's, never shared, and made whole where it was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import ConflictError, OutsideError
from webui.demo.company import INVITED
from webui.demo.place import (
    Issued,
    Line,
    folder_of,
    occupied,
    open_demo,
    read_story,
    write_story,
)
from webui.settings import Settings, read_settings
from webui.wiring import create

if TYPE_CHECKING:
    from pathlib import Path

TODAY = "2026-03-09"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({}, tmp_path / "home")


def contents(settings: Settings) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file()}


def test_a_new_home_becomes_a_demonstration(settings: Settings) -> None:
    with occupied(settings):
        wiring = open_demo(settings)
        assert wiring.is_demo
        wiring.close()


def test_a_demonstration_is_opened_again_and_not_made_again(settings: Settings) -> None:
    with occupied(settings):
        first = open_demo(settings)
        first.close()
    with occupied(settings):
        second = open_demo(settings)
        assert second.log.origin == first.log.origin
        second.close()


def test_a_real_installation_is_left_alone(settings: Settings) -> None:
    create(settings, origin="example.org/models").close()
    before = contents(settings)
    with pytest.raises(ConflictError) as caught, occupied(settings):
        pass
    assert caught.value.code == "home-not-a-demo"
    assert contents(settings) == before


def test_a_real_installation_is_left_alone_even_beside_a_lock(settings: Settings) -> None:
    create(settings, origin="example.org/models").close()
    folder_of(settings).mkdir()
    (folder_of(settings) / "lock").touch()
    before = contents(settings)
    with occupied(settings), pytest.raises(ConflictError) as caught:
        open_demo(settings)
    assert caught.value.code == "home-not-a-demo"
    assert contents(settings) == before


def test_a_folder_of_somebody_elses_is_left_alone(settings: Settings) -> None:
    folder_of(settings).mkdir(parents=True)
    (folder_of(settings) / "novel.txt").write_text("It was a dark night.")
    with pytest.raises(ConflictError), occupied(settings):
        pass


def test_two_demonstrations_never_share_a_home(settings: Settings) -> None:
    with occupied(settings):
        with pytest.raises(ConflictError) as caught, occupied(settings):
            pass
        assert caught.value.code == "demo-running"
    with occupied(settings):
        pass


@pytest.mark.parametrize("left", ["nothing", "keys", "tables"])
def test_what_was_half_made_is_made_whole(settings: Settings, left: str) -> None:
    with occupied(settings):
        made = open_demo(settings)
        made.close()
    for path in [*settings.home.glob("ledger.db*"), *settings.home.glob("guard.db*")]:
        path.unlink()
    if left == "nothing":
        for path in settings.keys.iterdir():
            path.unlink()
        settings.keys.rmdir()
    if left == "tables":
        (settings.home / "ledger.db").touch()
    with occupied(settings):
        wiring = open_demo(settings)
        assert wiring.is_demo
        assert wiring.log.head().size == 2
        wiring.close()


def test_a_demonstration_that_lost_its_ledger_is_not_begun_anew(settings: Settings) -> None:
    with occupied(settings):
        open_demo(settings).close()
        read_story(settings, TODAY)
        (settings.home / "ledger.db").unlink()
        with pytest.raises(OutsideError):
            open_demo(settings)


def test_a_home_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutsideError) as caught,
        occupied(read_settings({}, tmp_path / "file" / "home")),
    ):
        pass
    assert caught.value.code == "home-unwritable"


def test_the_story_stays_the_same_from_day_to_day(settings: Settings) -> None:
    with occupied(settings):
        story = read_story(settings, TODAY)
        story.lines.append(Line("Models", "Ana Kovač", "registers", "done", 7))
        story.reports["gdpr"] = Issued("gdpr.pdf", 9, 12, {"pass": 3})
        write_story(settings, story)
        assert read_story(settings, "2026-03-10") == story
    assert story.begun_on == TODAY
    assert set(story.actors) == {member.key for member in INVITED}


def test_a_damaged_story_is_told(settings: Settings) -> None:
    with occupied(settings):
        read_story(settings, TODAY)
        (folder_of(settings) / "story.json").write_text("{")
        with pytest.raises(OutsideError) as caught:
            read_story(settings, TODAY)
    assert caught.value.code == "story-damaged"
