"""Who is there: accounts, one-time links, sessions, API tokens. What is allowed is for policies.

Everything lives in tables of its own beside the ledger, so that it can be changed and erased. An
account is an actor of the ledger with a way to sign in; name and e-mail address are in the vault.
"""
