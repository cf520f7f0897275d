"""Norms of vectors and matrices, by NumPy's."""

from __future__ import annotations

from typing import Any

from ...numpy import linalg
from ...numpy.dispatch import extension
from ...tracing.array import ArrayLike, Axis, TracedArray


@extension("scipy.linalg")
def norm(
    a: ArrayLike,
    ord: Any = None,
    axis: Axis = None,
    keepdims: bool = False,
    check_finite: bool = True,
) -> TracedArray:
    """A norm of vectors or matrices; the derivative of the Euclidean norm at 0 is 0.

    Args:
        a: integers become float64.
        ord: for vectors None, a number or +-inf; for matrices None, "fro", +-1 or +-inf.
        axis: None, an int for vectors, two for matrices.
        keepdims: whether the axes stay, in size 1.
        check_finite: without effect.

    Raises:
        XformValueError: a matrix norm that needs singular values, or an unknown one.

    >>> import numpy as np
    >>> float(norm(np.array([3.0, 4.0])))
    5.0
    """
    return linalg.norm(a, ord, axis, keepdims)


__all__ = ["norm"]
