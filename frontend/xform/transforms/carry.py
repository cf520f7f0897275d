"""What a loop hands from one step to the next, and Python numbers that take another's dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import convert
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.traces import Callee
from .rows import leaf_aval
from .selection import output_aval


class Carry:
    """The carried values of a loop.

    A Python number takes the dtype that the loop's body gives it, so the avals may change while
    the body is traced; `settled` traces until they do not.

    Args:
        transform: how messages call the loop.
        init: a pytree of arrays and numbers.
        name: how messages call `init`.

    Attributes:
        spec: the structure.
        avals: the avals of the leaves.

    Raises:
        XformTypeError: a leaf is neither an array nor a number.
    """

    def __init__(self, transform: str, init: Any, name: str = "init") -> None:
        self.transform = transform
        self._leaves, self.spec = pytrees.flatten(init)
        self._paths = pytrees.paths(self.spec, name)
        self._returned = pytrees.paths(self.spec, "carry")
        self.avals = [
            leaf_aval(transform, leaf, path)
            for leaf, path in zip(self._leaves, self._paths, strict=True)
        ]

    def tree(self, leaves: list[Any]) -> Any:
        """The pytree of these leaves."""
        return pytrees.unflatten(self.spec, leaves)

    def lifted(self) -> list[Any]:
        """The first values as traced arrays of the innermost trace."""
        return [
            traces.traced(with_dtype(leaf, kind.dtype), path)
            for leaf, kind, path in zip(self._leaves, self.avals, self._paths, strict=True)
        ]

    def settled(self, trace: Callable[[], Callee]) -> Callee:
        """The callee of a body that returns what it is given, its Python numbers settled.

        Args:
            trace: records the body for the present avals; the body calls `returned`.
        """
        while True:
            before = list(self.avals)
            callee = trace()
            if self.avals == before:
                return callee
            callee.function.erase()

    def returned(self, tree: Any) -> list[Any]:
        """The leaves of what a body returned to be carried on.

        Raises:
            XformValueError: another structure or shape than what was carried.
            XformTypeError: another dtype, or a leaf that is not an array.
        """
        leaves, spec = pytrees.flatten(tree)
        if spec != self.spec:
            raise XformValueError(
                at_user_line(
                    f"{self.transform}: the carry must keep its structure: it was "
                    f"{pytrees.show(self.spec)}, the function returned {pytrees.show(spec)}"
                )
            )
        found: list[Any] = []
        for i, (leaf, path) in enumerate(zip(leaves, self._returned, strict=True)):
            was, becomes = self.avals[i], output_aval(self.transform, leaf, path)
            if becomes.shape != was.shape:
                raise XformValueError(at_user_line(self._changed(path, was, becomes)))
            kind = common_aval([was, becomes])
            if kind is None or (kind.dtype != was.dtype and not was.weak):
                raise XformTypeError(at_user_line(self._changed(path, was, becomes)))
            self.avals[i] = kind
            found.append(with_dtype(leaf, kind.dtype))
        return found

    def _changed(self, path: str, was: Aval, becomes: Aval) -> str:
        return (
            f"{self.transform}: the carry must keep its shapes and dtypes: {path} was {was}, "
            f"the function returned {becomes}"
        )


def common_aval(kinds: list[Aval]) -> Aval | None:
    """The aval of a value that is one of these: Python numbers give way; None where they differ.

    >>> import numpy as np
    >>> number, single = Aval((), np.dtype("float64"), True), Aval((), np.dtype("float32"))
    >>> common_aval([number, single])
    Aval(shape=(), dtype=dtype('float32'), weak=False)
    """
    strong = [kind for kind in kinds if not kind.weak]
    if any(kind.shape != kinds[0].shape for kind in kinds):
        return None
    if any(kind.dtype != strong[0].dtype for kind in strong):
        return None
    highest = max(kinds, key=lambda kind: _rank(kind.dtype))
    if not strong:
        return highest
    # A complex number does not fit into a real array, a float not into one of integers, an int not
    # into one of bools.
    return strong[0] if _rank(strong[0].dtype) >= _rank(highest.dtype) else None


def _rank(dtype: np.dtype[Any]) -> int:
    return {"b": 0, "i": 1, "u": 1, "c": 3}.get(dtype.kind, 2)


def with_dtype(leaf: Any, dtype: np.dtype[Any]) -> Any:
    """A leaf whose dtype is `dtype`: itself, or a number converted."""
    if traces.is_traced(leaf):
        return leaf if leaf.dtype == dtype else convert(leaf, dtype)
    kind = traces.aval(leaf, "number")
    return leaf if kind.dtype == dtype else np.asarray(leaf, dtype)
