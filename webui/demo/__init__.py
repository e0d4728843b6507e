"""The demonstration: models that are really trained, and a company that really uses the ledger."""
