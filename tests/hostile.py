"""Query texts that nobody means well with: a grammar of fragments."""

from __future__ import annotations

import random

__all__ = ["fragments", "texts"]

fragments = [
    '"', "\u201c", "\u201d", "(", ")", "((", "))", "*", "?", "**", "??", "~", "~1", "~2", "~9",
    "^", "^2", "^0", "^.5", "^^", "^1e9", ":", "::", "title:", "text:", "heading:", "country:",
    "period:", "kind:", "resolution:", "nothing:", "+", "-", "!", "--", "&&", "||", "AND", "OR",
    "NOT", "and", " ", "  ", "\t", "\n", "\\", "\\\\", '\\"', "[", "]", "[2007 TO 2008]", "..",
    "2007..2008", "2007", "a", "s", "in", "the", "police", "gender", "desk", "women's", "C++",
    "AT&T", "1,325", "S/RES/1325", "SCR", "1325", "(2007)", "U.N.", "gender-based", "x" * 200,
    "a*" * 20, "?" * 30, "*a*", "a*", "*s", "p?l*e", "Haiti", "Liberia", "UNMIL", "CRSV",
    "conflict-related sexual violence", "\xe9", "\u65e5\u672c", "\u202e", "\u0301", "\x00",
    "\ud800", "\U0001f642", "\xa0", "\u2028", "\xdf", "\ufb01", "\uff0a", "\uff1f",
    '"police desk"~5', '"a b"~99999', "title:(", "country:(", "-(", "NOT (", "OR OR", "a OR", "~ ",
]  # fmt: skip


def texts(count: int, seed: int) -> list[str]:
    """So many texts, most of them short, some long."""
    pick = random.Random(seed)
    out = []
    for _ in range(count):
        length = pick.choice([1, 2, 3, 5, 8, 13, 21]) if pick.random() < 0.99 else 300
        glue = pick.choice(["", " ", ""])
        out.append(glue.join(pick.choices(fragments, k=length)))
    return out
