"""Proof that an index is sound: everything in it is compared with what its records make."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from wpssearch.analysis import Analyzer
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh import records
from wpssearch.backends.whoosh.fields import COLUMNS, postings
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import IndexDamaged

__all__ = ["problems"]

_ENOUGH = 20


def _hash(field: str, term: bytes, values: bytes) -> int:
    state = blake2b(digest_size=8)
    for part in (field.encode(), term, values):
        state.update(len(part).to_bytes(4, "little") + part)
    return int.from_bytes(state.digest(), "little")


def problems(snapshot: Snapshot, analyzer: Analyzer) -> list[str]:
    """What is wrong, a sentence each, the first twenty.

    Every posting of every live record must be what analysing the stored text anew gives, every
    column value what the stored record says, every id there once.
    """
    found: list[str] = []
    try:
        sums = snapshot.posting_sums(_hash)
        columns = {name: snapshot.column(name) for name in COLUMNS}
        seen: set[bytes] = set()
        for number in snapshot.live():
            found.extend(_of_record(snapshot, analyzer, number, columns, sums.get(number, 0)))
            id_ = columns["id"][number]
            if id_ in seen:
                found.append(f"The id {id_.decode()!r} is there twice.")
            seen.add(id_)
            if len(found) >= _ENOUGH:
                break
    except IndexDamaged as error:
        found.append(str(error))
    return found


def _of_record(
    snapshot: Snapshot, analyzer: Analyzer, number: int, columns: Any, indexed: int
) -> list[str]:
    record = snapshot.record(number)
    digest = columns["digest"][number]
    searched = records.searched(record, analyzer)
    expected = sum(
        _hash(field, term.encode().encode(), values.tobytes())
        for field in FIELDS
        if field in searched
        for term, values in postings(searched[field]).items()
    )
    found = []
    if expected % (1 << 64) != indexed % (1 << 64):
        found.append(f"The record {record.id!r} is not indexed as its text is analysed today.")
    for name, value in records.columns(record, digest, searched).items():
        if columns[name][number] != value:
            found.append(f"The record {record.id!r} has another {name} than its column says.")
    return found
