"""The stores that MLflow finds by the scheme of its registry's address.

``governed`` makes of MLflow's own store one that asks and tells. It fails at start where the store
can do something that the plugin does not know, where the settings are wrong, or where there is no
token; a ledger that is away is no reason to fail.
"""

from __future__ import annotations

import getpass
import inspect
import os
import threading
from contextlib import nullcontext
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INVALID_PARAMETER_VALUE,
    INVALID_STATE,
    PERMISSION_DENIED,
)
from mlflow.store.model_registry.abstract_store import AbstractStore

from webui.client.backoff import Patience
from webui.client.client import Client
from webui.client.errors import ClientError
from webui.client.pooled import PooledWire
from webui.client.settings import read_client_settings, spool_folder
from webui.client.spool import Spool
from webui.client.token import find_token
from webui.client.wire import StandardWire
from webui.plugins.mlflow.plan import Planner
from webui.plugins.mlflow.settings import read_plugin_settings
from webui.plugins.mlflow.surface import TOLD, unknown_of
from webui.plugins.mlflow.telling import RefusedChangeError, Teller

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX: Final = "counterseal+"
PATIENCE: Final = Patience(attempts=2, first=0.2, longest=1.0, altogether=5.0)
_SECONDS: Final = 10.0
_PLANNER: Final = "_counterseal_planner"
_IN_TURN: Final = "_counterseal_in_turn"


def sql_store(store_uri: str, **_: Any) -> Any:
    """``counterseal+sqlite``, ``+postgresql``, ``+mysql``: MLflow's store in a database."""
    from mlflow.environment_variables import MLFLOW_ENABLE_WORKSPACES
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
    from mlflow.store.model_registry.sqlalchemy_workspace_store import (
        WorkspaceAwareSqlAlchemyStore,
    )

    kind = WorkspaceAwareSqlAlchemyStore if MLFLOW_ENABLE_WORKSPACES.get() else SqlAlchemyStore
    return governed(kind, _behind(store_uri))


def rest_store(store_uri: str, **_: Any) -> Any:
    """``counterseal+https``: the store of an MLflow server, governed at the client's end."""
    from mlflow.store.model_registry.rest_store import RestStore
    from mlflow.utils.credentials import get_default_host_creds

    return governed(RestStore, partial(get_default_host_creds, _behind(store_uri)))


def governed(kind: type[Any], *arguments: Any) -> Any:
    """A store of this kind that asks and tells.

    Raises:
        MlflowException: it can do something that is not known here, or a setting is missing.
    """
    unknown = unknown_of(kind, AbstractStore)
    if unknown:
        raise MlflowException(
            f"This MLflow's registry store can do what this Counterseal does not know: "
            f"{', '.join(unknown)}. Nothing is served, because it would go past the ledger. Use a "
            f"version of MLflow that Counterseal was tried with, or a newer Counterseal.",
            error_code=INVALID_STATE,
        )
    try:
        settings = read_plugin_settings(os.environ)
        teller = _teller(later=settings.later)
    except ClientError as error:
        raise MlflowException(
            f"Counterseal's plugin can't start: {error}", error_code=INVALID_PARAMETER_VALUE
        ) from None
    methods = {name: _told(name, getattr(kind, name)) for name in TOLD}
    made = type(f"Governed{kind.__name__}", (kind,), methods)(*arguments)
    # Everything that the plan reads or takes back goes to MLflow's own methods.
    setattr(made, _PLANNER, Planner(_Own(made, kind), teller, settings, _who, _run_of))
    # SQLite lets one write: threads that queue here do not sleep and try again there.
    alone = getattr(made, "db_type", "") == "sqlite"
    setattr(made, _IN_TURN, threading.Lock() if alone else nullcontext())
    return made


class _Own:
    """A store by its own methods, before they were told."""

    def __init__(self, store: Any, kind: type[Any]) -> None:
        self._store = store
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(self._kind, name), self._store)


def _told(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(act)

    @wraps(act)
    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        bound = signature.bind(self, *arguments, **named)
        bound.apply_defaults()
        call = dict(list(bound.arguments.items())[1:])
        planner: Planner = getattr(self, _PLANNER)
        try:
            plan = planner.plan(name, call)
        except RefusedChangeError as error:
            raise MlflowException(str(error), error_code=PERMISSION_DENIED) from None
        with getattr(self, _IN_TURN):
            made = act(self, *arguments, **named)
        try:
            planner.teller.tell(plan.tell(made))
        except RefusedChangeError as error:
            if plan.undo is not None:
                plan.undo()
            raise MlflowException(str(error), error_code=PERMISSION_DENIED) from None
        return made

    return method


def _behind(store_uri: str) -> str:
    if not store_uri.startswith(PREFIX):
        raise MlflowException(
            f"The registry's address begins with {PREFIX}.", error_code=INVALID_PARAMETER_VALUE
        )
    return store_uri.removeprefix(PREFIX)


def _teller(*, later: bool) -> Teller:
    settings = read_client_settings(os.environ)
    token = find_token(os.environ, settings, StandardWire())
    client = Client(
        settings.url,
        token,
        vkey=settings.vkey,
        wire=PooledWire(),
        patience=PATIENCE,
        seconds=_SECONDS,
    )
    return Teller(client, Spool(spool_folder(os.environ)), later=later)


def _who() -> str:
    """Who asks, as MLflow knows it: whoever signed in at its server, else the run's user."""
    try:
        from flask import has_request_context, request

        if has_request_context():
            given = request.authorization
            return str((given.username if given else None) or "not signed in at MLflow")
    except ImportError:
        pass
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _run_of(run_id: str) -> Any:
    """A run, where the tracking store can be asked; None where it can't."""
    try:
        from flask import has_request_context

        if has_request_context():
            from mlflow.server.handlers import _get_tracking_store

            return _get_tracking_store().get_run(run_id)
    except ImportError:
        pass
    except Exception:  # noqa: BLE001 (tracking stores are plugins too; a run is an addition)
        return None
    from mlflow import MlflowClient

    try:
        return MlflowClient().get_run(run_id)
    except Exception:  # noqa: BLE001 (as above)
        return None


__all__ = ["governed", "rest_store", "sql_store"]
