"""The id of a record whose source gives none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from wpssearch.model import Period

__all__ = ["record_id"]


def record_id(
    kind: str, agencies: Sequence[str], period: Period | None, text: str, seen: Counter[str]
) -> str:
    """16 hexadecimal digits over what a record says: the same on every machine.

    ``seen`` counts the contents met so far in the same source: an equal one gets an ordinal.
    """
    content = json.dumps([kind, list(agencies), period.label if period else None, text])
    ordinal = seen[content]
    seen[content] += 1
    return blake2b(f"{content}\n{ordinal}".encode(), digest_size=8).hexdigest()
