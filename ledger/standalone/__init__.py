"""``verify.py``: the verifier that ships in every bundle and needs nothing of this program.

It is never imported here: it is copied, and run by people who have no reason to trust us.
"""
