"""MLflow's model registry, with the ledger beside it.

``MLFLOW_REGISTRY_URI=counterseal+sqlite:///registry.db`` (or ``+postgresql``, ``+mysql``,
``+https``) is MLflow's own store behind ``counterseal+``, with every change told to the ledger and
the protected ones asked for first. It imports MLflow, the client and nothing of the server.

``surface`` lists what the store can do, ``plan`` says what each change means to the ledger,
``telling`` brings it there, ``store`` puts them together.
"""
