"""Targets: what capture reads of a working tree, and what a node or a spool is handed."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fuzz.target import LONGEST_REFUSAL, Target
from webui.client.admit import Expected, WrongError, admit, read_vkey
from webui.client.capture import dvc, packages
from webui.client.capture.card import read_card
from webui.client.capture.formats import read_model
from webui.client.capture.lfs import read_pointer
from webui.client.capture.window import BytesWindow
from webui.client.errors import AnswerError, CaptureError
from webui.client.spool import _parse

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCK = b"""schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - path: data/train.csv
      md5: 0123456789abcdef0123456789abcdef
      size: 120
    params:
      params.yaml:
        train.lr: 0.1
    outs:
    - path: model.pkl
      md5: 2123456789abcdef0123456789abcdef.dir
"""
_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 12\n"
_HEADER = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
_TENSORS = struct.pack("<Q", len(_HEADER)) + _HEADER + b"\0" * 4
_PICKLE = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x01x\x85R."
_ONNX = b"\x08\x0a\x12\x01t:\x06\x0a\x00\x12\x02gr\x42\x02\x10\x12"
_KEPT = json.dumps(
    {"format": "counterseal-spool/1", "number": 1, "url": "https://x", "kind": "a.b",
     "event": {}, "key": "k", "kept_at": "t", "reason": ""}
).encode()  # fmt: skip


def _answer(read: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except (CaptureError, AnswerError, WrongError) as error:
        said = str(error)
    said.encode("utf-8")
    assert len(said) <= LONGEST_REFUSAL, "the refusal repeats what it was given"
    return None


def _paths(data: bytes) -> None:
    stages = _answer(dvc.read_lock, data, "dvc.lock") or ()
    tracked = _answer(dvc.read_dvc_file, data, "a/x.dvc") or ()
    for one in (*tracked, *(out for stage in stages for out in (*stage.deps, *stage.outs))):
        outside = one.path.startswith("/") or ".." in one.path.split("/")
        assert "://" in one.path or not outside, "a path leads outside"


def _admission(data: bytes) -> None:
    """Nothing that was not signed is ever admitted."""
    vkey = read_vkey(_known_vkey())
    expected = Expected(environment="production", artifact="ab" * 32)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    assert _answer(admit, data, vkey, expected, moment) is None


def _known_vkey() -> str:
    from ledger.core.note import vkey

    return str(vkey("log.example", b"\x07" * 32))


def _models(data: bytes) -> None:
    for name in ("m.safetensors", "m.onnx", "m.pt", "m.pkl", "m"):
        _answer(read_model, BytesWindow(data), name)


def _packages(data: bytes) -> None:
    for read in (packages.read_conda, packages.read_lock, packages.read_requirements):
        _answer(read, data, "file")


TARGETS = (
    Target("dvc", "dvc.lock and .dvc files of a working tree", _paths, lambda: [_LOCK]),
    Target(
        "lfs-pointer",
        "a pointer of Git LFS",
        lambda data: _answer(read_pointer, data, "model"),
        lambda: [_POINTER],
    ),
    Target(
        "model-file",
        "a model: safetensors, ONNX, PyTorch, pickle",
        _models,
        lambda: [_TENSORS, _PICKLE, _ONNX],
    ),
    Target(
        "model-card",
        "the front matter of a model card",
        lambda data: _answer(read_card, data, "README.md"),
        lambda: [b"---\nlicense: mit\nmodel-index:\n- name: x\n  results: []\n---\n"],
    ),
    Target(
        "packages",
        "requirements, conda environments, lock files",
        _packages,
        lambda: [b"a==1\n", b"dependencies:\n- a=1\n", b'[[package]]\nname="a"\nversion="1"\n'],
    ),
    Target(
        "spooled",
        "a file of the spool",
        lambda data: _answer(_parse, data),
        lambda: [_KEPT],
        structured=True,
    ),
    Target(
        "admission",
        "an admission receipt that a node is handed",
        _admission,
        lambda: [
            b'{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}'
        ],
        structured=True,
    ),
)
