"""`stop_gradient`: a value that every derivative takes for a constant."""

from __future__ import annotations

from typing import Any

from .. import primitives, pytrees
from ..tracing import traces


def stop_gradient(x: Any) -> Any:
    """`x`, as if it were a constant to every derivative.

    Args:
        x: a pytree of arrays; leaves that are not traced are returned as they are.

    >>> from xform.frontend import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0).item()
    3.0
    """
    return pytrees.map_leaves(_stop, x)


def _stop(leaf: Any) -> Any:
    if not traces.is_traced(leaf):
        return leaf
    if leaf._trace.program.stops_cut:
        return primitives.full(leaf.shape, leaf.dtype, 0)
    return primitives.stop_gradient(leaf)
