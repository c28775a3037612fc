"""Every input that was once found, and a short run of each target: `run.py` runs them for long."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutator import mutated
from targets import TARGETS, seeds


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_once_found(target: str) -> None:
    kept = seeds(target)
    assert kept
    for data in kept:
        TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
def test_short_run(target: str) -> None:
    fuzz(target, 25, derandomize=True)


@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
def test_long_run(target: str) -> None:
    fuzz(target, 5_000)


def fuzz(target: str, examples: int, *, derandomize: bool = False) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=derandomize, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.binary(max_size=200) | mutated(seeds(target)))
    def run(data: bytes) -> None:
        TARGETS[target](data)

    run()
