"""A company with a version that is a file and one that is a directory, and a store for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.webui.api.company import Company, a_model, a_version, found
from tests.webui.house import build
from webui.cli.main import main
from webui.client.capture.artifact import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

FILE = b"weights" * 1000
FILES = {"config.json": b"{}", "deep/er/weights.bin": b"\x00" * 4096, "same.bin": FILE}


@dataclass
class Shop:
    """``churn`` 1.0.0 is ``model.onnx``, 2.0.0 is the folder ``saved``."""

    company: Company
    work: Path

    @property
    def store(self) -> Path:
        return self.work / "store"

    def run(self, *arguments: str) -> Result:
        home = str(self.company.house.wiring.settings.home)
        return CliRunner().invoke(main, ["--home", home, "artifacts", *arguments])

    def put(self) -> None:
        assert self.run("init").exit_code == 0
        for version, path in (("1.0.0", "model.onnx"), ("2.0.0", "saved")):
            done = self.run("put", "churn", version, str(self.work / path))
            assert done.exit_code == 0, done.output

    def objects(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.store).as_posix(): path.read_bytes()
            for path in sorted(self.store.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    (tmp_path / "model.onnx").write_bytes(FILE)
    for name, data in FILES.items():
        place = tmp_path / "saved" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    monkeypatch.setenv("COUNTERSEAL_ARTIFACTS", f"file://{tmp_path / 'store'}")
    company = found(build(tmp_path / "home"))
    scientist = company.scientist
    assert scientist.submit("model.registered", a_model(company.scientist_id)).status_code == 201
    for version, path in (("1.0.0", "model.onnx"), ("2.0.0", "saved")):
        artifact = digest_of(tmp_path / path)
        fields = a_version(version)
        fields["artifact"] |= {"sha256": artifact.sha256, "size_bytes": artifact.size}
        assert scientist.submit("version.registered", fields).status_code == 201
    yield Shop(company, tmp_path)
    company.house.wiring.close()
