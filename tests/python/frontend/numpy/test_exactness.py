"""Values that NumPy gives exactly, and those beside infinities and at the ends of ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from xform import frontend

rng = np.random.default_rng(3)
BOUNDS = rng.normal(size=(40, 2))
SAMPLE = rng.normal(size=60)
COUNTS = (3, 41, 47, 49, 55, 61, 98)
NODES = np.array([0.0, 1.0, np.inf, 3.0, -np.inf])
PLACES = np.array([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 9.0])
TRUTH = np.array([True, False])
TRUTHS = np.array([[True, False, True], [False, False, True], [True, True, True]])
CHOOSING = ("lower", "higher", "nearest", "inverted_cdf", "closest_observation")
EVEN = np.array([[0.0] * 4, [0.1] * 4, [0.7] * 4, [-3.0] * 4])


def exact(name: str, function: Callable[..., Any], *args: Any) -> Case:
    return Case(name, function, *args, rtol=0, atol=0)


GRIDS = Batch([
    exact("linspace", lambda x: [np.linspace(x[:, 0], x[:, 1], n) for n in (2, 37, 50)], BOUNDS),
    exact("linspace from 0", lambda v: [np.linspace(0, v, 50), np.linspace(0, v, 50, dtype=int)],
          np.array([49.0, 50, 99, 104, 108])),
    exact("linspace float32", lambda x: np.linspace(x[0], x[1], 41), BOUNDS[0].astype(np.float32)),
    exact("linspace without end", lambda x: np.linspace(x[0], x[1], 41, endpoint=False), BOUNDS[1]),
    exact("linspace step", lambda x: np.linspace(x[0], x[1], 41, retstep=True), BOUNDS[2]),
    exact("histogram", lambda x: [np.histogram(x, 23), np.histogram(x, 49)], SAMPLE),
    exact("histogram of ints", lambda x: np.histogram(x, 10), np.arange(11)),
    exact("mean of equal numbers", lambda x: [np.mean(np.resize(x, n)) for n in COUNTS],
          np.array([7.0])),
    exact("mean of truths", lambda x: [np.mean(np.resize(x, n)) for n in COUNTS], TRUTH[:1]),
    exact("std of equal numbers", lambda x: [np.std(np.resize(x, n)) for n in COUNTS],
          np.array([3.0], np.float32)),
    exact("interp at nodes", lambda x, y: np.interp(x, np.arange(5.0), y), PLACES, NODES),
    exact("powers of truths", lambda x: [x**n for n in (0, 1, 2, 3, True, 2.0, np.int8(2))]
          + [np.power(x, 2)], TRUTH),
    exact("linspace of truths", lambda x: [np.linspace(0, x, 3, endpoint=False, dtype=bool),
                                           np.linspace(x, ~x, 4, dtype=bool)], TRUTH),
    exact("pad of truths", lambda x: [np.pad(x, 3, mode="reflect", reflect_type="odd"),
                                      np.pad(x, 3, mode="symmetric", reflect_type="odd"),
                                      np.pad(x, 3, mode="linear_ramp", end_values=1)], TRUTHS),
    exact("quantiles of truths", lambda x: [
        *[np.quantile(x, (0.25, 0.5, 0.8), 1, method=m) for m in CHOOSING],
        np.quantile(x, 1), np.nanquantile(x, 0.3, 0, method="lower"),
        np.percentile(x, 40, method="higher", keepdims=True),
        np.quantile(x[0], 0.3, weights=np.arange(3), method="inverted_cdf")], TRUTHS),
    exact("gradient", lambda x: np.gradient(x, [1.0, 2, 4, 5], axis=1, edge_order=2), EVEN),
    exact("median beside infinity", lambda x: [np.median(x, 1), np.nanmedian(x, 1)],
          np.array([[1, np.inf, np.inf, np.inf], [-np.inf, -np.inf, 0, 1], [1, 2, 3, np.inf]])),
    exact("sum of no infinities", lambda x: np.broadcast_to(x, (0,)).sum(), np.inf),
    exact("floor_divide", lambda x: [x // np.inf, x // -np.inf, -x // np.inf],
          np.array([1.0, np.finfo(float).max])),
    Case("cbrt of subnormal numbers", np.cbrt, np.array([3 * 5e-324, -2e-310, 0.0, -0.0, 8.0]),
         rtol=1e-15, atol=0),
    Case("cbrt of subnormal float32", np.cbrt, np.array([1e-45, -1e-39, 27], np.float32)),
])  # fmt: skip


@pytest.mark.parametrize("case", GRIDS.cases, ids=str)
def test_values(case: Case) -> None:
    GRIDS.check(case)


def test_sums_of_halves_stay_in_range() -> None:
    half = np.float16
    zeros = np.zeros(5000, int)

    def everything(b, x, one):
        step = frontend.grad(lambda b: ((x + b) * half(1e-5)).sum())(b)
        count = frontend.grad(lambda x: x[zeros].sum())(one)
        return (
            step,
            count,
            np.broadcast_to(b * half(1e-5), (70000,)).sum(),
            np.mean(x * half(60000)),
        )

    step, count, total, mean = frontend.jit(everything)(
        half(1), np.ones(70000, half), np.zeros(1, half)
    )
    np.testing.assert_allclose([float(step), float(total)], 0.7, rtol=2e-2)
    assert np.asarray(count) == 5000
    assert float(mean) == 60000


def test_outside_of_ranges_is_an_error() -> None:
    for call in (lambda x: x + 300, lambda x: np.full_like(x, 300), lambda x: np.clip(x, 0, 300)):
        with pytest.raises(ValueError, match="300 is out of bounds for dtype int8"):
            frontend.jit(call)(np.ones(3, np.int8))
    assert np.asarray(frontend.jit(lambda x: xnp.less(x, 300))(np.ones(3, np.int8))).all()


def test_no_slope_of_zeros_is_negative() -> None:
    found = frontend.jit(lambda x: np.gradient(x, [1.0, 2, 4, 5], edge_order=2))(EVEN[0])
    assert not np.signbit(found).any()


def test_bfloat16_is_compared_with_wide_integers() -> None:
    # NumPy compares them too, though it has no dtype for both; 257 is no bfloat16.
    x = np.array([0, 1, 256, 258], ml_dtypes.bfloat16)
    places, counts = frontend.jit(
        lambda x: (np.searchsorted(x, np.array([1, 257])), np.histogram(x, [0, 1, 257, 300])[0])
    )(x)
    np.testing.assert_array_equal(places, [1, 3])
    np.testing.assert_array_equal(counts, [1, 2, 1])
