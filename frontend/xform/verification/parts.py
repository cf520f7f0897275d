"""Functions of complex arrays as functions of their parts, which are floating.

So what is checked of derivatives is checked of those by both parts, and says nothing of how they
are joined to one complex number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import pytrees
from ..tracing import traces


class Parts(NamedTuple):
    """What stands for a complex array or number.

    Attributes:
        real, imag: floating arrays or numbers of one kind.
    """

    real: Any
    imag: Any


def by_parts(
    function: Callable[..., Any], args: Sequence[Any]
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The function that takes and returns `Parts`, and its arguments.

    Args:
        function: any function.
        args: its positional arguments.
    """
    leaves, spec = pytrees.flatten(tuple(args))
    is_complex = [isinstance(_apart(leaf), Parts) for leaf in leaves]

    def called(*given: Any) -> Any:
        remaining = iter(pytrees.leaves(given))
        joined = [
            _together(next(remaining), next(remaining)) if has_parts else next(remaining)
            for has_parts in is_complex
        ]
        return pytrees.map_leaves(_apart, function(*pytrees.unflatten(spec, joined)))

    return called, pytrees.map_leaves(_apart, tuple(args))


def _apart(leaf: Any) -> Any:
    if traces.is_traced(leaf):
        is_complex = leaf._aval.is_complex
        return Parts(traces.real_of(leaf), traces.imag_of(leaf)) if is_complex else leaf
    if type(leaf) is complex:
        return Parts(leaf.real, leaf.imag)
    if getattr(leaf, "dtype", np.dtype(bool)).kind != "c":
        return leaf
    array = np.asarray(leaf)
    return Parts(array.real.copy(), array.imag.copy())


def _together(real: Any, imag: Any) -> Any:
    if traces.is_traced(real) or traces.is_traced(imag):
        return traces.complex_of(traces.traced(real), traces.traced(imag))
    if isinstance(real, float) and not isinstance(real, np.generic):
        return complex(real, imag)
    real, imag = np.asarray(real), np.asarray(imag)
    joined = np.empty(real.shape, np.result_type(real, np.complex64))
    joined.real, joined.imag = real, imag
    return joined


__all__ = ["Parts", "by_parts"]
