"""The other end of the API: a typed client, the commands of a pipeline, capture, a spool.

It imports nothing of the ledger, of policies or of the server, so that it starts fast and could be
installed where none of those are. ``client`` speaks with a server, ``capture`` finds out what a
version is made of, ``spool`` keeps commands while the server is away, ``admit`` checks an admission
receipt on a machine without a network.
"""
