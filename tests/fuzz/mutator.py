"""Inputs made of others: what hypothesis draws where no coverage guides it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

__all__ = ["mutated"]

#: What a mutation puts in: what the formats are made of, and what breaks texts.
PIECES = [
    b'"', b"'", b",", b";", b"\n", b"\r", b"\t", b"|", b"<", b">", b"</", b"<!--", b"-->", b"&#",
    b"{", b"}", b"[", b"]", b":", b"(", b")", b"*", b"~", b"^", b"\\", b"\0", b"\xff", b"\xfe",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x1b[31m", b"9" * 40, b"Jan 2007", b"null",
    b"Item ID", b"Background", b"<title>", b"<script>", b"<p hidden", b"-", b"1e999", b"\xc2\xa0",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, kept: Sequence[bytes]) -> bytes:
    """One of the inputs with up to eight pieces put in, taken out, doubled or changed."""
    data = bytearray(draw(st.sampled_from(list(kept))))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data)))
        stop = min(len(data), at + draw(st.integers(0, 20)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at:at] = draw(st.sampled_from(PIECES) | st.binary(max_size=6))
            case 1:
                del data[at:stop]
            case 2:
                data[at:at] = data[at:stop] * draw(st.integers(1, 30))
            case _:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
    return bytes(data)
