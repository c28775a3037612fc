"""Ingest at its bounds: batches that memory cuts, ids that come again, helping processes."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch import workers
from wpssearch.backends.whoosh import codec, store

Lines = Sequence[tuple[str, str]]
IDS = st.sampled_from(["a", "b", "c", "d", "é", "\x00"])
TEXTS = st.sampled_from(["police desk", "gender unit", "border radio"])
FILES = st.lists(st.lists(st.tuples(IDS, TEXTS), min_size=1, max_size=6), min_size=1, max_size=3)


def write(path: Path, lines: Lines) -> Path:
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in lines))
    return path


def held(index: wpssearch.Index) -> dict[str, str]:
    return {hit.id: hit.record.text for hit in index.search("", limit=100).hits}


@settings(deadline=None, max_examples=30)
@given(
    runs=st.lists(FILES, min_size=1, max_size=3),
    budget=st.sampled_from([0, 2000, 1 << 30]),
    forms=st.sampled_from([0, 9, 1 << 20]),
)
def test_any_batches_give_what_a_mapping_gives(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[Lines]], budget: int, forms: int
) -> None:
    """Every file of a run gives all its lines; the last of an id counts, others are skipped."""
    folder = tmp_path_factory.mktemp("runs")
    model: dict[str, tuple[str, int]] = {}
    with pytest.MonkeyPatch.context() as patch, wpssearch.open(":memory:") as index:
        patch.setattr(store, "_BUDGET", budget)
        patch.setattr(codec, "_MOST_FORMS", forms)
        for files in runs:
            paths = [write(folder / f"{n}.jsonl", lines) for n, lines in enumerate(files)]
            report = index.ingest(paths)
            read = [(id_, text, n) for n, lines in enumerate(files) for id_, text in lines]
            before = dict(model)
            for id_ in [id_ for id_, (_, n) in model.items() if n < len(files)]:
                del model[id_]
            model.update({id_: (text, n) for id_, text, n in read})
            # A file that is as it was is not read: none of its lines is one that came again.
            sources = [hit.source for hit in index.search("", limit=100).hits]
            counting = {f"is given again at {s.file}:{s.line}, which counts" for s in sources}
            assert all(any(map(skip.why.endswith, counting)) for skip in report.skipped)
            assert len(report.skipped) <= len(read) - len({id_ for id_, _, _ in read})
            assert report.added == len(model.keys() - before.keys())
            assert report.removed == len(before.keys() - model.keys())
            assert report.added + report.updated + report.unchanged == len({i for i, _, _ in read})
            assert held(index) == {id_: text for id_, (text, _) in model.items()}
            assert index.check() == []


def rows(count: int) -> list[tuple[str, str]]:
    return [
        (f"r{n % (count - 7)}", f"UNMIL trained police in Liberia, desk {n}") for n in range(count)
    ]


def answers(index: wpssearch.Index) -> Any:
    results = index.search("police liberia", limit=200, facet_limit=None)
    return [(hit.id, hit.score) for hit in results.hits], results.facets, index.info()["records"]


def test_other_processes_make_the_same_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "_SENT_AT_ONCE", 500)
    one, other = write(tmp_path / "a.jsonl", rows(120)), write(tmp_path / "b.jsonl", rows(40))
    with (
        wpssearch.open(tmp_path / "one") as alone,
        wpssearch.open(tmp_path / "two") as helped,
    ):
        for files in ([one], [one, other], [other, one], [one]):
            report = helped.ingest(files, jobs=2)
            assert report == alone.ingest(files)
            assert helped.check() == []
            assert answers(helped) == answers(alone)
        assert helped.info()["fingerprint"] == alone.info()["fingerprint"]
    assert len(list((tmp_path / "two").glob("*.seg"))) <= len(
        list((tmp_path / "one").glob("*.seg"))
    )


def test_a_helping_process_that_is_killed_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "_SENT_AT_ONCE", 500)
    send = workers.Workers.send

    def killed(self: workers.Workers, *args: Any) -> None:
        process = self._processes[0]
        assert process.pid is not None
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        send(self, *args)

    path = write(tmp_path / "a.jsonl", rows(120))
    with wpssearch.open(tmp_path / "index") as index:
        monkeypatch.setattr(workers.Workers, "send", killed)
        with pytest.raises(wpssearch.Error, match="--jobs"):
            index.ingest([path], jobs=2)
        monkeypatch.setattr(workers.Workers, "send", send)
        assert held(index) == {}
        assert not list((tmp_path / "index").glob("*.seg"))
        assert index.ingest([path]).added == 113


_KILLED = """
import os, signal, sys
import wpssearch
from wpssearch import workers
from wpssearch.backends.whoosh import codec
codec._SENT_AT_ONCE = 500
send, sent = workers.Workers.send, []
def last(self, file, records):
    send(self, file, records)
    sent.append(file)
    if len(sent) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
workers.Workers.send = last
wpssearch.open(sys.argv[1]).ingest([sys.argv[2]], jobs=2)
"""


def test_what_helping_processes_leave_is_removed_by_the_next_writer(tmp_path: Path) -> None:
    """They write what was sent to them though nobody waits for it, and end without a word."""
    path, folder = write(tmp_path / "a.jsonl", rows(120)), tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add([{"id": "before", "text": "police"}])
        before = set(os.listdir(folder))
        # This waits for all that have its output, the helping processes among them.
        ended = subprocess.run(
            [sys.executable, "-c", _KILLED, str(folder), str(path)], capture_output=True
        )
        assert ended.returncode == -signal.SIGKILL
        assert ended.stderr == b""
        left = set(os.listdir(folder)) - before
        assert len(left) == 3
        assert held(index) == {"before": "police"}
        assert index.check() == []
        assert index.add([{"id": "after", "text": "desk"}]).added == 1
        assert not left & set(os.listdir(folder))
        assert index.ingest([path], jobs=2).added == 113
        assert index.check() == []


def test_what_a_helping_process_cannot_write_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.jsonl", rows(20))
    with wpssearch.open(tmp_path / "index") as index:
        init = workers.Workers.__init__
        monkeypatch.setattr(
            workers.Workers,
            "__init__",
            lambda self, jobs, vocabulary, _: init(self, jobs, vocabulary, tmp_path / "gone"),
        )
        with pytest.raises((OSError, wpssearch.Error)):
            index.ingest([path], jobs=2)
        assert held(index) == {}


def test_nothing_of_a_record_is_left_in_a_cycle(tmp_path: Path) -> None:
    """Ingest does without the collector of cycles, whose work would grow with what is cached."""
    lines = [
        (f"{n}", f"Women's protection advisers (WPAs) of UNMIL trained police in Liberia, {n}.")
        for n in range(300)
    ]
    with wpssearch.open(":memory:") as index:
        index.ingest([write(tmp_path / "first.jsonl", lines[:1])])
        gc.collect()
        gc.disable()
        try:
            index.ingest([write(tmp_path / "all.jsonl", lines)])
            assert gc.collect() < len(lines)
        finally:
            gc.enable()
