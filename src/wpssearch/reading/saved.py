"""Searches that are kept beside the index, read back strictly, and run again.

``index.searches/NAME.json`` stands beside ``index``: it goes where the index goes. What is read
there may come from anyone: it is checked, field by field, before anything is done with it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import SavedSearchError, UsageError
from wpssearch.findings import RankChange, RecordTitle, Replay, SavedSearch
from wpssearch.model import Search, Skip
from wpssearch.query import Query
from wpssearch.ranking import ordered
from wpssearch.searching import Selected, select
from wpssearch.version import __version__
from wpssearch.vocab import Vocabulary

__all__ = ["folder_of", "forget", "listed", "read", "replay", "save"]

_FORMAT = 1
_NAME = re.compile(r"[^\W_][\w-]{0,79}")
#: How many ids are kept, and how large a file may be, in bytes.
_MOST_IDS, _LARGEST = 100_000, 32 << 20
#: The fields of a search that say how its answer is shown, not what it is.
_SHOWN = re.compile(r"limit|offset|facets|facet_.*|snippets|total|context|full|explain")
_KEYS = frozenset(field.name for field in fields(SavedSearch)) | {"format"}


def folder_of(index: Path | None) -> Path:
    """Where the searches of an index are kept; ``UsageError`` for one in memory."""
    if index is None:
        raise UsageError("An index in memory keeps no searches; open one in a folder.")
    whole = index.absolute()
    return whole.with_name(f"{whole.name}.searches")


def save(
    folder: Path,
    name: str,
    request: Search,
    fingerprint: str,
    state: tuple[Snapshot, Analyzer, Vocabulary],
) -> SavedSearch:
    """Keep a search with what it finds now.

    Raises ``UsageError`` where the name is none, ``SavedSearchError`` where it is taken or nothing
    can be written, and as a search does.
    """
    path = _path(folder, name)
    if path.exists():
        raise SavedSearchError(
            f"There is a search {name!r} already; choose another name, or drop it first with "
            f"`wpssearch saved --remove {name}`."
        )
    selected = select(*state, request)
    ids = tuple(islice(_ids(state[0], selected, request), _MOST_IDS))
    kept = SavedSearch(
        name, datetime.now(UTC).isoformat(timespec="seconds"), __version__, fingerprint,
        _asked(request), selected.matched.mode, selected.total, ids,
    )  # fmt: skip
    data = json.dumps({"format": _FORMAT, **kept.to_dict()}, indent=1).encode()
    if len(data) > _LARGEST:
        raise SavedSearchError("The search finds too much to be kept; narrow it down.")
    try:
        _write(path, data)
    except OSError as error:
        raise SavedSearchError(
            f"The search cannot be kept in {folder}: {error.strerror or error}."
        ) from error
    return kept


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"A search is named with letters, digits, - and _, at most 80, not {name!r}."
        )
    return folder / f"{name}.json"


def _write(path: Path, data: bytes) -> None:
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with open(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _ids(snapshot: Snapshot, selected: Selected, request: Search) -> Iterator[str]:
    """The ids of what was found, in their order."""
    hits = selected.selection.hits
    for place in ordered(snapshot, selected.matched.evaluation, hits, request.sort):
        yield snapshot.segments[place.segment].ids[place.number].decode()


def _asked(request: Search) -> dict[str, Any]:
    """The fields that decide what is found, where they are not what they mostly are."""
    out: dict[str, Any] = {}
    for name, default in _defaults().items():
        value = getattr(request, name)
        if value != default:
            out[name] = _plain(value)
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, Query):
        return str(value)
    if isinstance(value, Mapping):
        return {name: list(values) for name, values in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _defaults() -> dict[str, Any]:
    """The fields of a search that are kept, each with its default."""
    plain = Search()
    names = (field.name for field in fields(Search))
    return {name: getattr(plain, name) for name in names if not _SHOWN.fullmatch(name)}


# Reading


def read(folder: Path, name: str) -> SavedSearch:
    """The search that was kept under a name; ``SavedSearchError`` where there is none or what is
    there is not what ``save`` writes.
    """
    path = _path(folder, name)
    try:
        if not path.is_file():
            raise SavedSearchError(
                f"There is no search {name!r}; `wpssearch saved` lists those there are."
            )
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise SavedSearchError(
            f"The search {name!r} cannot be read: {error.strerror or error}."
        ) from error
    try:
        if len(data) > _LARGEST:
            raise ValueError("it is too large")
        return _checked(_loaded(data), name)
    except (ValueError, RecursionError) as error:
        why = str(error) if type(error) is ValueError else "it is nested too deeply"
        raise SavedSearchError(
            f"The search {name!r} cannot be read: {why}. Drop it with "
            f"`wpssearch saved --remove {name}`."
        ) from error


def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        # No JSON, no UTF-8, or a number of more digits than Python takes.
        raise ValueError("it is no JSON") from None


def _checked(data: Any, name: str) -> SavedSearch:
    """A kept search from what JSON gave; ``ValueError`` says what is not as it should be."""
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError("it is no search kept by this version")
    if data.keys() != _KEYS:
        raise ValueError("its keys are not those of a kept search")
    for key in ("date", "version", "fingerprint"):
        if not isinstance(data[key], str) or len(data[key]) > 100:
            raise ValueError(f"its {key!r} is no short text")
    try:
        datetime.fromisoformat(data["date"])
    except ValueError:
        raise ValueError("its 'date' is no date") from None
    ids, total = data["ids"], data["total"]
    if not _is_strings(ids) or len(ids) > _MOST_IDS or len(set(ids)) < len(ids):
        raise ValueError("its 'ids' are not different texts")
    if type(total) is not int or total < len(ids):
        raise ValueError("its 'total' is no count")
    if data["match"] not in ("all", "any"):
        raise ValueError("its 'match' is neither 'all' nor 'any'")
    return SavedSearch(
        name, data["date"], data["version"], data["fingerprint"],
        _fields(data["search"]), data["match"], total, tuple(ids),
    )  # fmt: skip


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _fields(asked: Any) -> dict[str, Any]:
    """The fields of a search, each of its type."""
    defaults = _defaults()
    if not isinstance(asked, dict) or not asked.keys() <= defaults.keys():
        raise ValueError("its 'search' has fields that this version does not know")
    for name, value in asked.items():
        default = defaults[name]
        if isinstance(default, bool):
            right = isinstance(value, bool)
        elif isinstance(default, tuple):
            right = _is_strings(value)
        elif isinstance(default, Mapping):
            right = isinstance(value, dict) and all(map(_is_strings, value.values()))
        else:
            right = isinstance(value, str)
        if not right:
            raise ValueError(f"the field {name!r} of its 'search' is not what it should be")
    return asked


def listed(folder: Path) -> tuple[SavedSearch | Skip, ...]:
    """The searches that are kept, by name; a ``Skip`` for a file that cannot be read."""
    try:
        names = sorted(p.stem for p in folder.glob("*.json") if _NAME.fullmatch(p.stem))
    except OSError:
        return ()
    out: list[SavedSearch | Skip] = []
    for name in names:
        try:
            out.append(read(folder, name))
        except SavedSearchError as error:
            out.append(Skip(f"{name}.json", None, str(error)))
    return tuple(out)


def forget(folder: Path, name: str) -> None:
    """Drop a search; ``SavedSearchError`` where there is none."""
    try:
        _path(folder, name).unlink()
    except FileNotFoundError:
        raise SavedSearchError(
            f"There is no search {name!r}; `wpssearch saved` lists those there are."
        ) from None
    except OSError as error:
        raise SavedSearchError(
            f"The search {name!r} cannot be dropped: {error.strerror or error}."
        ) from error


# Running again


def replay(
    kept: SavedSearch, fingerprint: str, state: tuple[Snapshot, Analyzer, Vocabulary]
) -> Replay:
    """A kept search run again on the index as it is now."""
    snapshot = state[0]
    request = Search(**kept.search)
    selected = select(*state, request)
    ids = list(islice(_ids(snapshot, selected, request), _MOST_IDS))
    before = {id_: rank for rank, id_ in enumerate(kept.ids, 1)}
    after = {id_: rank for rank, id_ in enumerate(ids, 1)}
    both = [id_ for id_ in ids if id_ in before]
    stayed = _longest_rising([before[id_] for id_ in both])
    moved = [id_ for id_ in both if before[id_] not in stayed]
    return Replay(
        saved=kept,
        fingerprint=fingerprint,
        match=selected.matched.mode,
        total=selected.total,
        came=tuple(_named(snapshot, id_) for id_ in ids if id_ not in before),
        went=tuple(_named(snapshot, id_) for id_ in kept.ids if id_ not in after),
        moved=tuple(
            RankChange(id_, _named(snapshot, id_).title, before[id_], after[id_]) for id_ in moved
        ),
        complete=kept.total == len(kept.ids) and selected.total == len(ids),
        notes=selected.notes,
    )


def _named(snapshot: Snapshot, id_: str) -> RecordTitle:
    number = snapshot.find(id_)
    return RecordTitle(id_, "" if number is None else snapshot.record(number).title)


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The longest rising run among different numbers, others left out: what has not moved.

    By patience sorting (Fredman, "On computing the length of longest increasing subsequences",
    Discrete Mathematics 11(1), 1975).
    """
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        before[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    out: set[int] = set()
    number_: int | None = ends[-1] if ends else None
    while number_ is not None:
        out.add(number_)
        number_ = before[number_]
    return out
