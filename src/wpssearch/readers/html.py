"""A page saved as HTML: its visible text in document order, as lines with their numbers."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

from wpssearch.readers.profile import Line

__all__ = ["VisibleText", "visible_text"]

_INVISIBLE = frozenset("script style noscript template head svg select textarea".split())
_FURNITURE = frozenset("nav footer aside".split())
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd div dl dt fieldset figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead"
    " tr ul".split()
)
#: Blocks that a blank line parts from what stands around them, as a browser shows them.
_APART = frozenset("article blockquote dl h1 h2 h3 h4 h5 h6 hr ol p pre section table ul".split())
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(slots=True)
class VisibleText:
    """``lines`` of the page's text, ``furniture`` of its menus and footers, title and address."""

    lines: list[Line] = field(default_factory=list)
    furniture: list[Line] = field(default_factory=list)
    title: str = ""
    url: str | None = None


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.result = VisibleText()
        self._stack: list[tuple[str, bool, bool]] = []
        self._text: list[str] = []
        self._number = 1
        self._in_title = False

    @property
    def _invisible(self) -> bool:
        return bool(self._stack) and self._stack[-1][1]

    @property
    def _furniture(self) -> bool:
        return bool(self._stack) and self._stack[-1][2]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._address(tag, values)
        self._in_title = self._in_title or (tag == "title" and not self.result.title)
        if tag in _BLOCKS:
            self._break(apart=tag in _APART)
        if tag in _VOID:
            return
        hidden = "hidden" in values or bool(_HIDDEN_STYLE.search(values.get("style") or ""))
        self._stack.append(
            (
                tag,
                self._invisible or tag in _INVISIBLE or hidden,
                self._furniture or tag in _FURNITURE,
            )
        )

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if tag in _BLOCKS:
            self._break(apart=tag in _APART)
        # An end tag closes what was left open inside it; one without a beginning closes nothing.
        if any(opened == tag for opened, _, _ in self._stack):
            while self._stack.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.result.title = " ".join(f"{self.result.title} {data}".split())
        elif not self._invisible:
            if not "".join(self._text).strip():
                blank = data[: len(data) - len(data.lstrip())]
                self._number = self.getpos()[0] + blank.count("\n")
            self._text.append(data)

    def handle_comment(self, data: str) -> None:
        saved = _SAVED_FROM.search(data)
        if saved and self.result.url is None:
            self.result.url = saved[1]

    def _address(self, tag: str, values: dict[str, str | None]) -> None:
        found = None
        if tag == "link" and (values.get("rel") or "").lower() == "canonical":
            found = values.get("href")
        elif tag == "meta" and (values.get("property") or "").lower() == "og:url":
            found = values.get("content")
        if found and self.result.url is None:
            self.result.url = found

    def _break(self, *, apart: bool) -> None:
        # Blanks of the source are one blank on the screen; a no-break space is kept.
        text = re.sub(r"[ \t\r\n\f]+", " ", "".join(self._text)).strip(" ")
        target = self.result.furniture if self._furniture else self.result.lines
        if text:
            target.append((self._number, text))
        if apart and target and target[-1][1]:
            target.append((target[-1][0], ""))
        self._text = []

    def finish(self) -> VisibleText:
        self.close()
        self._break(apart=False)
        return self.result


def visible_text(html: str) -> VisibleText:
    """What a reader of the page sees. Raises nothing, whatever the text."""
    parser = _Parser()
    # html.parser gives up on some malformed declarations; what was read stands.
    with suppress(AssertionError, ValueError):
        parser.feed(html)
    return parser.finish()
