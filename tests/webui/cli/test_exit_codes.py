"""Every error that is foreseen has one exit code, and the help tells them all."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ledger import errors
from policies import PolicyError
from webui.cli.exit_codes import ExitCode, exit_code_of
from webui.cli.main import main
from webui.identity.errors import AdministratorError, LinkError


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.InputError, 2),
        (errors.EncodingError, 2),
        (errors.UnknownSubjectError, 2),
        (errors.ConflictError, 2),
        (errors.RefusedError, 3),
        (errors.ProofError, 1),
        (errors.SignatureError, 1),
        (errors.IntegrityError, 1),
        (errors.BusyError, 4),
        (errors.OutsideError, 4),
        (AdministratorError, 3),
        (LinkError, 2),
        (PolicyError, 2),
    ],
)
def test_each_class_of_error_has_its_code(kind: type[errors.LedgerError], code: int) -> None:
    assert exit_code_of(kind("It failed.")) == code


def test_every_class_of_the_tree_has_a_code() -> None:
    classes = {errors.LedgerError}
    while True:
        more = {below for one in classes for below in one.__subclasses__()} - classes
        if not more:
            break
        classes |= more
    assert all(isinstance(exit_code_of(one("It failed.")), ExitCode) for one in classes)


def test_a_missing_log_and_a_damaged_key_are_failures_outside() -> None:
    assert exit_code_of(errors.UnknownSubjectError("No.", code="log-missing")) == 4
    assert exit_code_of(errors.InputError("No.", code="key-damaged")) == 4


def test_the_help_tells_every_exit_code() -> None:
    told = CliRunner().invoke(main, ["--help"]).stdout
    for code in ExitCode:
        assert f"{code.value:>3}  {code.meaning}" in told
