"""The schema: what is kept of a record, and in which form.

Whoosh sees terms and bytes, never a text: analysis happens before, once for each record. A term's
value in a record is an array of unsigned 32-bit integers: the length of the field in tokens, then
four for each occurrence: position, width, first and last code point.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from whoosh.columns import RefBytesColumn, VarBytesColumn
from whoosh.fields import FieldType, Schema
from whoosh.formats import Existence, Format

from wpssearch.analysis import Term, Token

__all__ = [
    "ABBREVIATION",
    "COLUMNS",
    "LONG_FORM",
    "FieldTokens",
    "field_tokens",
    "postings",
    "schema",
]

#: One value a record, by the record's number. ``path`` is the source's place on this machine.
COLUMNS = ("id", "digest", "lengths", "kind", "path", "period", "agency", "mission", "country",
           "further")  # fmt: skip
_DISTINCT = ("id", "digest", "lengths")

#: With which the words of the field ``acronyms`` begin: ``<wpa TAB WPA TAB women's protection
#: adviser``, and the same long form by the stem of its first word.
ABBREVIATION, LONG_FORM = "<", ">"

#: The tokens of a field with their terms, and its length: tokens without the joined forms.
FieldTokens = tuple[list[tuple[Term, Token]], int]


class OccurrencesFormat(Format):  # type: ignore[misc]
    """Posting values of any size."""

    posting_size = -1

    def __init__(self) -> None:
        super().__init__()

    def supports(self, name: str) -> bool:
        """None of Whoosh's own interpretations of a posting's value applies."""
        return name == "frequency"


class TermsField(FieldType):  # type: ignore[misc]
    """A searched field; it takes analysed tokens."""

    def __init__(self) -> None:
        super().__init__(OccurrencesFormat(), None)

    def index(self, value: FieldTokens, **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for term, values in postings(value).items():
            frequency = (len(values) - 1) // 4
            yield term.encode().encode(), frequency, float(frequency), values.tobytes()


class WordsField(FieldType):  # type: ignore[misc]
    """Words without positions; it takes them ready made."""

    def __init__(self) -> None:
        super().__init__(Existence(), None)

    def index(self, value: Iterable[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        return ((word.encode(), 1, 1.0, b"") for word in value)


class ColumnField(FieldType):  # type: ignore[misc]
    """A value that is read by record number, never searched."""

    indexed = False

    def __init__(self, *, distinct: bool) -> None:
        super().__init__(None, None)
        self.column_type = VarBytesColumn() if distinct else RefBytesColumn()

    def to_column_value(self, value: bytes) -> bytes:
        return value


class StoredField(FieldType):  # type: ignore[misc]
    """The record itself, read for the hits that are shown."""

    indexed = False

    def __init__(self) -> None:
        super().__init__(None, None, stored=True)


def schema() -> Schema:
    """The schema of every index of this format."""
    fields: Mapping[str, FieldType] = {
        "title": TermsField(),
        "headings": TermsField(),
        "text": TermsField(),
        "lexicon": WordsField(),
        "acronyms": WordsField(),
        "record": StoredField(),
        **{f"col_{name}": ColumnField(distinct=name in _DISTINCT) for name in COLUMNS},
    }
    return Schema(**fields)


def field_tokens(tokens: list[Token], term: Any) -> FieldTokens:
    """Tokens with their terms; ``term(form, case)`` gives the term of a form."""
    return (
        [(term(token.form, token.case), token) for token in tokens],
        sum(token.width == 1 for token in tokens),
    )


def postings(value: FieldTokens) -> dict[Term, array[int]]:
    """The posting value of each term of a field."""
    tokens, length = value
    out: dict[Term, array[int]] = {}
    for term, token in tokens:
        values = out.get(term)
        if values is None:
            values = out[term] = array("I", [length])
        values.extend((token.position, token.width, token.start, token.end))
    return out
