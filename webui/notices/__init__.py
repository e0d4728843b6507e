"""Notices: people are told what happened, by e-mail and in the rooms where they work.

The entries are the truth, so nothing is written when one is appended. A thread beside the server
looks at the entries since those it looked at last, plans a delivery for each subscription that one
concerns, and sends what is due. What a message says is read from the entry when it is sent. A
message tells and links; it never decides anything.
"""
