"""The command's group: which commands there are, and how an error ends one.

An error that was foreseen is one sentence on stderr with what to do, and an exit code of the table
in ``exit_codes``; a traceback is shown to those who ask for it with ``COUNTERSEAL_DEBUG=1``. A
command is imported when it is asked for (``commands``), and what it needs when it runs.
"""

from __future__ import annotations

import errno
import os
from typing import Any

import click

from webui.cli.commands import COMMANDS
from webui.cli.exit_codes import ExitCode, exit_code_of
from webui.cli.home import DEBUG, home_option
from webui.client.errors import ClientError


class _Told(click.ClickException):
    """An error in the words that a person sees."""

    def __init__(self, sentence: str, code: ExitCode) -> None:
        super().__init__(sentence)
        vars(self)["exit_code"] = int(code)


class _Door(click.Group):
    """The group that turns every error into a sentence and an exit code.

    A command is imported when it is run or helped with; the help of the group imports them all.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the table's order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        del ctx
        load = COMMANDS.get(cmd_name)
        return None if load is None else load()

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            if os.environ.get(DEBUG):
                raise
            raise _told(error) from None


def _told(error: Exception) -> _Told:
    if isinstance(error, ClientError):
        code = next(one for one in ExitCode if one == error.exit_code)
        return _Told(str(error), code)
    from ledger.errors import LedgerError

    if isinstance(error, LedgerError):
        return _Told(str(error), exit_code_of(error))
    sentence = (
        f"Something failed that was not foreseen ({type(error).__name__}). "
        f"Run it again with {DEBUG}=1 to see where, and please report it."
    )
    return _Told(sentence, ExitCode.UNFORESEEN)


def _exit_codes() -> str:
    lines = [f"{code.value:>3}  {code.meaning}" for code in ExitCode]
    return "\b\nExit codes:\n" + "\n".join(lines)


@click.group(
    name="counterseal",
    cls=_Door,
    epilog=_exit_codes(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="counterseal", message="counterseal %(version)s")
@home_option
def main() -> None:
    """Prove what happened to machine-learning models, and let nothing run on one word alone."""
