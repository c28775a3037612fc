"""A page saved as HTML: its visible text in document order, as lines with their numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from wpssearch.readers.markup import tokens
from wpssearch.readers.profile import Line

__all__ = ["VisibleText", "visible_text"]

_INVISIBLE = frozenset(
    "script style noscript template head svg select textarea iframe noembed noframes".split()
)
_FURNITURE = frozenset("nav footer aside".split())
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd div dl dt fieldset figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead"
    " tr ul".split()
)
#: Blocks that a blank line parts from what stands around them, as a browser shows them.
_APART = frozenset("article blockquote dl h1 h2 h3 h4 h5 h6 hr ol p pre section table ul".split())
#: End tags that HTML lets a page leave out: the tag, and where the search for it stops.
_CLOSED_BY = {
    "li": (("li",), ("ul", "ol")),
    "dt": (("dt", "dd"), ("dl",)),
    "dd": (("dt", "dd"), ("dl",)),
    "tr": (("tr",), ("table",)),
    "td": (("td", "th"), ("tr", "table")),
    "th": (("td", "th"), ("tr", "table")),
}
_OF_HEAD = frozenset("html head title meta link base style script noscript template".split())
# Deeper nesting than this is no list or table; the bound keeps a hostile page linear.
_DEEPEST_SEARCH = 64
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(slots=True)
class VisibleText:
    """``lines`` of the page's text, ``furniture`` of its menus and footers, title and address."""

    lines: list[Line] = field(default_factory=list)
    furniture: list[Line] = field(default_factory=list)
    title: str = ""
    url: str | None = None


class _Reader:
    def __init__(self) -> None:
        self.result = VisibleText()
        self._stack: list[tuple[str, bool, bool]] = []
        self._open: Counter[str] = Counter()
        self._text: list[str] = []
        self._is_blank = True
        self._number = 1
        self._in_title = False
        self._base: str | None = None

    @property
    def _invisible(self) -> bool:
        return bool(self._stack) and self._stack[-1][1]

    @property
    def _furniture(self) -> bool:
        return bool(self._stack) and self._stack[-1][2]

    def read(self, html: str) -> VisibleText:
        for token in tokens(html):
            match token.kind:
                case "start":
                    self._start(token.value, token.attributes)
                case "end":
                    self._end(token.value)
                case "text":
                    self._take(token.value, token.line)
                case _:
                    self._comment(token.value)
        self._break(apart=False)
        # The base of a page's links is often its site alone: the last to be asked for an address.
        self.result.url = self.result.url or self._base
        return self.result

    def _start(self, tag: str, values: Mapping[str, str]) -> None:
        self._address(tag, values)
        # A title whose end is missing ends with its first text.
        self._in_title = tag == "title" and not self.result.title
        if tag == "br":
            self._line_end()
        if tag in _BLOCKS:
            self._break(apart=tag in _APART)
        self._close_implied(tag)
        if tag in _VOID:
            return
        self._open[tag] += 1
        hidden = "hidden" in values or bool(_HIDDEN_STYLE.search(values.get("style", "")))
        self._stack.append(
            (
                tag,
                self._invisible or tag in _INVISIBLE or hidden,
                self._furniture or tag in _FURNITURE,
            )
        )

    def _end(self, tag: str) -> None:
        self._in_title = False
        if tag in _BLOCKS:
            self._break(apart=tag in _APART)
        # An end tag closes what was left open inside it; one without a beginning closes nothing.
        if self._open[tag]:
            self._close_to(tag)

    def _close_to(self, tag: str) -> None:
        closed = ""
        while closed != tag:
            closed = self._stack.pop()[0]
            self._open[closed] -= 1

    def _close_implied(self, tag: str) -> None:
        """Close what the tag ends though no end tag says so: else a hidden part would go on."""
        if tag not in _OF_HEAD:
            self._leave_head()
        if tag in _BLOCKS and self._open["p"]:
            self._close_to("p")
        closes, scope = _CLOSED_BY.get(tag, ((), ()))
        for opened, _, _ in self._stack[-1 : -_DEEPEST_SEARCH - 1 : -1] if closes else ():
            if opened in scope:
                break
            if opened in closes:
                self._close_to(opened)
                break

    def _leave_head(self) -> None:
        if self._stack and self._stack[-1][0] == "head":
            self._close_to("head")

    def _take(self, data: str, number: int) -> None:
        if self._in_title:
            self.result.title = " ".join(data.split())
            self._in_title = False
            return
        if data.strip():
            self._leave_head()
        if self._invisible:
            return
        if not self._open["pre"]:
            self._add(data, number)
            return
        for offset, line in enumerate(data.split("\n")):
            if offset:
                self._line_end()
            self._add(line, number + offset)

    def _add(self, data: str, number: int) -> None:
        if self._is_blank:
            blank = data[: len(data) - len(data.lstrip())]
            self._number = number + blank.count("\n")
            self._is_blank = len(blank) == len(data)
        self._text.append(data)

    def _comment(self, data: str) -> None:
        saved = _SAVED_FROM.search(data)
        if saved and self.result.url is None:
            self.result.url = saved[1]

    def _address(self, tag: str, values: Mapping[str, str]) -> None:
        found = None
        if tag == "link" and values.get("rel", "").lower() == "canonical":
            found = values.get("href")
        elif tag == "meta" and values.get("property", "").lower() == "og:url":
            found = values.get("content")
        elif tag == "base":
            self._base = self._base or values.get("href")
        if found and self.result.url is None:
            self.result.url = found

    def _line_end(self) -> None:
        """End a line where the page writes one; the second in a row makes a blank line."""
        self._break(apart=self._is_blank)

    def _break(self, *, apart: bool) -> None:
        # Blanks of the source are one blank on the screen; a no-break space is kept.
        text = re.sub(r"[ \t\r\n\f]+", " ", "".join(self._text)).strip(" ")
        target = self.result.furniture if self._furniture else self.result.lines
        if text:
            target.append((self._number, text))
        if apart and target and target[-1][1]:
            target.append((target[-1][0], ""))
        self._text = []
        self._is_blank = True


def visible_text(html: str) -> VisibleText:
    """What a reader of the page sees. Raises nothing, whatever the text; linear in its length."""
    return _Reader().read(html)
