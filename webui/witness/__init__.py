"""A witness of other logs (C2SP tlog-witness): a house of its own that shares nothing with a log.

It has its own folder, keys and memory, and imports nothing of the server of a log, so that whoever
runs one can read in few pages what it will sign.
"""
