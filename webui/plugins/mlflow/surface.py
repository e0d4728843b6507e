"""Everything that a registry store of MLflow can do, and whether it changes something.

Rules:

* every public method of ``AbstractStore`` and of the store behind the plugin stands in one of the
  lists below; one that does not stops the plugin at start, because it might change the registry
  without anybody being asked;
* what is ``COMPOSED`` must still be MLflow's own, which ends in methods that are told.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

READS: Final = frozenset(
    {
        "get_latest_versions",
        "get_model_version",
        "get_model_version_by_alias",
        "get_model_version_download_uri",
        "get_prompt",
        "get_prompt_version",
        "get_prompt_version_by_alias",
        "get_registered_model",
        "get_webhook",
        "list_webhooks",
        "list_webhooks_by_event",
        "search_model_versions",
        "search_prompt_versions",
        "search_prompts",
        "search_registered_models",
    }
)
TOLD: Final = frozenset(
    {
        "create_model_version",
        "create_registered_model",
        "create_webhook",
        "delete_model_version",
        "delete_model_version_tag",
        "delete_registered_model",
        "delete_registered_model_alias",
        "delete_registered_model_tag",
        "delete_webhook",
        "rename_registered_model",
        "set_model_version_tag",
        "set_registered_model_alias",
        "set_registered_model_tag",
        "transition_model_version_stage",
        "update_model_version",
        "update_registered_model",
        "update_webhook",
    }
)
COMPOSED: Final = frozenset(
    {
        "copy_model_version",
        "create_prompt",
        "create_prompt_version",
        "delete_prompt",
        "delete_prompt_alias",
        "delete_prompt_tag",
        "delete_prompt_version",
        "delete_prompt_version_tag",
        "set_prompt_alias",
        "set_prompt_tag",
        "set_prompt_version_tag",
    }
)
ELSEWHERE: Final = frozenset(
    {
        "link_prompt_version_to_model",
        "link_prompt_version_to_run",
        "link_prompts_to_trace",
        "test_webhook",
    }
)
"""What changes nothing of the registry: links live with runs and traces; a test is only sent."""

_KNOWN: Final = READS | TOLD | COMPOSED | ELSEWHERE


def unknown_of(store: type[Any], abstract: type[Any]) -> tuple[str, ...]:
    """Public methods that are in no list, or that this store makes otherwise than is known."""
    found = {
        name
        for kind in (store, abstract)
        for name, it in inspect.getmembers(kind, callable)
        if not name.startswith("_") and not inspect.isclass(it)
    }
    changed = {
        name
        for name in COMPOSED & found
        if getattr(store, name) is not getattr(abstract, name, None)
    }
    lacking = {name for name in TOLD if not hasattr(store, name)}
    return tuple(sorted((found - _KNOWN) | changed | lacking))
