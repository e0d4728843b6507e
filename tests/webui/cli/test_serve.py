"""serve: starts, answers, stops cleanly, and says what is wrong with an address."""

from __future__ import annotations

import re
import signal
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.webui.cli.conftest import start

if TYPE_CHECKING:
    from tests.webui.cli.conftest import Run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end(installed: Run, number: signal.Signals) -> None:
    assert installed
    with start("serve", "--port", "0") as program:
        try:
            assert program.stdout is not None
            said = program.stdout.readline()
            found = re.search(r"at (http://localhost:\d+) ", said)
            assert found, said
            answer = httpx.get(f"{found[1]}/api/openapi.json", trust_env=False)
            program.send_signal(number)
            out, errors = program.communicate(timeout=20)
        finally:
            program.kill()
    assert answer.status_code == 200
    assert program.returncode == 0
    assert out == "Stopped.\n"
    assert not errors


def test_a_port_that_is_taken_is_told(installed: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = installed("serve", "--port", str(port))
    assert told.exit_code == 4
    assert f"Port {port} is taken" in told.stderr
    assert "--port" in told.stderr


def test_an_address_beyond_this_machine_needs_tls_in_front(installed: Run) -> None:
    for host in ("0.0.0.0", "::", "example.org"):
        told = installed("serve", "--host", host)
        assert told.exit_code == 2
        assert "--behind-tls" in told.stderr


def test_an_address_that_is_not_ours_is_told(installed: Run) -> None:
    assert installed
    with start("serve", "--host", "192.0.2.1", "--behind-tls") as program:
        errors = program.communicate(timeout=60)[1]
    assert program.returncode == 4
    assert "192.0.2.1" in errors
    assert "Traceback" not in errors


def test_a_port_that_is_no_port_is_told(installed: Run) -> None:
    assert installed("serve", "--port", "65536").exit_code == 2
