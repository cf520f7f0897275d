"""How each function of xform.numpy is called at the ends of what its arguments can be.

A call takes `Edges`, the arrays of one dtype, and gives an array or several; it is the same on
NumPy's arrays and on traced ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import ml_dtypes
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

BFLOAT16: Final = np.dtype(ml_dtypes.bfloat16)
Call = Callable[["Edges"], Any]


class Edges(NamedTuple):
    """Arrays of one dtype whose elements are the ends of what it holds.

    Attributes:
        flat: every edge once, a vector.
        x, y: every pair of edges, two vectors.
        rows: a matrix, each of whose rows is one case for a reduction.
        square: three of these rows' first elements.
        plain: small numbers in no order, a vector.
        ordered: all edges in order, NaN last.
        one, none, empty: arrays of shape (1,), (0,) and (0, 3).
        index: places in a vector of five, int8.
    """

    flat: Any
    x: Any
    y: Any
    rows: Any
    square: Any
    plain: Any
    ordered: Any
    one: Any
    none: Any
    empty: Any
    index: Any


def edges_of(dtype: Any) -> list[Any]:
    """The ends of a dtype's range, and what lies around zero and one."""
    found = np.dtype(dtype)
    if found == np.bool:
        return [False, True]
    if found.kind in "iu":
        limits = np.iinfo(found)
        least, most = limits.min, limits.max
        below = [-1, -3] if least else []
        return sorted({least, least + 1, *below, 0, 1, 2, 7, most // 2 + 1, most - 1, most})
    info = ml_dtypes.finfo(found)
    tiny, least = float(info.smallest_normal), float(info.smallest_subnormal)
    largest = float(info.max)
    return [0.0, -0.0, 1.0, -1.5, 2.5, 0.1, 3.0, np.inf, -np.inf, np.nan, largest, -largest, tiny,
            -tiny, 3 * least, -least]  # fmt: skip


def rows_of(dtype: Any) -> list[list[Any]]:
    """Cases for reductions; none whose result depends on the order of its additions."""
    found = np.dtype(dtype)
    if found == np.bool:
        return [[False] * 4, [True] * 4, [False, True, True, False]]
    if found.kind in "iu":
        least, most = np.iinfo(found).min, np.iinfo(found).max
        rows = [[least] * 4, [most] * 4, [least, most, least, most], [0] * 4, [4, 1, 3, 2],
                [most, 1, most, 1], [7] * 4, [least, 0, 1, 1]]  # fmt: skip
        return rows
    info = ml_dtypes.finfo(found)
    tiny, least = float(info.smallest_normal), float(info.smallest_subnormal)
    most = float(info.max)
    inf, nan = np.inf, np.nan
    return [
        [4, 1, 3, 2], [inf, 1, 2, 3], [1, -inf, 2, inf], [1, nan, 2, 3], [inf] * 4, [nan] * 4,
        [0.0, -0.0, 0.0, -0.0], [-0.0] * 4, [most] * 4, [tiny, tiny, least, 0], [-inf, 1, 3, 2],
        [0, inf, 0, inf], [7] * 4, [0.1] * 4, [most, 1, 0, 0], [inf, inf, 1, nan],
    ]  # fmt: skip


def edges(dtype: Any) -> Edges:
    """The arrays of a dtype."""

    def of(numbers: Any) -> Any:
        return np.array(numbers, None if np.dtype(dtype) == BFLOAT16 else dtype).astype(dtype)

    flat = of(edges_of(dtype))
    pairs = np.array(list(itertools.product(range(len(flat)), repeat=2)))
    rows = of(rows_of(dtype))
    plain = of([1, 0, 1, 1, 0] if np.dtype(dtype) == np.bool else [3, 0, 2, 1, 5])
    with np.errstate(all="ignore"):
        ordered = flat[np.argsort(flat.astype(np.float64) if flat.dtype == BFLOAT16 else flat)]
    square = rows[:3, :3]
    return Edges(
        flat, flat[pairs[:, 0]], flat[pairs[:, 1]], rows, square, plain,
        ordered, of([1]), of([]), of(np.zeros((0, 3))), np.array([0, 3, -1, 2, -5], np.int8),
    )  # fmt: skip


def written(write: Callable[..., None], x: Any, *args: Any, **kwargs: Any) -> Any:
    """The copy of an array that a function writes into."""
    target = np.copy(x)
    write(target, *args, **kwargs)
    return target


def reduced(function: Callable[..., Any], empty: bool = True) -> list[Call]:
    """A reduction along either axis, of all elements, of one, and of none."""
    calls: list[Call] = [
        lambda e: function(e.rows, axis=1),
        lambda e: function(e.rows[:1]),
        lambda e: function(e.one, axis=0),
    ]
    return [*calls, lambda e: function(e.empty, axis=0)] if empty else calls


def elementwise(function: Callable[..., Any]) -> list[Call]:
    """A function of all edges, and of none."""
    return [lambda e: function(e.flat), lambda e: function(e.none)]


def pairwise(function: Callable[..., Any]) -> list[Call]:
    """A function of all pairs of edges, and of none."""
    return [lambda e: function(e.x, e.y), lambda e: function(e.none, e.none)]


def of_ufunc(ufunc: np.ufunc) -> list[Call]:
    """A ufunc of one or two operands, of all edges."""
    return [elementwise(ufunc)[0] if ufunc.nin == 1 else pairwise(ufunc)[0]]


def spread(x: Any) -> Any:
    """Four increasing points of a dtype, as far apart as it allows."""
    dtype = np.dtype(x.dtype)
    if dtype.kind in "iu":
        most, least = np.iinfo(dtype).max, np.iinfo(dtype).min
        return np.array([least, least // 2, 1, most], dtype)
    return np.array([-2, 0, 1, 100], dtype)


def quantile_calls(function: Callable[..., Any], scale: float) -> list[Call]:
    methods = (
        "linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf",
        "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
        "weibull", "median_unbiased", "normal_unbiased",
    )  # fmt: skip
    return [
        *[
            lambda e, q=q, m=m: function(e.rows, q * scale, axis=1, method=m)
            for m, q in zip(methods, itertools.cycle((0.4, 0.25, 1.0, 0.0)), strict=False)
        ],
        lambda e: function(e.rows, [0.3 * scale, 0.5 * scale], axis=1),
        lambda e: function(e.one, 0.5 * scale),
    ]


def regular(e: Edges) -> Any:
    """A positive definite matrix."""
    return np.eye(3) + np.outer(e.plain[:3], e.plain[:3])


Y: Final = np.array([1.0, 4, 9, 20])
WIDE: Final = np.linspace(-300, 300, 13)
HALVES: Final = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, np.nan)

CALLS: Final[dict[str, list[Call]]] = {
    # Reductions.
    **{f.__name__: reduced(f) for f in (np.sum, np.prod, np.any, np.all, np.mean, np.var, np.std,
                                        np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd,
                                        np.count_nonzero)},
    **{f.__name__: reduced(f, empty=False) for f in (
        np.max, np.min, np.ptp, np.argmax, np.argmin, np.nanmax, np.nanmin, np.median, np.nanmedian,
    )},
    **{f.__name__: [lambda e, f=f: f(e.rows[:4], axis=1)] for f in (np.nanargmax, np.nanargmin)},
    "sum: dtypes": [lambda e: np.sum(e.rows, 1, np.float32), lambda e: np.sum(e.rows, initial=1),
                    lambda e: np.sum(e.rows, 1, where=e.rows == e.rows)],
    "mean: dtypes": [lambda e: np.mean(e.rows, 1, np.float64), lambda e: np.mean(e.rows, 0),
                     lambda e: np.mean(e.rows, 1, where=e.rows != 1)],
    "var: ddof": [lambda e, d=d: np.var(e.rows, 1, ddof=d) for d in (1, 4, 5)],
    "nanvar: ddof": [lambda e, d=d: np.nanvar(e.rows, 1, ddof=d) for d in (1, 4)],
    "average": [lambda e: np.average(e.rows, 1), lambda e: np.average(e.rows[:1], 1, e.rows[-1:]),
                lambda e: np.average(e.rows[:, 1:], 1, np.array([3, 2, 1], np.int8)),
                lambda e: np.average(e.rows, 1, returned=True)],
    "quantile": quantile_calls(np.quantile, 1),
    "percentile": quantile_calls(np.percentile, 100)[:2],
    "nanquantile": quantile_calls(np.nanquantile, 1)[:3],
    "nanpercentile": quantile_calls(np.nanpercentile, 100)[:1],
    **{f.__name__: [lambda e, f=f: f(e.rows, axis=1), lambda e, f=f: f(e.none),
                    lambda e, f=f: f(e.one)]
       for f in (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod)},
    "cumsum: long": [lambda e: np.cumsum(np.concatenate([e.one * 2048, *[e.one] * 24]))],
    "cumulative_sum": [lambda e: np.cumulative_sum(e.rows, axis=1, include_initial=True)],
    "cumulative_prod": [lambda e: np.cumulative_prod(e.rows, axis=1, include_initial=True)],
    "cov": [lambda e: np.cov(e.rows[:3]), lambda e: np.cov(e.plain, ddof=0),
            lambda e: np.cov(e.rows[:2, :2], fweights=np.array([100, 100], np.int8)),
            lambda e: np.cov(e.one)],
    "corrcoef": [lambda e: np.corrcoef(e.plain, e.plain[::-1]), lambda e: np.corrcoef(e.rows[0])],
    # Elementwise.
    **{f.__name__: elementwise(f) for f in (np.real, np.imag, np.isreal, np.iscomplex, np.isposinf,
                                            np.isneginf, np.fix, np.nan_to_num, np.real_if_close,
                                            np.sinc, np.angle)},
    "angle: degrees": [lambda e: np.angle(e.flat, deg=True)],
    "round": [lambda e, d=d: np.round(e.flat, d) for d in (0, 1, 3)],
    "nan_to_num: numbers": [lambda e: np.nan_to_num(e.flat, nan=1, posinf=2, neginf=3)],
    "clip": [lambda e: np.clip(e.x, e.y, None), lambda e: np.clip(e.x, None, e.y),
             lambda e: np.clip(e.x, e.y, e.y[::-1]), lambda e: np.clip(e.flat, 1, 2)],
    "clip: nan": [lambda e: np.clip(e.flat, np.nan, 2.0), lambda e: np.clip(e.flat, 0.0, np.nan)],
    "isclose": [*pairwise(np.isclose), lambda e: np.isclose(e.x, e.y, equal_nan=True)],
    "allclose": [lambda e: np.allclose(e.flat, e.flat), lambda e: np.allclose(e.none, e.none),
                 lambda e: np.allclose(e.flat, e.flat, equal_nan=True)],
    "array_equal": [lambda e: np.array_equal(e.flat, e.flat),
                    lambda e: np.array_equal(e.flat, e.flat, equal_nan=True)],
    "array_equiv": [lambda e: np.array_equiv(e.flat, e.flat),
                    lambda e: np.array_equiv(e.one, e.one)],
    "where": [lambda e: np.where(e.x < e.y, e.x, e.y), lambda e: np.where(e.flat, 1, 2)],
    "select": [lambda e: np.select([e.flat > 1, e.flat < 1], [e.flat, e.flat[::-1]], 3)],
    "choose": [lambda e: np.choose(np.array([0, 1, 1, 0], np.uint8), [e.rows[0], e.rows[1]]),
               lambda e: np.choose(np.array([5, -1, 127, -128], np.int8), [e.rows[0], e.rows[1]],
                                   mode="clip"),
               lambda e: np.choose(np.array([5, -1, 127, -128], np.int8), [e.rows[0], e.rows[1]],
                                   mode="wrap")],
    "piecewise": [lambda e: np.piecewise(e.flat, [e.flat > 1], [lambda x: x, 2])],
    # Along an axis.
    "diff": [lambda e: np.diff(e.rows), lambda e: np.diff(e.rows, 2, axis=0),
             lambda e: np.diff(e.none), lambda e: np.diff(e.one)],
    "ediff1d": [lambda e: np.ediff1d(e.rows), lambda e: np.ediff1d(e.none)],
    "gradient": [lambda e: np.gradient(e.rows, axis=1), lambda e: np.gradient(Y, spread(e.flat)),
                 lambda e: np.gradient(Y, spread(e.flat), edge_order=2),
                 lambda e: np.gradient(e.rows, 0.5, axis=1),
                 lambda e: np.gradient(e.rows, axis=1, edge_order=2),
                 lambda e: np.gradient(e.rows, [1.0, 2.0, 3.0, 4.0], axis=1),
                 lambda e: np.gradient(np.repeat(e.one / 10, 4), [1.0, 2, 4, 5], edge_order=2)],
    "trapezoid": [lambda e: np.trapezoid(e.rows), lambda e: np.trapezoid(e.rows, dx=3),
                  lambda e: np.trapezoid(e.rows, e.rows[0]), lambda e: np.trapezoid(e.none),
                  lambda e: np.trapezoid(e.one)],
    "unwrap": [lambda e: np.unwrap(e.rows), lambda e: np.unwrap(e.rows, period=4)],
    "interp": [lambda e: np.interp(e.flat, [0.0, 1, 2, 3], [0.0, 1, np.inf, -np.inf]),
               lambda e: np.interp([*HALVES, np.inf], np.arange(4.0), e.rows[2]),
               lambda e: np.interp([*HALVES, -np.inf], np.arange(4.0), e.rows[1]),
               lambda e: np.interp(WIDE / 300, [-np.inf, -0.5, 0.5, np.inf], [1.0, 1, 2, 2]),
               lambda e: np.interp(e.flat, e.one, e.one),
               lambda e: np.interp(e.plain, [0.0, 1.0, 3.0], [1.0, 5.0, 3.0], period=4)],
    "histogram": [lambda e: np.histogram(e.plain, 10), lambda e: np.histogram(e.plain, 7),
                  lambda e: np.histogram(e.one, 3), lambda e: np.histogram(e.flat, 5, (0, 7)),
                  lambda e: np.histogram(e.flat, [0, 1, 2, 7]),
                  lambda e: np.histogram(e.plain, 3, density=True),
                  lambda e: np.histogram(np.zeros(300), 2, (0, 1), weights=np.ones(300, np.int8))],
    "histogram_bin_edges": [lambda e: np.histogram_bin_edges(e.plain, 49),
                            lambda e: np.histogram_bin_edges(e.plain, 7)],
    "histogram2d": [lambda e: np.histogram2d(e.plain, e.plain[::-1], 3)],
    "histogramdd": [lambda e: np.histogramdd([e.plain, e.plain], 3, density=True),
                    lambda e: np.histogramdd([e.plain, e.plain], 2, weights=e.plain)],
    "bincount": [lambda e: np.bincount(np.array([0, 2, 2, 1], np.uint8), e.rows[0]),
                 lambda e: np.bincount(np.array([0, 2, 2, 1], np.int64), e.rows[1])],
    # Order.
    "sort": [lambda e: np.sort(e.rows), lambda e: np.sort(e.flat, stable=True),
             lambda e: np.sort(e.none)],
    "argsort": [lambda e: np.argsort(e.rows, stable=True)],
    "lexsort": [lambda e: np.lexsort((e.rows[0], e.rows[2]))],
    "partition": [lambda e: np.partition(e.rows, 2)[:, 2]],
    "argpartition": [lambda e: np.take_along_axis(e.rows, np.argpartition(e.rows, 2), 1)[:, 2]],
    "searchsorted": [lambda e: np.searchsorted(e.ordered, e.flat),
                     lambda e: np.searchsorted(e.ordered, e.flat, "right"),
                     lambda e: np.searchsorted(e.ordered, 300),
                     lambda e: np.searchsorted(e.ordered, -0.3),
                     lambda e: np.searchsorted(e.none, e.flat),
                     lambda e: np.searchsorted(e.ordered, e.none)],
    "digitize": [lambda e: np.digitize(e.flat, np.array([0, 1, 2, 7], np.float32)),
                 lambda e: np.digitize(WIDE, spread(e.flat)),
                 lambda e: np.digitize(WIDE, spread(e.flat)[::-1]),
                 lambda e: np.digitize(WIDE, spread(e.flat)[::-1], right=True)],
    "isin": [lambda e: np.isin(e.flat, e.flat[::2]), lambda e: np.isin(e.flat, [1, 300, 0.5]),
             lambda e: np.isin(e.flat, e.none)],
    # Polynomials and windows.
    "poly": [lambda e: np.poly(e.plain), lambda e: np.poly(e.rows[0])],
    "polyval": [lambda e: np.polyval(e.plain, e.flat), lambda e: np.polyval(e.rows[0], e.plain),
                lambda e: np.polyval(e.none, e.flat)],
    "polyadd": [lambda e: np.polyadd(e.rows[0], e.plain[:3])],
    "polysub": [lambda e: np.polysub(e.rows[0], e.plain[:3])],
    "polymul": [lambda e: np.polymul(e.plain, e.plain)],
    "polydiv": [lambda e: np.polydiv(e.plain, e.plain[:2]),
                lambda e: np.polydiv(e.plain[:1], e.plain)],
    "polyfit": [lambda e: np.polyfit(e.plain, e.plain[::-1], 1),
                lambda e: np.polyfit(e.plain[:3], e.plain[:3] + e.plain[:1], 0)],
    "polyder": [lambda e: np.polyder(e.rows[0]), lambda e: np.polyder(e.plain, 2)],
    "polyint": [lambda e: np.polyint(e.rows[0]), lambda e: np.polyint(e.plain, 2)],
    "vander": [lambda e: np.vander(e.flat, 3), lambda e: np.vander(e.plain)],
    "convolve": [lambda e: np.convolve(e.rows[0], e.plain),
                 lambda e: np.convolve(e.rows[1], e.one)],
    "correlate": [lambda e: np.correlate(e.rows[0], e.plain),
                  lambda e: np.correlate(e.rows[1], e.one)],
    "sliding_window_view": [lambda e: sliding_window_view(e.flat, 3)],
    "packbits": [lambda e: np.packbits(e.flat)],
    "unpackbits": [lambda e: np.unpackbits(e.flat)],
    # Products.
    **{f.__name__: [lambda e, f=f: f(e.rows[0], e.rows[1]), lambda e, f=f: f(e.none, e.none),
                    lambda e, f=f: f(e.one, e.one)]
       for f in (np.dot, np.inner, np.vdot, np.outer, np.kron, np.matmul, np.vecdot)},
    "dot: matrices": [lambda e: np.dot(e.rows[:2], e.rows[:2].T)],
    "matvec": [lambda e: np.matvec(e.rows, e.rows[0])],
    "vecmat": [lambda e: np.vecmat(e.rows[0], e.rows[:4].T)],
    "tensordot": [lambda e: np.tensordot(e.rows, e.rows[0], 1)],
    "einsum": [lambda e: np.einsum("ij,j->i", e.rows, e.rows[0]),
               lambda e: np.einsum("ij->j", e.rows)],
    "cross": [lambda e: np.cross(e.rows[:, 1:], e.rows[:1, :3])],
    "trace": [lambda e: np.trace(e.rows), lambda e: np.trace(e.square, 1)],
    "linalg.norm": [lambda e: np.linalg.norm(e.rows, axis=1),
                    *[lambda e, o=o: np.linalg.norm(e.rows, o, axis=1)
                      for o in (0, 1, 2, 3, -1, np.inf, -np.inf)],
                    lambda e: np.linalg.norm(e.square, "fro"),
                    *[lambda e, o=o: np.linalg.norm(regular(e), o) for o in (1, 2, -2, "nuc")]],
    "linalg.vector_norm": [lambda e: np.linalg.vector_norm(e.rows, axis=1)],
    "linalg.matrix_norm": [lambda e: np.linalg.matrix_norm(e.square)],
    "linalg.det": [lambda e: np.linalg.det(regular(e))],
    "linalg.slogdet": [lambda e: np.linalg.slogdet(regular(e))],
    "linalg.inv": [lambda e: np.linalg.inv(regular(e))],
    # Zeros have the signs that the order of operations gives them.
    "linalg.qr": [lambda e: [np.abs(x) for x in np.linalg.qr(regular(e))],
                  lambda e: np.linalg.qr(regular(e)[..., :1], "r")],
    "linalg.eig": [lambda e: np.linalg.eig(np.triu(regular(e)))[0]],
    "linalg.eigvals": [lambda e: np.linalg.eigvals(np.triu(regular(e)))],
    "linalg.eigh": [lambda e: np.linalg.eigh(regular(e))[0]],
    "linalg.eigvalsh": [lambda e: np.linalg.eigvalsh(regular(e), "U")],
    "linalg.svd": [lambda e: np.linalg.svd(regular(e))[1]],
    "linalg.svdvals": [lambda e: np.linalg.svdvals(regular(e)[:2])],
    "linalg.matrix_rank": [lambda e: np.linalg.matrix_rank(regular(e))],
    "linalg.cond": [lambda e: np.linalg.cond(regular(e)),
                    lambda e: np.linalg.cond(regular(e), 1)],
    # Beside 1, what is 0 but for rounding is 0.
    "linalg.pinv": [lambda e: 1 + np.linalg.pinv(regular(e))],
    "linalg.lstsq": [lambda e: 1 + np.linalg.lstsq(regular(e), e.plain[:3])[0]],
    "linalg.cholesky": [lambda e: np.linalg.cholesky(regular(e))],
    "linalg.solve": [lambda e: np.linalg.solve(regular(e),
                                               e.plain[:3])],
    "linalg.tensorinv": [lambda e: np.linalg.tensorinv(regular(e)[None], 2)],
    "linalg.tensorsolve": [lambda e: np.linalg.tensorsolve(regular(e)[None], e.plain[None, :3])],
    "linalg.matrix_power": [lambda e: np.linalg.matrix_power(e.square, 3)],
    "linalg.multi_dot": [lambda e: np.linalg.multi_dot([e.square, e.square, e.square])],
    "linalg.cross": [lambda e: np.linalg.cross(e.rows[:, 1:], e.rows[:1, :3])],
    "linalg.diagonal": [lambda e: np.linalg.diagonal(e.square)],
    "linalg.matmul": [lambda e: np.linalg.matmul(e.rows, e.rows[0])],
    "linalg.matrix_transpose": [lambda e: np.linalg.matrix_transpose(e.rows)],
    "linalg.outer": [lambda e: np.linalg.outer(e.flat, e.flat)],
    "linalg.tensordot": [lambda e: np.linalg.tensordot(e.rows, e.rows[0], axes=1)],
    "linalg.trace": [lambda e: np.linalg.trace(e.square)],
    "linalg.vecdot": [lambda e: np.linalg.vecdot(e.rows, e.rows[0])],
    # Grids.
    "linspace": [lambda e: np.linspace(e.plain[1], e.plain[0], 50),
                 lambda e: np.linspace(e.x, e.y, 4),
                 lambda e: np.linspace(0, e.plain, 50, dtype=int),
                 *[lambda e, n=n: np.linspace(e.plain[1], e.plain[0], n) for n in (0, 1, 99)],
                 lambda e: np.linspace(e.x, e.y, 4, endpoint=False),
                 lambda e: np.linspace(e.one, e.plain, 1, retstep=True)],
    "logspace": [lambda e: np.logspace(e.plain[1], e.plain[2], 5),
                 lambda e: np.logspace(e.one, e.one, 1)],
    "geomspace": [lambda e: np.geomspace(e.plain[0], e.plain[4], 5)],
    "arange": [lambda e: np.arange(0, 1, 0.1, like=e.flat),
               lambda e: np.arange(1, 2, 0.1, np.float32, like=e.flat),
               lambda e: np.arange(3000, dtype=np.float16, like=e.flat),
               lambda e: np.arange(-1.5, 8, 0.3, like=e.flat),
               lambda e: np.arange(0.5, 4, 0.5, dtype=int, like=e.flat),
               lambda e: np.arange(300, dtype=np.int64, like=e.flat).astype(np.int8)],
    # By index.
    "take": [lambda e: np.take(e.plain, e.index),
             lambda e: np.take(e.plain, np.array([5, 120, -7], np.int8), mode="clip"),
             lambda e: np.take(e.plain, np.array([5, 120, -128], np.int8), mode="wrap"),
             lambda e: np.take(np.arange(300), np.array([5, 255], np.uint8), mode="clip"),
             lambda e: np.take(np.repeat(e.plain, 60), e.index, mode="wrap")],
    "take_along_axis": [lambda e: np.take_along_axis(e.plain, e.index, 0),
                        lambda e: np.take_along_axis(np.repeat(e.plain, 60), e.index, 0)],
    "put_along_axis": [lambda e: written(np.put_along_axis, np.repeat(e.plain, 60), e.index, 1, 0)],
    "put": [lambda e: written(np.put, np.repeat(e.plain, 60),
            np.array([5, 120, -128], np.int8), 1, mode="wrap")],
    "putmask": [lambda e: written(np.putmask, e.flat, e.flat == 1, e.plain)],
    "place": [lambda e: written(np.place, e.flat, np.arange(len(e.flat)) % 2 == 0, e.plain)],
    "copyto": [lambda e: written(np.copyto, e.flat, e.flat[::-1], where=e.flat == 1)],
    "fill_diagonal": [lambda e: written(np.fill_diagonal, e.square, e.plain[0])],
    "ravel_multi_index": [lambda e: np.ravel_multi_index((np.array([200, 3], np.uint8),
                          np.array([100, 7], np.int8)), (300, 300)),
                          lambda e: np.ravel_multi_index((np.array([200, 3], np.uint8),
                          np.array([100, -7], np.int8)), (150, 300), mode="wrap")],
    "unravel_index": [lambda e: np.unravel_index(np.array([200, 3], np.uint8), (300, 300))],
    "delete": [lambda e: np.delete(e.flat, [0, 1])],
    "insert": [lambda e: np.insert(e.flat, [1], e.plain[0])],
    "compress": [lambda e: np.compress([True, False, True, True, False], e.plain)],
    "extract": [lambda e: np.extract([True, False, True, True, False], e.plain)],
    "pad": [lambda e, m=m: np.pad(e.rows, ((0, 0), (2, 3)), mode=m)
            for m in ("constant", "edge", "reflect", "symmetric", "wrap", "maximum", "minimum",
            "mean", "median",
                      "linear_ramp")]
    + [lambda e: np.pad(e.rows, ((0, 0), (2, 3)), mode="reflect", reflect_type="odd")],
    "astype: ints": [lambda e: np.astype(e.flat, np.int32)],
    "astype": [lambda e, d=d: np.astype(e.plain, d)
               for d in (bool, np.int8, np.uint64, np.float16, np.float64)]
    + [lambda e, d=d: np.astype(e.flat, d) for d in (bool, np.float16, np.float32, np.float64)],
}  # fmt: skip

# Functions that put elements elsewhere and compute nothing.
MOVING: Final[dict[str, list[Call]]] = {
    **{f.__name__: [lambda e, f=f: f(e.rows)] for f in (
        np.copy,
        np.atleast_1d, np.atleast_2d, np.atleast_3d, np.ravel, np.squeeze, np.transpose,
        np.matrix_transpose, np.flip, np.fliplr, np.flipud, np.rot90, np.diagonal, np.diag,
        np.diagflat, np.tril, np.triu, np.zeros_like, np.ones_like, np.unstack,
    )},
    **{f.__name__: [lambda e, f=f: f((e.rows, e.rows))] for f in (
        np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack,
    )},
    "append": [lambda e: np.append(e.rows, e.flat)],
    "block": [lambda e: np.block([[e.rows], [e.rows]])],
    **{f.__name__: [lambda e, f=f: f(e.rows, like=e.rows)] for f in (
        np.asarray, np.asanyarray, np.array, np.ascontiguousarray, np.asfortranarray,
    )},
    "zeros": [lambda e: np.zeros(2, np.int8, like=e.flat)],
    "ones": [lambda e: np.ones(2, np.int8, like=e.flat)],
    "full": [lambda e: np.full((2, 4), e.rows[1], like=e.flat)],
    "full_like": [lambda e: np.full_like(e.rows, e.rows[1])],
    "eye": [lambda e: np.eye(3, dtype=np.int8, like=e.flat)],
    "identity": [lambda e: np.identity(3, np.int8, like=e.flat)],
    "tri": [lambda e: np.tri(3, dtype=np.int8, like=e.flat)],
    "meshgrid": [lambda e: np.meshgrid(e.plain, e.flat)],
    "broadcast_to": [lambda e: np.broadcast_to(e.rows[0], (2, 4))],
    "broadcast_arrays": [lambda e: np.broadcast_arrays(e.rows, e.rows[0])],
    "expand_dims": [lambda e: np.expand_dims(e.rows, 0)],
    "moveaxis": [lambda e: np.moveaxis(e.rows, 0, 1)],
    "rollaxis": [lambda e: np.rollaxis(e.rows, 1)],
    "swapaxes": [lambda e: np.swapaxes(e.rows, 0, 1)],
    "reshape": [lambda e: np.reshape(e.rows, (4, -1))],
    "resize": [lambda e: np.resize(e.flat, (3, 7))],
    "repeat": [lambda e: np.repeat(e.flat, 2)],
    "tile": [lambda e: np.tile(e.flat, 2)],
    "roll": [lambda e: np.roll(e.flat, 3)],
    "array_split": [lambda e: np.array_split(e.flat, 3)],
    "split": [lambda e: np.split(e.rows, 2, 1)],
    "hsplit": [lambda e: np.hsplit(e.rows, 2)],
    "vsplit": [lambda e: np.vsplit(e.rows[:2], 2)],
    "dsplit": [lambda e: np.dsplit(e.rows[None], 2)],
    "apply_along_axis": [lambda e: np.apply_along_axis(lambda v: v[::-1], 1, e.rows)],
    "apply_over_axes": [lambda e: np.apply_over_axes(np.max, e.plain[None], [0, 1])],
}  # fmt: skip

CALLS.update(MOVING)

CALLS.update({
    "amax": CALLS["max"][:1], "amin": CALLS["min"][:1], "around": CALLS["round"][:1],
})  # fmt: skip

# They ask for shapes, dtypes and what is known while tracing.
WITHOUT_VALUES: Final = (
    "argwhere", "array2string", "array_repr", "array_str", "can_cast", "common_type",
    "diag_indices_from", "einsum_path", "empty", "empty_like", "flatnonzero", "iscomplexobj",
    "isrealobj", "ix_",
    "may_share_memory", "min_scalar_type", "ndim", "nonzero", "result_type", "shape",
    "shares_memory", "size", "tril_indices_from", "triu_indices_from",
)  # fmt: skip

# Of complex numbers, or to them; `complex_calls` and the tests of Fourier transforms have them.
COMPLEX: Final = (
    "sort_complex",
    *(f"emath.{name}" for name in ("arccos", "arcsin", "arctanh", "log", "log10", "log2", "logn",
                                   "power", "sqrt")),
    *(f"fft.{name}" for name in np.fft.__all__ if not name.endswith("freq")),
)  # fmt: skip

# Of xform.numpy alone, or NumPy's with other arguments: tested where they are described.
NOT_IN_NUMPY: Final = (
    "dynamic_slice", "dynamic_update_slice", "broadcast_shapes", "finfo", "from_dlpack", "iinfo",
    "indices",
)  # fmt: skip
