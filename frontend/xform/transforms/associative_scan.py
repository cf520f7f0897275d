"""`associative_scan`: all prefixes of an associative operation in logarithmically many steps."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytrees
from ..compiling import direct
from ..errors import XformTypeError, XformValueError, at_user_line
from ..source import entrance
from ..tracing import traces
from ..tracing.traces import function_name
from .rows import leaf_aval
from .selection import output_aval, require_callable


@entrance
def associative_scan(
    fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """Every prefix of `elems` combined by an associative function.

    The function is called about 2 log2(n) times, each time on many elements at once. The
    recursion over pairs is that of Blelloch, Prefix Sums and Their Applications (1990).

    Args:
        fn: combines two pytrees like `elems`, slices of it along `axis`, element by element.
        elems: a pytree of arrays with one size along `axis`.
        reverse: whether to combine from the end.
        axis: the axis along which elements lie.

    Returns:
        A pytree like `elems`, in which each element is combined with all before it.

    Raises:
        XformValueError: `elems` has no array, the sizes along `axis` differ, it is out of range,
            or `fn` changes the structure or a shape.
        XformTypeError: `fn` changes a dtype.

    >>> import numpy as np
    >>> associative_scan(np.multiply, np.arange(1.0, 6.0)).numpy()
    array([  1.,   2.,   6.,  24., 120.])
    """
    require_callable("associative_scan", fn)
    try:
        place = operator.index(axis)
    except TypeError:
        raise XformTypeError(
            at_user_line(f"associative_scan: axis must be an int, got {axis!r}")
        ) from None

    def run(elems: Any) -> Any:
        return _traced_associative_scan(fn, elems, bool(reverse), place)

    if traces.current_trace() is None:
        name = function_name(fn)
        return direct.call(run, (elems,), {}, name=name, transform="associative_scan")
    return run(elems)


def _traced_associative_scan(
    fn: Callable[[Any, Any], Any], elems: Any, reverse: bool, axis: int
) -> Any:
    leaves, spec = pytrees.flatten(elems)
    if not leaves:
        raise XformValueError(at_user_line("associative_scan: elems contains no array"))
    axes: list[int] = []
    sizes: list[str] = []
    lengths: set[int] = set()
    for leaf, path in zip(leaves, pytrees.paths(spec, "elems"), strict=True):
        shape = leaf_aval("associative_scan", leaf, path).shape
        if not -len(shape) <= axis < len(shape):
            raise XformValueError(
                at_user_line(
                    f"associative_scan: axis {axis} is out of range for {path} of shape {shape}"
                )
            )
        axes.append(axis % len(shape))
        lengths.add(shape[axis])
        sizes.append(f"  {path} has shape {shape}")
    if len(lengths) > 1:
        text = "\n".join([f"associative_scan: sizes along axis {axis} differ:", *sizes])
        raise XformValueError(at_user_line(text))
    scanned = _Combination(fn, spec, axes)
    rows: list[Any] = [traces.traced(leaf) for leaf in leaves]
    if reverse:
        rows = [np.flip(x, a) for x, a in zip(rows, axes, strict=True)]
    results = scanned.prefixes(rows)
    if reverse:
        results = [np.flip(x, a) for x, a in zip(results, axes, strict=True)]
    return pytrees.unflatten(spec, results)


class _Combination:
    """The user's function on lists of leaves, and the recursion over pairs."""

    def __init__(
        self, fn: Callable[[Any, Any], Any], spec: pytrees.TreeSpec, axes: list[int]
    ) -> None:
        self._fn = fn
        self._spec = spec
        self._axes = axes

    def prefixes(self, rows: list[Any]) -> list[Any]:
        """Each element combined with all before it."""
        count = rows[0].shape[self._axes[0]]
        if count < 2:
            return rows
        # Pairs give the prefixes at odd places, and one more element those at even ones.
        pairs = self._combine(self._take(rows, 0, count - 1, 2), self._take(rows, 1, count, 2))
        odd = self.prefixes(pairs)
        even = self._take(rows, 0, 1)
        if count > 2:
            before = self._take(odd, 0, (count - 1) // 2)
            later = self._combine(before, self._take(rows, 2, count, 2))
            even = [
                np.concatenate([a, b], axis)
                for a, b, axis in zip(even, later, self._axes, strict=True)
            ]
        return [_interleaved(a, b, axis) for a, b, axis in zip(even, odd, self._axes, strict=True)]

    def _take(self, rows: list[Any], start: int, stop: int, step: int = 1) -> list[Any]:
        return [
            x[(slice(None),) * axis + (slice(start, stop, step),)]
            for x, axis in zip(rows, self._axes, strict=True)
        ]

    def _combine(self, left: list[Any], right: list[Any]) -> list[Any]:
        result = self._fn(pytrees.unflatten(self._spec, left), pytrees.unflatten(self._spec, right))
        leaves, spec = pytrees.flatten(result)
        if spec != self._spec:
            raise XformValueError(
                at_user_line(
                    "associative_scan: the function must keep the structure: it was given "
                    f"{pytrees.show(self._spec)} and returned {pytrees.show(spec)}"
                )
            )
        for leaf, given, path in zip(leaves, left, pytrees.paths(spec, "output"), strict=True):
            kind = output_aval("associative_scan", leaf, path)
            text = f"associative_scan: {path} was {given._aval}, the function returned {kind}"
            if kind.shape != given.shape:
                raise XformValueError(at_user_line(text))
            if kind.dtype != given.dtype:
                raise XformTypeError(at_user_line(text))
        # The function may have made some of NumPy.
        return [leaf if traces.is_traced(leaf) else traces.traced(leaf) for leaf in leaves]


def _interleaved(even: Any, odd: Any, axis: int) -> Any:
    """Elements of two arrays in turn; `even` may have one more."""
    pairs = odd.shape[axis]
    head = (slice(None),) * axis
    together = np.stack([even[(*head, slice(0, pairs))], odd], axis + 1)
    shape = (*odd.shape[:axis], 2 * pairs, *odd.shape[axis + 1 :])
    joined = together.reshape(shape)
    if even.shape[axis] == pairs:
        return joined
    return np.concatenate([joined, even[(*head, slice(pairs, None))]], axis)
