"""Appending and verifying beside peers: same run, same disk, same payload, by turns.

Each line says what the peer is, what it guarantees, operations per second, and the ratio to ours
(above 1: the peer is faster). The payload is what one of our entries signs. Guarantees differ, and
the lines say how: a store that signs nothing or does not wait for the disk has less to do.

A peer that can't be had is told by name, and the run then ends with a failure.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.append import BATCH
from bench.installation import installation, median, show, timed
from bench.peer import (
    Guarantees,
    MissingPeerError,
    Turn,
    TurnError,
    node_with,
    program,
    python_with,
    ran,
    run_turn,
)
from ledger.audit import audit
from ledger.batch import Asked
from ledger.core.envelope import parse_envelope
from webui import wiring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.peer import Peer

TURNS: Final = 5
PROGRAMS: Final = Path(__file__).parent / "peer_programs"
HYPERCORE: Final = "11.37.1"
PYMERKLE: Final = "7.0.0"
MLFLOW: Final = "3.17.2"
# The registry's client and store without the libraries that train models.
_MLFLOW_PARTS: Final = (f"mlflow-skinny=={MLFLOW}", "sqlalchemy", "alembic")
_FSYNC_BYTES: Final = 4096


class Counterseal:
    """Ours, through the library, policy and all."""

    name = "counterseal"
    guarantees = Guarantees(
        signed="each entry and each checkpoint, Ed25519",
        durable="fsync of database and guard before the receipt",
        proofs="inclusion and consistency, hash chain",
        indexed="kind, model, actor, time; state of each version",
        policy="decides each entry; the decision is in it",
    )

    def set_up(self, folder: Path) -> None:
        """It is there."""
        del folder

    def turn(self, work: Path, payload: bytes, number: int) -> Turn:
        """Events that are of the payload's form already, so ``payload`` is not needed."""
        del payload
        with installation(folder=work) as bench:
            submitter = bench.wiring.submitter
            events = [bench.observation(place) for place in range(number)]

            def one_by_one() -> None:
                for event in events:
                    submitter.submit(bench.pipeline, event)

            by_one = number / timed(one_by_one)
            asked = [Asked(bench.observation(place)) for place in range(BATCH)]
            by_batch = BATCH / timed(partial(submitter.submit_batch, bench.pipeline, asked))
            found = []
            again = partial(audit, bench.wiring.log, redecide=bench.wiring.redecide())
            seconds = timed(lambda: found.append(again()))
        if not found[0].sound:
            raise TurnError(str(found[0].problems))
        rates = {
            "append_one": by_one,
            "append_batch": by_batch,
            "verify": found[0].size / seconds,
        }
        return Turn(wiring.generator().removeprefix("counterseal "), rates, BATCH)


class Git:
    """Commits without files, signed with an SSH key; the payload is the message."""

    name = "git commit -S"
    guarantees = Guarantees(
        signed="each commit, Ed25519 (ssh-keygen)",
        durable="fsync of each object and reference (core.fsync=all)",
        proofs="hash chain",
        indexed="no",
        policy="no",
    )

    def set_up(self, folder: Path) -> None:
        """Find git and ssh-keygen."""
        del folder
        program("git")
        program("ssh-keygen")

    def turn(self, work: Path, payload: bytes, number: int) -> Turn:
        """Commit one by one (there are no batches), then check every signature."""
        few = max(1, number // 10)
        key, message, allowed = work / "key", work / "message", work / "allowed"
        message.write_bytes(payload)
        self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", str(key))
        allowed.write_text(f"bench@example.org {key.with_suffix('.pub').read_text()}")
        repository = work / "repository"
        self._run("git", "init", "-q", str(repository))
        settings = {
            "gpg.format": "ssh",
            "gpg.ssh.allowedSignersFile": str(allowed),
            "user.signingkey": str(key),
            "user.name": "bench",
            "user.email": "bench@example.org",
            "core.fsync": "all",
            "gc.auto": "0",
        }
        for name, value in settings.items():
            self._run("git", "-C", str(repository), "config", name, value)
        commit = (
            "git",
            "-C",
            str(repository),
            "commit",
            "-q",
            "--allow-empty",
            "-S",
            "-F",
            str(message),
        )
        committing = timed(lambda: [self._run(*commit) for _ in range(few)])
        checked: list[str] = []
        log = ("git", "-C", str(repository), "log", "--format=%G?")
        checking = timed(lambda: checked.extend(self._run(*log).split()))
        if checked != ["G"] * few:
            raise TurnError(f"git finds {checked}")
        version = self._run("git", "--version").split()[2]
        return Turn(version, {"append_one": few / committing, "verify": few / checking})

    def _run(self, *command: str) -> str:
        # The caller's own configuration of git must neither help nor hinder.
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C"}
        return ran(command, 120, {**environment, "GIT_CONFIG_NOSYSTEM": "1"})


class Hypercore:
    """An append-only log of JavaScript: a Merkle tree whose root is signed at each append."""

    name = "hypercore"
    guarantees = Guarantees(
        signed="the root at each append, Ed25519",
        durable="no fsync at an append",
        proofs="inclusion and consistency",
        indexed="no",
        policy="no",
    )

    def set_up(self, folder: Path) -> None:
        """Install it by npm."""
        self._modules = node_with(folder / "npm", "hypercore", HYPERCORE)

    def turn(self, work: Path, payload: bytes, number: int) -> Turn:
        """Append one by one and at once."""
        file = _file(work, payload)
        words = (str(work), file, str(number), str(BATCH), self._modules)
        return run_turn((program("node"), str(PROGRAMS / "hypercore.mjs"), *words))


class Pymerkle:
    """A Merkle tree of Python on SQLite."""

    name = "pymerkle SqliteTree"
    guarantees = Guarantees(
        signed="no",
        durable="fsync (SQLite's default)",
        proofs="inclusion and consistency",
        indexed="no",
        policy="no",
    )

    def set_up(self, folder: Path) -> None:
        """Install it by pip, apart."""
        self._python = python_with(folder / "pymerkle", (f"pymerkle=={PYMERKLE}",))

    def turn(self, work: Path, payload: bytes, number: int) -> Turn:
        """Append one by one and at once, then prove and verify each leaf."""
        words = (str(work), _file(work, payload), str(number), str(BATCH))
        return run_turn((self._python, "-I", str(PROGRAMS / "pymerkle_turn.py"), *words))


class Mlflow:
    """The registry that many have: ``create_model_version`` on SQLite."""

    name = "mlflow create_model_version"
    guarantees = Guarantees(
        signed="no",
        durable="fsync (SQLite's default)",
        proofs="no",
        indexed="model, version",
        policy="no",
    )

    def set_up(self, folder: Path) -> None:
        """Install it by pip, apart."""
        self._python = python_with(folder / "mlflow", _MLFLOW_PARTS)

    def turn(self, work: Path, payload: bytes, number: int) -> Turn:
        """Register versions one by one."""
        few = max(1, number // 4)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(work),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
        }
        words = (str(work), _file(work, payload), str(few))
        return run_turn((self._python, "-I", str(PROGRAMS / "mlflow_turn.py"), *words), environment)


PEERS: Final[tuple[type[Peer], ...]] = (Git, Hypercore, Pymerkle, Mlflow)


def _file(work: Path, payload: bytes) -> str:
    path = work / "payload.json"
    path.write_bytes(payload)
    return str(path)


def entry_payload() -> bytes:
    """What one of our entries signs."""
    with installation() as bench:
        made = bench.wiring
        receipt = made.submitter.submit(bench.pipeline, bench.observation(1))
        return parse_envelope(made.reader.tell(receipt.sequence).row.envelope).payload


def bare_syncs(folder: Path, number: int = 100) -> float:
    """Blocks written and synced per second on this disk: the limit of one durable append."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:

        def sync_all() -> None:
            for _ in range(number):
                file.write(b"x" * _FSYNC_BYTES)
                file.flush()
                os.fsync(file.fileno())

        return number / timed(sync_all)


def run(folder: Path) -> None:
    """Ours and every peer; what is installed stays in ``folder``.

    Raises:
        SystemExit: a peer could not be had or failed; the others were measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    absent = compared(folder, [peer() for peer in PEERS], TURNS)
    if absent:
        raise SystemExit(f"not measured: {', '.join(absent)}")


def compared(folder: Path, peers: Sequence[Peer], turns: int, number: int = 200) -> list[str]:
    """Measure by turns; returns the names of those that could not be."""
    absent = []
    present: list[Peer] = [Counterseal()]
    for peer in peers:
        try:
            peer.set_up(folder)
            present.append(peer)
        except MissingPeerError as error:
            absent.append(peer.name)
            show("peers.missing", peer=peer.name, why=str(error))
    payload = entry_payload()
    show("limit.fsync", per_second=bare_syncs(folder), payload_bytes=len(payload))
    found: dict[str, list[Turn]] = {peer.name: [] for peer in present}
    for _ in range(turns):
        for peer in list(present):
            try:
                with tempfile.TemporaryDirectory(dir=folder, prefix="turn-") as work:
                    found[peer.name].append(peer.turn(Path(work), payload, number))
            except TurnError as error:
                if peer.name == Counterseal.name:
                    raise
                present.remove(peer)
                absent.append(peer.name)
                show("peers.failed", peer=peer.name, why=str(error))
    ours = found[Counterseal.name]
    for peer in present:
        tell(peer, found[peer.name], ours)
    return absent


def tell(peer: Peer, turns: Sequence[Turn], ours: Sequence[Turn]) -> None:
    """One line for each thing that was measured, beside the same of ours."""
    for measure in turns[0].rates:
        rates = [turn.rates[measure] for turn in turns]
        bases = [turn.rates[measure] for turn in ours]
        batch = {"batch": turns[0].batch} if measure == "append_batch" else {}
        show(
            f"peers.{measure}",
            peer=peer.name,
            version=turns[0].version,
            **asdict(peer.guarantees),
            **batch,
            per_second=median(rates),
            to_ours=median([rate / base for rate, base in zip(rates, bases, strict=True)]),
        )
