"""Resolutions of the Security Council and other bodies, in every form that people write them.

A value is the document symbol: ``S/RES/1325``, ``A/RES/61/143``, ``A/RES/217 A (III)``,
``E/RES/2005/31``, ``A/HRC/RES/17/11`` (UN Editorial Manual, "Document symbols").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["canonical", "mentions"]

_YEAR = r"(?:19|20)\d\d"
_LETTER = r"(?:\s?(?P<{0}letter>[A-Z])(?![\w]))?"
_SESSION = r"\(\s?(?P<session>(?:E?S-)?[IVXLC]+)\s?\)"

_SYMBOL = re.compile(
    rf"S/RES/(?P<council>\d{{1,4}})(?!\d)(?:\s?\({_YEAR}\)|/{_YEAR})?"
    rf"|A/HRC/RES/(?P<rights>S?-?\d{{1,3}}/\d{{1,4}})"
    rf"|A/RES/(?P<old>\d{{1,4}}){_LETTER.format('old')}\s?{_SESSION}"
    rf"|A/RES/(?P<new>(?:E?S-)?\d{{1,3}}/\d{{1,4}}){_LETTER.format('new')}"
    rf"|E/RES/(?P<social>\d{{4}}/\d{{1,3}})"
)
_ITEM = re.compile(
    rf"(?P<dated>\d{{1,4}})\s?\((?P<year>{_YEAR})\)"
    rf"|(?P<old>\d{{1,4}})\s?(?P<oldletter>[A-Z])?\s?{_SESSION}"
    rf"|(?P<slashed>\d{{3,4}})/{_YEAR}(?!\d)"
    r"|(?P<social>(?:19|20)\d\d/\d{1,3})(?!\d)"
    rf"|(?P<new>(?:E?S-)?\d{{1,2}}/\d{{1,4}})(?!\d){_LETTER.format('new')}"
    r"|(?P<bare>\d{3,4})(?!\d|[.,]\d)"
)
_HEAD = re.compile(
    r"(?:UN)?\s?SCRs?\.?\s?|(?:resolutions?|res\.|res)\s*(?:\(?nos?\b\.?\s*)?(?:\s?SCR\s?)?",
    re.IGNORECASE,
)
_DAY = r"(?:,?\s+of\s+\d{1,2}\s+[A-Z][a-z]+(?:\s+\d{4})?)?"
_BETWEEN = re.compile(rf"{_DAY}(?:\s*(?:,|;|/|&)\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+)")
_LATER = re.compile(rf"(?<![\w/])(?P<dated>\d{{1,4}})\s?\((?P<year>{_YEAR})\)")
_SENTENCE = re.compile(r"[.!?]\s+[A-Z]|\n\s*\n|\bresolutions?\b", re.IGNORECASE)
_LONGEST_LIST = 500
_BODY = re.compile(
    r"(?P<rights>Human\s+Rights\s+Council|HRC)"
    r"|(?P<social>Economic\s+and\s+Social\s+Council|ECOSOC)"
    r"|(?P<assembly>General\s+Assembly|\bGA)"
    r"|(?P<other>Commission|Parliament(?:ary\s+Assembly)?|Council\s+of\s+Europe|World\s+Health"
    r"|Conference|Executive\s+(?:Board|Committee|Council)|Governing|Union|OAS|Subcommission"
    r"|Sub-Commission|Congress|Senate|League)",
)
_CLAUSE = re.compile(r"[.;:]\s|\bSecurity\s+Council\b|\bresolutions?\b", re.IGNORECASE)
_BEFORE = 70
_INITIALS = frozenset("SAE")

Mention = tuple[str, int, int]


def _symbol(match: re.Match[str]) -> str:
    if match["council"]:
        return f"S/RES/{int(match['council'])}"
    if match["rights"]:
        return f"A/HRC/RES/{match['rights']}"
    if match["social"]:
        return f"E/RES/{match['social']}"
    return _assembly(match)


def _assembly(match: re.Match[str]) -> str:
    if match["old"]:
        letter = f" {match['oldletter']}" if match["oldletter"] else ""
        return f"A/RES/{match['old']}{letter} ({match['session']})"
    letter = f" {match['newletter']}" if match["newletter"] else ""
    return f"A/RES/{match['new']}{letter}"


def _value(match: re.Match[str], body: str) -> str | None:
    """The symbol of a number as prose writes it, after the name of a body or none."""
    if body == "other":
        return None
    if match["dated"] or match["slashed"] or match["bare"]:
        number = match["dated"] or match["slashed"] or match["bare"]
        return f"S/RES/{int(number)}" if not body and int(number) else None
    if match["social"]:
        return f"E/RES/{match['social']}" if body == "social" else None
    if match["new"] and body == "rights":
        return f"A/HRC/RES/{match['new']}"
    return _assembly(match) if body in ("", "assembly") else None


def _body(text: str, start: int) -> str:
    """The body whose resolution is named: the last that stands in the clause before."""
    before = text[max(0, start - _BEFORE) : start]
    clause = max((match.end() for match in _CLAUSE.finditer(before)), default=0)
    bodies = list(_BODY.finditer(before, clause))
    return bodies[-1].lastgroup or "" if bodies else ""


def mentions(text: str, start: int) -> Iterator[Mention]:
    """The resolutions named where a word that begins one stands: value, first, last code point.

    That word is ``resolution``, ``res``, ``SCR``, or the letter of a symbol.
    """
    if text[start : start + 1] in _INITIALS:
        symbol = _SYMBOL.match(text, start)
        if symbol is not None:
            yield _symbol(symbol), start, symbol.end()
            return
    head = _HEAD.match(text, start)
    if head is None or not (_ITEM.match(text, head.end()) or _SYMBOL.match(text, head.end())):
        return
    body = "" if head.group().upper().lstrip("UN ").startswith("SCR") else _body(text, start)
    at, first = head.end(), start
    plural = "s" in head.group().rstrip(". ").lower()[-1:]
    while True:
        item = _ITEM.match(text, at) or _SYMBOL.match(text, at)
        if item is None:
            break
        value = _symbol(item) if item.re is _SYMBOL else _value(item, body)
        if value is not None:
            yield value, first, item.end()
        between = _BETWEEN.match(text, item.end())
        at = between.end() if between else item.end()
        first = at
        if between is None:
            break
    if plural and not body and first > start:
        stop = _SENTENCE.search(text, at, at + _LONGEST_LIST)
        end = stop.start() if stop else min(len(text), at + _LONGEST_LIST)
        for later in _LATER.finditer(text, at, end):
            yield f"S/RES/{int(later['dated'])}", later.start(), later.end()


_TYPED = re.compile(
    r"(?:the\s+)?(?:UN\s*)?(?:(?P<council>(?:United\s+Nations\s+)?Security\s+Council|SC)"
    r"|(?P<assembly>(?:United\s+Nations\s+)?General\s+Assembly|GA)"
    r"|(?P<rights>Human\s+Rights\s+Council|HRC)|(?P<social>Economic\s+and\s+Social\s+Council|ECOSOC))?"
    r"\s*(?:resolutions?|res\.?|SCR|R(?=\b|\d))?\s*(?:no\.?)?\s*",
    re.IGNORECASE,
)


def canonical(typed: str) -> str | None:
    """The value that a typed form names: ``SCR 1325``, ``1325 (2000)``, ``61/143``."""
    text = " ".join(typed.split())
    symbol = _SYMBOL.fullmatch(text.upper())
    if symbol is not None:
        return _symbol(symbol)
    head = _TYPED.match(text)
    at = head.end() if head else 0
    item = _ITEM.fullmatch(text.upper(), at)
    if item is None:
        return None
    body = head.lastgroup if head and head.lastgroup != "council" else ""
    return _value(item, body or "")
