"""Which names a pickle refers to, found by walking over its opcodes. None of them is run.

Loading a pickle calls what it names. So the names are facts that governance wants to see: the
classes of scikit-learn or PyTorch, and what has no business in a model (``os.system``).

Source: the documentation of ``pickletools`` and the opcodes GLOBAL, INST and STACK_GLOBAL; the
latter takes the two texts that were pushed last, so those and the memo are followed.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass, field
from typing import Final

MOST_PICKLE: Final = 64 * 1024 * 1024
MOST_OPCODES: Final = 3_000_000
MOST_NAMES: Final = 2_000
_TEXTS: Final = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING",
     "SHORT_BINSTRING"}
)  # fmt: skip
_PUT: Final = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GET: Final = frozenset({"GET", "BINGET", "LONG_BINGET"})
_SILENT: Final = frozenset({"FRAME", "PROTO", "MARK"})
_VERSION: Final = "_sklearn_version"
_PAIR: Final = 2
_NEVER: Final = frozenset(
    {"os", "posix", "nt", "subprocess", "sys", "socket", "shutil", "runpy", "pty", "ctypes",
     "importlib", "webbrowser", "asyncio", "commands", "code", "pdb", "bdb", "timeit", "pip",
     "requests", "urllib", "http", "signal", "multiprocessing", "threading", "pickle", "_pickle",
     "marshal", "types", "platform", "builtins", "__builtin__", "operator", "functools"}
)  # fmt: skip
_HARMLESS: Final = frozenset(
    {f"{module}.{name}" for module in ("builtins", "__builtin__")
     for name in ("set", "frozenset", "slice", "bytearray", "complex", "range", "object", "dict",
                  "list", "tuple", "int", "float", "str", "bytes", "bool")}
    | {"functools.partial", "types.SimpleNamespace"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found: the names, those that reach beyond data, and whether the end was seen."""

    names: tuple[str, ...]
    calls: tuple[str, ...]
    sklearn: str
    whole: bool


def scan_pickle(data: bytes) -> Scan:
    """Walk over a pickle, as far as its opcodes can be read. It never fails."""
    walk, whole = _Walk(), False
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count > MOST_OPCODES or len(walk.names) > MOST_NAMES:
                break
            walk.step(opcode.name, argument)
            whole = opcode.name == "STOP"
    except (ValueError, IndexError, OverflowError, UnicodeError, RecursionError):
        whole = False
    found = tuple(sorted(walk.names))
    return Scan(found, tuple(filter(_reaches_out, found)), walk.sklearn, whole)


@dataclass
class _Walk:
    """The texts that were pushed, the memo of texts, and the names that were seen."""

    names: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    memo: dict[int, str] = field(default_factory=dict)
    last: str = ""
    sklearn: str = ""

    def step(self, kind: str, argument: object) -> None:
        """Follow one opcode."""
        if kind in _TEXTS:
            self.sklearn = str(argument) if self.last == _VERSION else self.sklearn
            self._push(str(argument)[:200])
        elif kind in _GET:
            self._push(self.memo.get(int(str(argument)), ""))
        elif kind == "MEMOIZE":
            self.memo[len(self.memo)] = self.last
        elif kind in _PUT:
            self.memo[int(str(argument))] = self.last
        elif kind not in _SILENT:
            self.last = ""
            self._named(kind, argument)

    def _named(self, kind: str, argument: object) -> None:
        if kind in {"GLOBAL", "INST"}:
            self.names.add(".".join(str(argument).split(" ", 1)))
        elif kind == "STACK_GLOBAL":
            self.names.add(".".join(self.texts) if len(self.texts) == _PAIR else "?")

    def _push(self, text: str) -> None:
        self.last = text
        self.texts = [*self.texts[-1:], text]


def _reaches_out(name: str) -> bool:
    module = name.split(".", 1)[0]
    return name == "?" or (module in _NEVER and name not in _HARMLESS)
