"""The text of a file a line at a time, so that it may be larger than memory."""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from collections.abc import Iterator

from wpssearch.readers.files import (
    BOMS,
    MOST_BYTES,
    Unreadable,
    controls,
    decode,
    is_binary,
    opened,
    read_bytes,
)

__all__ = ["Lines", "TooLong", "broken", "lines_of"]

_AT_ONCE = 1 << 20
# What holding a line takes besides its characters.
_APIECE = 64
_BROKEN = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = bytes(range(128, 256))


class TooLong(ValueError):
    """A line or row that is longer than what is held of a file; the next can be read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the {what} is longer than {MOST_BYTES >> 20} MiB")


class Lines:
    """The lines of a text, their ends kept. ``number`` is the 1-based number of the last one taken.

    A line raises ``TooLong`` where it is, or makes what was taken since ``begin``.
    """

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self._held = 0
        #: The lines taken since ``begin``; an empty one for one that was too long.
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._line()
        if line is None:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        self._held += len(line) + _APIECE
        if not line:
            raise TooLong("line")
        if self._held > MOST_BYTES:
            raise TooLong("row")
        return line

    def _line(self) -> str | None:
        """The next line of the file; an empty one for one that is too long."""
        try:
            line = self._text.readline(MOST_BYTES)
            if len(line) < MOST_BYTES or line.endswith("\n"):
                return line or None
            while line and not line.endswith("\n"):
                line = self._text.readline(MOST_BYTES)
            return ""
        except UnicodeDecodeError:
            raise Unreadable("its encoding mark and its bytes do not agree") from None
        except OSError:
            raise Unreadable("the disk or system cannot read it") from None

    def short(self) -> Iterator[str | None]:
        """All lines, ``None`` for one that is too long."""
        while (line := self._line()) is not None:
            yield line or None
        self.close()

    def begin(self) -> None:
        """Forget what was taken."""
        self.taken, self._held = [], 0

    def again(self) -> None:
        """Give what was taken, its first line aside, once more."""
        back = self.taken[1:]
        self.number -= len(back)
        self._waiting.extendleft(line or "\n" for line in reversed(back))

    def close(self) -> None:
        """Let the file go."""
        self._text.close()


def broken(text: str) -> bool:
    """True where a text of ``lines_of`` holds bytes that are no UTF-8."""
    return not text.isascii() and _BROKEN.search(text) is not None


def lines_of(path: str, newline: str = "") -> Lines:
    """The lines of a file in whatever encoding it is, its byte order mark removed.

    ``newline`` is as in ``open``. A byte of UTF-8 that cannot be read is a lone surrogate: see
    ``broken``. ``Unreadable`` where it is no text, or neither in UTF-8 nor small enough to be held
    while its encoding is found out.
    """
    skipped, encoding, errors = _encoding(path)
    if encoding is None:
        return Lines(io.StringIO(decode(read_bytes(path)).text, newline=newline))
    file = opened(path, _AT_ONCE)
    file.read(skipped)
    return Lines(io.TextIOWrapper(file, encoding, errors, newline))


def _encoding(path: str) -> tuple[int, str | None, str]:
    """The length of the mark, the encoding, and what is done about bytes that are none of it.

    No encoding where it cannot be said without holding the whole.
    """
    with opened(path, _AT_ONCE) as file:
        try:
            return _recognised(file)
        except OSError:
            raise Unreadable("the disk or system cannot read it") from None


def _recognised(file: io.BufferedReader) -> tuple[int, str | None, str]:
    start = file.peek(_AT_ONCE)
    for mark, encoding in BOMS:
        if start.startswith(mark):
            return len(mark), encoding, "surrogateescape" if encoding == "utf-8" else "strict"
    size = bad = whole = unprintable = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while True:
        chunk = file.read(_AT_ONCE)
        size += len(chunk)
        unprintable += controls(chunk)
        if b"\0" in chunk:
            # Half of UTF-16 is NULs; else it is no text.
            if not 0.3 <= controls(start) / len(start) <= 0.6:
                raise Unreadable("it is a binary file, not text")
            return 0, None, ""
        text = decoder.decode(chunk, not chunk)
        escaped = 0 if text.isascii() else len(_BROKEN.findall(text))
        bad += escaped
        whole += len(text) - escaped - len(chunk.translate(None, _BEYOND_ASCII))
        if not chunk:
            break
    if is_binary(start) or unprintable > size * 0.05:
        raise Unreadable("it is a binary file, not text")
    # More characters beyond ASCII that are whole than broken: no other encoding has that.
    if not bad or whole >= bad:
        return 0, "utf-8", "surrogateescape"
    if size > MOST_BYTES:
        raise Unreadable(f"it is larger than {MOST_BYTES >> 20} MiB and not in UTF-8; save it so")
    return 0, None, ""
