"""What the plugin is told by the environment: which aliases are which environments, and defaults.

The server's address, token and verifier key are those of the client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webui.client.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTRY: Final = "COUNTERSEAL_MLFLOW_REGISTRY"
ENVIRONMENTS: Final = "COUNTERSEAL_MLFLOW_ENVIRONMENTS"
DEFAULTS: Final = "COUNTERSEAL_MLFLOW_DEFAULTS"
TELL: Final = "COUNTERSEAL_MLFLOW_TELL"

_AT_ONCE: Final = "at-once"
_LATER: Final = "later"
_USUAL: Final = "champion=production Production=production Staging=staging"
_USUAL_DEFAULTS: Final = {"task": "other", "risk_tier": "high", "purposes": "unspecified"}
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """``environments`` maps aliases and stages; ``defaults`` fill what no tag of a model says.

    ``later``: what is not protected is kept on disk, and told a moment after MLflow answered.
    """

    registry: str
    environments: Mapping[str, str]
    defaults: Mapping[str, str]
    later: bool = False


def read_plugin_settings(environment: Mapping[str, str]) -> PluginSettings:
    """The settings.

    Raises:
        SettingError: one can't be understood; the sentence names it.
    """
    registry = environment.get(REGISTRY, "mlflow")
    if not _SLUG.fullmatch(registry):
        raise SettingError(f"{REGISTRY} is not a short name.", remedy="Write for example mlflow.")
    mapped = _pairs(ENVIRONMENTS, environment.get(ENVIRONMENTS, _USUAL))
    wrong = [name for name in mapped.values() if not _SLUG.fullmatch(name)]
    if wrong:
        raise SettingError(f"{ENVIRONMENTS}: {wrong[0]!r} is no environment's name.")
    given = _pairs(DEFAULTS, environment.get(DEFAULTS, ""))
    stray = sorted(set(given) - set(_USUAL_DEFAULTS))
    if stray:
        raise SettingError(f"{DEFAULTS} knows task, risk_tier and purposes, not {stray[0]}.")
    tell = environment.get(TELL, _AT_ONCE)
    if tell not in {_AT_ONCE, _LATER}:
        raise SettingError(f"{TELL} is {_AT_ONCE} or {_LATER}, not {tell!r}.")
    return PluginSettings(registry, mapped, {**_USUAL_DEFAULTS, **given}, later=tell == _LATER)


def _pairs(name: str, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split():
        left, equals, right = part.partition("=")
        if not equals or not left or not right or left in found:
            raise SettingError(
                f"{name} is not a list of NAME=VALUE with spaces between, each name once.",
                remedy=f"Write for example {_USUAL}.",
            )
        found[left] = right
    return found
