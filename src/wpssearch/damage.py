"""What a damaged file makes of a method of an open index is told as damage."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from wpssearch.errors import Error, IndexDamaged

if TYPE_CHECKING:
    from wpssearch.backends.whoosh.store import Store

__all__ = ["undamaged"]


class _Stored(Protocol):
    _store: Store


_S = TypeVar("_S", bound=_Stored)
_P = ParamSpec("_P")
_T = TypeVar("_T")


def undamaged(method: Callable[Concatenate[_S, _P], _T]) -> Callable[Concatenate[_S, _P], _T]:
    """Tell a fault as damage where a file is damaged; any other fault is itself."""

    @wraps(method)
    def told(self: _S, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return method(self, *args, **kwargs)
        except Error:
            raise
        except Exception as error:
            damage = self._store.damage()
            if damage is None:
                raise
            raise IndexDamaged(damage) from error

    return told  # type: ignore[return-value]
