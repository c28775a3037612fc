"""Cases as data: records, then searches with what each must return. Every store runs them all."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import wpssearch

CASES = sorted(path for path in (Path(__file__).with_name("cases")).iterdir() if path.is_dir())


def searches() -> list[Any]:
    return [
        pytest.param(case, search, id=f"{case.name}-{number}")
        for case in CASES
        for number, search in enumerate(
            tomllib.loads((case / "searches.toml").read_text(encoding="utf-8"))["search"]
        )
    ]


@pytest.mark.parametrize("where", ["memory", "disk"])
@pytest.mark.parametrize(("case", "search"), searches())
def test_case(case: Path, search: dict[str, Any], where: str, tmp_path: Path) -> None:
    with wpssearch.open(":memory:" if where == "memory" else tmp_path / "index") as index:
        index.ingest([case / "records.jsonl"])
        results = index.search(search.get("query", ""), limit=100, **search.get("options", {}))
    found = [hit.id for hit in results.hits]
    if "order" in search:
        assert found == search["order"]
    else:
        assert sorted(found) == search["ids"]
    assert results.match == search.get("match", results.match)
    for facet, counts in search.get("facets", {}).items():
        assert {value.value: value.count for value in results.facets[facet]} == counts
    for hit in results.hits:
        marks = [s.text[a:b] for s in hit.snippets for a, b in s.matches]
        assert marks == search.get("marks", {}).get(hit.id, marks)
