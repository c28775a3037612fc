"""Periods: every form that a source prints or a user types, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wpssearch.periods import begins_month, label_for, parse_interval, parse_label

JULY_TO_JANUARY = ("2007-07", "2008-01")


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("Jul 2007", "2007-07", "2007-07"),
        ("JULY 2007", "2007-07", "2007-07"),
        ("Sep. 2008", "2008-09", "2008-09"),
        ("sept. 2008", "2008-09", "2008-09"),
        ("September 2008", "2008-09", "2008-09"),
        ("2014", "2014-01", "2014-12"),
        ("2022 - 2023", "2022-01", "2023-12"),
        ("2007-2008", "2007-01", "2008-12"),
        ("2007-07", "2007-07", "2007-07"),
        ("2007-07 - 2008-01", *JULY_TO_JANUARY),
        ("Jul - Sep 2007", "2007-07", "2007-09"),
        ("2007 - Jan 2008", "2007-01", "2008-01"),
        *((f"Jul 2007 {dash} Jan 2008", *JULY_TO_JANUARY) for dash in "-‐‑‒–—―−"),
        ("Jul 2007 to Jan 2008", *JULY_TO_JANUARY),
        ("Jul 2007–Jan 2008", *JULY_TO_JANUARY),
    ],
)
def test_labels_in_all_forms(label: str, start: str, end: str) -> None:
    period = parse_label(label)
    assert period is not None
    assert (period.start, period.end, period.label) == (start, end, label)


def test_a_labels_blanks_are_made_single_and_its_dash_is_kept() -> None:
    period = parse_label(" Jul\u00a02007\u2009–\u202f Jan  2008\u00a0")
    assert period is not None
    assert period.label == "Jul 2007 – Jan 2008"


@pytest.mark.parametrize(
    "text",
    ["", "-", "Jul", "Jul 20", "Julx 2007", "1899", "2200", "2007-00", "2007-13", "Jul 2007 -",
     "Jan 2008 - Jul 2007", "Dec - Jan 2008", "Jan 2007 - Feb 2008 - Mar 2009", "2007..2008",
     "in Jul 2007", "x" * 10_000],
)  # fmt: skip
def test_what_is_no_label(text: str) -> None:
    assert parse_label(text) is None


@pytest.mark.parametrize(
    ("typed", "interval"),
    [
        ("2007-07..2008-01", JULY_TO_JANUARY),
        ("Jul 2007 .. Jan 2008", JULY_TO_JANUARY),
        ("2007..2008", ("2007-01", "2008-12")),
        ("..2008", ("0001-01", "2008-12")),
        ("2007..", ("2007-01", "9999-12")),
        ("Feb 2008 - Sept 2008", ("2008-02", "2008-09")),
        ("2008..2007", None),
        ("..", None),
        ("..soon", None),
    ],
)
def test_what_a_user_types(typed: str, interval: tuple[str, str] | None) -> None:
    assert parse_interval(typed) == interval


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        ("1946-01", "1946-12", "1946"),
        ("2022-01", "2023-12", "2022 - 2023"),
        ("2007-07", "2007-07", "Jul 2007"),
        ("2008-02", "2008-09", "Feb 2008 - Sept 2008"),
    ],
)
def test_labels_are_made_as_the_inventory_prints_them(start: str, end: str, label: str) -> None:
    assert label_for(start, end) == label


def test_how_a_month_begins() -> None:
    assert all(map(begins_month, ("J", "Janu", "Sept.", "MAY")))
    assert not any(map(begins_month, ("", ".", "Trained", "Mayor")))


@given(st.text(max_size=60))
def test_any_text_is_a_period_or_none(text: str) -> None:
    period = parse_label(text)
    if period is not None:
        assert period.start <= period.end
        assert parse_interval(text) == (period.start, period.end)
    parse_interval(text)
