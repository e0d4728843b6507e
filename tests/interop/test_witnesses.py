"""Strangers' witnesses with our log, strangers' logs with our witness, and a stranger's quorum."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger.core.merkle import EMPTY_ROOT
from ledger.core.note import ED25519, Vkey, parse_note, parse_vkey
from ledger.core.trust import parse_trust_policy, satisfied
from ledger.core.witnessing import format_add_checkpoint
from ledger.publication import publication_state
from ledger.publish import Publisher, published
from tests import setup_tools
from tests.interop import golang
from tests.tools.house import person
from tests.tools.trees import Forger, Tree
from tests.tools.witnesses import WitnessProgram, new_witness
from webui.witness.cosigner import open_witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.log import Log
    from tests.interop.golang import Programs
    from tests.tools.house import House

DIALOGUE = re.compile(r"POST http://\S+\n```\n(.*?)```\nHTTP (\d+)\n", re.DOTALL)


def program(tool: setup_tools.Tool) -> str:
    found = setup_tools.find(tool)
    assert found is not None, setup_tools.sentence((tool,))
    return found


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[WitnessProgram]:
    """Our witness, which runs once it was told of a log."""
    made = new_witness(tmp_path / "ours", "example.com/witness", ml_dsa_44=True)
    yield made
    made.end()


def dialogue(name: str) -> str:
    folder = golang.source("filippo.io/torchwood")
    return (folder / "cmd" / "litewitness" / "testdata" / name).read_text()


def sigsum_log(script: str) -> Vkey:
    found = re.search(r"add-sigsum-log -key=([0-9a-f]{64})", script)
    assert found
    public = bytes.fromhex(found[1])
    return Vkey(f"sigsum.org/v1/tree/{hashlib.sha256(public).hexdigest()}", ED25519, public)


def mldsa_log(script: str) -> Vkey:
    found = re.search(r"add-key .*-key (\S+)", script)
    assert found
    return parse_vkey(found[1])


@pytest.mark.parametrize(
    ("name", "key_of", "asked"), [("litewitness.txt", sigsum_log, 5), ("mldsa.txt", mldsa_log, 1)]
)
def test_our_witness_holds_litewitnesss_own_test_dialogue(
    ours: WitnessProgram, name: str, key_of: Callable[[str], Vkey], asked: int
) -> None:
    script = dialogue(name)
    ours.trust(key_of(script))
    ours.start()
    turns = DIALOGUE.findall(script)
    assert len(turns) >= asked
    for body, status in turns:
        answer = httpx.post(f"{ours.url}/add-checkpoint", content=body.encode(), trust_env=False)
        # Their 403 is a signature in a base64 that has a second form; ours has one form alone.
        expected = int(status) if is_canonical(body.split()[-1]) else 400
        assert answer.status_code == expected, (body, answer.text)
        if status == "200":
            assert "— example.com/witness" in answer.text
        if status == "409":
            assert answer.headers["Content-Type"] == "text/x.tlog.size"


def is_canonical(text: str) -> bool:
    return base64.b64encode(base64.b64decode(text)).decode() == text


class LiteWitness:
    """torchwood's witness, with its key in an agent and its logs in its own database."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        folder.mkdir()
        self.database = folder / "lite.db"
        self.socket = str(folder / "s")
        key = Ed25519PrivateKey.generate()
        file = folder / "key.pem"
        file.touch(mode=0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        self.agent = subprocess.Popen(
            [program(setup_tools.SSH_AGENT), "-D", "-a", self.socket], stdout=subprocess.DEVNULL
        )
        wait_for((folder / "s").exists)
        subprocess.run(
            [program(setup_tools.SSH_ADD), "-q", str(file)],
            env={"SSH_AUTH_SOCK": self.socket},
            check=True,
            capture_output=True,
        )
        public = key.public_key().public_bytes_raw()
        blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + public
        digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        self.vkey = Vkey("lite.example/w", 4, public)
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                programs.folder / "litewitness",
                f"-db={self.database}",
                f"-ssh-agent={self.socket}",
                f"-listen=localhost:{self.port}",
                f"-key=SHA256:{digest}",
                "-name=lite.example/w",
            ],
            stderr=subprocess.DEVNULL,
        )
        self.url = f"http://localhost:{self.port}"
        wait_for(self.answers)

    def answers(self) -> bool:
        try:
            httpx.get(self.url, trust_env=False)
        except httpx.TransportError:
            return False
        return True

    def trust(self, vkey: str) -> None:
        """What its operator does with witnessctl."""
        key = parse_vkey(vkey)
        with sqlite3.connect(self.database, timeout=10) as database:
            database.execute(
                "INSERT INTO log VALUES (?, 0, ?)",
                (key.name, base64.b64encode(EMPTY_ROOT).decode()),
            )
            database.execute("INSERT INTO key VALUES (?, ?)", (key.name, vkey))
        database.close()

    def end(self) -> None:
        for process in (self.process, self.agent):
            process.terminate()
            process.wait(10)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


@contextmanager
def lite(programs: Programs, folder: Path) -> Iterator[LiteWitness]:
    made = LiteWitness(programs, folder)
    try:
        yield made
    finally:
        made.end()


def publish(log: Log) -> None:
    one = Publisher(log)
    one.publish()
    one.close()


def test_a_public_witness_cosigns_our_log_as_it_is(
    programs: Programs, sqlite_house: House, tmp_path: Path
) -> None:
    log = sqlite_house.log
    with lite(programs, tmp_path / "lite") as stranger:
        stranger.trust(log.vkey)
        text = f"log {log.vkey}\nwitness lite {stranger.vkey} {stranger.url}\nquorum lite\n"
        log.trust = parse_trust_policy(text.encode())
        for _ in range(3):
            publish(log)
            assert publication_state(log).quorum_met
            assert satisfied(log.trust, parse_note(published(log))).valid
            assert accepted(programs, tmp_path, text, published(log)) == str(log.head().size)
            for _ in range(7):
                sqlite_house.submit(person())
        # It was shown another history, signed by the log's own key: it tells us.
        other = forger(log)
        known = log.head().size + 10
        assert not publication_state(log).alarms
        size = publication_state(log).witnesses[0].signed_size
        refused = httpx.post(
            f"{stranger.url}/add-checkpoint",
            content=other.request(size, Tree(known)),
            trust_env=False,
        )
        assert refused.status_code == 422


def test_a_public_witness_that_saw_a_fork_raises_our_alarm(
    programs: Programs, sqlite_house: House, tmp_path: Path
) -> None:
    log = sqlite_house.log
    with lite(programs, tmp_path / "lite") as stranger:
        stranger.trust(log.vkey)
        fork = forger(log).request(0, Tree(2))
        shown = httpx.post(f"{stranger.url}/add-checkpoint", content=fork, trust_env=False)
        assert shown.status_code == 200
        sqlite_house.submit(person())
        text = f"witness lite {stranger.vkey} {stranger.url}\nquorum lite\n"
        log.trust = parse_trust_policy(text.encode())
        publish(log)
        assert [one.name for one in publication_state(log).alarms] == ["lite"]


def forger(log: Log) -> Forger:
    """Somebody who holds the log's key for checkpoints."""
    return Forger(log.origin, log.keyring.checkpoints._key.private_bytes_raw())


def accepted(programs: Programs, folder: Path, policy: str, note: bytes) -> str:
    """What torchwood says of a checkpoint under a policy: its size, or nothing."""
    (folder / "policy").write_text(policy)
    (folder / "checkpoint").write_bytes(note)
    ended = programs.run("quorum", str(folder / "policy"), str(folder / "checkpoint"))
    assert "panic" not in ended.stderr
    return ended.stdout.strip()


def test_a_stranger_reads_our_quorum_as_we_do(
    programs: Programs, sqlite_house: House, tmp_path: Path
) -> None:
    log = sqlite_house.log
    made = [new_witness(tmp_path / n, f"w.example/{n}", ml_dsa_44=n == "b") for n in "abc"]
    lines = []
    for name, witness in zip("abc", made, strict=True):
        witness.trust(parse_vkey(log.vkey))
        opened = open_witness(witness.folder)
        lines.append(f"witness {name} {opened.vkeys[-1]}\n")
        opened.close()
    publish(log)
    note = published(log)
    size = str(log.head().size)
    for signers in ("", "a", "b", "ab", "bc", "abc"):
        body = b""
        for name in signers:
            opened = open_witness(tmp_path / name)
            seen = opened.notebook.seen(log.origin)
            asked = format_add_checkpoint(seen.size if seen else 0, (), note)
            answer = opened.add_checkpoint(asked)
            assert answer.status == 200
            body += answer.body
            opened.close()
        for key in (log.vkey, log.cosigner_vkey):
            for rule in ("group g any a b c", "group g 2 a b c", "group g all a b c"):
                text = f"log {key}\n{''.join(lines)}{rule}\nquorum g\n"
                mine = satisfied(parse_trust_policy(text.encode()), parse_note(note + body)).valid
                assert accepted(programs, tmp_path, text, note + body) == (size if mine else "")


def test_a_strangers_log_is_witnessed_by_ours(
    programs: Programs, ours: WitnessProgram, tmp_path: Path
) -> None:
    key = Ed25519PrivateKey.generate()
    public = Vkey("tessera.example/log", ED25519, key.public_key().public_bytes_raw())
    secret = base64.b64encode(bytes([ED25519]) + key.private_bytes_raw()).decode()
    ours.trust(public)
    ours.start()
    policy = tmp_path / "policy"
    policy.write_text(f"witness ours {ours.vkeys[0]} {ours.url}\nquorum ours\n")
    signer = f"PRIVATE+KEY+{public.name}+{public.key_id.hex()}+{secret}"
    ended = programs.run(
        "witnesslog", str(tmp_path / "log"), str(policy), "a", "b", "c", "d", LOG_KEY=signer
    )
    assert ended.returncode == 0, ended.stderr
    rule = f"log {public}\n{policy.read_text()}"
    notes = [f"{part}\n".encode() for part in re.split(r"\n\n(?=tessera)", ended.stdout.strip())]
    for note in notes:
        assert satisfied(parse_trust_policy(rule.encode()), parse_note(note)).valid
    opened = open_witness(ours.folder)
    assert opened.notebook.logs() == [(public.name, 4)]
    opened.close()
