"""From a form to its stem: the vocabulary's acronyms, spellings, exceptions, then Snowball.

Snowball English (Porter 2001, https://snowballstem.org/algorithms/english/stemmer.html), as NLTK
ships it, makes one word of some that are two (``international``/``internal``) and two of some
that are one (``woman``/``women``, ``organise``/``organize``). The data files beside this module
say where, one word a row.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Protocol

from wpssearch import tables
from wpssearch.vocab import Vocabulary, shipped

__all__ = ["Stemmer"]

_ISE = re.compile(r"(?P<base>[a-z]{2,}[iy])s(?P<ending>e[sdr]?|ers|ing|ations?|ational)")
#: So many stems are remembered.
_MOST_KNOWN = 1 << 17


class _Stems(Protocol):
    def stem(self, token: str) -> str: ...


class Stemmer:
    """Forms to stems; each distinct form is stemmed once."""

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._vocabulary = vocabulary or shipped()
        self._known: dict[str, str] = {}

    @cached_property
    def _acronyms(self) -> frozenset[str]:
        return self._vocabulary.acronyms

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {row["written"]: row["key"] for row in tables.shipped("spellings")}

    @cached_property
    def _not_ise(self) -> frozenset[str]:
        return frozenset(row["word"] for row in tables.shipped("not_ise"))

    @cached_property
    def _exceptions(self) -> dict[str, str]:
        return {row["word"]: row["key"] for row in tables.shipped("stems")}

    @cached_property
    def _snowball(self) -> _Stems:
        from nltk.stem.snowball import EnglishStemmer

        stemmer: _Stems = EnglishStemmer()
        return stemmer

    def stem(self, form: str) -> str:
        """The stem of a folded form.

        An acronym's begins with ``=``, an exception's ends with it: neither can be another
        word's stem.
        """
        known = self._known.get(form)
        if known is None:
            known = self._stem(form)
            # What is no word of letters is quickly seen, and there is no end of it.
            if form.isalpha():
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[form] = known
        return known

    def _stem(self, form: str) -> str:
        if form in self._acronyms:
            return "=" + form
        if not (form.isascii() and form.isalpha()):
            return form
        word = self._american(self._spellings.get(form, form))
        exception = self._exceptions.get(word)
        return exception if exception is not None else self._snowball.stem(word)

    def _american(self, word: str) -> str:
        match = _ISE.fullmatch(word)
        if match is None or f"{match['base']}se" in self._not_ise:
            return word
        return f"{match['base']}z{match['ending']}"

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the files and rules that decide a stem."""
        # Here: a search needs no digest.
        from hashlib import blake2b

        state = blake2b(digest_size=8)
        state.update(_ISE.pattern.encode())
        for name in ("spellings", "not_ise", "stems"):
            state.update(tables.read(name))
        for acronym in sorted(self._acronyms):
            state.update(acronym.encode() + b"\n")
        return state.hexdigest()
