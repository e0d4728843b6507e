"""What everybody at the company does, step by step, each under their own name.

Each step says how it must end; a policy that answered otherwise would end the demonstration, so
what the summary tells did happen. Steps are played in the same order and under the same keys every
time, so that an interrupted story is played to its end without anything happening twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from ledger.errors import OutsideError
from webui.demo.company import (
    ADMINISTRATOR,
    ANA,
    BO,
    CHI,
    DEE,
    FINN,
    INVITED,
    PIPELINE,
)
from webui.demo.described import MODELS, metrics_of, version_of
from webui.demo.documents import write_papers
from webui.demo.place import Issued, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from webui.demo.caller import Answered, Caller
    from webui.demo.company import Member
    from webui.demo.place import Story
    from webui.demo.training import Run

Outcome = Literal["done", "waits", "granted", "not granted", "refused"]
FRAMEWORKS: Final = ("gdpr", "hipaa", "soc2")
_GRANTED: Final = "release.granted"


class Play:
    """The story, told line by line as it happens."""

    def __init__(
        self,
        callers: dict[str, Caller],
        actors: dict[str, str],
        runs: Sequence[Run],
        story: Story,
        say: Callable[[str], None],
    ) -> None:
        self._callers = callers
        self._actors = actors
        self._runs = runs
        self._story = story
        self._say = say
        self._scene = ""

    def invite_everybody(self) -> None:
        """The administrator enrols everybody and gives them their roles."""
        self._begin("People and roles")
        for member in INVITED:
            fields = {
                "actor_id": self._actors[member.key],
                "actor_type": member.type,
                "name": member.name,
            }
            if member.type == "person":
                fields["email"] = member.email
            step = f"people/{member.key}"
            enrolled = self._ask(ADMINISTRATOR, step, "actor.enrolled", fields)
            for role in member.roles:
                granted = {"actor_id": self._actors[member.key], "role": role}
                self._ask(ADMINISTRATOR, f"{step}/{role}", "role.granted", granted)
            roles = ", ".join(role.replace("_", " ") for role in member.roles)
            self._tell(ADMINISTRATOR, f"enrols {member.name} as {roles}", "done", enrolled)

    def govern(self) -> None:
        """Everything that happens to the two models."""
        self._begin("Models")
        for fields in MODELS:
            step, owner = fields["model"], {"owner": self._actors[ANA.key]}
            what = f"registers the model {fields['model']}, {fields['risk_tier']} risk"
            self._do(ANA, step, "model.registered", fields | owner, what)
        weak, tree, forest, logistic, line, small, ridge = self._runs
        self._begin("A version below the threshold")
        self._refuse_the_weak(weak)
        self._begin("A release by two")
        self._release_the_tree(tree, weak)
        self._begin("Replaced, and rolled back")
        self._replace_and_roll_back(forest, tree)
        self._begin("A successor; the others deprecated and archived")
        self._settle(logistic, forest, weak)
        self._begin("The second model")
        self._study(line, small, ridge)

    def issue_reports(self, folder: Path) -> None:
        """The compliance officer has the reports made that are not there yet, and fetches them."""
        self._begin("Reports")
        officer = self._callers[DEE.key]
        there = {one["framework"]: one for one in officer.get("reports")["items"]}
        for framework in FRAMEWORKS:
            said = there.get(framework) or self._issue(framework)
            entry = int(said["since"])
            path = folder / f"{framework}.pdf"
            part = path.with_suffix(".part")
            part.write_bytes(officer.download(f"/api/v1/reports/{entry}/pdf"))
            part.replace(path)
            issued = Issued(path.name, entry, said["pages"], said["verdicts"])
            self._story.reports[framework] = issued
            what = f"issues the report {path.name}"
            self._story.lines.append(Line(self._scene, DEE.name, what, "done", entry))

    def _issue(self, framework: str) -> dict[str, Any]:
        until = self._story.begun_on
        wanted = {"framework": framework, "from": f"{until[:4]}-01-01", "to": until}
        officer = self._callers[DEE.key]
        made = officer.post("reports", wanted, f"demo/report/{framework}")
        return officer.get(f"reports/{made['sequence']}")

    def _refuse_the_weak(self, weak: Run) -> None:
        """Two approvals can't make up for an accuracy below the threshold."""
        self._publish(weak, None)
        number = self._release(weak, "production", ANA, (BO, CHI), "not granted")
        self._deploy(weak, "production", "first", "refused")
        fields = {"release": number, "reason": "The accuracy is too low; a better version comes."}
        what = f"withdraws the release of {weak.recipe.version}"
        self._do(ANA, f"{weak.recipe.tag}/production/withdraw", "release.withdrawn", fields, what)

    def _release_the_tree(self, tree: Run, weak: Run) -> None:
        """From development by staging to production, with a pair of eyes from compliance."""
        self._publish(tree, weak)
        self._release(tree, "development", ANA, (), "granted")
        self._deploy(tree, "development", "first", "done")
        self._release(tree, "staging", ANA, (BO,), "granted")
        self._deploy(tree, "staging", "first", "done")
        self._release(tree, "production", ANA, (BO, CHI), "granted")
        self._deploy(tree, "production", "first", "done")
        self._observe(tree, "production")

    def _replace_and_roll_back(self, forest: Run, tree: Run) -> None:
        """Bo asks for a release and can't approve it himself; in the field it does not hold."""
        self._publish(forest, tree)
        self._release(forest, "staging", ANA, (BO,), "granted")
        self._deploy(forest, "staging", "first", "done")
        number = self._request(forest, "production", BO)
        self._approve(forest, "production", number, BO, "refused")
        self._approve(forest, "production", number, CHI, "waits")
        self._approve(forest, "production", number, DEE, "granted")
        self._deploy(forest, "production", "first", "done")
        self._observe(forest, "production")
        was, now = forest.metric("sensitivity"), forest.metric("sensitivity", "field_metrics")
        holds = tree.metric("sensitivity", "field_metrics")
        reason = (
            f"Where a clinic's instrument reads radii low, sensitivity falls from {was} to {now}; "
            f"version {tree.recipe.version} keeps {holds}."
        )
        fields = _running(tree, "production") | {"cause": "quality", "reason": reason}
        what = f"rolls production back to {tree.recipe.version}"
        step = f"{forest.recipe.tag}/production/roll-back"
        self._do(FINN, step, "deployment.rolled_back", fields, what, why=reason)

    def _settle(self, logistic: Run, forest: Run, weak: Run) -> None:
        """A third version takes over; the bad one is deprecated, the old one archived."""
        self._publish(logistic, forest)
        self._release(logistic, "staging", ANA, (BO,), "granted")
        self._deploy(logistic, "staging", "first", "done")
        self._release(logistic, "production", ANA, (BO, CHI), "granted")
        self._deploy(logistic, "production", "first", "done")
        self._observe(logistic, "production")
        self._deprecate(forest, "quality", logistic, "Misses tumours where an instrument drifts.")
        self._deploy(forest, "production", "again", "refused")
        self._deprecate(weak, "superseded", logistic, "Never fit for use; later versions are.")
        fields = {
            "model": weak.recipe.model,
            "version": weak.recipe.version,
            "reason": "It was never deployed and will not be.",
        }
        what = f"archives {weak.recipe.version}"
        self._do(BO, f"{weak.recipe.tag}/archive", "version.archived", fields, what)

    def _study(self, line: Run, small: Run, ridge: Run) -> None:
        """The regression: one version runs, one is rejected, one takes over."""
        self._publish(line, None)
        for environment, approvers in (("staging", (BO,)), ("production", (BO, CHI))):
            self._release(line, environment, ANA, approvers, "granted")
            self._deploy(line, environment, "first", "done")
        self._publish(small, line)
        number = self._request(small, "production", ANA)
        reason = (
            f"It explains less than the line: r2 {small.metric('r2')}, not {line.metric('r2')}."
        )
        fields = {"release": number, "artifact": small.sha256, "reason": reason}
        step, what = f"{small.recipe.tag}/production/reject", f"rejects {small.recipe.version}"
        self._do(BO, step, "release.rejected", fields, what, why=reason)
        self._publish(ridge, line)
        for environment, approvers in (("staging", (BO,)), ("production", (BO, DEE))):
            self._release(ridge, environment, ANA, approvers, "granted")
            self._deploy(ridge, environment, "first", "done")
        self._observe(ridge, "production")

    def _publish(self, run: Run, parent: Run | None) -> None:
        """The pipeline registers a version; its documents are attached."""
        recipe = run.recipe
        fields = version_of(run, parent, int(self._story.begun_on[:4]))
        first = run.said["metrics"][0]
        what = f"registers {recipe.model} {recipe.version}, {first['name']} {first['value']}"
        self._do(PIPELINE, recipe.tag, "version.registered", fields, what)
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
            last = self._ask(ANA, f"{recipe.tag}/{paper.type}", "evidence.attached", attached)
        names = ", ".join(paper.type.replace("_", " ") for paper in papers)
        self._tell(ANA, f"attaches to {recipe.version}: {names}", "done", last)

    def _request(self, run: Run, environment: str, member: Member, *, granted: bool = False) -> int:
        """Ask for a release; ``granted`` where it needs nobody's approval."""
        recipe = run.recipe
        fields = {"model": recipe.model, "version": recipe.version, "environment": environment}
        what = f"asks for the release of {recipe.version} to {environment}"
        step = f"{recipe.tag}/{environment}/request"
        answered = self._ask(member, step, "release.requested", fields)
        if (_GRANTED in answered.followed) != granted:
            raise _otherwise(step, "be granted" if granted else "wait for approvals")
        self._tell(member, what, "granted" if granted else "waits", answered)
        return answered.entry

    def _release(
        self,
        run: Run,
        environment: str,
        requester: Member,
        approvers: Sequence[Member],
        ends: Outcome,
    ) -> int:
        """Somebody asks, others approve; with the last approval it is granted, or it is not."""
        number = self._request(run, environment, requester, granted=not approvers)
        for place, member in enumerate(approvers, start=1):
            last = place == len(approvers)
            self._approve(run, environment, number, member, ends if last else "waits")
        return number

    def _approve(
        self, run: Run, environment: str, number: int, member: Member, ends: Outcome
    ) -> None:
        fields = {"release": number, "artifact": run.sha256}
        step = f"{run.recipe.tag}/{environment}/approve/{member.key}"
        what = f"approves {run.recipe.version} for {environment}"
        refused = ends == "refused"
        answered = self._ask(member, step, "release.approved", fields, refused=refused)
        if not refused and (_GRANTED in answered.followed) != (ends == "granted"):
            raise _otherwise(step, ends)
        why = "\n".join(answered.why)
        if ends == "not granted":
            why = "\n".join(self._callers[member.key].get(f"releases/{number}")["pending"])
        self._tell(member, what, ends, answered, why)

    def _deploy(
        self, run: Run, environment: str, time: str, ends: Literal["done", "refused"]
    ) -> None:
        fields = _running(run, environment) | {
            "target": f"{environment}-cluster",
            "region": "us" if run.recipe.task == "classification" else "eu",
        }
        step = f"{run.recipe.tag}/{environment}/deploy/{time}"
        what = f"deploys {run.recipe.version} to {environment}"
        refused = ends == "refused"
        answered = self._ask(PIPELINE, step, "deployment.recorded", fields, refused=refused)
        self._tell(PIPELINE, what, ends, answered, "\n".join(answered.why))

    def _observe(self, run: Run, environment: str) -> None:
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
        self._do(PIPELINE, step, "metrics.observed", fields, what)

    def _deprecate(self, run: Run, cause: str, replacement: Run, reason: str) -> None:
        fields = {
            "model": run.recipe.model,
            "version": run.recipe.version,
            "cause": cause,
            "effective_on": self._story.begun_on,
            "replacement": replacement.recipe.version,
            "reason": reason,
        }
        what = f"deprecates {run.recipe.version}"
        step = f"{run.recipe.tag}/deprecate"
        self._do(BO, step, "version.deprecated", fields, what, why=reason)

    def _do(
        self,
        member: Member,
        step: str,
        kind: str,
        fields: dict[str, Any],
        what: str,
        *,
        why: str = "",
    ) -> Answered:
        """Ask for something that must happen, and tell it."""
        answered = self._ask(member, step, kind, fields)
        self._tell(member, what, "done", answered, why)
        return answered

    def _ask(
        self,
        member: Member,
        step: str,
        kind: str,
        fields: dict[str, Any],
        *,
        refused: bool = False,
    ) -> Answered:
        answered = self._callers[member.key].submit(step, kind, fields)
        if (answered.outcome == "deny") != refused:
            wanted = "be refused" if refused else "be allowed"
            raise _otherwise(step, wanted, answered.why)
        return answered

    def _tell(
        self, member: Member, what: str, outcome: Outcome, answered: Answered, why: str = ""
    ) -> None:
        line = Line(self._scene, member.name, what, outcome, answered.entry, why)
        self._story.lines.append(line)

    def _begin(self, scene: str) -> None:
        self._scene = scene
        self._say(f"  {scene}")


def _running(run: Run, environment: str) -> dict[str, Any]:
    """The fields that say which bytes run where."""
    return {
        "model": run.recipe.model,
        "version": run.recipe.version,
        "environment": environment,
        "artifact": run.sha256,
    }


def _otherwise(step: str, wanted: str, why: Sequence[str] = ()) -> OutsideError:
    return OutsideError(
        f"The demonstration stopped at {step}: it should {wanted}, and did not. {' '.join(why)}",
        code="demo-stopped",
    )
