"""Equations between tensors, which are systems of their elements in order."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from .. import manipulation
from ..axes import normalized_axis
from ..dispatch import function
from ..promotion import array
from . import systems


@function(np.linalg.tensorsolve)
def tensorsolve(a: ArrayLike, b: ArrayLike, axes: Sequence[int] | None = None) -> TracedArray:
    """The tensor x whose product with `a` over all axes of x is b.

    Args:
        a: the axes of b, then those of x; as many elements in the ones as in the others.
        b: the right-hand side.
        axes: those of `a` to be moved to its end first.

    Returns:
        x, of the shape of the last axes of `a`, floating.

    Raises:
        XformValueError: the shapes do not fit.

    >>> a = 2.0 * np.eye(4).reshape(2, 2, 2, 2)
    >>> np.asarray(tensorsolve(a, np.array([[2.0, 4.0], [6.0, 8.0]])))
    array([[1., 2.],
           [3., 4.]])
    """
    x, rhs = array(a), array(b)
    if axes is not None:
        moved = [normalized_axis(axis, x.ndim, "tensorsolve") for axis in axes]
        kept = [axis for axis in range(x.ndim) if axis not in moved]
        x = manipulation.transpose(x, [*kept, *moved])
    count = x.ndim - rhs.ndim
    shape = x.shape[max(x.ndim - count, 0) :] if count >= 0 else ()
    size = math.prod(shape)
    if count < 0 or x.size != size * size or rhs.size != size:
        raise XformValueError(
            at_user_line(
                "tensorsolve: expected as many elements in the axes of b as in the others of a, "
                f"got shapes {x.shape} and {rhs.shape}"
            )
        )
    matrix = primitives.reshape(x, (size, size))
    solved = systems.solve(matrix, primitives.reshape(rhs, (size,)))
    return primitives.reshape(solved, shape)


@function(np.linalg.tensorinv)
def tensorinv(a: ArrayLike, ind: int = 2) -> TracedArray:
    """The tensor whose product with `a` over `ind` axes is an identity.

    Args:
        a: as many elements in its first `ind` axes as in the others.
        ind: how many axes come first, positive.

    Returns:
        The inverse, the other axes of `a` before the first ones, floating.

    Raises:
        XformValueError: the shape does not fit, or `ind` is not positive.

    >>> tensorinv(np.eye(4).reshape(4, 2, 2) / 2, ind=1).shape
    (2, 2, 4)
    """
    x = array(a)
    count = operator.index(ind)
    if count <= 0:
        raise XformValueError(at_user_line(f"tensorinv: ind must be positive, got {count}"))
    first, others = x.shape[:count], x.shape[count:]
    size = math.prod(others)
    if math.prod(first) != size:
        raise XformValueError(
            at_user_line(
                f"tensorinv: expected as many elements in the first {count} axes as in the others, "
                f"got shape {x.shape}"
            )
        )
    inverse = systems.inv(primitives.reshape(x, (size, size)))
    return primitives.reshape(inverse, (*others, *first))
