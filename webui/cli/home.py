"""Which installation a command speaks of: ``--home`` before or after the command's name.

``home_option`` gives a command the option; ``settings`` and ``opened`` read what was said. The one
after the name counts where both are given; without either, the environment decides.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from webui.settings import Settings
    from webui.wiring import Wiring

DEBUG: Final = "COUNTERSEAL_DEBUG"
_SAID: Final = "counterseal.home"
Command = TypeVar("Command", bound="Callable[..., object]")


def home_option(command: Command) -> Command:
    """Give a command the option ``--home``."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        expose_value=False,
        callback=_keep,
        help="The folder of the installation. Default: COUNTERSEAL_HOME, else ~/.counterseal.",
    )(command)


def _keep(context: click.Context, option: click.Parameter, value: Path | None) -> None:
    del option
    if value is not None:
        context.meta[_SAID] = value


def said_home() -> Path | None:
    """The folder that was named with ``--home``, if any was."""
    found: Path | None = click.get_current_context().meta.get(_SAID)
    return found


def settings() -> Settings:
    """The settings of the installation that is meant."""
    from webui.settings import read_settings

    return read_settings(os.environ, said_home())


@contextmanager
def _told_once() -> Iterator[None]:
    """What fails is told by the command, in a sentence; the server's log of it stays silent."""
    logger = logging.getLogger("counterseal")
    before = logger.level
    if not os.environ.get(DEBUG):
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def opened(log: str = "", *, serves: bool = False) -> Iterator[Wiring]:
    """The installation that is meant, open for the length of a block.

    ``log`` is the name of one of its logs; by default the one that the environment names. With
    ``serves`` what goes wrong meanwhile is logged.

    Raises:
        OutsideError: there is none, or its database can't be reached.
    """
    from webui.settings import log_name
    from webui.wiring import open_home

    place = settings()
    if log:
        place = replace(place, log=log_name(log))
    with nullcontext() if serves else _told_once():
        wiring = open_home(place)
        try:
            yield wiring
        finally:
            wiring.close()
