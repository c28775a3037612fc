"""Fuzz for as long as is wished: `python tests/fuzz/run.py [--seconds N] [TARGET...]`.

Coverage guides it where atheris is installed (`pip install atheris`), else hypothesis draws. An
input that breaks a promise is written to `corpus/TARGET`, where the tests find it from then on.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> int:
    """Each target in a process of its own, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=300, help="for each target (300)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        _here(asked.targets[0], asked.seconds)
        return 0
    failed = 0
    for target in asked.targets or _names():
        print(f"== {target}", flush=True)
        again = [sys.executable, __file__, "--here", "--seconds", str(asked.seconds), target]
        failed += subprocess.run(again, check=False).returncode != 0
    return int(failed > 0)


def _names() -> list[str]:
    from targets import TARGETS

    return list(TARGETS)


def _here(name: str, seconds: int) -> None:
    try:
        import atheris
    except ImportError:
        _drawn(name, seconds)
    else:
        _guided(atheris, name, seconds)


def _guided(atheris: Any, name: str, seconds: int) -> None:
    with atheris.instrument_imports(include=["wpssearch"]):
        from targets import CORPUS, TARGETS
    with tempfile.TemporaryDirectory() as found:
        options = [f"-max_total_time={seconds}", f"-artifact_prefix={CORPUS / name}/found-",
                   "-timeout=60", "-rss_limit_mb=2048", "-max_len=4096", "-print_final_stats=1",
                   found, str(CORPUS / name)]  # fmt: skip
        atheris.Setup([sys.argv[0], *options], TARGETS[name])
        atheris.Fuzz()


def _drawn(name: str, seconds: int) -> None:
    from hypothesis import HealthCheck, given, seed, settings
    from hypothesis import strategies as st
    from mutator import mutated
    from targets import CORPUS, TARGETS, seeds

    last, count = b"", 0

    @settings(max_examples=500, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.binary(max_size=200) | mutated(seeds(name)))
    def run(data: bytes) -> None:
        nonlocal last, count
        last, count = data, count + 1
        TARGETS[name](data)

    stop = time.monotonic() + seconds
    try:
        while time.monotonic() < stop:
            seed(random.getrandbits(64))(run)()
    except BaseException:
        Path(CORPUS / name / f"found-{abs(hash(last)):x}").write_bytes(last)
        raise
    finally:
        print(f"{count:,} executions")


if __name__ == "__main__":
    sys.exit(main())
