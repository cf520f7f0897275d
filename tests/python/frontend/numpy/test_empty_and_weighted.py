"""Statistics of nothing and of weighted elements, rounded integers, indices of narrow dtypes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_errors import fails
from xform import frontend
from xform.errors import XformIndexError, XformTypeError, XformValueError

rng = np.random.default_rng(3)
X = rng.normal(size=(4, 5)).round(1)
W = rng.integers(0, 4, size=(4, 5)).astype(float) + np.eye(4, 5)
GAPS = np.where(X > 0.7, np.nan, X)
K = rng.integers(-9, 9, size=(4, 5)).astype(np.int16)
NONE = np.zeros((0, 3))

WEIGHTED: dict[str, Callable[[Any, Any, Any, Any, Any], Any]] = {
    "all": lambda x, w, v, g, k: np.quantile(x, 0.3, weights=w, method="inverted_cdf"),
    "axis 0": lambda x, w, v, g, k: np.quantile(x, 0.5, 0, weights=w, method="inverted_cdf"),
    "axis 1": lambda x, w, v, g, k: np.quantile(
        x, [0, 0.25, 1], 1, weights=w, method="inverted_cdf", keepdims=True),
    "weights of an axis": lambda x, w, v, g, k: np.quantile(
        x, 0.6, 1, weights=v, method="inverted_cdf"),
    "weights of two axes": lambda x, w, v, g, k: np.quantile(
        x, 0.6, (1, 0), weights=w.T, method="inverted_cdf"),
    "equal weights": lambda x, w, v, g, k: np.quantile(
        x, [0.0, 0.2, 0.25, 0.5, 1.0], weights=w * 0 + 2, method="inverted_cdf"),
    "percentile": lambda x, w, v, g, k: np.percentile(
        x, 40.0, 0, weights=w, method="inverted_cdf"),
    "ints": lambda x, w, v, g, k: np.quantile(k, 0.45, 1, weights=w, method="inverted_cdf"),
    "nan": lambda x, w, v, g, k: np.quantile(g, 0.5, 0, weights=w, method="inverted_cdf"),
    "nanquantile": lambda x, w, v, g, k: np.nanquantile(
        g, [0.1, 0.5, 1.0], 1, weights=w, method="inverted_cdf"),
    "nanpercentile": lambda x, w, v, g, k: np.nanpercentile(
        g, 50, weights=w, method="inverted_cdf"),
}  # fmt: skip

OF_NOTHING: dict[str, Callable[[Any], Any]] = {
    "median": lambda x: np.median(x),
    "median 0": lambda x: np.median(x, axis=0),
    "median 1": lambda x: np.median(x, axis=1),
    "median keepdims": lambda x: np.median(x, axis=0, keepdims=True),
    "median float32": lambda x: np.median(x.astype(np.float32)),
    "median int": lambda x: np.median(x.astype(int)),
    "median bool": lambda x: np.median(x > 0),
    "nanmedian": lambda x: np.nanmedian(x, axis=0),
    "nanquantile": lambda x: np.nanquantile(x, 0.3, axis=0),
    "quantile along the others": lambda x: np.quantile(x, [0.5, 0.2], axis=1),
    "histogram": lambda x: np.histogram(x),
    "histogram of ints": lambda x: np.histogram(x.astype(int), bins=3),
    "histogram of float32": lambda x: np.histogram(x.astype(np.float32), bins=2),
    "histogram with edges": lambda x: np.histogram(x, bins=[1.0, 2.0, 4.0]),
    "histogram with weights": lambda x: np.histogram(x, bins=2, weights=x),
    "histogram with density": lambda x: np.histogram(x, bins=2, density=True),
    "edges": lambda x: np.histogram_bin_edges(x, 4),
    "histogram2d": lambda x: np.histogram2d(x[:, 0], x[:, 1], bins=2),
    "histogramdd": lambda x: np.histogramdd(x, 2)[0],
}

I8 = np.array([-1, 5, 127, -128], np.int8)
U8 = np.array([0, 255], np.uint8)
TAKEN: dict[str, Callable[[Any, Any, Any], Any]] = {
    "wrap": lambda x, i, u: np.take(x, i, mode="wrap"),
    "clip": lambda x, i, u: np.take(x, u, mode="clip"),
    "clip below": lambda x, i, u: np.take(x, i, mode="clip"),
    "method": lambda x, i, u: x.take(u, mode="wrap"),
    "constant": lambda x, i, u: np.take(x, I8, mode="wrap"),
    "choose": lambda x, i, u: np.choose(i, [x[:4], x[4:8]], mode="wrap"),
}

INTEGERS = {
    "int64": np.array([-15, -25, 2**52 + 1, -(2**40), 10**15 + 5, 4]),
    "uint64": np.array([5, 2**63], np.uint64),
}
for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32"):
    limit = np.iinfo(dtype)
    ends = [limit.max, limit.max - 7, limit.min]
    INTEGERS[dtype] = np.array([0, 5, 15, 25, 14, 16, 95, 105, 127, *ends], dtype)


def numpys(function: Callable[..., Any], *args: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def check(found: Any, expected: Any, name: str) -> None:
    if isinstance(expected, tuple | list):
        for one, other in zip(found, expected, strict=True):
            check(one, other, name)
        return
    assert found.dtype == expected.dtype, name
    assert found.shape == np.shape(expected), name
    np.testing.assert_array_equal(found, expected, err_msg=name)


def test_weighted_quantiles() -> None:
    args = (X, W, W[1], GAPS, K)
    everything = frontend.jit(lambda *xs: {n: f(*xs) for n, f in WEIGHTED.items()})(*args)
    for name, function in WEIGHTED.items():
        check(everything[name], numpys(function, *args), name)


def test_weighted_quantiles_differentiate() -> None:
    def f(x):
        return np.quantile(x, 0.5, weights=np.array([1.0, 5, 1]), method="inverted_cdf")

    np.testing.assert_array_equal(frontend.grad(f)(np.array([3.0, 2.0, 1.0])), [0, 1, 0])


def test_of_nothing() -> None:
    everything = frontend.jit(lambda x: {n: f(x) for n, f in OF_NOTHING.items()})(NONE)
    for name, function in OF_NOTHING.items():
        check(everything[name], numpys(function, NONE), name)


def test_medians_of_truth_values() -> None:
    given = np.array([True, False, True])
    for f in (np.median, np.nanmedian):
        check(frontend.jit(f)(given), f(given), f.__name__)


def test_narrow_indices_into_a_long_axis() -> None:
    args = (np.arange(300.0), I8, U8)
    everything = frontend.jit(lambda *xs: {n: f(*xs) for n, f in TAKEN.items()})(*args)
    for name, function in TAKEN.items():
        check(everything[name], function(*args), name)


def test_integers_rounded_to_tens() -> None:
    places = (0, 1, -1, -2, -3)
    program = frontend.jit(lambda xs: {d: [np.round(x, n) for n in places] for d, x in xs.items()})
    found = program(INTEGERS)
    for dtype, x in INTEGERS.items():
        # In range: the results of NumPy's cast of numbers that do not fit are not defined.
        for n, result in zip(places, found[dtype], strict=True):
            expected = numpys(np.round, x, n)
            exact = np.round(x.astype(np.float64), n) if n < 0 else x.astype(np.float64)
            limit = np.iinfo(dtype)
            fits = (exact >= limit.min) & (exact <= limit.max)
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(np.asarray(result)[fits], expected[fits])


MISTAKES: dict[str, tuple[Callable[[Any], Any], type[Exception], tuple[str, ...]]] = {
    "method": (lambda x: np.quantile(x, 0.5, weights=W), XformValueError, ("inverted_cdf",)),
    "negative": (lambda x: np.quantile(x, 0.5, weights=-W, method="inverted_cdf"),
                 XformValueError, ("not negative",)),
    "no axis": (lambda x: np.quantile(x, 0.5, weights=W[0], method="inverted_cdf"),
                XformTypeError, ("need an axis",)),
    "other axis": (lambda x: np.quantile(x, 0.5, 0, weights=W[0], method="inverted_cdf"),
                   XformValueError, ("(5,)", "axes (0,)")),
    "quantile of nothing": (lambda x: np.quantile(x[:0], 0.5), XformValueError, ("no elements",)),
    "take from nothing": (lambda x: np.take(x[:0], [1], mode="clip"), XformIndexError, ("take",)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, kind, parts = MISTAKES[name]
    fails(function, kind, *parts)
