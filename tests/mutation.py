"""Mutation testing by samples: random mutants of each module of ``policies``, and what kills them.

``python -m tests.mutation [MODULE ...] [--each N] [--seed N] [--minutes N]``

mutmut (the extra ``mutation``) writes every mutant of a module into one copy of it; of these a
random sample is tried. Each is tried in a process of its own, forked from one that has loaded the
libraries but nothing of ``policies``: it imports the copy and runs the tests that cover the module,
until the first that fails. A mutant on which they fail, or take far too long, is killed. Survivors
are printed as differences; what they mean is judged in ``docs/mutation.md``.

mutmut leaves decorated functions and what runs at import as they are.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent
_ENGINE: Final = ("test_requirements", "test_forms", "test_duties")
_CONTROLS: Final = ("controls/test_golden_controls", "controls/test_course")
COVERED_BY: Final[dict[str, tuple[str, ...]]] = {
    "activation": ("test_activation", "test_filed"),
    "agreeing": ("test_quorum_properties", "test_documents"),
    "asked": ("test_asked", "test_requirements", "test_changes"),
    "bundle": ("test_documents", "test_bundles"),
    "calendar": ("test_calendar", "test_forms"),
    "cases": ("test_trial",),
    "decide": ("test_duties", "test_changes", "test_decide_properties"),
    "descent": ("test_descent", *_ENGINE, "test_default_policy"),
    "describe": ("test_duties", "test_doctor"),
    "diff": ("test_diff",),
    "directions": ("test_diff",),
    "doctor": ("test_doctor", "test_vetoes"),
    "document": ("test_documents", "test_activation", "test_filed"),
    "duration": ("test_forms", "test_documents"),
    "errors": ("test_documents",),
    "facts": (*_ENGINE, "test_changes"),
    "fields": ("test_documents", "test_adversaries"),
    "filed": ("test_filed",),
    "holding": ("test_remembered", "test_scoped_roles"),
    "limits": ("test_limits", "test_delegations", "test_scoped_roles"),
    "lockout": ("test_activation", "test_scoped_roles"),
    "matching": ("test_quorum_properties", "test_diff"),
    "measure": ("test_requirements", "test_reasons"),
    "mirrored": ("test_default_policy",),
    "mutate": ("test_trial",),
    "names_used": ("test_documents", "test_vetoes"),
    "owed": ("test_duties",),
    "participants": ("test_duties",),
    "pending": ("test_pending", "test_scoped_roles"),
    "prose": ("test_diff",),
    "quorum": ("test_requirements", "test_delegations", "test_signed_approvals", "test_persons"),
    "reasons": ("test_reasons", "test_duties"),
    "refused": ("test_replay",),
    "replay": ("test_replay",),
    "requirements": (*_ENGINE, "test_vetoes"),
    "retention": ("test_retention",),
    "simulate": ("test_simulate",),
    "simulation": ("test_simulate",),
    "staffing": ("test_doctor",),
    "stage": ("test_trial",),
    "standing_in": ("test_delegations",),
    "strict_yaml": ("test_documents",),
    "trial": ("test_trial",),
    "ways": ("test_quorum_properties",),
    "whose_turn": ("test_whose_turn",),
    "worlds": ("test_doctor", "test_diff"),
    "expression.check": ("test_expressions", "test_documents"),
    "expression.evaluate": ("test_expressions", "test_requirements"),
    "expression.parse": ("test_expressions", "test_documents"),
    "expression.write": ("test_expressions", "test_diff"),
    "expression.mutants": ("test_trial",),
    "controls.assess": ("controls/test_assess", *_CONTROLS),
    "controls.changes": ("controls/test_change_order", *_CONTROLS),
    "controls.mapping": ("controls/test_mapping", "controls/test_own"),
    "controls.material": ("controls/test_assess", *_CONTROLS),
    "controls.people": ("controls/test_assess", *_CONTROLS),
    "controls.scope": ("controls/test_assess", *_CONTROLS),
    "controls.primitives.access": ("controls/test_duties", "controls/test_record", *_CONTROLS),
    "controls.primitives.change": ("controls/test_change_order", *_CONTROLS),
    "controls.primitives.course": ("controls/test_course", "controls/test_golden_controls"),
    "controls.primitives.documents": ("controls/test_data_and_documents", *_CONTROLS),
    "controls.primitives.duties": ("controls/test_duties", *_CONTROLS),
    "controls.primitives.incidents": ("controls/test_incidents", *_CONTROLS),
    "controls.primitives.integrity": ("controls/test_record", *_CONTROLS),
    "controls.primitives.intervals": ("controls/test_data_and_documents", *_CONTROLS),
    "controls.primitives.lineage": ("controls/test_data_and_documents", *_CONTROLS),
    "controls.primitives.population": ("controls/test_assess", *_CONTROLS),
    "controls.primitives.privacy": ("controls/test_record", *_CONTROLS),
}
"""The test modules that cover a module, of ``tests/policies``."""
_KEPT: Final[dict[str, tuple[str, ...]]] = {
    "test_decisions[default]": ("asked", "descent", "limits", "participants"),
    "test_decisions[strict-four-eyes]": (
        "asked", "calendar", "decide", "descent", "duration", "expression.evaluate", "facts",
        "holding", "limits", "measure", "owed", "participants", "quorum", "requirements",
        "standing_in",
    ),
    "test_decisions[wide]": (
        "calendar", "duration", "facts", "quorum", "requirements", "reasons", "ways",
    ),
    "test_documents_in_sentences[default]": ("describe", "prose", "period"),
    "test_documents_in_sentences[wide]": ("describe", "prose", "ways", "agreeing"),
    "test_differences": ("diff", "directions", "matching", "worlds"),
    "test_which_way_every_change_of_the_shipped_policy_goes": ("directions", "mutate", "worlds"),
    "test_what_the_doctor_finds": ("doctor", "staffing", "worlds"),
    "test_conditions_in_words": ("measure", "expression.write", "describe"),
    "test_what_is_wrong_with_a_document": (
        "document", "errors", "names_used", "strict_yaml", "fields", "expression.check",
    ),
    "test_what_is_no_condition": ("expression.parse", "expression.check", "errors"),
    "test_results_of_an_older_program_that_lack_what_is_told": ("reasons",),
    "test_what_replay_says": ("replay", "refused"),
    "test_what_a_simulation_tells": ("simulate", "simulation"),
    "test_what_is_wrong_with_cases": ("cases", "stage"),
    "test_a_document_written_as_yaml": ("strict_yaml",),
}  # fmt: skip
"""The kept texts that say what a module says."""
_PATIENCE: Final = 8
"""So many times as long as without a mutant, and ``_AT_LEAST`` seconds: then it hangs."""
_AT_LEAST: Final = 60


def main() -> int:
    """Try samples, tell of each module, print survivors; 1 where more than one in ten survives."""
    asked = _arguments()
    ends = time.monotonic() + 60 * asked.minutes
    tried = killed = 0
    with tempfile.TemporaryDirectory(prefix="counterseal-mutants-") as folder:
        _load_libraries(Path(folder))
        for module in asked.modules or COVERED_BY:
            if time.monotonic() > ends:
                break
            chance = random.Random(f"{asked.seed} {module}")
            found = [one for one, _ in _try(Path(folder), module, asked.each, chance, ends)]
            tried, killed = tried + len(found), killed + sum(found)
    share = 100 * killed / tried if tried else 0
    print(f"{killed} of {tried} killed ({share:.0f} in 100)")
    return int(tried == 0 or killed < 0.9 * tried)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as expression.parse")
    parser.add_argument("--each", type=int, default=5, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=int, default=600, help="begin no other after so many")
    asked = parser.parse_args()
    unknown = set(asked.modules) - set(COVERED_BY)
    if unknown:
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    return asked


def _load_libraries(folder: Path) -> None:
    """What each child would import anew; nothing of ``policies``, which is found in ``folder``."""
    import hypothesis.strategies
    import pytest

    import ledger.audit
    import ledger.state.fold
    import ledger.submit

    del hypothesis, pytest, ledger
    shutil.copytree(ROOT / "policies", folder / "policies", ignore=shutil.ignore_patterns("*.pyc"))
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    os.environ["MUTANT_UNDER_TEST"] = ""


def _try(
    folder: Path, module: str, each: int, chance: random.Random, ends: float
) -> Iterator[tuple[bool, str]]:
    """Whether each mutant of a sample was killed, with its name."""
    from mutmut.file_mutation import mutate_file_contents

    file = folder / "policies" / f"{module.replace('.', '/')}.py"
    source = file.read_text(encoding="utf-8")
    mutated, names = mutate_file_contents(str(file), source)
    tests = [f"tests/policies/{name}.py" for name in COVERED_BY[module]]
    tests += [
        f"tests/policies/test_kept.py::{name}" for name, said in _KEPT.items() if module in said
    ]
    file.write_text(mutated, encoding="utf-8")
    started = time.monotonic()
    if _run("", tests, 3600):
        print(f"{module}: its tests fail without a mutant")
        names = ()
    limit = _AT_LEAST + _PATIENCE * (time.monotonic() - started)
    killed = tried = 0
    for name in chance.sample(sorted(names), min(each, len(names))):
        if time.monotonic() > ends:
            break
        dead = _run(f"policies.{module}.{name}", tests, limit)
        tried, killed = tried + 1, killed + dead
        if not dead:
            print(f"  survives: policies.{module}.{name}\n{_difference(mutated, name)}", flush=True)
        yield dead, name
    print(json.dumps({"module": module, "mutants": len(names), "tried": tried, "killed": killed}))
    sys.stdout.flush()
    file.write_text(source, encoding="utf-8")


def _run(mutant: str, tests: list[str], seconds: float) -> bool:
    """Whether tests fail, or do not end in time, in a child in which a mutant is active."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.environ["MUTANT_UNDER_TEST"] = mutant
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(_tested(tests))
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _tested(tests: list[str]) -> int:
    try:
        import pytest

        import policies

        del policies  # found in the folder of mutants, and its parts with it
        options = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
        return int(pytest.main([*options, *tests]))
    except BaseException:  # noqa: BLE001 (whatever a mutant does, it is killed by it)
        return 1


def _difference(mutated: str, name: str) -> str:
    original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", name)
    before, after = (_function(mutated, one) for one in (original, name))
    lines = difflib.unified_diff(before, after, lineterm="", n=0)
    return "\n".join(f"    {line}" for line in lines if not line.startswith(("---", "+++", "@@")))


def _function(mutated: str, name: str) -> list[str]:
    """The lines of a function behind its head."""
    lines = mutated.splitlines()
    at = next(at for at, line in enumerate(lines) if re.match(rf"\s*(async )?def {name}\(", line))
    deep = len(lines[at]) - len(lines[at].lstrip())
    body = []
    for line in lines[at + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= deep and not line.startswith(")"):
            break
        body.append(line)
    return body


if __name__ == "__main__":
    sys.exit(main())
