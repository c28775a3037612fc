"""HTML as tags and text, in one pass over the page, whatever stands in it.

The rules are those of the standard (https://html.spec.whatwg.org/#tokenization), without those for
escaped scripts, and without the loss of all that follows what is not closed. Python's own parser
takes time that is quadratic in what is left open (`<!--<!--…`, `<a <a …`): here no character is
looked at more than a few times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

__all__ = ["Token", "tokens"]

#: The attributes that are kept: those that decide what is visible, and where the page was.
_KEPT = frozenset("hidden style rel href property content".split())
#: Elements whose content is text, whatever it looks like.
_RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())
_TAG = re.compile(r"</?([A-Za-z][^\s/>]*+)")
# A name may begin with `=`; a value is quoted, or goes on to a blank or the tag's end.
_ATTRIBUTE = re.compile(
    r"[\s/]*+(?P<name>[^\s/>][^\s/>=]*+)"
    r"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>(?![\"'])[^\s>]++)|(?=>)))?+"
)
_TAG_END = re.compile(r"[\s/]*+>")
_COMMENT_END = re.compile(r"--!?>")
_NUMBER = re.compile(
    r"&#(?:(?=[0-9])0*+(?P<decimal>[0-9]*+)|[xX]0*+(?P<hexadecimal>[0-9a-fA-F]++));?+"
)
# A number of more digits is no character, and `html.unescape` raises where it has very many.
_MOST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a page: ``kind`` is ``text``, ``start``, ``end`` or ``comment``, ``line`` its
    1-based line.

    ``value`` is the text, its character references resolved, or a tag's name in small letters;
    ``attributes`` are those of a start tag that decide what is visible, and where the page was.
    """

    kind: str
    value: str
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)


def tokens(page: str) -> Iterator[Token]:
    """The tokens of a page in its order. Raises nothing; the time taken is linear in the length."""
    reader, at, line, counted = _Reader(page), 0, 1, 0
    while at < len(page):
        found, at = reader.next(at)
        for kind, value, start, attributes in found:
            line += page.count("\n", counted, start)
            counted = start
            yield Token(kind, value, line, attributes)


_Found = tuple[str, str, int, Mapping[str, str]]
_NONE: Mapping[str, str] = {}


class _Reader:
    """Reads one token after another. ``_missing`` holds what was looked for up to the page's end
    and is not there: it is not looked for again.
    """

    def __init__(self, page: str) -> None:
        self._page = page
        self._missing: set[str] = set()

    def next(self, at: int) -> tuple[list[_Found], int]:
        """The tokens that begin at a place, one mostly, and where they end."""
        page = self._page
        if page[at] != "<":
            return self._text(at, at)
        tag = _TAG.match(page, at)
        if tag is not None:
            return self._element(tag)
        if page.startswith("<!--", at) and "-->" not in self._missing:
            return self._comment(at)
        if page.startswith(("<!", "<?", "</"), at):
            # What no browser shows: a declaration, or an end tag without a name.
            stop = self._find(">", at)
            return ([], stop + 1) if stop is not None else self._text(at, at + 1)
        return self._text(at, at + 1)

    def _find(self, what: str, at: int) -> int | None:
        place = -1 if what in self._missing else self._page.find(what, at)
        if place < 0:
            self._missing.add(what)
            return None
        return place

    def _text(self, at: int, after: int) -> tuple[list[_Found], int]:
        """Text up to the next ``<`` after a place."""
        stop = self._page.find("<", after)
        stop = len(self._page) if stop < 0 else stop
        return [("text", _resolved(self._page[at:stop]), at, _NONE)], stop

    def _comment(self, at: int) -> tuple[list[_Found], int]:
        for empty in ("<!-->", "<!--->"):
            if self._page.startswith(empty, at):
                return [], at + len(empty)
        end = _COMMENT_END.search(self._page, at + 4)
        if end is None:
            # A browser would show nothing more of the page.
            self._missing.add("-->")
            return self.next(at)
        return [("comment", self._page[at + 4 : end.start()], at, _NONE)], end.end()

    def _element(self, tag: re.Match[str]) -> tuple[list[_Found], int]:
        page, at, name = self._page, tag.start(), tag[1].lower()
        attributes: dict[str, str] = {}
        stop = self._attributes(tag.end(), attributes)
        if stop is None:
            return self._text(at, at + 1)
        if page[at + 1] == "/":
            return [("end", name, at, _NONE)], stop
        found: list[_Found] = [("start", name, at, attributes)]
        close = None
        if name in _RAW and f"</{name}" not in self._missing:
            close = _closing(name).search(page, stop)
            if close is None:
                self._missing.add(f"</{name}")
        if close is None:
            return found, stop
        text = page[stop : close.start()]
        is_raw = name not in ("textarea", "title")
        found.append(("text", text if is_raw else _resolved(text), stop, _NONE))
        return found, close.start()

    def _attributes(self, at: int, out: dict[str, str]) -> int | None:
        """Take the attributes of a tag; where it ends, ``None`` where it does not."""
        page, place = self._page, at
        while "tag's end" not in self._missing:
            end = _TAG_END.match(page, place)
            if end is not None:
                return end.end()
            match = _ATTRIBUTE.match(page, place)
            if match is None:
                # All up to the page's end stands in the tag, a ``>`` in quotation marks perhaps:
                # from here on, quotation marks count no more.
                self._missing.add("tag's end")
                break
            key = match["name"].lower()
            if key in _KEPT and key not in out:
                out[key] = _resolved(match["double"] or match["single"] or match["bare"] or "")
            place = match.end()
        stop = self._find(">", at)
        return None if stop is None else stop + 1


@cache
def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)


def _resolved(text: str) -> str:
    """The text with its character references as characters."""
    return html.unescape(_NUMBER.sub(_bounded, text)) if "&" in text else text


def _bounded(match: re.Match[str]) -> str:
    digits = match["decimal"] or match["hexadecimal"] or "0"
    if len(digits) > _MOST_DIGITS:
        return "\ufffd"
    return f"&#{'x' if match['decimal'] is None else ''}{digits};"
