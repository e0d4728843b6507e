"""The steps that every version takes: published, released, deployed, observed, deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from webui.demo.company import ANA, BO, PIPELINE
from webui.demo.described import metrics_of, version_of
from webui.demo.documents import write_papers
from webui.demo.stage import otherwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webui.demo.company import Member
    from webui.demo.stage import Outcome, Stage
    from webui.demo.training import Run

_GRANTED: Final = "release.granted"


class Steps:
    """Steps of single versions, on a stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def publish(self, run: Run, parent: Run | None) -> None:
        """The pipeline registers a version; its documents are attached."""
        recipe = run.recipe
        fields = version_of(run, parent, int(self._stage.story.begun_on[:4]))
        first = run.said["metrics"][0]
        what = f"registers {recipe.model} {recipe.version}, {first['name']} {first['value']}"
        self._stage.do(PIPELINE, recipe.tag, "version.registered", fields, what)
        papers = write_papers(run)
        for paper in papers:
            attached = {
                "model": recipe.model,
                "version": recipe.version,
                "type": paper.type,
                "sha256": paper.sha256,
                "size_bytes": paper.size_bytes,
                "media_type": paper.media_type,
                "title": paper.title,
            }
            last = self._stage.ask(ANA, f"{recipe.tag}/{paper.type}", "evidence.attached", attached)
        names = ", ".join(paper.type.replace("_", " ") for paper in papers)
        self._stage.tell(ANA, f"attaches to {recipe.version}: {names}", "done", last)

    def request(self, run: Run, environment: str, member: Member, *, granted: bool = False) -> int:
        """Ask for a release; ``granted`` where it needs nobody's approval."""
        recipe = run.recipe
        fields = {"model": recipe.model, "version": recipe.version, "environment": environment}
        what = f"asks for the release of {recipe.version} to {environment}"
        step = f"{recipe.tag}/{environment}/request"
        answered = self._stage.ask(member, step, "release.requested", fields)
        if (_GRANTED in answered.followed) != granted:
            raise otherwise(step, "be granted" if granted else "wait for approvals")
        self._stage.tell(member, what, "granted" if granted else "waits", answered)
        return answered.entry

    def release(
        self,
        run: Run,
        environment: str,
        requester: Member,
        approvers: Sequence[Member],
        ends: Outcome,
    ) -> int:
        """Somebody asks, others approve; with the last approval it is granted, or it is not."""
        number = self.request(run, environment, requester, granted=not approvers)
        for place, member in enumerate(approvers, start=1):
            last = place == len(approvers)
            self.approve(run, environment, number, member, ends if last else "waits")
        return number

    def approve(
        self, run: Run, environment: str, number: int, member: Member, ends: Outcome
    ) -> None:
        """Somebody approves; where it is not granted in the end, what is missing is told."""
        fields = {"release": number, "artifact": run.sha256}
        step = f"{run.recipe.tag}/{environment}/approve/{member.key}"
        what = f"approves {run.recipe.version} for {environment}"
        refused = ends == "refused"
        answered = self._stage.ask(member, step, "release.approved", fields, refused=refused)
        if not refused and (_GRANTED in answered.followed) != (ends == "granted"):
            raise otherwise(step, ends)
        why = "\n".join(answered.why)
        if ends == "not granted":
            why = "\n".join(self._stage.callers[member.key].get(f"releases/{number}")["pending"])
        self._stage.tell(member, what, ends, answered, why)

    def deploy(
        self, run: Run, environment: str, time: str, ends: Literal["done", "refused"]
    ) -> None:
        """The pipeline deploys; ``time`` tells a second attempt from the first."""
        fields = running(run, environment) | {
            "target": f"{environment}-cluster",
            "region": "us" if run.recipe.task == "classification" else "eu",
        }
        step = f"{run.recipe.tag}/{environment}/deploy/{time}"
        what = f"deploys {run.recipe.version} to {environment}"
        refused = ends == "refused"
        answered = self._stage.ask(PIPELINE, step, "deployment.recorded", fields, refused=refused)
        self._stage.tell(PIPELINE, what, ends, answered, "\n".join(answered.why))

    def observe(self, run: Run, environment: str) -> None:
        """The pipeline records how a version does in the field."""
        fields = {
            "model": run.recipe.model,
            "version": run.recipe.version,
            "phase": "monitoring",
            "environment": environment,
            "metrics": metrics_of(run, "field"),
        }
        first = "sensitivity" if run.recipe.task == "classification" else "mae"
        value = run.metric(first, "field_metrics")
        what = f"observes {run.recipe.version} in the field: {first} {value}"
        step = f"{run.recipe.tag}/{environment}/observe"
        self._stage.do(PIPELINE, step, "metrics.observed", fields, what)

    def deprecate(self, run: Run, cause: str, replacement: Run, reason: str) -> None:
        """The ML lead deprecates a version in favour of another."""
        fields = {
            "model": run.recipe.model,
            "version": run.recipe.version,
            "cause": cause,
            "effective_on": self._stage.story.begun_on,
            "replacement": replacement.recipe.version,
            "reason": reason,
        }
        what = f"deprecates {run.recipe.version}"
        step = f"{run.recipe.tag}/deprecate"
        self._stage.do(BO, step, "version.deprecated", fields, what, why=reason)


def running(run: Run, environment: str) -> dict[str, Any]:
    """The fields that say which bytes run where."""
    return {
        "model": run.recipe.model,
        "version": run.recipe.version,
        "environment": environment,
        "artifact": run.sha256,
    }
