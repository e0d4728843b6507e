"""A capture: everything that was found out about a version, and the two things made of it.

``event`` is the command ``version.registered``, bounded and without persons. ``manifest`` is the
rest, in full: a JSON document that is attached to the version by its digest, so that what stands in
it can be proved later without making the ledger carry it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from webui.client.capture import folder
from webui.client.capture.artifact import digest_of
from webui.client.capture.pipeline import read_pipeline
from webui.client.capture.repository import find_repository
from webui.client.capture.where import public
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from webui.client.capture.artifact import Artifact
    from webui.client.capture.card import Card
    from webui.client.capture.dvc import Dvc
    from webui.client.capture.folder import Data, Packages
    from webui.client.capture.formats import Model
    from webui.client.capture.pipeline import Pipeline
    from webui.client.capture.repository import Repository
    from webui.client.capture.signed import Signed

FORMAT: Final = "counterseal-capture/1"
MANIFEST_TYPE: Final = "capture_manifest"
MANIFEST_MEDIA: Final = "application/json"
MOST_PARAMETERS: Final = 300
MOST_PACKAGES: Final = 600
_NOT_A_NAME: Final = re.compile(r"[^A-Za-z0-9_.\-]")
_NOT_A_SLUG: Final = re.compile(r"[^a-z0-9_-]+")
_MODULES: Final = (".py", ".ipynb", ".sh", ".r")


@dataclass(frozen=True, slots=True)
class Capture:
    """Everything that was found."""

    path: str
    artifact: Artifact
    modified_at: str
    models: tuple[tuple[str, Model], ...]
    repository: Repository | None
    dvc: Dvc
    data: tuple[Data, ...]
    packages: tuple[Packages, ...]
    card: Card
    pipeline: Pipeline | None
    python: str
    hardware: str
    signed: Signed | None = None

    def notices(self) -> tuple[str, ...]:
        """What a person should know before this is registered."""
        found = []
        if self.repository is not None and self.repository.changed:
            found.append(f"{self.repository.changed} tracked files differ from the commit")
        if self.repository is not None and not self.repository.remote:
            found.append("the repository has no remote, so its commit is known here alone")
        calls = sorted({name for _, model in self.models for name in model.calls})
        if calls:
            found.append(f"loading the model would call {', '.join(calls[:5])}")
        weak = [one.path for one in self.data if one.digest and not one.sha256]
        if weak:
            found.append(f"{len(weak)} of DVC's files are not here; their MD5 alone is known")
        return tuple(found)


def capture(
    path: Path,
    variables: Mapping[str, str],
    *,
    git: bool = True,
    leave_out: frozenset[str] = frozenset(),
    seen: Callable[[int], None] = lambda _: None,
) -> Capture:
    """Look at a model and at the working tree that it lies in.

    Raises:
        CaptureError: something can't be taken for what it says it is.
    """
    artifact = digest_of(path, leave_out=leave_out, seen=seen)
    around = path if path.is_dir() else path.parent
    repository = find_repository(around) if git else None
    top = Path(repository.top) if repository is not None else around
    known = folder.read_dvc(top)
    stages = [one for stage in known.stages for one in (*stage.deps, *stage.outs)]
    tracked = tuple({one.path: one for one in (*stages, *known.tracked)}.values())
    newest = max(
        (path / one.path if artifact.directory else path).stat().st_mtime for one in artifact.files
    )
    return Capture(
        path=_shown(path, top),
        artifact=artifact,
        modified_at=f"{datetime.fromtimestamp(int(newest), UTC):%Y-%m-%dT%H:%M:%SZ}",
        models=folder.read_models(path, artifact),
        repository=repository,
        dvc=known,
        data=folder.hash_tracked(top, tracked),
        packages=folder.read_packages(top),
        card=folder.read_card(path, top),
        pipeline=read_pipeline(variables),
        python=folder.read_python(),
        hardware=folder.read_hardware(),
    )


def manifest_of(found: Capture) -> bytes:
    """The document that goes along: all of it, in sorted JSON that two captures agree on."""
    plain = {"format": FORMAT, **asdict(found)}
    if found.repository is not None:
        del plain["repository"]["top"]  # where it lay on this machine
    return (json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def evidence_of(model: str, version: str, manifest: bytes) -> dict[str, Any]:
    """The fields of ``evidence.attached`` for the manifest."""
    return {
        "model": model,
        "version": version,
        "type": MANIFEST_TYPE,
        "sha256": hashlib.sha256(manifest).hexdigest(),
        "size_bytes": len(manifest),
        "media_type": MANIFEST_MEDIA,
    }


def event_of(
    model: str,
    version: str,
    found: Capture,
    said: Mapping[str, Any],
    classification: str = "",
) -> dict[str, Any]:
    """The fields of ``version.registered``; what was ``said`` goes before what was found.

    DVC's inputs become data sets where their ``classification`` was said: what privacy law asks of
    data is nothing that a file tells.

    Raises:
        CaptureError: what was said names another model or version.
    """
    for name, value in (("model", model), ("version", version)):
        if said.get(name, value) != value:
            raise CaptureError(f"The file of facts is about another {name}.", code="facts-differ")
    event: dict[str, Any] = {
        "model": model,
        "version": version,
        "artifact": {
            "sha256": found.artifact.sha256,
            "size_bytes": found.artifact.size,
            "format": _format(found),
        },
        "trained_at": found.modified_at,
        "environment_used": {
            "python": found.python,
            "hardware": found.hardware,
            "packages": _packages(found),
        },
    }
    event.update(_optional(found, classification))
    event.update(said)
    return event


def _optional(found: Capture, classification: str) -> dict[str, Any]:
    event: dict[str, Any] = {}
    if found.repository is not None:
        event["code"] = _code(found.repository)
    params = {name: value for stage in found.dvc.stages for name, value in stage.params.items()}
    parameters = {
        _NOT_A_NAME.sub("_", name)[:100]: public(value) or "-" for name, value in params.items()
    }
    if parameters:
        event["parameters"] = dict(sorted(parameters.items())[:MOST_PARAMETERS])
    if found.card.licence:
        event["licence"] = public(found.card.licence)
    if found.pipeline is not None and found.pipeline.run:
        event["run"] = found.pipeline.run
    data_sets = _data_sets(found, classification) if classification else []
    if data_sets:
        event["data_sets"] = data_sets
    return event


def _code(repository: Repository) -> dict[str, Any]:
    code: dict[str, Any] = {
        "repository": repository.remote or "local",
        "commit": repository.commit,
        "dirty": repository.changed > 0,
        "tag_signature": repository.tag_signature,
    }
    if repository.branch:
        code["branch"] = repository.branch
    if repository.tag:
        code["tag"] = repository.tag
    return code


def _data_sets(found: Capture, classification: str) -> list[dict[str, Any]]:
    """What DVC tracks and no stage makes: the inputs, code excepted."""
    made = {one.path for stage in found.dvc.stages for one in stage.outs}
    sources = [
        one
        for one in found.data
        if one.sha256 and one.path not in made and not one.path.lower().endswith(_MODULES)
    ]
    remote = found.dvc.remotes[0].url if found.dvc.remotes else "working tree"
    return [
        {
            "name": _slug(one.path),
            "version": (one.digest or one.sha256)[:32],
            "sha256": one.sha256,
            "source": public(f"dvc {remote} {one.path}"),
            "classification": classification,
        }
        for one in sources[:100]
    ]


def _packages(found: Capture) -> dict[str, str]:
    """The packages of the first source, which is the working tree's own where it pins any."""
    best = next((one for one in found.packages if one.versions), None)
    versions = best.versions if best is not None else {}
    return {
        public(name): public(one) or "-" for name, one in list(versions.items())[:MOST_PACKAGES]
    }


def _format(found: Capture) -> str:
    if found.artifact.directory:
        known = [
            model.format for _, model in found.models if model.format not in {"file", "binary"}
        ]
        return _slug(known[0]) if known else "directory"
    return _slug(found.models[0][1].format)


def _slug(text: str) -> str:
    return _NOT_A_SLUG.sub("-", text.lower()).strip("-_")[:64] or "data"


def _shown(path: Path, top: Path) -> str:
    """The model's path from the top of its repository: where it lay on this machine is private."""
    try:
        return path.resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        return path.name
