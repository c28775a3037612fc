"""The one analyzer: text to terms with character offsets, for index, query and highlight alike.

A text is cut at blanks into chunks, a chunk is folded (case, accents, compatibility forms) with a
map back to the original, and the folded chunk is cut into words. What the index keeps of a word
is its *form* (folded, as written) together with its *stem*, and whether it was written in
capitals. Which forms a query word finds is decided when it is asked for, since only the whole
corpus can tell an acronym (a word that it writes in capitals alone) from a shouted word.

- ``gender-based`` is ``gender`` and ``based`` at successive positions, and also ``genderbased``,
  which begins at the first and is two positions wide: phrases match on both sides.
- ``women's`` is ``women``; ``d'Ivoire`` is ``d``, ``ivoire`` and ``divoire``.
- ``DPKO/DFS`` is two words.
- ``U.N.`` is ``un``, ``1,325`` is ``1325``; ``NGOs`` is the acronym ``ngo``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from wpssearch.folding import Folded, fold
from wpssearch.stemming import Stemmer
from wpssearch.vocab import LongForm, Vocabulary, shipped

__all__ = [
    "CAPITALS",
    "PLAIN",
    "SHOUTED",
    "Analyzer",
    "LongForms",
    "Term",
    "Token",
    "chunk_tokens",
    "is_shouted",
    "tokenize",
]

#: How a form was written. A line all in capitals tells nothing of its words.
CAPITALS, PLAIN, SHOUTED = "C", "p", "s"

_CHUNK = re.compile(r"\S+")
_WORD = r"[^\W_]+"
#: Dotted initials, numbers with thousands, words joined by hyphens or apostrophes. Applied to the
#: shape of a folded text, which is ASCII: there every engine agrees on what a letter is.
TOKEN_PATTERN = (
    r"(?<![^\W_])(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])"
    r"|(?<![^\W_])\d{1,3}(?:,\d{3})+(?![^\W_])"
    rf"|{_WORD}(?:[-']{_WORD})*"
)
_PART = re.compile(_WORD)
# A letter alone may be one of dotted initials.
_PLAIN_WORD = re.compile(r"[(\"]?([A-Za-z]{2,})[,;:!?)\".]*")
_HYPHENS = "-\u2010"
_APOSTROPHES = "'\u2019\u02bc"

# Bounds against hostile text: a chunk of a megabyte is no word of any language.
_MAX_FORM = 100
_MAX_JOINED_PARTS = 6
_MAX_CACHED_CHUNK = 64
# How much the tokenizer is given at once: it gives up on what takes it seconds.
_PIECE = 4096
_MIN_SHOUTED_WORDS = 3
# Words of one stem begin alike.
_BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text.

    ``position`` counts words from 0; ``width`` is how many positions the token covers (more than
    one for the joined form of a hyphenated word alone). ``start`` and ``end`` are code points.
    """

    form: str
    case: str
    position: int
    width: int
    start: int
    end: int


class Term(NamedTuple):
    """What the index keeps of a word: ``stem``, ``form`` and the ``case`` it was written in."""

    stem: str
    form: str
    case: str


def _bounded(form: str) -> str:
    if len(form) <= _MAX_FORM:
        return form
    # Here: a search needs no digest.
    from hashlib import blake2b

    digest = blake2b(form.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return form[: _MAX_FORM - 17] + "_" + digest


@lru_cache(maxsize=4096)
def _shape_char(char: str) -> str:
    if char.isalpha():
        return "a"
    if char.isalnum():
        return "0"
    return "-" if char in _HYPHENS else "'" if char in _APOSTROPHES else " "


def _shape(folded: str) -> str:
    """The folded text character by character as ASCII that is cut into the same words."""
    if folded.isascii():
        return folded
    return "".join(char if char.isascii() else _shape_char(char) for char in folded)


#: (form, case, relative position, width, start, end) of each token of a chunk; its positions.
_ChunkTokens = tuple[tuple[tuple[str, str, int, int, int, int], ...], int]
_Spans = Callable[[str], Iterator[tuple[int, int]]]


@lru_cache(maxsize=1)
def _search_spans() -> _Spans:
    pattern = re.compile(TOKEN_PATTERN)

    def spans(chunk: str) -> Iterator[tuple[int, int]]:
        return (match.span() for match in pattern.finditer(chunk))

    return spans


@lru_cache(maxsize=1)
def _ingest_spans() -> _Spans:
    """The same cuts made by NLTK's ``RegexpTokenizer``: what ingest uses, where NLTK is loaded.

    That tokenizer runs its pattern and nothing else, so the search path, which cannot afford the
    half second that importing NLTK takes, runs the pattern itself; a test holds the two equal.
    """
    from nltk.tokenize import RegexpTokenizer

    spans: _Spans = RegexpTokenizer(TOKEN_PATTERN).span_tokenize
    return spans


def _case(written: str) -> str:
    letters = [c for c in written if c.isalpha()]
    return CAPITALS if len(letters) > 1 and written.isupper() else PLAIN


def _is_plural_acronym(written: str) -> bool:
    return len(written) > 2 and written[-1] == "s" and written[:-1].isupper() and written.isalpha()


def _cut(chunk: str, folded: Folded, shape: str, spans: Iterable[tuple[int, int]]) -> _ChunkTokens:
    out: list[tuple[str, str, int, int, int, int]] = []
    position = 0
    for start, end in spans:
        text = shape[start:end]
        if "." in text or "," in text:
            a, b = folded.span(start, end)
            form = folded.text[start:end].replace(".", "").replace(",", "")
            out.append((_bounded(form), _case(chunk[a:b]), position, 1, a, b))
            position += 1
            continue
        first = position
        parts: list[str] = []
        outer = (0, 0)
        for match in _PART.finditer(text):
            part = folded.text[start + match.start() : start + match.end()]
            if part == "s" and parts and text[match.start() - 1] == "'":
                continue
            a, b = folded.span(start + match.start(), start + match.end())
            written = chunk[a:b]
            case = _case(written)
            form = part
            if case == PLAIN and _is_plural_acronym(written):
                form, case = part[:-1], CAPITALS
            out.append((_bounded(form), case, position, 1, a, b))
            outer = (outer[0] if parts else a, b)
            parts.append(part)
            position += 1
        if 1 < len(parts) <= _MAX_JOINED_PARTS:
            joined = _bounded("".join(parts))
            case = _case(chunk[outer[0] : outer[1]])
            out.append((joined, case, first, len(parts), *outer))
    return tuple(out), position


def _searched(chunk: str) -> _ChunkTokens:
    folded = Folded(chunk)
    shape = _shape(folded.text)
    return _cut(chunk, folded, shape, _search_spans()(shape))


_searched_before = lru_cache(maxsize=1024)(_searched)


def _searched_chunk(chunk: str) -> _ChunkTokens:
    return (_searched if len(chunk) > _MAX_CACHED_CHUNK else _searched_before)(chunk)


def is_shouted(line: str) -> bool:
    """True for a line all in capitals: the case of its words tells nothing."""
    if not line.isupper():
        return False
    words = [word for word in line.split() if sum(map(str.isalpha, word)) > 1]
    return len(words) >= _MIN_SHOUTED_WORDS


def chunk_tokens(chunks: Sequence[str]) -> list[_ChunkTokens]:
    """The tokens of runs of characters between blanks, made by NLTK's tokenizer: form, case,
    position, width, first and last code point, all within the chunk; and how many positions it
    takes.
    """
    out: list[_ChunkTokens] = []
    waiting: list[tuple[int, Folded, str]] = []
    size = 0
    for number, chunk in enumerate(chunks):
        # Most chunks are a word with punctuation after it, which needs no tokenizer to be seen.
        plain = _PLAIN_WORD.fullmatch(chunk)
        out.append(_plain(plain) if plain else ((), 0))
        if not plain:
            folded = Folded(chunk)
            waiting.append((number, folded, _shape(folded.text)))
            size += len(folded.text)
        if waiting and (size > _PIECE or number + 1 == len(chunks)):
            # A call of the tokenizer costs more than what it does with a chunk.
            spans = _ingest_spans()(" ".join(shape for _, _, shape in waiting))
            for (place, folded, shape), mine in zip(waiting, _parted(waiting, spans), strict=True):
                out[place] = _cut(chunks[place], folded, shape, mine)
            waiting, size = [], 0
    return out


def _plain(match: re.Match[str]) -> _ChunkTokens:
    start, end = match.span(1)
    written = match[1]
    form, case = written.lower(), _case(written)
    if case == PLAIN and _is_plural_acronym(written):
        form, case = form[:-1], CAPITALS
    return ((_bounded(form), case, 0, 1, start, end),), 1


def _parted(
    shapes: Sequence[tuple[int, Folded, str]], spans: Iterator[tuple[int, int]]
) -> Iterator[list[tuple[int, int]]]:
    """Of spans in shapes that are joined by blanks, those in each, from its beginning on."""
    begin = 0
    span = next(spans, None)
    for _, _, shape in shapes:
        mine = []
        while span is not None and span[1] <= begin + len(shape):
            mine.append((span[0] - begin, span[1] - begin))
            span = next(spans, None)
        yield mine
        begin += len(shape) + 1


def tokenize(text: str, *, bulk: bool = False) -> Iterator[Token]:
    """The tokens of ``text`` in order, the joined form of a hyphenated word after its parts.

    ``bulk`` cuts as ingest does, by ``chunk_tokens``.
    """
    position = offset = 0
    for line in text.splitlines(keepends=True):
        shouted = is_shouted(line)
        chunks = _CHUNK.findall(line)
        cut = chunk_tokens(chunks) if bulk else map(_searched_chunk, chunks)
        for match, (tokens, width) in zip(_CHUNK.finditer(line), cut, strict=True):
            base = offset + match.start()
            for form, case, relative, span, start, end in tokens:
                if shouted and case == CAPITALS:
                    case = SHOUTED
                yield Token(form, case, position + relative, span, base + start, base + end)
            position += width
        offset += len(line)


@lru_cache(maxsize=4096)
def _query_tokens(text: str) -> tuple[Token, ...]:
    return tuple(tokenize(text))


class LongForms:
    """Acronyms with what they stand for: by acronym, and by the first letters of the long form."""

    def __init__(
        self, known: Iterable[LongForm], tokens: Callable[[str], tuple[Token, ...]]
    ) -> None:
        self._tokens = tokens
        self._cut: dict[LongForm, tuple[str, ...]] = {}
        self._by_acronym: dict[str, list[LongForm]] = {}
        self._by_beginning: dict[str, list[LongForm]] = {}
        for entry in known:
            self._by_acronym.setdefault(fold(entry.acronym), []).append(entry)
            # Of hundreds a query has use for few: their words are cut when they are asked for.
            first = entry.long_form.split(maxsplit=1)[0]
            begins = fold(first) if first.isalpha() else self._words(entry)[0]
            self._by_beginning.setdefault(begins[:_BEGINNING], []).append(entry)

    def _words(self, entry: LongForm) -> tuple[str, ...]:
        known = self._cut.get(entry)
        if known is None:
            tokens = self._tokens(entry.long_form)
            known = self._cut[entry] = tuple(token.form for token in tokens if token.width == 1)
        return known

    def of(self, acronym: str) -> list[LongForm]:
        """What an acronym, folded, stands for."""
        return self._by_acronym.get(acronym, [])

    def beginning(self, form: str) -> list[tuple[LongForm, tuple[str, ...]]]:
        """The long forms, with their words, that may begin with this form or one of its stem."""
        known = self._by_beginning.get(form[:_BEGINNING], [])
        return [(entry, self._words(entry)) for entry in known]


class Analyzer:
    """Text to terms. One instance serves index, query and highlight; it is safe to share."""

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary or shipped()
        self.stemmer = Stemmer(self.vocabulary)

    def index_tokens(self, text: str) -> list[Token]:
        """The tokens of a text, as the index keeps them."""
        return list(tokenize(text, bulk=True))

    def query_tokens(self, text: str) -> tuple[Token, ...]:
        """The tokens of what a user typed. Loads no NLTK."""
        return _query_tokens(text)

    @cached_property
    def long_forms(self) -> LongForms:
        """What the vocabulary's acronyms stand for, ready to be looked up."""
        return LongForms(self.vocabulary.long_forms, self.query_tokens)

    @cached_property
    def making(self) -> str:
        """What makes a record of the index: the fingerprints of analyzer and vocabulary."""
        return f"{self.fingerprint} {self.vocabulary.fingerprint}"

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides how a text becomes terms."""
        # Here: a search needs no digest.
        from hashlib import blake2b

        state = blake2b(digest_size=8)
        state.update(b"analysis 1\n" + TOKEN_PATTERN.encode())
        state.update(self.stemmer.fingerprint.encode())
        return state.hexdigest()
