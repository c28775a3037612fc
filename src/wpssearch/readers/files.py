"""Which files a path names, in a stable order, and their text: encodings recognised."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wpssearch.errors import UsageError
from wpssearch.model import Skip

__all__ = [
    "BOMS",
    "MOST_BYTES",
    "Decoded",
    "SourceFile",
    "Unreadable",
    "controls",
    "decode",
    "is_binary",
    "opened",
    "read_bytes",
    "read_text",
    "walk",
]

#: How much of a file is held at once: a page whole, a line or row of the others.
MOST_BYTES = 64 << 20
FORMATS = {".txt": "txt", ".html": "html", ".htm": "html", ".jsonl": "jsonl", ".csv": "csv"}
BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# What a text of no mark may be in, besides UTF-8: the encodings that pages are saved in.
_NARROW = ["cp1252", "latin_1", "mac_roman"]
_WIDE = ["utf_16_le", "utf_16_be"]
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: its absolute path, its name below the PATH that was named, its format."""

    path: str
    file: str
    format: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text; ``broken_line`` is the first (1-based) that holds damaged UTF-8, if any.

    Bytes that could not be read stand in ``text`` as U+FFFD.
    """

    text: str
    broken_line: int | None = None


class Unreadable(ValueError):
    """A file whose text cannot be had; the message says why."""


def walk(paths: Iterable[str | os.PathLike[str]]) -> Iterator[SourceFile | Skip]:
    """The files that the paths name, folders walked in a stable order, each file once.

    Of a folder come its ``.txt``, ``.html``, ``.jsonl`` and ``.csv``, hidden ones aside; a file
    that is named is always read. What cannot be read is a ``Skip`` with the reason.
    """
    seen: set[str] = set()
    for path in [os.fspath(named) for named in paths]:
        shown = _printable(os.path.basename(os.path.normpath(path)) or path)
        if os.path.isdir(path):
            found = False
            for item in _folder(path):
                if isinstance(item, SourceFile):
                    found = True
                    if os.path.realpath(item.path) in seen:
                        continue
                    seen.add(os.path.realpath(item.path))
                yield item
            if not found:
                yield Skip(shown, None, "the folder has no .txt, .html, .jsonl or .csv file")
            continue
        why = _why_not_a_file(path)
        if why is not None:
            yield Skip(shown, None, why)
        elif os.path.realpath(path) not in seen:
            seen.add(os.path.realpath(path))
            suffix = os.path.splitext(path)[1].lower()
            yield SourceFile(os.path.abspath(path), shown, FORMATS.get(suffix, "txt"))


def _printable(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(name).decode("utf-8", "replace")


def _why_not_a_file(path: str) -> str | None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return "there is no such file or folder"
    except PermissionError:
        return "there is no permission to read it"
    except (OSError, ValueError):
        return "the path cannot be followed"
    return None if stat.S_ISREG(mode) else "it is neither a file nor a folder"


def _folder(top: str) -> Iterator[SourceFile | Skip]:
    failed: list[OSError] = []
    for folder, subfolders, names in os.walk(top, onerror=failed.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            suffix = os.path.splitext(name)[1].lower()
            if name.startswith(".") or suffix not in FORMATS:
                continue
            path = os.path.join(folder, name)
            file = _printable(os.path.relpath(path, top)).replace(os.sep, "/")
            why = _why_not_a_file(path)
            if why is not None:
                yield Skip(file, None, why)
            else:
                yield SourceFile(os.path.abspath(path), file, FORMATS[suffix])
    for error in failed:
        yield Skip(
            _printable(str(error.filename)), None, "there is no permission to read the folder"
        )


class _UpTo(io.RawIOBase):
    """The first so many bytes of a file, however it grows while it is read."""

    def __init__(self, file: io.FileIO, left: int) -> None:
        self._file, self._left = file, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        view = memoryview(buffer)[: self._left]
        count = self._file.readinto(view) or 0
        self._left -= count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _without_waiting(path: str, flags: int) -> int:
    # A pipe that has taken the place of a file would be waited for.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def opened(path: str, buffer: int = 64 << 10) -> io.BufferedReader:
    """A file as it is now, to be read once from its beginning, ``buffer`` bytes at a time.

    ``Unreadable`` with the reason where that cannot be; reading it may raise ``OSError``.
    """
    try:
        file = open(path, "rb", buffering=0, opener=_without_waiting)  # noqa: SIM115
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            file.close()
            raise Unreadable("it is neither a file nor a folder")
    except PermissionError:
        raise Unreadable("there is no permission to read it") from None
    except FileNotFoundError:
        raise Unreadable("there is no such file or folder") from None
    except OSError:
        raise Unreadable("the disk or system cannot read it") from None
    return io.BufferedReader(_UpTo(file, state.st_size), buffer)


def read_bytes(path: str) -> bytes:
    """The bytes of a file; ``Unreadable`` with the reason where they cannot be had or held."""
    with opened(path) as file:
        try:
            data = file.read(MOST_BYTES + 1)
        except OSError:
            raise Unreadable("the disk or system cannot read it") from None
    return _bounded(data)


def _bounded(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise Unreadable(f"it is larger than {MOST_BYTES >> 20} MiB; part it into several files")
    return data


def is_binary(data: bytes) -> bool:
    """True where more of the bytes are control characters than any text has."""
    return controls(data) > len(data) * 0.05


def controls(data: bytes) -> int:
    """How many of the bytes are control characters that no text has."""
    return len(data) - len(data.translate(None, _CONTROLS))


def read_text(path: str) -> str:
    """The text of a file, or of the standard input for ``-``, in whatever encoding it is.

    ``UsageError`` where it cannot be read, or is larger than a page may be.
    """
    try:
        if path == "-":
            if sys.stdin is None:
                raise Unreadable("it is closed")
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MOST_BYTES + 1)
        return decode(_bounded(data)).text
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except Unreadable as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error


def decode(data: bytes) -> Decoded:
    """The text of a file's bytes, its byte order mark removed.

    A mark decides, else UTF-8 where the bytes are that, with a damaged character here and there
    too, else what charset-normalizer makes of them. ``Unreadable`` where the bytes are no text.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            try:
                return Decoded(data[len(mark) :].decode(encoding))
            except UnicodeDecodeError:
                if encoding == "utf-8":
                    return _mended(data[len(mark) :])
                raise Unreadable("its encoding mark and its bytes do not agree") from None
    # UTF-16 without a mark is half NULs; elsewhere a NUL or many controls are no text.
    wide = b"\0" in data and controls(data) > len(data) * 0.3
    if not wide and (b"\0" in data or is_binary(data)):
        raise Unreadable("it is a binary file, not text")
    if not wide:
        try:
            return Decoded(data.decode("utf-8"))
        except UnicodeDecodeError:
            if _is_damaged_utf8(data):
                return _mended(data)
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_WIDE if wide else _NARROW).best()
    if best is None:
        raise Unreadable("it is a binary file, not text")
    text = str(best)
    if "\0" in text:
        raise Unreadable("it is a binary file, not text")
    return Decoded(text.removeprefix("\ufeff"))


def _is_damaged_utf8(data: bytes) -> bool:
    """True where more characters beyond ASCII are whole than broken: no other encoding has that."""
    text = data.decode("utf-8", "replace")
    ascii_count = len(data.translate(None, bytes(range(128, 256))))
    broken = text.count("\ufffd")
    return len(text) - ascii_count - broken >= max(broken, 1)


def _mended(data: bytes) -> Decoded:
    text = data.decode("utf-8", "replace")
    before = text[: text.index("\ufffd")].replace("\r\n", "\n").replace("\r", "\n")
    return Decoded(text, before.count("\n") + 1)
