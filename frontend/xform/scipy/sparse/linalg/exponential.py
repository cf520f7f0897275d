"""The exponential of a map times vectors, without the exponential.

By Taylor's series in steps, as A. Al-Mohy and N. Higham, "Computing the action of the matrix
exponential", SIAM J. Sci. Comput. 33, 2011. Theirs chooses steps by norms of powers, which a map
that is a function has not; here a step is as long as its terms allow. Derivatives are exponentials
of the map beside itself: I. Najfeld and T. Havel, "Derivatives of the matrix exponential and their
computation", Adv. Appl. Math. 16, 1995.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ....errors import XformValueError, at_user_line
from ....numpy import contraction, creation, joining, reductions, ufuncs
from ....numpy.dispatch import extension
from ....numpy.promotion import (
    FLOAT64,
    array,
    computed_dtype,
    constant,
    is_float,
    operand,
    result_type,
)
from ....numpy.selection import where
from ....tracing.array import TracedArray
from ....tracing.avals import Aval
from ....tracing.traces import Callee
from ....transforms.calls import call, call_jvp
from ....transforms.closures import Closures, floating_captures, of_captures, with_captures
from ....transforms.custom_call import CustomFunction, Derivative, call_custom
from ....transforms.loops import while_loop
from ....transforms.vjp import vjp
from ....transforms.vmap import vmap
from .operators import (
    Map,
    Vector,
    entries_of,
    matrix_dtype,
    require_real,
    times,
    transposed,
)
from .stopping import INT32, is_finite

# The largest term of a step, beside the step's result: what more would cancel is lost.
_GROWTH = 16.0
# The terms of a step. More do not pay, as a shorter one needs fewer.
_TERMS = 50
# With fewer of them the next step is twice as long.
_FEW = 20
# Steps of both kinds, taken or tried, after which the result is NaN.
_ATTEMPTS = 10**6


@extension("scipy.sparse.linalg", arrays=2)
def expm_multiply(
    A: Any,  # noqa: N803 - SciPy's names
    B: Any,  # noqa: N803
    start: None = None,
    stop: None = None,
    num: None = None,
    endpoint: None = None,
    traceA: Any = None,  # noqa: N803
) -> TracedArray:
    """The exponential of a map times a vector or columns, expm(A) @ B.

    Reverse derivatives by what `A` depends on need a matrix of as many rows and columns as `A` has,
    and as many products with its transpose as that has columns; those by `B` do not.

    Args:
        A: a square matrix, a sparse one, or a function of a vector.
        B: a vector (n,) or columns (n, k); integers become float64.
        start, stop, num, endpoint: must be None; for a point of time t, take `t * A`.
        traceA: the trace of `A`, which a function does not tell, if it is large: the series are
            shorter for a map without trace. The result does not depend on it.

    Returns:
        An array of the shape of `B`. It is NaN if the map is so large that a million steps would
        not do.

    Raises:
        XformTypeError: `A` is neither a matrix nor a function.
        XformValueError: the shapes do not fit, or there are points of time.

    >>> import numpy as np
    >>> turned = expm_multiply(np.array([[0.0, -np.pi], [np.pi, 0.0]]), np.array([1.0, 0.0]))
    >>> np.abs(np.round(np.asarray(turned[0]), 6)).item()
    1.0
    """
    if any(x is not None for x in (start, stop, num, endpoint)):
        raise XformValueError(
            at_user_line(
                "expm_multiply: points of time are not supported; for one at t, give t * A"
            )
        )
    kinds = [x for x in (operand(B), matrix_dtype(A)) if x is not None]
    require_real("expm_multiply", "A or B", *kinds)
    common = result_type(*kinds)
    wanted = common if is_float(common) else FLOAT64
    dtype = np.dtype(computed_dtype(wanted))
    b = array(B, dtype)
    if b.ndim not in (1, 2):
        raise XformValueError(
            at_user_line(f"expm_multiply: B must be a vector or columns, got shape {b.shape}")
        )
    n = b.shape[0]
    function = times(A, "expm_multiply", "A", n)

    def matvec(x: Vector) -> Vector:
        product = array(function(x))
        require_real("expm_multiply", "the product of A", product)
        result = array(product, dtype)
        if result.shape != x.shape:
            raise XformValueError(
                at_user_line(
                    f"expm_multiply: A must keep the shape of a vector {x.shape}, it returned "
                    f"{result.shape}"
                )
            )
        return result

    trace = _trace(A) if traceA is None else traceA
    mean = array(0.0 if trace is None else trace, dtype) / max(n, 1)
    columns = b if b.ndim == 2 else b[:, None]
    result = array(_exponential(matvec, columns, mean), wanted)
    return result if b.ndim == 2 else result[:, 0]


def _trace(a: Any) -> Any:
    """The trace of a matrix; None for a function."""
    found = entries_of(a)
    if found is not None:
        return reductions.sum(array(found.values) * (found.rows == found.columns))
    if matrix_dtype(a) is None:
        return None
    return contraction.trace(array(a))


def _exponential(matvec: Map, b: TracedArray, mean: TracedArray) -> TracedArray:
    """The exponential of a map of vectors (n,) times columns (n, k).

    Args:
        matvec: the map.
        b: the columns.
        mean: about the mean of its eigenvalues, a constant to derivatives.
    """
    closures = Closures("expm_multiply")
    callee = closures.trace(matvec, [Aval(b.shape[:1], b.dtype)], lambda xs: [matvec(*xs)])
    function = _Exponential(callee)
    return call_custom(function, [*closures.captures(), mean, b])[0]


class _Exponential(CustomFunction):
    """The exponential as a function of what the map captures, the mean, and the columns."""

    has_backward = True

    def __init__(self, callee: Callee) -> None:
        self._callee = callee

    @property
    def name(self) -> str:
        return "expm_multiply"

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        *captures, mean, b = leaves
        return [_in_steps(self._map(captures), b, mean)]

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        chosen = [i for i in floating_captures(self._callee) if active[i]]

        def jvp(values: list[Any]) -> list[Any]:
            *captures, mean, b = inputs = values[: len(active)]
            tangents = values[len(active) :]
            floats = [i for i, x in enumerate(inputs) if x._aval.is_inexact]
            of_inputs = dict(zip(floats, tangents, strict=True))
            of_b = of_inputs[len(inputs) - 1]
            (result,) = call_custom(self, inputs)
            if not chosen:
                return [result, *call_custom(self, [*captures, mean, of_b])]
            n, matvec = b.shape[0], self._map(captures)

            def beside(x: Vector) -> Vector:
                u, v = x[:n], x[n:]
                function, arguments = of_captures(self._callee, [v], captures)
                moved, tangent = call_jvp(
                    function,
                    arguments,
                    [of_inputs[i] for i in chosen],
                    [1 + i for i in chosen],
                )
                return joining.concatenate([matvec(u) + tangent[0], moved[0]])

            both = _exponential(beside, joining.concatenate([of_b, b]), mean)
            return [result, both[:n]]

        def forward(inputs: list[Any]) -> list[Any]:
            return [*call_custom(self, inputs), *inputs]

        def backward(values: list[Any]) -> list[Any]:
            *captures, mean, b = inputs = values[: len(active)]
            cotangent = values[len(active)]
            transpose = transposed(self._map(captures))
            found = {i: constant(x.shape, x.dtype, 0) for i, x in enumerate(inputs)}
            found[len(inputs) - 1] = _exponential(transpose, cotangent, mean)
            if chosen:
                n = b.shape[0]

                def beside(x: Vector) -> Vector:
                    u, v = x[:n], x[n:]
                    coupled = contraction.matmul(cotangent, contraction.matmul(b.T, v))
                    return joining.concatenate([transpose(u) + coupled, transpose(v)])

                identity = creation.eye(n, dtype=b.dtype)
                start = joining.concatenate([constant((n, n), b.dtype, 0), identity])
                of_matrix = _exponential(beside, start, mean)[:n]

                def matrix(*some: Any) -> TracedArray:
                    every = list(captures)
                    for i, x in zip(chosen, some, strict=True):
                        every[i] = x
                    result: TracedArray = vmap(self._map(every))(identity)
                    return result

                _, pullback = vjp(matrix, *(captures[i] for i in chosen))
                # Its rows are the columns of the map.
                found.update(zip(chosen, pullback(of_matrix.T), strict=True))
            return [found[i] for i, x in enumerate(inputs) if x._aval.is_inexact]

        return Derivative(jvp, forward, backward)

    def _map(self, captures: Sequence[Any]) -> Map:
        return lambda x: call(with_captures(self._callee, captures), [x])[0]


class _Series(NamedTuple):
    """The series of a step.

    Attributes:
        total: the sum so far.
        term: the last term.
        size, before: the norms of the last two terms.
        largest: that of the largest one.
        number: how many there are, but for the first.
    """

    total: TracedArray
    term: TracedArray
    size: TracedArray
    before: TracedArray
    largest: TracedArray
    number: TracedArray


class _Steps(NamedTuple):
    """What is carried from step to step.

    Attributes:
        columns: the exponential so far, times the columns.
        left: which part of the map is left.
        length: the part that the next step takes.
        attempts: how many steps were tried.
    """

    columns: TracedArray
    left: TracedArray
    length: TracedArray
    attempts: TracedArray


def _size(x: TracedArray) -> TracedArray:
    return reductions.max(ufuncs.absolute(x), initial=0)


def _in_steps(matvec: Map, b: TracedArray, mean: TracedArray) -> TracedArray:
    eps = float(np.finfo(b.dtype).eps)
    on_columns = vmap(matvec, 1, 1)

    def goes_on(at: _Series) -> Any:
        is_open = at.size + at.before > eps * _size(at.total)
        return is_open & (at.number < _TERMS) & is_finite(at.size)

    def step(at: _Steps) -> _Steps:
        length = ufuncs.minimum(at.length, at.left)

        def further(s: _Series) -> _Series:
            number = s.number + 1
            moved = on_columns(s.term) - mean * s.term
            term = moved * (length / array(number, b.dtype))
            size = _size(term)
            return _Series(
                s.total + term, term, size, s.size, ufuncs.maximum(s.largest, size), number
            )

        size = _size(at.columns)
        first = _Series(at.columns, at.columns, size, size, size, array(0, INT32))
        series = while_loop(goes_on, further, first)
        total = _size(series.total)
        ends = series.number < _TERMS
        # No shorter step makes numbers of what is none.
        fits = (ends & (series.largest <= _GROWTH * total)) | ~is_finite(size)
        columns = series.total * ufuncs.exp(mean * length)
        following = where(series.number < _FEW, 2 * length, length)
        return _Steps(
            where(fits, columns, at.columns),
            where(fits, at.left - length, at.left),
            where(fits, following, length / 2),
            at.attempts + 1,
        )

    one = constant((), b.dtype, 1)
    last = while_loop(
        lambda at: (at.left > 0) & (at.attempts < _ATTEMPTS),
        step,
        _Steps(b, one, one, array(0, INT32)),
    )
    return where(last.left > 0, np.nan, last.columns)


__all__ = ["expm_multiply"]
