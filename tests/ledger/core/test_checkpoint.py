from __future__ import annotations

import pytest

from ledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.core.merkle import EMPTY_ROOT
from ledger.errors import CheckpointError

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
EMPTY = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_a_checkpoint_is_three_lines() -> None:
    text = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert format_checkpoint(checkpoint) == text


def test_the_empty_tree_has_a_checkpoint() -> None:
    assert parse_checkpoint(f"o\n0\n{EMPTY}\n") == Checkpoint("o", 0, EMPTY_ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\nextension\n",
        f"\n1\n{ROOT}\n",
        f"o\r\n1\n{ROOT}\n",
        f"o\to\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n1.0\n{ROOT}\n",
        f"o\n 1\n{ROOT}\n",
        f"o\n1_0\n{ROOT}\n",
        f"o\n\N{ARABIC-INDIC DIGIT ONE}\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n9223372036854775809\n{ROOT}\n",
        f"o\n99999999999999999999999999\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{ROOT[:-2]}3=\n",
        f"o\n1\n {ROOT}\n",
        f"o\n1\n{ROOT.replace('/', '_')}\n",
        "o\n1\nAAAA\n",
        f"o\n0\n{ROOT}\n",
        f"o\n00\n{EMPTY}\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        parse_checkpoint(text)
    assert caught.value.code == "malformed-checkpoint"


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint("", 1, b"r" * 32),
        Checkpoint("two\nlines", 1, b"r" * 32),
        Checkpoint("o", -1, b"r" * 32),
        Checkpoint("o", 2**63 + 1, b"r" * 32),
        Checkpoint("o", 1, b"r" * 31),
        Checkpoint("o", 0, b"r" * 32),
    ],
)
def test_a_checkpoint_that_could_not_be_read_back_is_not_written(checkpoint: Checkpoint) -> None:
    with pytest.raises(CheckpointError):
        format_checkpoint(checkpoint)
