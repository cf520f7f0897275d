"""The gamma distribution and those made of it.

G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000):
normal numbers are transformed and accepted or not. All attempts are made at once, so that there
is no loop; that none is accepted is less likely than 1e-10.

Samples are accepted or not, so they have no derivative by their shape parameters: these count
as constants.
"""

from __future__ import annotations

from typing import Any

from .. import primitives
from ..array import ArrayLike, DType, TracedArray
from ..numpy import reductions
from ..numpy.axes import normalized_axis
from ..numpy.promotion import INT32, Shape, array, broadcast, computed_dtype, constant, operand
from .arguments import UINT32, checked_key, drawing, drawn_shape, fitted, float_dtype
from .continuous import standard_normal
from .uniform import open_unit

# The chance that an attempt fails is below 0.05.
_ATTEMPTS = 8


@drawing
def gamma(key: ArrayLike, a: ArrayLike, shape: Any = None, dtype: Any = None) -> TracedArray:
    """Gamma numbers of scale 1.

    Args:
        key: uint32[2].
        a: the shape parameter, positive. It counts as a constant to derivatives.
        shape: the shape to draw, to which `a` broadcasts; None for that of `a`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`.

    Raises:
        XformTypeError: `key` is no key, or a dtype that is not floating.
        XformValueError: `key` is not one key, or `a` does not broadcast.

    >>> from xform.random import key
    >>> bool((gamma(key(0), 2.0, (3,)) > 0).all())
    True
    """
    words = checked_key(key, "gamma")
    target = float_dtype(dtype, "gamma")
    sizes = drawn_shape(shape, "gamma", a=a)
    return array(primitives.exp(_log_gamma(words, a, sizes, computed_dtype(target))), target)


@drawing
def chisquare(key: ArrayLike, df: ArrayLike, shape: Any = None, dtype: Any = None) -> TracedArray:
    """Sums of `df` squares of normal numbers.

    Args:
        key: uint32[2].
        df: the degrees of freedom, positive. They count as constants to derivatives.
        shape: the shape to draw, to which `df` broadcasts; None for that of `df`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`.

    Raises:
        As `gamma`.

    >>> from xform.random import key
    >>> bool((chisquare(key(0), 3.0, (3,)) > 0).all())
    True
    """
    words = checked_key(key, "chisquare")
    target = float_dtype(dtype, "chisquare")
    sizes = drawn_shape(shape, "chisquare", df=df)
    return array(_chisquare(words, df, sizes, computed_dtype(target)), target)


@drawing
def student_t(key: ArrayLike, df: ArrayLike, shape: Any = None, dtype: Any = None) -> TracedArray:
    """Student's t: normal numbers over the root of a mean of `df` squares of others.

    Args:
        key: uint32[2].
        df: the degrees of freedom, positive. They count as constants to derivatives.
        shape: the shape to draw, to which `df` broadcasts; None for that of `df`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`.

    Raises:
        As `gamma`.

    >>> from xform.random import key
    >>> student_t(key(0), 3.0, (3,)).shape
    (3,)
    """
    words = checked_key(key, "student_t")
    target = float_dtype(dtype, "student_t")
    sizes = drawn_shape(shape, "student_t", df=df)
    computed = computed_dtype(target)
    first, second = subkeys(words, 2)
    squares = _chisquare(second, df, sizes, computed)
    freedom = primitives.stop_gradient(fitted(df, computed, sizes))
    scale = primitives.sqrt(primitives.div(freedom, squares))
    return array(primitives.mul(standard_normal(first, sizes, computed), scale), target)


@drawing
def beta(
    key: ArrayLike, a: ArrayLike, b: ArrayLike, shape: Any = None, dtype: Any = None
) -> TracedArray:
    """Beta numbers, of (0, 1).

    Args:
        key: uint32[2].
        a: the first shape parameter, positive. It counts as a constant to derivatives.
        b: the second one.
        shape: the shape to draw, to which both broadcast; None for theirs.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`.

    Raises:
        As `gamma`.

    >>> from xform.random import key
    >>> bool((beta(key(0), 2.0, 3.0, (3,)) < 1).all())
    True
    """
    words = checked_key(key, "beta")
    target = float_dtype(dtype, "beta")
    sizes = drawn_shape(shape, "beta", a=a, b=b)
    computed = computed_dtype(target)
    first, second = subkeys(words, 2)
    odds = primitives.sub(
        _log_gamma(first, a, sizes, computed), _log_gamma(second, b, sizes, computed)
    )
    return array(primitives.logistic(odds), target)


@drawing
def dirichlet(
    key: ArrayLike, alpha: ArrayLike, shape: Any = None, dtype: Any = None
) -> TracedArray:
    """Dirichlet numbers: shares of a whole.

    Args:
        key: uint32[2].
        alpha: the concentrations, positive, along the last axis. They count as constants to
            derivatives.
        shape: the shape to draw without the last axis, to which that of `alpha` broadcasts; None
            for that of `alpha`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype` whose last axis sums to 1.

    Raises:
        As `gamma`; also an XformValueError for a 0-d `alpha`.

    >>> from xform.random import key
    >>> dirichlet(key(0), [1.0, 2.0, 3.0], (4,)).shape
    (4, 3)
    """
    words = checked_key(key, "dirichlet")
    target = float_dtype(dtype, "dirichlet")
    concentrations = operand(alpha)
    last = normalized_axis(-1, concentrations.ndim, "random.dirichlet")
    count = concentrations.shape[last]
    batch = None if shape is None else (*drawn_shape(shape, "dirichlet"), count)
    sizes = drawn_shape(batch, "dirichlet", alpha=alpha)
    computed = computed_dtype(target)
    logs = _log_gamma(words, alpha, sizes, computed)
    largest = broadcast_last(reductions.max(logs, -1, keepdims=True), sizes)
    parts = primitives.exp(primitives.sub(logs, largest))
    whole = broadcast_last(reductions.sum(parts, -1, keepdims=True), sizes)
    return array(primitives.div(parts, whole), target)


def broadcast_last(x: TracedArray, shape: Shape) -> TracedArray:
    """`x`, whose last axis has size 1, repeated along it."""
    return x if x.shape == shape else broadcast(x, shape)


def subkeys(words: TracedArray, count: int) -> list[TracedArray]:
    """The keys of `split(key, count)`."""
    return [primitives.fold_in(words, constant((), UINT32, i)) for i in range(count)]


def _chisquare(words: TracedArray, df: ArrayLike, shape: Shape, dtype: DType) -> TracedArray:
    freedom = fitted(df, dtype, shape)
    half, two = constant(shape, dtype, 0.5), constant(shape, dtype, 2.0)
    logs = _log_gamma(words, primitives.mul(freedom, half), shape, dtype)
    return primitives.mul(primitives.exp(logs), two)


def _log_gamma(words: TracedArray, a: ArrayLike, shape: Shape, dtype: DType) -> TracedArray:
    """The logarithms of gamma numbers, which also those of a tiny shape parameter have."""
    alpha = primitives.stop_gradient(fitted(a, dtype, shape))
    one = constant(shape, dtype, 1.0)
    # Gamma(a) is Gamma(a + 1) times u to the power 1/a, and the method wants an a of at least 1.
    is_small = primitives.lt(alpha, one)
    raised = primitives.select(is_small, primitives.add(alpha, one), alpha)
    normals, uniforms, boost = subkeys(words, 3)

    centre = primitives.sub(raised, constant(shape, dtype, 1 / 3))
    every = (_ATTEMPTS, *shape)
    d = broadcast(centre, every)
    x = standard_normal(normals, every, dtype)
    width = primitives.mul(primitives.rsqrt(centre), constant(shape, dtype, 1 / 3))
    cube_root = primitives.add(
        constant(every, dtype, 1.0), primitives.mul(x, broadcast(width, every))
    )
    is_positive = primitives.gt(cube_root, constant(every, dtype, 0.0))
    cube_root = primitives.select(is_positive, cube_root, constant(every, dtype, 1.0))
    log_v = primitives.mul(primitives.log(cube_root), constant(every, dtype, 3.0))
    v = primitives.integer_pow(cube_root, 3)
    # log(u) < x^2 / 2 + d * (1 - v + log(v))
    margin = primitives.mul(
        d, primitives.add(primitives.sub(constant(every, dtype, 1.0), v), log_v)
    )
    limit = primitives.add(
        primitives.mul(primitives.mul(x, x), constant(every, dtype, 0.5)), margin
    )
    log_u = primitives.log(open_unit(uniforms, every, dtype))
    accepted = primitives.and_(is_positive, primitives.lt(log_u, limit))

    drawn = primitives.add(first_accepted(log_v, accepted), primitives.log(centre))
    boosted = primitives.log(open_unit(boost, shape, dtype))
    return primitives.add(
        drawn,
        primitives.select(is_small, primitives.div(boosted, alpha), constant(shape, dtype, 0.0)),
    )


def first_accepted(candidates: TracedArray, accepted: TracedArray) -> TracedArray:
    """Along the first axis the first candidate that is accepted; 0 where none is."""
    shape = candidates.shape
    place = primitives.iota(shape, INT32, 0)
    none = constant(shape, INT32, shape[0])
    first = primitives.reduce_min(primitives.select(accepted, place, none), [0])
    chosen = primitives.eq(place, broadcast(first, shape))
    zero = constant(shape, candidates.dtype, 0.0)
    return primitives.reduce_sum(primitives.select(chosen, candidates, zero), [0])
