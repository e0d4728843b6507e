"""The parsers of capture: what they read, and each way of being wrong."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle  # noqa: TID251 (made here to be looked at, never loaded)
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from webui.client.capture import dvc, packages
from webui.client.capture.card import read_card
from webui.client.capture.formats import read_model
from webui.client.capture.lfs import read_pointer
from webui.client.capture.pickled import scan_pickle
from webui.client.capture.pipeline import read_pipeline
from webui.client.capture.strict_yaml import read_yaml
from webui.client.capture.where import public, without_credentials
from webui.client.capture.window import BytesWindow
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 12345\n"
)
LOCK = b"""schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - path: data/train.csv
      hash: md5
      md5: 0123456789abcdef0123456789abcdef
      size: 120
    - path: train.py
      md5: 1123456789abcdef0123456789abcdef
      size: 20
    params:
      params.yaml:
        train.lr: 0.1
        train:
          depth: 3
          shuffle: true
    outs:
    - path: model.pkl
      md5: 2123456789abcdef0123456789abcdef
      size: 99
"""


def model(data: bytes, name: str) -> Any:
    return read_model(BytesWindow(data), name)


# Git LFS


def test_a_pointer_of_git_lfs_is_read() -> None:
    pointer = read_pointer(POINTER, "model.bin")
    assert (pointer.sha256, pointer.size) == ("ab" * 32, 12345)
    more = POINTER.replace(b"oid", b"ext-0-foo sha256:" + b"cd" * 32 + b"\noid")
    assert read_pointer(more, "model.bin").size == 12345


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.replace(b"sha256:ab", b"sha256:zz"),
        lambda p: p.replace(b"12345", b"-1"),
        lambda p: p.replace(b"12345", b"0123"),
        lambda p: p[:-1],
        lambda p: p.replace(b"size", b"SIZE"),
        lambda p: p.replace(b"oid", b"zzz"),
        lambda p: p + b"\xff\n",
        lambda p: p + p[43:],
    ],
)
def test_what_begins_as_a_pointer_and_is_none_is_refused(change: Callable[[bytes], bytes]) -> None:
    damaged = change(POINTER)
    with pytest.raises(CaptureError):
        read_pointer(damaged, "model.bin")


# YAML


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [1]\nb: *x", "yaml-unreadable"),
        ("a: !!python/object/apply:os.system ['id']", "yaml-unreadable"),
        ("a: 1\na: 2", "yaml-unreadable"),
        ("[" * 200 + "]" * 200, "yaml-unreadable"),
        ("a: [" + "1," * 300_000 + "]", "yaml-unreadable"),
        ("a: \xff", ""),
        ("stages:\n<<<<<<< HEAD\n  a: 1\n=======\n  a: 2\n>>>>>>> branch\n", "merge-markers"),
        ("a: [1", "yaml-unreadable"),
        ("a: " + "9" * 6000, "yaml-unreadable"),
    ],
)
def test_yaml_of_strangers_is_bounded(text: str, code: str) -> None:
    if not code:
        with pytest.raises(CaptureError):
            read_yaml(text.encode("latin-1"), "file")
        return
    with pytest.raises(CaptureError) as raised:
        read_yaml(text.encode(), "file")
    assert raised.value.code == code


def test_a_bomb_of_aliases_is_refused_at_its_first_alias() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
    )
    with pytest.raises(CaptureError, match="alias"):
        read_yaml(bomb.encode(), "dvc.lock")


# DVC


def test_a_lock_is_read() -> None:
    (stage,) = dvc.read_lock(LOCK, "dvc.lock")
    assert [one.path for one in stage.deps] == ["data/train.csv", "train.py"]
    assert stage.deps[0].hash == "md5"
    assert stage.params == {"train.lr": "0.1", "train.depth": "3", "train.shuffle": "true"}
    assert stage.outs[0].size == 99


def test_an_out_that_is_a_directory_is_known_as_one() -> None:
    data = b"outs:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  size: 9\n  nfiles: 2\n  path: images\n"
    (out,) = dvc.read_dvc_file(data, "data/images.dvc")
    assert (out.path, out.directory, out.digest) == ("data/images", True, "0123456789abcdef" * 2)


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/etc/passwd", "a/../../b", "~/x", "..", "C:/x", "a\\b", "..\\b"]
)
def test_a_path_that_leads_outside_is_refused(path: str) -> None:
    data = f"outs:\n- md5: 0123456789abcdef0123456789abcdef\n  path: '{path}'\n".encode()
    with pytest.raises(CaptureError) as raised:
        dvc.read_dvc_file(data, "model.dvc")
    assert raised.value.code == "path-outside"


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"outs: 1",
        b"outs: [1]",
        b"outs: [{md5: x}]",
        b"schema: '1.0'\nstages: {}",
        b"stages: []",
    ],
)
def test_what_dvc_never_writes_is_refused(data: bytes) -> None:
    with pytest.raises(CaptureError):
        dvc.read_lock(data, "dvc.lock") if b"s" in data[:1] else dvc.read_dvc_file(data, "x.dvc")


def test_remotes_are_told_without_credentials() -> None:
    config = (
        b"[core]\n    remote = s3\n['remote \"other\"']\n    url = /srv/dvc\n"
        b"['remote \"s3\"']\n    url = https://user:secret@store.example/b?token=abc\n"
    )
    first, second = dvc.read_config(config, ".dvc/config")
    assert (first.name, first.url) == ("s3", "https://store.example/b")
    assert second.url == "/srv/dvc"


# Model files


def tensors() -> bytes:
    arrays = {"w": np.zeros((3, 4), np.float32), "b": np.ones(4, np.float16)}
    return safetensors.numpy.save(arrays, {"format": "np"})


def test_a_safetensors_file_is_told() -> None:
    found = model(tensors(), "model.safetensors")
    assert found.format == "safetensors"
    assert found.facts == {
        "tensors": "2", "parameters": "16", "dtypes": "F16,F32", "metadata.format": "np",
    }  # fmt: skip


def header(plain: Any, rest: bytes = b"") -> bytes:
    raw = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    return struct.pack("<Q", len(raw)) + raw + rest


def one(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"w": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04" + b"\0" * 100,
        struct.pack("<Q", 2**60) + b"{}",
        header(b"{", b""),
        header([], b""),
        header(b'{"w":1,"w":2}'),
        header(b"[" * 100_000),
        header(one(), b""),
        header(one(), b"12345"),
        header(one(shape=(2,)), b"1234"),
        header(one(shape=(2**40, 2**40)), b"1234"),
        header(one(dtype="F1"), b"1234"),
        header(one(offsets=(4, 8)), b"12345678"),
        header(one(offsets=(4, 0)), b"1234"),
        header(one(shape=(-1,), offsets=(0, -4)), b""),
        header({**one(), "v": one()["w"]}, b"1234"),
        header({"w": None}),
    ],
)
def test_what_is_no_safetensors_file_is_refused(data: bytes) -> None:
    with pytest.raises(CaptureError):
        model(data, "model.safetensors")


def test_a_zip_bomb_in_the_place_of_safetensors_is_refused_unopened() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 10_000_000)
    with pytest.raises(CaptureError):
        model(packed.getvalue(), "model.safetensors")


def test_an_onnx_model_is_told_as_its_library_tells_it() -> None:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "tiny",
        [value("x", TensorProto.FLOAT, [1])],
        [value("y", TensorProto.FLOAT, [1])],
        [helper.make_tensor("big", TensorProto.FLOAT, [1000], np.zeros(1000))],
    )
    made = helper.make_model(
        graph, producer_name="tests", opset_imports=[helper.make_opsetid("", 18)]
    )
    helper.set_model_props(made, {"author": "nobody"})
    found = model(made.SerializeToString(), "model.onnx")
    known = onnx.load_from_string(made.SerializeToString())
    assert found.facts["ir_version"] == str(known.ir_version)
    assert found.facts["producer"] == "tests"
    assert found.facts["opset.ai.onnx"] == "18"
    assert found.facts["metadata.author"] == "nobody"
    assert {k: found.facts[k] for k in ("graph", "nodes", "initializers", "inputs", "outputs")} == {
        "graph": "tiny", "nodes": "1", "initializers": "1", "inputs": "1", "outputs": "1",
    }  # fmt: skip


@given(st.binary(max_size=200))
def test_no_bytes_make_the_readers_fail_in_another_way(data: bytes) -> None:
    for name in ("m.onnx", "m.safetensors", "m.pt", "m.pkl", "m"):
        with contextlib.suppress(CaptureError):
            model(data, name)
    scan_pickle(b"\x80\x04" + data)


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/never",)


def test_a_pickle_is_walked_over_and_what_it_would_call_is_named() -> None:
    for protocol in (0, 2, 4, 5):
        found = scan_pickle(pickle.dumps({"a": [1], "e": Evil()}, protocol=protocol))
        assert found.whole
        assert found.calls == ("posix.system",)


def test_a_model_of_scikit_learn_is_known_by_its_classes_and_version() -> None:
    import sklearn
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    found = model(pickle.dumps(fitted), "model.pkl")
    assert "sklearn.linear_model._logistic.LogisticRegression" in found.names
    assert (found.facts["scikit-learn"], found.calls) == (sklearn.__version__, ())


def torch_zip(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model/data.pkl", data)
        archive.writestr("model/data/0", b"\0" * 16)
        archive.writestr("model/version", b"3\n")
    return packed.getvalue()


def test_a_file_of_pytorch_is_looked_into() -> None:
    found = model(torch_zip(pickle.dumps({"w": Evil()}, protocol=2)), "model.pt")
    assert (found.format, found.facts["tensors"], found.calls) == (
        "pytorch", "1", ("posix.system",),
    )  # fmt: skip
    with pytest.raises(CaptureError):
        model(torch_zip(b"")[:-30], "model.pt")


# The rest


def test_packages_are_read_as_they_are_pinned() -> None:
    text = b"# pins\nscikit_learn==1.7.0 ; python_version > '3'\nnumpy>=2\nA.b[c] == 1!2.0\n-r other.txt\n"
    assert packages.read_requirements(text, "r") == {"a-b": "1!2.0", "scikit-learn": "1.7.0"}
    conda = b"dependencies:\n- conda-forge::numpy=2.1.0=py311\n- python=3.11\n- pip:\n  - x==1\n"
    assert packages.read_conda(conda, "e") == {"numpy": "2.1.0", "python": "3.11", "x": "1"}
    lock = b'[[package]]\nname = "Flask"\nversion = "3.1.0"\n'
    assert packages.read_lock(lock, "poetry.lock") == {"flask": "3.1.0"}
    for read in (packages.read_conda, packages.read_lock):
        with pytest.raises(CaptureError):
            read(b"[[[", "x")


def test_a_card_is_read() -> None:
    text = b"""---
license: apache-2.0
language: [en, de]
base_model: google/bert
datasets: imdb
model-index:
- name: x
  results:
  - dataset: {name: IMDb}
    metrics: [{type: accuracy, value: 0.91}]
---
# A model
"""
    card = read_card(text, "README.md")
    assert (card.licence, card.languages, card.datasets) == ("apache-2.0", ("en", "de"), ("imdb",))
    assert (card.base_models, card.results) == (("google/bert",), (("IMDb", "accuracy", "0.91"),))
    assert read_card(b"# No front matter", "README.md").licence == ""
    with pytest.raises(CaptureError):
        read_card(b"---\nlicense: x\n", "README.md")


@pytest.mark.parametrize(
    ("variables", "platform", "run"),
    [
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_RUN_ID": "7",
            },
            "github",
            "https://github.com/o/r/actions/runs/7",
        ),
        (
            {"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example/o/r/-/jobs/7"},
            "gitlab",
            "https://gitlab.example/o/r/-/jobs/7",
        ),
        (
            {
                "TF_BUILD": "True",
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/o/",
                "SYSTEM_TEAMPROJECT": "p",
                "BUILD_BUILDID": "7",
            },
            "azure",
            "https://dev.azure.com/o/p/_build/results/7",
        ),
        (
            {"JENKINS_URL": "https://j.example", "BUILD_URL": "https://u:p@j.example/job/7/"},
            "jenkins",
            "https://j.example/job/7/",
        ),
    ],
)
def test_a_pipeline_is_known_by_its_variables(
    variables: dict[str, str], platform: str, run: str
) -> None:
    found = read_pipeline(variables)
    assert found is not None
    assert (found.platform, found.run) == (platform, run)
    assert read_pipeline({}) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:pass@git.example/o/r.git", "https://git.example/o/r.git"),
        ("https://x-access-token:ghp_abc@github.com/o/r", "https://github.com/o/r"),
        ("git@git.example:o/r.git", "ssh://git.example/o/r.git"),
        ("ssh://git@git.example:2222/o/r", "ssh://git.example:2222/o/r"),
        ("https://git.example/r?private_token=abc", "https://git.example/r"),
        ("/srv/git/r.git", "/srv/git/r.git"),
        ("https://[::1]:99999/", ""),
    ],
)
def test_no_credential_of_an_address_is_kept(url: str, told: str) -> None:
    assert without_credentials(url) == told


def test_an_address_of_a_person_is_cut_out() -> None:
    assert public("by ana.b@example.org ü") == "by [address] ?"
