"""Kubernetes asks whether something may run: an AdmissionReview in, an AdmissionReview out.

Source: Kubernetes, "Dynamic Admission Control" (``admission.k8s.io/v1``). What may run is said by
annotations of the object, or of the template of its pods:

* ``counterseal.dev/model`` and ``counterseal.dev/version``: which version it is;
* ``counterseal.dev/artifact``: the SHA-256 of the bytes that it runs, or ``image``, where the
  container's image is the artifact and is pinned by its digest.

Rules, all of them fail closed:

1. The namespace says which environment it is, by the table of whoever runs this; the object does
   not. A namespace that the table does not name is refused.
2. An object without the annotations is refused, unless it was said that such objects may pass.
3. The object and its template do not contradict each other.
4. The gate is asked about exactly these bytes, or an admission receipt for them is verified without
   a network. What can't be told is refused.

What is deleted runs no more and is let go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

API: Final = "admission.k8s.io/v1"
PREFIX: Final = "counterseal.dev/"
MOST_REASONS: Final = 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_UID: Final = re.compile(r"[\x21-\x7e]{1,200}")
_LONGEST: Final = 300
_FORBIDDEN: Final = 403
_UNAVAILABLE: Final = 503


class ReviewError(ValueError):
    """This is no AdmissionReview; whoever asked gets no answer that could pass for a yes."""


class RefusedError(Exception):
    """It may not run; each reason is a sentence. ``code`` is that of the status."""

    def __init__(self, *reasons: str, code: int = _FORBIDDEN) -> None:
        super().__init__("; ".join(reasons))
        self.code = code


@dataclass(frozen=True)
class Wanted:
    """What is to run where: a version, and the bytes that are it."""

    model: str
    version: str
    artifact: str
    environment: str


class Judge(Protocol):
    """Who knows whether something may run: the gate, or receipts on this machine."""

    def __call__(self, wanted: Wanted) -> None:
        """Return where it may.

        Raises:
            RefusedError: it may not, or it can't be told.
        """


@dataclass(frozen=True)
class Rules:
    """``environments`` by namespace; whether objects that name no model may pass."""

    environments: Mapping[str, str]
    pass_unnamed: bool = False


def review(plain: Any, rules: Rules, judge: Judge) -> dict[str, Any]:
    """The answer to an AdmissionReview.

    Raises:
        ReviewError: it is none.
    """
    request = plain.get("request") if isinstance(plain, dict) else None
    if not isinstance(request, dict):
        raise ReviewError("it has no request")
    if plain.get("apiVersion") != API or plain.get("kind") != "AdmissionReview":
        raise ReviewError(f"it is no AdmissionReview of {API}")
    uid = request.get("uid")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        raise ReviewError("its request has no uid")
    answer: dict[str, Any] = {"uid": uid, "allowed": False}
    try:
        wanted = _wanted(request, rules)
        if wanted is not None:
            judge(wanted)
            answer["auditAnnotations"] = {
                "admitted": f"{wanted.model} {wanted.version} {wanted.artifact}"
            }
        answer["allowed"] = True
    except RefusedError as error:
        answer["status"] = _status(error.code, str(error))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is not a yes)
        said = f"it can't be told whether it may run ({type(error).__name__})"
        answer["status"] = _status(_UNAVAILABLE, said)
    return {"apiVersion": API, "kind": "AdmissionReview", "response": answer}


def _status(code: int, sentence: str) -> dict[str, Any]:
    plain = "".join(one if one.isprintable() else "?" for one in sentence)
    return {"code": code, "message": f"Counterseal: {plain}."}


def _wanted(request: dict[str, Any], rules: Rules) -> Wanted | None:
    if request.get("operation") == "DELETE":
        return None
    found = request.get("object")
    if not isinstance(found, dict):
        raise RefusedError("the request has no object to look at")
    annotations = _annotations(found)
    if not annotations:
        if rules.pass_unnamed:
            return None
        raise RefusedError(f"it names no model ({PREFIX}model, {PREFIX}version, {PREFIX}artifact)")
    lacking = [name for name in ("model", "version", "artifact") if not annotations.get(name)]
    if lacking:
        raise RefusedError(f"the annotation {PREFIX}{lacking[0]} is missing")
    namespace = request.get("namespace")
    environment = rules.environments.get(namespace) if isinstance(namespace, str) else None
    if not environment:
        raise RefusedError("its namespace is no environment here")
    return Wanted(
        annotations["model"], annotations["version"], _artifact(annotations, found), environment
    )


def _annotations(found: dict[str, Any]) -> dict[str, str]:
    """Ours, of the object and of its template, without our prefix.

    Raises:
        RefusedError: they contradict each other, or are no texts.
    """
    told: dict[str, str] = {}
    for part in (found, *_templates(found)):
        metadata = part.get("metadata")
        all_of = metadata.get("annotations") if isinstance(metadata, dict) else None
        for name, value in all_of.items() if isinstance(all_of, dict) else ():
            if not isinstance(name, str) or not name.startswith(PREFIX):
                continue
            if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
                raise RefusedError("an annotation of ours is no text")
            if told.setdefault(name.removeprefix(PREFIX), value) != value:
                raise RefusedError("the object and its template say different things")
    return told


def _templates(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The templates of pods: of a workload, and of the job that a CronJob makes."""
    spec = found.get("spec")
    if not isinstance(spec, dict):
        return []
    direct = spec.get("template")
    job = spec.get("jobTemplate")
    inner = job.get("spec") if isinstance(job, dict) else None
    nested = inner.get("template") if isinstance(inner, dict) else None
    return [one for one in (direct, nested) if isinstance(one, dict)]


def _artifact(annotations: dict[str, str], found: dict[str, Any]) -> str:
    said = annotations["artifact"].removeprefix("sha256:")
    if _SHA256.fullmatch(said):
        return said
    if said != "image":
        raise RefusedError(f"{PREFIX}artifact is no SHA-256")
    images = {image for pod in (found, *_templates(found)) for image in _images(pod)}
    digests = {image.rpartition("@sha256:")[2] for image in images if "@sha256:" in image}
    if len(images) != 1 or len(digests) != 1 or not all(map(_SHA256.fullmatch, digests)):
        raise RefusedError("there is not one image, pinned by its digest")
    return digests.pop()


def _images(pod: dict[str, Any]) -> list[str]:
    spec = pod.get("spec")
    if not isinstance(spec, dict):
        return []
    every: list[Any] = []
    for name in ("containers", "initContainers", "ephemeralContainers"):
        some = spec.get(name)
        every += some if isinstance(some, list) else []
    return [str(one.get("image")) for one in every if isinstance(one, dict)]
