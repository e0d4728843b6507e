"""A witness that is killed while it works: what it has signed it still knows."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import httpx

from ledger.core.witnessing import MAX_REQUEST_BYTES, monitor_path, parse_known_size
from tests.tools.trees import Forger, Tree
from tests.tools.witnesses import new_witness

if TYPE_CHECKING:
    from pathlib import Path

LOG = Forger()
FORK = 3


def test_nothing_that_a_killed_witness_has_signed_is_forgotten(tmp_path: Path) -> None:
    witness = new_witness(tmp_path, "w")
    witness.trust(LOG.vkey)
    signed: list[Tree] = []
    for turn in range(3):
        witness.start()
        enough = threading.Event()
        threads = [
            threading.Thread(
                target=press, args=(witness.url, fork, signed, enough, 15 * (turn + 1))
            )
            for fork in (FORK, 9999)
        ]
        for thread in threads:
            thread.start()
        assert enough.wait(60)
        witness.end(signal.SIGKILL)
        for thread in threads:
            thread.join(30)
    witness.start()
    try:
        # Above the fork, all that was ever signed lies on one branch ...
        assert len({tree.fork for tree in signed if tree.size > FORK}) == 1
        # ... and the witness stands at the largest of it, or at one that was kept and not answered.
        with httpx.Client(trust_env=False) as client:
            known = known_size(client, witness.url)
        assert known >= max(tree.size for tree in signed)
        branch = signed[-1].fork
        other = Tree(known + 1, 9999 if branch == FORK else FORK)
        assert (
            httpx.post(
                f"{witness.url}/add-checkpoint", content=LOG.request(known, other), trust_env=False
            ).status_code
            == 422
        )
        shown = httpx.get(f"{witness.url}/{monitor_path(LOG.origin)}", trust_env=False)
        assert f"\n{known}\n" in shown.text
    finally:
        witness.end()


def press(url: str, fork: int, signed: list[Tree], enough: threading.Event, until: int) -> None:
    """Ask for the next size of a branch, again and again, until the witness is gone."""
    with httpx.Client(trust_env=False, timeout=10) as client:
        try:
            while True:
                known = known_size(client, url)
                tree = Tree(known + 1, fork)
                answer = client.post(f"{url}/add-checkpoint", content=LOG.request(known, tree))
                if answer.status_code == 200:
                    signed.append(tree)
                if len(signed) >= until:
                    enough.set()
        except httpx.TransportError:
            return


def known_size(client: httpx.Client, url: str) -> int:
    """The size that the witness names when asked from one that nobody has."""
    answer = client.post(f"{url}/add-checkpoint", content=LOG.request(4999, Tree(5000)))
    assert answer.status_code == 409, answer.text
    size = parse_known_size(answer.content)
    assert size is not None
    return size


def test_a_body_beyond_the_limit_ends_before_the_application(tmp_path: Path) -> None:
    witness = new_witness(tmp_path, "w")
    witness.start()
    try:
        body = b"x" * (MAX_REQUEST_BYTES + 1)
        answer = httpx.post(f"{witness.url}/add-checkpoint", content=body, trust_env=False)
        assert answer.status_code == 413
        chunked = httpx.post(
            f"{witness.url}/add-checkpoint", content=iter([body[:99999]] * 2), trust_env=False
        )
        assert chunked.status_code == 413
    finally:
        witness.end()
