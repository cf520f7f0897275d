"""Sorting, places, quantiles and cumulative functions: values, dtypes, gradients and errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xform
import xform.numpy as xnp
from batch import Batch, Case
from xform import frontend, nn
from xform.errors import XformError, XformTypeError

rng = np.random.default_rng(11)
V = rng.normal(size=9)
M = rng.normal(size=(3, 4))
T = rng.normal(size=(2, 3, 4))
K = np.array([[3, 1, 3, 0, 1], [2, 2, 5, 1, 0]], np.int32)
B = K > 1
F = M.astype(np.float32)
GAPS = np.array([[1.0, np.nan, 3.0, 2.0], [np.nan, 5.0, 4.0, np.nan], [1.0, 1.0, 0.0, np.inf]])
LONG = rng.normal(size=5003).astype(np.float32)
DOUBLES = rng.normal(size=100)
QS = np.array([0.0, 0.1, 0.5, 0.8, 1.0])
EDGES = np.array([-1.0, 0.0, 0.5, 2.0])
METHODS = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest",
)  # fmt: skip

STABLE = "stable"

ORDER = Batch([
    Case("sort", lambda x: [np.sort(x), np.sort(x, 0), np.sort(x, None)], M),
    Case("sort ints", lambda x: [np.sort(x), np.sort(x, 0)], K),
    Case("sort bools", np.sort, B),
    Case("sort NaN", lambda x: [np.sort(x), np.sort(x, 0)], GAPS),
    Case("argsort", lambda x: [np.argsort(x, kind=STABLE), np.argsort(x, 0, kind=STABLE),
                               np.argsort(x, None, kind=STABLE)], K),
    Case("argsort method", lambda x: x.argsort(0), M),
    Case("sort of many", np.sort, LONG),
    Case("lexsort", lambda k, f: np.lexsort((f[0], k[0])), K, rng.normal(size=(2, 5))),
    Case("searchsorted", lambda e, x: [np.searchsorted(e, x), np.searchsorted(e, x, "right")],
         EDGES, np.array([[-2.0, -1.0, 0.5], [0.7, np.nan, 9.0]])),
    Case("searchsorted many", lambda x, v: np.searchsorted(np.sort(x), v), LONG, LONG[:1500]),
    Case("searchsorted sorter", lambda x, s: np.searchsorted(x, [0.1, 0.3], sorter=s), V,
         np.argsort(V)),
    Case("digitize", lambda x: [np.digitize(x, EDGES), np.digitize(x, EDGES, True),
                                np.digitize(x, EDGES[::-1]), np.digitize(x, EDGES[::-1], True)],
         np.array([-3.0, -1.0, 0.2, 0.5, 2.0, 4.0])),
    Case("isin", lambda x: [np.isin(x, [1, 5]), np.isin(x, [1, 5], invert=True)], K),
    Case("histogram", lambda x: [np.histogram(x, EDGES)[0], np.histogram(x, 4)[0],
                                 np.histogram(x, 5, (-1, 1))[0],
                                 np.histogram(x, EDGES, weights=x)[0],
                                 np.histogram(x, EDGES, density=True)[0]],
         np.array([-1.0, 0.1, 0.5, 2.0, 1.0, -0.3])),
    Case("histogram weights", lambda x, k: [*np.histogram(x, 4, (-1, 2), weights=k),
                                            *np.histogram(x[:2], 3, density=True)],
         np.array([-1.5, 0.1, np.nan, 2.0, 1.0, -0.3, -7.0]), np.arange(7, dtype=np.float32)),
    Case("histogram2d", lambda x, y: [*np.histogram2d(x, y, 3), *np.histogram2d(x, y, EDGES),
                                      *np.histogram2d(x, y, [2, EDGES], density=True),
                                      *np.histogram2d(x, y, 2, [[-1, 1], [0, 1]], weights=x)],
         DOUBLES[:50], DOUBLES[50:]),
    Case("histogramdd", lambda p: [np.histogramdd(p, 2)[0], *np.histogramdd(p, [2, 3, 4])[1],
                                   np.histogramdd([p[:, 0]], 3)[0],
                                   np.histogram_bin_edges(p, 5)],
         DOUBLES[:60].reshape(20, 3)),
    Case("packbits", lambda b, k: [np.packbits(b), np.packbits(b, 1), np.packbits(k, 0, "little"),
                                   np.unpackbits(np.packbits(b), count=5),
                                   np.unpackbits(np.packbits(b, 1), 1, -3, "little"),
                                   np.unpackbits(np.packbits(k), count=40)],
         rng.random((3, 11)) < 0.5, np.arange(-2, 10).reshape(6, 2)),
    Case("poly", lambda x, k: [np.poly(x), np.poly(k), np.poly(x[:0])], V[:4], np.array([2, -1])),
    Case("argmax", lambda x: [np.argmax(x), np.argmax(x, 1), np.argmin(x, 0, keepdims=True)], K),
    Case("argmax NaN", lambda x: [np.argmax(x, 1), np.argmin(x)], GAPS),
    Case("argmax bools", lambda x: [x.argmax(1), x.argmin(0)], B),
    Case("nanargmax", lambda x: [np.nanargmax(x, 1), np.nanargmin(x, 1), np.nanargmax(x)], GAPS),
])  # fmt: skip

ACCUMULATE = Batch([
    Case("cumsum", lambda x: [np.cumsum(x), np.cumsum(x, 0), x.cumsum(1)], M),
    Case("cumsum dtypes", lambda x: [np.cumsum(x), np.cumsum(x, 1, np.float32),
                                     np.cumsum(x, 1, bool)], K),
    Case("cumsum bools", lambda x: [np.cumsum(x, 1), np.cumprod(x, 1)], B),
    Case("cumsum long", np.cumsum, LONG, expected=lambda x: np.cumsum(x, dtype=np.float64).astype(
        np.float32), atol=1e-4),
    Case("cumprod", lambda x: [np.cumprod(x), np.cumprod(x, 0), x.cumprod(1)], M),
    Case("nan", lambda x: [np.nancumsum(x, 1), np.nancumprod(x, 0)], GAPS),
    Case("cumulative", lambda x: [np.cumulative_sum(x, axis=1, include_initial=True),
                                  np.cumulative_prod(x, axis=0)], M),
    Case("accumulate", lambda x: [np.add.accumulate(x), np.multiply.accumulate(x, 1),
                                  np.maximum.accumulate(x, 1), np.minimum.accumulate(x)], M),
    Case("accumulate NaN", lambda x: [np.maximum.accumulate(x, 1), np.minimum.accumulate(x)], GAPS),
    Case("accumulate bools", lambda x: [np.logical_or.accumulate(x, 1), np.maximum.accumulate(x),
                                        np.logical_and.accumulate(x)], B),
])  # fmt: skip

STATISTICS = Batch([
    Case("median", lambda x: [np.median(x), np.median(x, 0), np.median(x, (0, 2), keepdims=True)],
         T),
    Case("median dtypes", lambda k, f: [np.median(k, 1), np.median(f)], K, F),
    Case("median NaN", lambda x: [np.median(x, 1), np.nanmedian(x, 1), np.nanmedian(x)], GAPS),
    Case("nanquantile", lambda x: np.nanquantile(x, [0.2, 0.9], axis=1), GAPS[:2]),
    *(Case(f"quantile {method}",
           lambda x, y, m=method: [np.quantile(x, QS, method=m),
                                   np.quantile(y, 0.3, axis=1, method=m)], V, M)
      for method in METHODS),
    Case("percentile", lambda x: [np.percentile(x, 30, axis=1, keepdims=True),
                                  np.percentile(x, [10, 90])], M),
    Case("traced q", np.quantile, V, np.array([0.25, 0.6])),
    Case("quantile dtypes", lambda k, f: [np.quantile(f, 0.3), np.quantile(k, 0.3),
                                          np.quantile(f, np.array(0.3)),
                                          np.quantile(k, 0.3, method="lower")], K, F),
    Case("ptp", lambda x: [np.ptp(x), np.ptp(x, 1)], M),
    Case("cov", lambda x: [np.cov(x), np.cov(x[0], x[1]), np.cov(x, rowvar=False, bias=True)], M),
    Case("corrcoef", lambda x: [np.corrcoef(x), np.corrcoef(x[0])], M),
    Case("interp", lambda x, p, f: [np.interp(x, p, f), np.interp(x, p, f, left=-5.0, right=9.0),
                                    np.interp(x, p, f, period=1.5)],
         np.linspace(-2, 3, 11), EDGES, np.array([1.0, -1.0, 4.0, 2.0])),
    Case("interp one point", np.interp, V, np.array([0.5]), np.array([2.0])),
])  # fmt: skip

BATCHES = (ORDER, ACCUMULATE, STATISTICS)


CASES = [pytest.param(batch, case, id=case.name) for batch in BATCHES for case in batch.cases]


@pytest.mark.parametrize(("batch", "case"), CASES)
def test_values(batch: Batch, case: Case) -> None:
    batch.check(case)


def test_sort_in_place_and_descending() -> None:
    def f(x):
        y = x + 0
        y.sort(0)
        return y, xnp.sort(x, descending=True), xnp.argsort(x, descending=True)

    ordered, down, places = xform.jit(f)(K)
    np.testing.assert_array_equal(ordered, np.sort(K, 0))
    np.testing.assert_array_equal(down, -np.sort(-K))
    np.testing.assert_array_equal(places, np.argsort(-K, kind="stable"))
    np.testing.assert_array_equal(xnp.sort(K, descending=True), -np.sort(-K))
    np.testing.assert_array_equal(xnp.argsort(K, descending=True), np.argsort(-K, kind="stable"))


def test_top_k() -> None:
    values, places = xform.jit(lambda x: nn.top_k(x, 3, axis=1))(K)
    np.testing.assert_array_equal(places, np.argsort(-K, 1, kind="stable")[:, :3])
    np.testing.assert_array_equal(values, -np.sort(-K, 1)[:, :3])
    with pytest.raises(XformError, match="k = 6 is out of range for an axis of size 5"):
        nn.top_k(K, 6)


WEIGHTS = rng.normal(size=(3, 4))
TIED = np.array([[1.0, 2.0, 2.0, 0.0], [3.0, 0.0, 3.0, 0.0], [0.0, 0.0, 1.0, 1.0]])

GRADIENTS = {
    "sort": (lambda x: np.sort(x, 0), lambda x: x.sort(dim=0, stable=True)[0], TIED),
    "cumsum": (lambda x: np.cumsum(x, 1), lambda x: x.cumsum(1), M),
    "cumprod": (lambda x: np.cumprod(x, 1), lambda x: x.cumprod(1), TIED),
    "cummax": (lambda x: np.maximum.accumulate(x, 1), lambda x: x.cummax(1)[0], TIED),
    "cummin": (lambda x: np.minimum.accumulate(x, 0), lambda x: x.cummin(0)[0], TIED),
    "quantile": (
        lambda x: np.quantile(x, 0.3, axis=1, keepdims=True),
        lambda x: x.quantile(0.3, 1, keepdim=True),
        M,
    ),
    "median": (
        lambda x: np.median(x, 1, keepdims=True),
        lambda x: x.quantile(0.5, 1, keepdim=True),
        M,
    ),
    "top_k": (lambda x: nn.top_k(x, 4)[0], lambda x: x.topk(4)[0], M),
    "cov": (lambda x: np.cov(x) @ WEIGHTS, lambda x: x.cov() @ torch.tensor(WEIGHTS), M),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name: str) -> None:
    f, reference, point = GRADIENTS[name]
    found = xform.jit(xform.grad(lambda x: np.sum(f(x) * WEIGHTS)))(point)
    x = torch.tensor(point, requires_grad=True)
    (reference(x) * torch.tensor(WEIGHTS)).sum().backward()
    np.testing.assert_allclose(found, x.grad, rtol=1e-10, atol=1e-12)


def test_gradient_of_interp() -> None:
    p, f = EDGES, np.array([1.0, -1.0, 4.0, 2.0])
    x = np.array([-2.0, -0.4, 0.2, 1.1, 3.0])
    by_x, by_f = xform.jit(xform.grad(lambda x, f: np.sum(np.interp(x, p, f) ** 2), (0, 1)))(x, f)
    step = 1e-6

    def difference(index: int, size: int) -> list[float]:
        slopes = []
        for i in range(size):
            ends = []
            for sign in (1, -1):
                args = [x.copy(), f.copy()]
                args[index][i] += sign * step
                ends.append(np.sum(np.interp(args[0], p, args[1]) ** 2))
            slopes.append((ends[0] - ends[1]) / (2 * step))
        return slopes

    np.testing.assert_allclose(by_x, difference(0, 5), atol=1e-7)
    np.testing.assert_allclose(by_f, difference(1, 4), atol=1e-7)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (np.unique, "numpy.unique .* the shape of its result depends on the elements"),
        (lambda x: np.union1d(x, x), "isin marks the elements"),
        (lambda x: np.sort(x, 2), "axis 2 is out of range"),
        (lambda x: np.quantile(x, 1.5), "q must be from 0 to 1, got 1.5"),
        (lambda x: np.quantile(x, 0.5, method="best"), "unknown method 'best'; known: linear"),
        (lambda x: np.partition(x, 9, 0), "kth 9 is out of range for an axis of size 3"),
        (lambda x: np.searchsorted(x, 1.0), "must be a vector, got shape"),
        (lambda x: np.histogram(x, "auto"), "bins='auto' depends on the elements"),
        (lambda x: np.interp(x, EDGES, x), "xp and fp must be vectors of one size"),
        (lambda x: np.quantile(x[:0], 0.5, 0), r"no elements along axes \(0,\)"),
    ],
)
def test_errors(function, message: str) -> None:
    with pytest.raises(XformError, match=message):
        frontend.jit(function).lower(M)


def test_truth_values_have_no_quantiles() -> None:
    with pytest.raises(XformTypeError, match="truth values"):
        frontend.jit(lambda x: np.quantile(x, 0.5)).lower(B)
