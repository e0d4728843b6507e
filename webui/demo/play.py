"""What everybody at the company does, step by step, each under their own name.

Each step says how it must end; a policy that answered otherwise would end the demonstration, so
what the summary tells did happen. Steps are played in the same order and under the same keys every
time, so that an interrupted story is played to its end without anything happening twice.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from webui.demo.company import ADMINISTRATOR, ANA, BO, CHI, DEE, FINN, INVITED
from webui.demo.described import MODELS
from webui.demo.emergency import Emergency
from webui.demo.place import Issued
from webui.demo.steps import Steps, running

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from webui.demo.stage import Stage
    from webui.demo.training import Run

FRAMEWORKS: Final = ("gdpr", "hipaa", "soc2")


def _next_year(day: str) -> str:
    """The first of January after a day; at most a year on."""
    return f"{int(day[:4]) + 1}-01-01"


class Play:
    """The scenes, in their order."""

    def __init__(self, stage: Stage, runs: Sequence[Run]) -> None:
        self._stage = stage
        self._steps = Steps(stage)
        self._runs = runs

    def invite_everybody(self) -> None:
        """The administrator enrols everybody and gives them their roles."""
        self._stage.begin("People and roles")
        for member in INVITED:
            fields = {
                "actor_id": self._stage.actors[member.key],
                "actor_type": member.type,
                "name": member.name,
            }
            if member.type == "person":
                fields["email"] = member.email
            step = f"people/{member.key}"
            enrolled = self._stage.ask(ADMINISTRATOR, step, "actor.enrolled", fields)
            for role in member.roles:
                granted = {"actor_id": self._stage.actors[member.key], "role": role}
                if role == "auditor":
                    granted["until"] = f"{_next_year(self._stage.story.begun_on)}T00:00:00Z"
                self._stage.ask(ADMINISTRATOR, f"{step}/{role}", "role.granted", granted)
            roles = ", ".join(role.replace("_", " ") for role in member.roles)
            self._stage.tell(ADMINISTRATOR, f"enrols {member.name} as {roles}", "done", enrolled)

    def govern(self) -> None:
        """Everything that happens to the two models."""
        self._stage.begin("Models")
        for fields in MODELS:
            step, owner = fields["model"], {"owner": self._stage.actors[ANA.key]}
            what = f"registers the model {fields['model']}, {fields['risk_tier']} risk"
            self._stage.do(ANA, step, "model.registered", fields | owner, what)
        weak, tree, forest, logistic, line, small, ridge = self._runs
        self._stage.begin("A version below the threshold")
        self._refuse_the_weak(weak)
        self._stage.begin("A release by two")
        self._release_the_tree(tree, weak)
        self._stage.begin("Replaced, and rolled back")
        self._replace_and_roll_back(forest, tree)
        self._stage.begin("An emergency, by proposal and with a review")
        Emergency(self._stage).play(tree.recipe.model)
        self._stage.begin("A successor; the others deprecated and archived")
        self._settle(logistic, forest, weak)
        self._stage.begin("The second model")
        self._study(line, small, ridge)

    def issue_reports(self, folder: Path, today: str) -> None:
        """The compliance officer has the reports made that are not there yet, and fetches them."""
        self._stage.begin("Reports")
        officer = self._stage.callers[DEE.key]
        there = {one["framework"]: one for one in officer.get("reports")["items"]}
        for framework in FRAMEWORKS:
            said = there.get(framework) or self._issue(framework, today)
            entry = int(said["since"])
            path = folder / f"{framework}.pdf"
            part = path.with_suffix(".part")
            part.write_bytes(officer.download(f"/api/v1/reports/{entry}/pdf"))
            part.replace(path)
            issued = Issued(path.name, entry, said["pages"], said["verdicts"])
            self._stage.story.reports[framework] = issued
            self._stage.note(DEE, f"issues the report {path.name}", "done", entry)

    def _issue(self, framework: str, today: str) -> dict[str, Any]:
        year = self._stage.story.begun_on[:4]
        wanted = {"framework": framework, "from": f"{year}-01-01", "to": today}
        officer = self._stage.callers[DEE.key]
        made = officer.post("reports", wanted, f"demo/report/{framework}")
        return officer.get(f"reports/{made['sequence']}")

    def _refuse_the_weak(self, weak: Run) -> None:
        """Two approvals can't make up for an accuracy below the threshold."""
        self._steps.publish(weak, None)
        number = self._steps.release(weak, "production", ANA, (BO, CHI), "not granted")
        self._steps.deploy(weak, "production", "first", "refused")
        fields = {"release": number, "reason": "The accuracy is too low; a better version comes."}
        what = f"withdraws the release of {weak.recipe.version}"
        self._stage.do(
            ANA, f"{weak.recipe.tag}/production/withdraw", "release.withdrawn", fields, what
        )

    def _release_the_tree(self, tree: Run, weak: Run) -> None:
        """From development by staging to production, with a pair of eyes from compliance."""
        self._steps.publish(tree, weak)
        self._steps.release(tree, "development", ANA, (), "granted")
        self._steps.deploy(tree, "development", "first", "done")
        self._steps.release(tree, "staging", ANA, (BO,), "granted")
        self._steps.deploy(tree, "staging", "first", "done")
        self._steps.release(tree, "production", ANA, (BO, CHI), "granted")
        self._steps.deploy(tree, "production", "first", "done")
        self._steps.observe(tree, "production")

    def _replace_and_roll_back(self, forest: Run, tree: Run) -> None:
        """Bo asks for a release and can't approve it himself; in the field it does not hold."""
        self._steps.publish(forest, tree)
        self._steps.release(forest, "staging", ANA, (BO,), "granted")
        self._steps.deploy(forest, "staging", "first", "done")
        number = self._steps.request(forest, "production", BO)
        self._talk(number)
        self._steps.approve(forest, "production", number, BO, "refused")
        self._steps.approve(forest, "production", number, CHI, "waits")
        self._steps.approve(forest, "production", number, DEE, "granted")
        self._steps.deploy(forest, "production", "first", "done")
        self._steps.observe(forest, "production")
        was, now = forest.metric("sensitivity"), forest.metric("sensitivity", "field_metrics")
        holds = tree.metric("sensitivity", "field_metrics")
        reason = (
            f"Where a clinic's instrument reads radii low, sensitivity falls from {was} to {now}; "
            f"version {tree.recipe.version} keeps {holds}."
        )
        fields = running(tree, "production") | {"cause": "quality", "reason": reason}
        what = f"rolls production back to {tree.recipe.version}"
        step = f"{forest.recipe.tag}/production/roll-back"
        self._stage.do(FINN, step, "deployment.rolled_back", fields, what, why=reason)

    def _talk(self, number: int) -> None:
        """Bo asks Chi and Dee to look; Dee lets Chi stand in; Chi asks something back."""
        actors, stage = self._stage.actors, self._stage
        asked = {"release": number, "reviewers": [actors[CHI.key], actors[DEE.key]]}
        stage.do(BO, f"talk/{number}/ask", "release.assigned", asked, "asks Chi and Dee to look")
        until = date.fromisoformat(stage.story.begun_on) + timedelta(days=14)
        lent = {
            "actor_id": actors[FINN.key],
            "role": "compliance",
            "until": f"{until.isoformat()}T00:00:00Z",
            "reason": "On leave in the second week.",
        }
        what = f"lets Finn stand in for her as compliance until {until.isoformat()}"
        stage.do(DEE, "talk/lend", "role.delegated", lent, what)
        words = "Is sensitivity measured on every clinic's instruments, or on the pooled set?"
        said = {"release": number, "comment": words}
        stage.do(CHI, f"talk/{number}/say", "release.commented", said, "comments", why=words)

    def _settle(self, logistic: Run, forest: Run, weak: Run) -> None:
        """A third version takes over; the bad one is deprecated, the old one archived."""
        self._steps.publish(logistic, forest)
        self._steps.release(logistic, "staging", ANA, (BO,), "granted")
        self._steps.deploy(logistic, "staging", "first", "done")
        self._steps.release(logistic, "production", ANA, (BO, CHI), "granted")
        self._steps.deploy(logistic, "production", "first", "done")
        self._steps.observe(logistic, "production")
        self._steps.deprecate(
            forest, "quality", logistic, "Misses tumours where an instrument drifts."
        )
        self._steps.deploy(forest, "production", "again", "refused")
        self._steps.deprecate(
            weak, "superseded", logistic, "Never fit for use; later versions are."
        )
        fields = {
            "model": weak.recipe.model,
            "version": weak.recipe.version,
            "reason": "It was never deployed and will not be.",
        }
        what = f"archives {weak.recipe.version}"
        self._stage.do(BO, f"{weak.recipe.tag}/archive", "version.archived", fields, what)

    def _study(self, line: Run, small: Run, ridge: Run) -> None:
        """The regression: one version runs, one is rejected, one takes over."""
        self._steps.publish(line, None)
        for environment, approvers in (("staging", (BO,)), ("production", (BO, CHI))):
            self._steps.release(line, environment, ANA, approvers, "granted")
            self._steps.deploy(line, environment, "first", "done")
        self._steps.publish(small, line)
        number = self._steps.request(small, "production", ANA)
        reason = (
            f"It explains less than the line: r2 {small.metric('r2')}, not {line.metric('r2')}."
        )
        fields = {"release": number, "artifact": small.sha256, "reason": reason}
        step, what = f"{small.recipe.tag}/production/reject", f"rejects {small.recipe.version}"
        self._stage.do(BO, step, "release.rejected", fields, what, why=reason)
        self._steps.publish(ridge, line)
        for environment, approvers in (("staging", (BO,)), ("production", (BO, DEE))):
            self._steps.release(ridge, environment, ANA, approvers, "granted")
            self._steps.deploy(ridge, environment, "first", "done")
        self._steps.observe(ridge, "production")
        # Left open, so that whoever signs in finds something that waits.
        self._steps.request(small, "staging", ANA)
