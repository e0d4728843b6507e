"""Witnesses that run as programs of their own, as their operators run them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webui.witness.cosigner import create_witness, open_witness

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.core.note import Vkey


@dataclass
class WitnessProgram:
    """``counterseal witness serve`` of one folder."""

    folder: Path
    vkeys: tuple[str, ...]
    url: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = "from webui.cli.main import main; main()"
        words = ("witness", "serve", str(self.folder), "--port", self.url.rpartition(":")[2] or "0")
        self.process = subprocess.Popen(
            (sys.executable, "-c", command, *words),
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r"at http://localhost:(\d+) ", said)
        assert found, said
        self.url = f"http://127.0.0.1:{found[1]}"

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.communicate(timeout=20)
            self.process = None

    def trust(self, *keys: Vkey) -> None:
        opened = open_witness(self.folder)
        for key in keys:
            opened.notebook.trust(key)
        opened.close()


def new_witness(folder: Path, name: str, *, ml_dsa_44: bool = False) -> WitnessProgram:
    """A witness that does not run yet."""
    made = create_witness(folder, name, ml_dsa_44=ml_dsa_44)
    made.close()
    return WitnessProgram(folder, made.vkeys)
