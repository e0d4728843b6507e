"""Whom a log asks over the network: witnesses and time-stamping authorities, all of them strangers.

Every answer is bounded in size and time, read strictly and checked before it is believed.
"""
