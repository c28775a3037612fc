"""The profile of an agency: what stands on its page before the first activity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from wpssearch.model import Record, Section, Skip, Source
from wpssearch.readers.identity import record_id

__all__ = ["LABELS", "Line", "bare", "beginning", "is_name", "parse_profile"]

#: A line of a source: its 1-based number and its text.
Line = tuple[int, str]

_VALUES = {"item id": "item_id", "unagency id": "unagency_id"}
_SECTIONS = {
    "background": "Background",
    "areas of work": "Areas of Work",
    "mail address": "Mail Address",
    "agency type": "Agency Type",
}
_POSTAL = frozenset({"mail address", "address", "postal address", "mailing address"})
#: The labels of a page's head, folded.
LABELS = frozenset({*_VALUES, *_SECTIONS})

_LONGEST_HEADING = 60
_MOST_HEADING_WORDS = 7
# A heading's text is looked for in so many lines, blank ones with them.
_WINDOW = 20
# `Policy framework` is a heading, a longer line in small letters may be a paragraph.
_MOST_PLAIN_WORDS = 3
_SMALL_WORDS = frozenset("a an and at by for from in of on or the to with".split())


def bare(text: str) -> str:
    """A line without the blanks around it, those inside made single."""
    return " ".join(text.replace("\ufeff", " ").split())


def beginning(text: str) -> str:
    """The first words of a text, quoted, to be shown in a skip."""
    words = " ".join(text.split())
    return repr(words if len(words) <= 60 else words[:57] + "...")


def is_name(text: str) -> bool:
    """True where every word begins as names do: in capitals, small words such as `of` aside."""
    return not any(w[0].islower() and w.casefold() not in _SMALL_WORDS for w in text.split())


def _is_heading(lines: Sequence[Line], at: int) -> bool:
    """True for a line that stands as a heading though its words are not known."""
    line = bare(lines[at][1])
    words = line.split()
    if not words or len(line) > _LONGEST_HEADING or len(words) > _MOST_HEADING_WORDS:
        return False
    if not line[-1].isalpha() or not line[0].isupper() or any(char in line for char in "|;:@"):
        return False
    before = bare(lines[at - 1][1]) if at else ""
    if not is_name(line):
        content = [word for word in words if word.casefold() not in _SMALL_WORDS]
        if before or len(content) > _MOST_PLAIN_WORDS:
            return False
    after = bare(lines[at + 1][1]) if at + 1 < len(lines) else ""
    # A heading after a one-line value has no blank line before it, but one after it.
    if before and after:
        return False
    below = lines[at + 1 : at + 1 + _WINDOW]
    following = next((bare(text) for _, text in below if bare(text)), "")
    is_sentence = following.endswith((".", "!", "?", ":")) or len(following) > _LONGEST_HEADING
    return is_sentence or any(mark in following for mark in ("www.", "@", "://"))


def parse_profile(
    lines: Sequence[Line], source: Source, url: str | None, seen: Counter[str]
) -> tuple[Record | None, list[Skip]]:
    """The profile that the lines hold, if any, and what of them belongs to none."""
    labels = [at for at, (_, text) in enumerate(lines) if bare(text).casefold() in LABELS]
    if not labels:
        kept = [(number, bare(text)) for number, text in lines if bare(text)]
        if not kept:
            return None, []
        shown = beginning(kept[0][1])
        why = f"{len(kept)} lines belong to no activity and no profile: {shown}"
        return None, [Skip(source.file, kept[0][0], why)]
    names = [(number, bare(text)) for number, text in lines[: labels[0]] if bare(text)]
    extra: dict[str, str] = {}
    bodies = _bodies(lines[labels[0] :], names[1][1] if len(names) > 1 else "", extra)
    title = names[-1][1] if names else extra.pop("title", "")
    left = [
        Skip(source.file, n, f"it is no name of the page: {beginning(name)}")
        for n, name in names[1:-1]
    ]
    text, sections = _joined(bodies)
    agencies = (names[0][1],) if names else ()
    profile = Record(
        id=record_id("agency", agencies, None, f"{title}\n{text}", seen),
        text=text,
        kind="agency",
        title=title or "Agency profile",
        title_given=bool(title),
        agencies=agencies,
        sections=sections,
        url=url,
        source=Source(source.file, lines[0][0] if not names else names[0][0], source.path),
        extra=extra,
    )
    return profile, left


def _bodies(
    lines: Sequence[Line], title: str, extra: dict[str, str]
) -> list[tuple[str, list[str]]]:
    """Headings with the lines under them; labels with a value go to ``extra``."""
    bodies: list[tuple[str, list[str]]] = [("", [])]
    at = 0
    while at < len(lines):
        line = bare(lines[at][1])
        label = line.casefold()
        value = bare(lines[at + 1][1]) if at + 1 < len(lines) else ""
        taken = 0
        if label in _VALUES:
            bodies.append(("", []))
            key = _VALUES[label]
            is_value = value and value.casefold() not in LABELS and " " not in value
            if is_value and key not in extra:
                extra[key] = value
                taken = 1
        elif label == "title":
            # The page repeats its title under this label.
            bodies.append(("", []))
            known = title or extra.get("title", "")
            if value and (not known or value == known):
                extra.setdefault("title", value)
                taken = 1
        elif label in _SECTIONS:
            bodies.append((_SECTIONS[label], []))
        elif _is_heading(lines, at):
            bodies.append((line, []))
        else:
            bodies[-1][1].append(lines[at][1])
        at += 1 + taken
    if title:
        extra.pop("title", None)
    return bodies


def _joined(bodies: Sequence[tuple[str, list[str]]]) -> tuple[str, tuple[Section, ...]]:
    """The text of all sections, and where each stands in it."""
    texts: list[str] = []
    start = 0
    sections: list[Section] = []
    for heading, lines in bodies:
        body = "\n".join(line.strip() for line in lines).strip()
        body = re.sub(r"\n{3,}", "\n\n", body)
        if not body:
            continue
        texts.append(body)
        if heading:
            postal = heading.casefold() in _POSTAL
            sections.append(Section(heading, start, start + len(body), postal))
        start += len(body) + 2
    return "\n\n".join(texts), tuple(sections)
