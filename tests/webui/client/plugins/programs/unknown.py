"""A store that can do more than the plugin knows is not served."""

from __future__ import annotations

import json
import sys

from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.store.model_registry.rest_store import RestStore
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from webui.plugins.mlflow.store import governed
from webui.plugins.mlflow.surface import unknown_of


class Newer(SqlAlchemyStore):
    def promote_model_version(self, name: str) -> None:
        """A mutator that does not exist yet."""


def main() -> None:
    told = {"known": [unknown_of(kind, AbstractStore) for kind in (SqlAlchemyStore, RestStore)]}
    try:
        governed(Newer, "sqlite:///never.db")
    except MlflowException as error:
        told["newer"] = str(error)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
