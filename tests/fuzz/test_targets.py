"""A bounded run over every target, in every test run; ``python -m tests.fuzz`` runs without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from tests.fuzz.target import Target


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_mutated_objects_are_read_or_refused(target: Target) -> None:
    for seed in target.seeds():
        target.check(seed)

    @settings(
        max_examples=target.runs,
        deadline=None,
        suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
    )
    @given(mutated(target) | st.binary(max_size=64))
    def every(data: bytes) -> None:
        target.check(data)

    every()
