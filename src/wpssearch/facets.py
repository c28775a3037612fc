"""What a facet's values are: on a record, as typed by a user, and in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from wpssearch.errors import UsageError
from wpssearch.model import EVIDENCES, ROLES, Period, Record, Search
from wpssearch.periods import FIRST, LAST, parse_interval
from wpssearch.vocab import Vocabulary, normal_name

__all__ = [
    "facet_values",
    "interval_of",
    "kept_marks",
    "meets",
    "months",
    "period_of",
    "period_value",
    "predecessors",
    "range_of",
    "resolve",
    "unknown",
    "unknown_facet",
]

# Parts the values of a period; a blank takes its place inside a label.
_UNIT = "\x1f"
#: How many facets a note names at the most.
_MOST_NAMED = 20


def period_value(period: Period) -> str:
    """A period as one string, which sorts by its interval and which ``period_of`` reads."""
    return _UNIT.join((period.start, period.end, period.label.replace(_UNIT, " ")))


def period_of(value: str) -> tuple[str, str, str]:
    """First month, last month and label."""
    start, end, label = value.split(_UNIT)
    return start, end, label


def interval_of(value: str) -> str:
    """The interval of a period's value: periods of one interval are one facet value."""
    return value[: value.rindex(_UNIT)]


def facet_values(record: Record) -> dict[str, tuple[tuple[str, str], ...]]:
    """By facet the distinct values of a record, each with what qualifies it: of a country its role
    and evidence. ``kind`` and ``path`` are kept in the same manner.
    """
    out = {
        "kind": _unqualified((record.kind,)),
        "path": _unqualified((record.source.path or "",)),
        "period": _unqualified((period_value(record.period),) if record.period else ()),
        "agency": _unqualified(record.agencies),
        "mission": _unqualified(tuple([tag.value for tag in record.missions])),
        "country": tuple(
            dict.fromkeys(
                (_clean(tag.value), f"{tag.role} {tag.evidence}") for tag in record.countries
            )
        ),
    }
    for name, tags in record.facets.items():
        if tags:
            out[name] = _unqualified(tuple([tag.value for tag in tags]))
    return out


@lru_cache(maxsize=4096)
def _unqualified(values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((value, "") for value in dict.fromkeys(map(_clean, values)))


def _clean(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def kept_marks(search: Search, facet: str) -> frozenset[str] | None:
    """The roles and evidences that a search takes of a kept facet; ``None``: it takes all."""
    if facet != "country" or not (search.role or search.evidence):
        return None
    roles, evidences = search.role or ROLES, search.evidence or EVIDENCES
    return frozenset(f"{role} {evidence}" for role in roles for evidence in evidences)


def months(text: str, option: str) -> tuple[str, str]:
    interval = parse_interval(text)
    if interval is None:
        raise UsageError(
            f"{option} {text!r} is no period; write a month (2007-07, Jul 2007), a year (2007) "
            "or a range (2007-07..2008-01)."
        )
    return interval


def range_of(search: Search) -> tuple[str, str]:
    """The first and last month that ``from_`` and ``to`` allow."""
    first = months(search.from_, "--from")[0] if search.from_ is not None else FIRST
    last = months(search.to, "--to")[1] if search.to is not None else LAST
    return first, last


def meets(how: str | None, start: str, end: str, first: str, last: str) -> bool:
    """Whether a record's interval meets the one asked for, ``first`` to ``last``."""
    if how == "within":
        return first <= start and end <= last
    if how == "covers":
        return start <= first and last <= end
    if how == "starts":
        return first <= start <= last
    return first <= end and start <= last


def predecessors(
    wanted: tuple[str, ...], vocabulary: Vocabulary
) -> tuple[tuple[str, ...], list[str]]:
    """The agencies that became those asked for, and a note on each."""
    out: dict[str, None] = {}
    notes = []
    for text in wanted:
        agency = vocabulary.canonical("agency", text)
        before = vocabulary.predecessors(agency) if agency else ()
        if before:
            notes.append(f"The agency {agency} includes its predecessors: {', '.join(before)}.")
        elif agency:
            notes.append(f"The vocabulary knows no predecessor of the agency {agency}.")
        out.update(dict.fromkeys(before))
    return tuple(out), notes


def resolve(facet: str, text: str, listed: Sequence[str], vocabulary: Vocabulary) -> set[str]:
    """The listed values that a typed one names: itself, else its other spellings and names."""
    if text in listed:
        return {text}
    normal, canonical = normal_name(text), vocabulary.canonical(facet, text)
    return {
        value
        for value in listed
        if normal_name(value) == normal
        or (canonical is not None and vocabulary.canonical(facet, value) == canonical)
    }


def unknown_facet(name: str, known: Iterable[str]) -> str:
    """What to say of a facet that no record has."""
    from difflib import get_close_matches

    listed = sorted(known)
    near = get_close_matches(name.casefold(), listed, n=1, cutoff=0.7)
    some = ", ".join(listed[:_MOST_NAMED]) + (" and more" if len(listed) > _MOST_NAMED else "")
    hint = f"did you mean {near[0]!r}?" if near else f"there are {some}."
    return f"No record has a facet {name!r}; {hint}"


def unknown(facet: str, text: str, listed: Sequence[str], vocabulary: Vocabulary) -> str:
    """What to say of a typed value that no record has."""
    from difflib import get_close_matches

    canonical = vocabulary.canonical(facet, text)
    if canonical is not None:
        return f"No record has the {facet} {canonical!r}."
    # The values that records have come first; a near one that only the vocabulary knows is next.
    for values in (listed, vocabulary.values(facet)):
        by_normal = {normal_name(value): value for value in sorted(values)}
        near = get_close_matches(normal_name(text), by_normal, n=1, cutoff=0.7)
        if near:
            return f"No record has the {facet} {text!r}; did you mean {by_normal[near[0]]!r}?"
    return (
        f"No record has the {facet} {text!r}; `wpssearch facets --by {facet}` lists what there is."
    )
