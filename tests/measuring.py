"""The command line in a process of its own, with the memory that it took."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Run", "run"]

_ANONYMOUS = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What a process said, its exit status, and the most anonymous memory it had, in MiB."""

    status: int
    out: str
    err: str
    memory: float


def run(*args: str | os.PathLike[str], limit: float = 60.0) -> Run:
    """Run a command; ``TimeoutError`` where it has not ended after so many seconds.

    Memory is what Linux counts as anonymous, looked at all the time; 0 elsewhere.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = [sys.executable, "-m", "wpssearch.cli", *(os.fspath(arg) for arg in args)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        stop, most = time.monotonic() + limit, 0
        while process.poll() is None:
            most = max(most, _anonymous(process.pid))
            if time.monotonic() > stop:
                process.kill()
                process.wait()
                raise TimeoutError(f"{args} had not ended after {limit} s")
            time.sleep(0.005)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode())
        return Run(process.returncode, texts[0], texts[1], most / 1024)


def _anonymous(pid: int) -> int:
    try:
        found = _ANONYMOUS.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0
