"""Pages printed from the grammar of saved inventory pages, with what must be read from them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

_NAMES = (
    ("Jan", "January"), ("Feb", "February"), ("Mar", "March"), ("Apr", "April"), ("May", "May"),
    ("Jun", "June"), ("Jul", "July"), ("Aug", "August"), ("Sep", "Sept", "September"),
    ("Oct", "October"), ("Nov", "November"), ("Dec", "December"),
)  # fmt: skip
_AGENCIES = (
    "DPKO",
    "DPPA",
    "UN Women",
    "UNFPA",
    "Office of the High Commissioner for Human Rights",
)
_SENTENCES = (
    "The mission trained police officers in Liberia.",
    "In June 2008, women’s groups met | and “spoke”.",
    "Jul 2007 was a month of Côte d’Ivoire’s campaign.",
    "Resolution 1325 (2000) was read; 2008 | DPKO sent a cable to all field offices, as requested "
    "by the Council during the open debate of that year.",
    "Background papers were written.",
)


@dataclass(frozen=True)
class Activity:
    """What an activity of a page must read as."""

    label: str
    start: str
    end: str
    agencies: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Page:
    """What a page must read as."""

    short: str
    title: str
    sections: tuple[tuple[str, str], ...]
    activities: tuple[Activity, ...]


years = st.integers(1990, 2035)
dashes = st.sampled_from([" - ", " – ", " — ", "-", "–", " to "])


@st.composite
def labels(draw: st.DrawFn) -> tuple[str, str, str]:
    """A printed label with its first and last month."""
    year = draw(years)
    form = draw(st.sampled_from(["year", "years", "month", "months", "same year"]))
    if form == "year":
        return str(year), f"{year}-01", f"{year}-12"
    if form == "years":
        last = year + draw(st.integers(0, 3))
        dash = draw(st.sampled_from([" - ", " – ", "-", "–", " to "]))
        return f"{year}{dash}{last}", f"{year}-01", f"{last}-12"
    first = draw(st.integers(1, 12))
    name = draw(st.sampled_from(_NAMES[first - 1]))
    if form == "month":
        return f"{name} {year}", f"{year}-{first:02}", f"{year}-{first:02}"
    last_month = draw(st.integers(first, 12))
    last_name = draw(st.sampled_from(_NAMES[last_month - 1]))
    if form == "same year":
        label = f"{name}{draw(dashes)}{last_name} {year}"
        return label, f"{year}-{first:02}", f"{year}-{last_month:02}"
    last_year = year + draw(st.integers(0, 2))
    label = f"{name} {year}{draw(dashes)}{last_name} {last_year}"
    return label, f"{year}-{first:02}", f"{last_year}-{last_month:02}"


paragraphs = st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=3).map(" ".join)
texts = st.lists(paragraphs, min_size=1, max_size=3).map("\n\n".join)


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    label, start, end = draw(labels())
    agencies = draw(st.lists(st.sampled_from(_AGENCIES), min_size=1, max_size=3, unique=True))
    return Activity(label, start, end, tuple(agencies), draw(texts))


pages = st.builds(
    Page,
    st.sampled_from(["DPKO", "UNFPA", "UN Women"]),
    st.sampled_from(["Department of Peacekeeping Operations", "United Nations Population Fund"]),
    st.fixed_dictionaries(
        {"Background": texts},
        optional={
            "Mail Address": st.just("United Nations, New York, NY 10017. USA"),
            "Areas of Work": texts,
            "Policy Framework": texts,
            "Useful Links": st.just("See www.un.org for more."),
        },
    ).map(lambda sections: tuple(sections.items())),
    st.lists(activities(), max_size=4).map(tuple),
)


@st.composite
def printed(draw: st.DrawFn, page: Page) -> str:
    """A page as the web saves it: blanks, ids and line breaks vary, the content does not."""
    lines = [page.short, "", page.title]
    if page.sections[0][0] != "Background" or draw(st.booleans()):
        lines += ["Item ID"]
        lines += draw(st.sampled_from([["{0D77DA70-1857-40ED-A96D-9CD8EA9F6470}"], [""], []]))
        lines += ["UNAgency ID"]
        lines += draw(st.sampled_from([["{637A11D2-6B98-4AB4-A550-C93BF4AFEA22}"], [""]]))
    for heading, body in page.sections:
        before, after = draw(st.sampled_from([([""], [""]), ([""], []), ([], [""])]))
        lines += [*before, heading, *after, *body.split("\n")]
    lines += ["", "Agency Type", "Title", page.title, ""]
    for activity in page.activities:
        bar = draw(st.sampled_from([" | ", "| ", " |\u00a0"]))
        style = draw(st.sampled_from(["one line", "several lines", "spread"]))
        if style == "one line" or len(activity.agencies) == 1:
            tail = draw(st.sampled_from(["", ";"]))
            lines.append(activity.label + bar + "; ".join(activity.agencies) + tail)
        elif style == "several lines":
            first, *rest = activity.agencies
            lines += [
                activity.label + bar + first + ";",
                *(f"{name};" for name in rest[:-1]),
                rest[-1],
            ]
        else:
            first, *rest = activity.agencies
            lines += [
                activity.label + bar + first + ";",
                "",
                *(f"{name};" for name in rest[:-1]),
                rest[-1],
            ]
        lines += [
            "",
            *activity.text.split("\n"),
            *draw(st.sampled_from([[""], ["", "\u00a0", ""]])),
        ]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return end.join(lines) + draw(st.sampled_from(["", end]))
