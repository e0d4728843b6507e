"""What a version is made of, found out by looking: nothing is executed, imported or unpickled.

Parsers take bytes and give facts (``lfs``, ``dvc``, ``packages``, ``formats``, ``card``,
``pipeline``); ``artifact``, ``repository`` and ``folder`` are the thin shell that reads files and
asks git; ``found`` puts a capture together and ``event`` makes a command of it.
"""
