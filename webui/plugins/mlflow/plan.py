"""What each change of the registry means to the ledger: what is asked before, what is told after.

A model is ``model.registered``, a version whose bytes are reached ``version.registered``, an alias
or stage that is an environment ``deployment.recorded`` beside its own change. Everything else, and
what the policy does not take, is ``registry.changed``. Aliases, stages, new names and deletions
are asked for before, so that a policy can refuse them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from webui.client.capture.where import public
from webui.client.errors import ClientError
from webui.client.foreign_names import model_name, version_name
from webui.plugins.mlflow.bytes_of import bytes_of
from webui.plugins.mlflow.facts import PURPOSES, RISK_TIER, TASK, stated, version_facts
from webui.plugins.mlflow.telling import Command, RefusedChangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from webui.client.answers import Deployment
    from webui.plugins.mlflow.settings import PluginSettings
    from webui.plugins.mlflow.telling import Teller

    Call = Mapping[str, Any]

PROMPT: Final = "mlflow.prompt.is_prompt"
_MOST_TEXT: Final = 4000
_MOST_NAMES: Final = 10_000
_NAMES_ANOTHER: Final = ("models:", "runs:")
_STAGES: Final = {"none": "None", "staging": "Staging", "production": "Production"}


@dataclass(frozen=True, slots=True)
class Plan:
    """``tell`` makes the commands from what MLflow answered; ``undo`` takes the change back."""

    tell: Callable[[Any], list[Command]]
    undo: Callable[[], None] | None = None


@dataclass(slots=True)
class Planner:
    """Plans for one store, behind which ``reads`` is MLflow's own.

    ``who`` names the person that MLflow knows, ``run_of`` finds a run or None.
    """

    reads: Any
    teller: Teller
    settings: PluginSettings
    who: Callable[[], str]
    run_of: Callable[[str], Any]
    _owner: str = field(default="", init=False)
    _models: set[str] = field(default_factory=set, init=False)

    def plan(self, name: str, call: Call) -> Plan:
        """The plan of one call, after everything that must be asked was allowed.

        Raises:
            RefusedChangeError: it was not.
        """
        return getattr(self, f"_{name}")(call)  # type: ignore[no-any-return]

    # Models

    def _create_registered_model(self, call: Call) -> Plan:
        tags = {tag.key: tag.value for tag in call.get("tags") or []}
        if tags.get(PROMPT) == "true":
            return self._prompt(call["name"], "created")
        return Plan(lambda made: [self._model(call["name"], tags, made.description or "")])

    def _model(self, name: str, tags: Mapping[str, str], description: str) -> Command:
        told = self._changed("model_created", name, value=f"{name}: {description}")
        defaults = self.settings.defaults
        purposes = tags.get(PURPOSES) or defaults["purposes"]
        owner = self._find_owner()
        if not owner:
            return told
        event = {
            "model": model_name(name),
            "version_scheme": "semantic",
            "task": tags.get(TASK) or defaults["task"],
            "risk_tier": tags.get(RISK_TIER) or defaults["risk_tier"],
            "purposes": [part.strip() for part in purposes.split(",") if part.strip()],
            "owner": owner,
            "description": self._text(f"MLflow: {name}. {description}"),
        }
        return Command("model.registered", event, rather=told)

    def _find_owner(self) -> str:
        """Whoever the token speaks for; empty where the ledger is away."""
        if not self._owner:
            try:
                self._owner = self.teller.client.me().actor
            except ClientError:
                return ""
        return self._owner

    def _update_registered_model(self, call: Call) -> Plan:
        if self._is_prompt(call["name"]):
            return self._prompt(call["name"], "updated")
        told = self._changed("model_updated", call["name"], value=call["description"])
        return Plan(lambda _: [told])

    def _rename_registered_model(self, call: Call) -> Plan:
        if self._is_prompt(call["name"]):
            return self._prompt(call["name"], "renamed")
        told = self._changed("model_renamed", call["name"], name=call["new_name"])
        self.teller.ask(told)

        def tell(made: Any) -> list[Command]:
            return [told, self._model(made.name, made.tags, made.description or "")]

        return Plan(tell)

    def _delete_registered_model(self, call: Call) -> Plan:
        if self._is_prompt(call["name"]):
            return self._prompt(call["name"], "deleted")
        self._models.discard(call["name"])
        return self._asked(self._changed("model_deleted", call["name"]))

    def _set_registered_model_tag(self, call: Call) -> Plan:
        tag = call["tag"]
        return self._of_model("model_tag_set", call["name"], tag.key, tag.value)

    def _delete_registered_model_tag(self, call: Call) -> Plan:
        return self._of_model("model_tag_removed", call["name"], call["key"], "")

    def _of_model(self, change: str, model: str, name: str, value: str) -> Plan:
        if self._is_prompt(model):
            return self._prompt(model, name)
        told = self._changed(change, model, name=name, value=value)
        return Plan(lambda _: [told])

    # Versions

    def _create_model_version(self, call: Call) -> Plan:
        if self._is_prompt(call["name"]):
            return self._prompt(call["name"], "version created")
        return Plan(lambda made: [self._version(made)])

    def _version(self, made: Any) -> Command:
        """A version as it is registered here, or as it is told where its bytes can't be read."""
        told = self._changed(
            "version_created", made.name, version=made.version, value=made.description
        )
        found = bytes_of(self._address(made))
        if found is None:
            return told
        run = self.run_of(made.run_id) if made.run_id else None
        event = {
            **version_facts(made, found, run),
            "model": model_name(made.name),
            "version": version_name(str(made.version)),
        }
        notes = self._text("; ".join(filter(None, (f"by {self.who()}", made.description))))
        # Where somebody else registered it, what MLflow knows is said beside, never merged in.
        values = stated(event)
        source = self.settings.registry
        said = {"model": event["model"], "version": event["version"], "source": source}
        beside = Command("metadata.stated", {**said, "values": values}) if values else None
        rather = replace(told, beside=beside)
        return Command("version.registered", {"notes": notes, **event}, rather=rather)

    def _address(self, version: Any) -> str:
        source = str(version.source or "")
        if source and not source.startswith(_NAMES_ANOTHER):
            return source  # MLflow keeps such a source as the place itself
        return str(self.reads.get_model_version_download_uri(version.name, version.version))

    def _update_model_version(self, call: Call) -> Plan:
        return self._of_version("version_updated", call, "", call["description"])

    def _delete_model_version(self, call: Call) -> Plan:
        if self._is_prompt(call["name"]):
            return self._prompt(call["name"], "version deleted")
        return self._asked(self._changed("version_deleted", call["name"], version=call["version"]))

    def _set_model_version_tag(self, call: Call) -> Plan:
        return self._of_version("version_tag_set", call, call["tag"].key, call["tag"].value)

    def _delete_model_version_tag(self, call: Call) -> Plan:
        return self._of_version("version_tag_removed", call, call["key"], "")

    def _of_version(self, change: str, call: Call, name: str, value: str) -> Plan:
        if self._is_prompt(call["name"]):
            return self._prompt(call["name"], change)
        told = self._changed(change, call["name"], version=call["version"], name=name, value=value)
        return Plan(lambda _: [told])

    # Aliases and stages

    def _set_registered_model_alias(self, call: Call) -> Plan:
        model, alias, version = call["name"], call["alias"], call["version"]
        if self._is_prompt(model):
            return self._prompt(model, f"alias {alias}")
        told = self._changed("alias_set", model, version=version, name=alias)
        self.teller.ask(told)
        deployed = self._deployed(alias, model, version)
        before = dict(self.reads.get_registered_model(model).aliases).get(alias)

        def undo() -> None:
            if before is None:
                self.reads.delete_registered_model_alias(model, alias)
            else:
                self.reads.set_registered_model_alias(model, alias, before)

        return Plan(lambda _: [*deployed, told], undo)

    def _delete_registered_model_alias(self, call: Call) -> Plan:
        model, alias = call["name"], call["alias"]
        if self._is_prompt(model):
            return self._prompt(model, f"alias {alias} removed")
        told = self._changed("alias_removed", model, name=alias)
        self.teller.ask(told)
        before = dict(self.reads.get_registered_model(model).aliases).get(alias)
        stopped = [] if before is None else self._stopped(alias, model, before)
        return Plan(lambda _: [*stopped, told])

    def _transition_model_version_stage(self, call: Call) -> Plan:
        model, version = call["name"], call["version"]
        stage = _STAGES.get(str(call["stage"]).lower(), str(call["stage"]).capitalize())
        before = self.reads.get_model_version(model, version).current_stage
        told = self._changed("stage_set", model, version=version, name=stage)
        self.teller.ask(told)
        commands = [told]
        if before != stage:
            commands = [*self._stopped(before, model, version), told]
        if stage in self.settings.environments:
            commands = [*self._deployed(stage, model, version), told]
        undo = None
        if before != stage:

            def undo() -> None:
                self.reads.transition_model_version_stage(
                    model, version, before, archive_existing_versions=False
                )

        return Plan(lambda _: commands, undo)

    def _deployed(self, label: str, model: str, version: Any) -> list[Command]:
        """The deployment that an alias or a stage means, once the gate allows it.

        The bytes are read again: what was overwritten since it was registered is not deployed.
        """
        environment = self.settings.environments.get(label)
        if environment is None:
            return []
        known = self.reads.get_model_version(model, version)
        found = bytes_of(self._address(known))
        place = {
            "model": model_name(model),
            "version": version_name(str(version)),
            "environment": environment,
        }
        running = self._running(place["model"])
        artifact = self.teller.gate(
            place["model"], place["version"], environment, found.sha256 if found else ""
        )
        here = {(one.version, one.environment, one.artifact) for one in running}
        if (place["version"], environment, artifact) in here:
            return []
        event = {
            **place,
            "artifact": artifact,
            "target": public(f"{self.settings.registry}:{label}"),
        }
        return [Command("deployment.recorded", event, asked=True)]

    def _stopped(self, label: str, model: str, version: Any) -> list[Command]:
        """The end of the deployment that an alias or a stage meant."""
        environment = self.settings.environments.get(label)
        if environment is None:
            return []
        for one in self._running(model_name(model)):
            if (one.version, one.environment) == (version_name(str(version)), environment):
                stop = Command(
                    "deployment.stopped",
                    {
                        "model": one.model,
                        "environment": environment,
                        "deployment": one.number,
                        "reason": self._text(f"{label} was taken from it in MLflow"),
                    },
                )
                self.teller.ask(stop)
                return [stop]
        return []

    def _running(self, model: str) -> Sequence[Deployment]:
        try:
            return self.teller.client.running(model)
        except ClientError as error:
            said = f"The ledger can't be asked, so this protected change is refused: {error}"
            raise RefusedChangeError(said) from None

    # Whom MLflow tells

    def _create_webhook(self, call: Call) -> Plan:
        return self._hook("webhook created", call.get("name"))

    def _update_webhook(self, call: Call) -> Plan:
        return self._hook("webhook updated", call["webhook_id"])

    def _delete_webhook(self, call: Call) -> Plan:
        return self._hook("webhook deleted", call["webhook_id"])

    def _hook(self, what: str, name: Any) -> Plan:
        told = self._changed("settings_changed", "", name=f"{what}: {name}")
        return Plan(lambda _: [told])

    # What they share

    def _asked(self, told: Command) -> Plan:
        self.teller.ask(told)
        return Plan(lambda _: [told])

    def _prompt(self, name: str, what: str) -> Plan:
        """Prompts lie in the same store and are no models: they are told, never asked for."""
        told = self._changed("prompt_changed", "", name=f"{name}: {what}")
        return Plan(lambda _: [told])

    def _is_prompt(self, name: str) -> bool:
        """Whether MLflow keeps a prompt under this name.

        MLflow reads every version of a model to tell. So what was a model is taken for one from
        then on: were the name given to a prompt, it would be asked for, which prompts need not be.
        """
        if name in self._models:
            return False
        found = self.reads.get_registered_model(name)
        if found._is_prompt():  # noqa: SLF001 (MLflow's stores ask it so themselves)
            return True
        if len(self._models) >= _MOST_NAMES:
            self._models.clear()
        self._models.add(name)
        return False

    def _changed(
        self, change: str, model: str, *, version: Any = None, name: str = "", value: Any = None
    ) -> Command:
        event: dict[str, Any] = {
            "registry": self.settings.registry,
            "change": change,
            "told_by": "plugin",
        }
        if model:
            event["model"] = model_name(model)
        if version is not None:
            event["version"] = version_name(str(version))
        if name:
            event["name"] = public(name) or "?"
        if value:
            event["value"] = self._text(str(value))
        by = self._text(self.who())
        return Command("registry.changed", {**event, "by": by} if by else event)

    def _text(self, text: str) -> str:
        """As a private text may be: at most 4,000 characters, none of them NUL."""
        return text.replace("\x00", "?").strip()[:_MOST_TEXT].strip()
