"""Covariance and correlation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import ArrayLike, TracedArray
from . import contraction, reductions, ufuncs
from .complex_parts import part_by_part, real
from .dispatch import function
from .inspection import result_type
from .joining import concatenate
from .manipulation import atleast_2d, diagonal, squeeze, transpose
from .promotion import FLOAT64, array, constant, operand, supported_dtype
from .selection import clip


def _variables(m: ArrayLike, rowvar: bool, dtype: Any) -> TracedArray:
    """Observations as a matrix with a variable a row."""
    x = array(m, dtype)
    if x.ndim > 2:
        raise XformValueError(
            at_user_line(f"cov: expected at most two axes, got an array of shape {x.shape}")
        )
    matrix = atleast_2d(x)
    return matrix if rowvar or x.ndim < 2 else transpose(matrix)


@function(np.cov)
def cov(
    m: ArrayLike,
    y: ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> TracedArray:
    """The covariances of variables.

    Args:
        m: observations, a variable a row, or a column if `rowvar` is false.
        y: more variables in the same form.
        rowvar: whether rows are variables.
        bias: divides by the number of observations and not by one less.
        ddof: what is subtracted from the number of observations instead.
        fweights: how often each observation counts, integers.
        aweights: how much each observation weighs.
        dtype: of the result; at least float64 by default.

    Returns:
        A symmetric matrix, or of complex variables a Hermitian one; 0-d for one variable.

    Raises:
        XformValueError: an array has more axes, or the observations do not fit together.
        XformTypeError: `ddof` is not an int, or `fweights` no integers.
    """
    given = [m] if y is None else [m, y]
    default = result_type(*(operand(x).dtype for x in given), np.float64)
    found = supported_dtype(dtype, "cov", default)
    parts = [_variables(x, rowvar, found) for x in given]
    x = parts[0] if len(parts) == 1 else concatenate(parts, 0)
    if ddof is not None and not isinstance(ddof, int | np.integer):
        raise XformTypeError(at_user_line(f"cov: ddof is an int, got {ddof!r}"))
    missing = (0 if bias else 1) if ddof is None else ddof
    weights = _weights(fweights, aweights, x.shape[1])
    total: Any = x.shape[1]
    if weights is None:
        mean = reductions.mean(x, 1, keepdims=True)
        divisor: Any = max(total - missing, 0)
        scaled = x - mean
        centred = scaled
    else:
        total = reductions.sum(weights)
        mean = reductions.sum(x * weights, 1, keepdims=True) / total
        divisor = total
        if missing:
            extra = (
                missing
                if aweights is None
                else (missing * reductions.sum(weights * array(aweights)) / total)
            )
            divisor = ufuncs.maximum(total - extra, 0)
        centred = x - mean
        scaled = centred * weights
    products = contraction.matmul(centred, ufuncs.conjugate(transpose(scaled)))
    divisor = (
        array(divisor, found)
        if isinstance(divisor, TracedArray)
        else constant((), found, float(divisor))
    )
    return squeeze(ufuncs.divide(products, divisor))


def _weights(fweights: Any, aweights: Any, count: int) -> TracedArray | None:
    weights: TracedArray | None = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        w = array(given)
        if w.shape != (count,):
            raise XformValueError(
                at_user_line(f"cov: {name} has shape {w.shape}, expected ({count},)")
            )
        if name == "fweights" and w.dtype.kind not in "iu":
            raise XformTypeError(at_user_line(f"cov: fweights are integers, got {w.dtype}"))
        if not traces.is_traced(given) and np.any(np.asarray(given) < 0):
            raise XformValueError(at_user_line(f"cov: {name} cannot be negative"))
        # Integers are frequencies: their products are no narrower than floats.
        w = array(w, FLOAT64)
        weights = w if weights is None else weights * w
    return weights


@function(np.corrcoef)
def corrcoef(
    x: ArrayLike, y: ArrayLike | None = None, rowvar: bool = True, *, dtype: Any = None
) -> TracedArray:
    """The correlations of variables, covariances divided by standard deviations; see `cov`."""
    covariances = cov(x, y, rowvar, dtype=dtype)
    if not covariances.ndim:
        return covariances / covariances
    deviations = ufuncs.sqrt(real(diagonal(covariances)))
    scaled = covariances / deviations[:, None] / deviations[None, :]
    return part_by_part(lambda part: clip(part, -1, 1), scaled)


__all__ = [
    "corrcoef",
    "cov",
]
