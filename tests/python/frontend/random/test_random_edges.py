"""Every distribution at extreme parameters, in half precision, and out of range.

The table of `EDGES` has an entry for each public name of xform.random, so that a new one is missed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from scipy import stats
from xform import random
from xform.frontend import grad, jit, vmap

INF, NAN = np.inf, np.nan
COUNT = 8000
# The key is fixed, so that a test passes always or never.
KEY = np.asarray(random.key(11))
P_VALUE = 1e-3

# Statistics -------------------------------------------------------------------


def normal_like(mean: float, deviation: float) -> Any:
    return stats.norm(mean, deviation)


LOWER = [15.0, 13.0, -40.0, 1e-10, 11.0, -0.2]
UPPER = [30.0, 13.05, -37.0, 2e-10, INF, 0.3]
TRUNCATED = [
    *(stats.truncnorm(a, b) for a, b in zip(LOWER, UPPER, strict=True)),
]
TRUNCATED[3] = stats.uniform(1e-10, 1e-10)
BETA = normal_like(1 / 3, (1e7 * 2e7 / (3e7**2 * 3e7)) ** 0.5)

# Of each: what draws columns with a key, and how each column is distributed.
COLUMNS: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    **{
        f"truncated_normal {dtype}": (
            lambda k, dtype=dtype: random.truncated_normal(k, LOWER, UPPER, (COUNT, 6), dtype),
            TRUNCATED,
        )
        for dtype in ("float32", "float64")
    },
    "uniform float64": (
        lambda k: random.uniform(k, (COUNT, 1), "float64", -1.7e308, 1.6e308) / 1e308,
        [stats.uniform(-1.7, 3.3)],
    ),
    "uniform float16": (
        lambda k: random.uniform(k, (COUNT, 1), "float16", -40000.0, 40000.0),
        [stats.uniform(-40000 - 39, 80000)],
    ),
    "gamma float32": (
        lambda k: random.gamma(k, [1e6, 1e9, 0.4], (COUNT, 3), "float32"),
        [stats.gamma(1e6), normal_like(1e9, 1e9**0.5), stats.gamma(0.4)],
    ),
    "beta float32": (lambda k: random.beta(k, [1e7], 2e7, (COUNT, 1), "float32"), [BETA]),
    "dirichlet float32": (
        lambda k: random.dirichlet(k, [1e7, 2e7], (COUNT,), "float32")[:, :1],
        [BETA],
    ),
    "student_t float32": (
        lambda k: random.student_t(k, [1e9, INF, 0.5], (COUNT, 3), "float32"),
        [stats.norm(), stats.norm(), stats.t(0.5)],
    ),
    "cauchy float32": (lambda k: random.cauchy(k, (COUNT, 1), "float32"), [stats.cauchy()]),
    "randint uint64": (
        lambda k: random.randint(k, (COUNT, 1), 0, 3 * 2**62, "uint64") / 2.0**62,
        [stats.uniform(0, 3)],
    ),
    "randint of arrays": (
        lambda k: (
            random.randint(k, (COUNT, 2), *np.int64([[-(2**62), -7], [2**63 - 1, 2**40]]), "int64")
            / np.array([2.0**62, 2.0**40])
        ),
        [stats.uniform(-1, 3), stats.uniform(0, 1)],
    ),
}


@pytest.fixture(scope="module")
def columns() -> dict[str, Any]:
    def everything(key: Any) -> dict[str, Any]:
        keys = random.split(key, len(COLUMNS))
        drawn = {name: draw(keys[i]) for i, (name, (draw, _)) in enumerate(COLUMNS.items())}
        rare = random.bernoulli(key, np.float32(1e-9), (2**25,)).sum()
        return {
            **drawn,
            "rare": rare,
            "coarse": random.categorical(key, np.zeros(2048, ml_dtypes.bfloat16), shape=(16_000,)),
        }

    return {name: np.asarray(x) for name, x in jit(everything)(KEY).items()}


@pytest.mark.parametrize("name", COLUMNS)
def test_statistics(name: str, columns: dict[str, Any]) -> None:
    """The distribution function, the spread, and that numbers are not drawn again and again."""
    drawn, distributions = columns[name].astype(np.float64), COLUMNS[name][1]
    for column, wanted in zip(drawn.T, distributions, strict=True):
        assert np.isfinite(column).all()
        assert stats.kstest(column, wanted.cdf).pvalue > P_VALUE
        assert len(np.unique(column)) > 900
        if np.isfinite(wanted.var()):
            assert column.std() == pytest.approx(wanted.std(), rel=0.05)


def test_limits_far_out_are_kept(columns: dict[str, Any]) -> None:
    for dtype in ("float32", "float64"):
        drawn = columns[f"truncated_normal {dtype}"]
        assert (drawn >= np.array(LOWER, dtype)).all()
        assert (drawn <= np.array(UPPER, dtype)).all()


def test_tiny_probabilities_and_coarse_logits(columns: dict[str, Any]) -> None:
    # As many would be true of the smallest number of 23 bits, about 4.
    assert columns["rare"] == 0
    assert abs((columns["coarse"] < 1024).mean() - 0.5) < 0.016
    assert len(np.unique(columns["coarse"])) > 2000


# Out of range -----------------------------------------------------------------

# Of each public function: what is drawn at the edges, and what comes out. A number is expected as
# it is; `ANY` stands for any finite one.
ANY = -12345.0
BOTTOM, TOP = -(2**63), 2**63 - 1

EDGES: dict[str, list[tuple[Callable[[Any], Any], Any]]] = {
    "uniform": [
        (
            lambda k: random.uniform(
                k, (7,), None, [0, -INF, NAN, 1, 2, 0, 5e-324], [INF, 0, 1, 0, 2, NAN, 1]
            ),
            [NAN, NAN, NAN, 1, 2, NAN, ANY],
        ),
        (lambda k: random.uniform(k, (3,), "float16", 1e5, 2.0), [NAN] * 3),
    ],
    "truncated_normal": [
        (
            lambda k: random.truncated_normal(
                k,
                [2.0, NAN, INF, -INF, -INF, 1.0, -INF, 1e300, 50.0, -1e-300],
                [1.0, 1.0, INF, INF, -INF, 1.0, -50.0, INF, 50.0, 1e-300],
            ),
            [NAN, NAN, NAN, ANY, NAN, 1.0, ANY, 1e300, 50.0, ANY],
        )
    ],
    "normal": [
        (
            lambda k: random.normal(k, (4,), None, [0, NAN, 1, INF], [1e300, 1, 0, 1]),
            [ANY, NAN, 1, INF],
        )
    ],
    **{
        name: [
            (
                lambda k, name=name: getattr(random, name)(
                    k, (3,), "float16", [NAN, 3.0, 0.0], [1.0, 0.0, 1e-3]
                ),
                [NAN, 3, ANY],
            )
        ]
        for name in ("gumbel", "laplace", "logistic", "cauchy")
    },
    "exponential": [
        (lambda k: random.exponential(k, (3,), "float16", [0, NAN, 1e-6]), [0, NAN, ANY])
    ],
    "multivariate_normal": [
        (
            lambda k: random.multivariate_normal(k, [0.0, 1.0], [[1.0, 2.0], [2.0, 1.0]]),
            [ANY, NAN],
        )
    ],
    "gamma": [
        (
            lambda k: random.gamma(k, [-0.5, 0, NAN, INF, 1e-10, 1e-320, 1e300]),
            [NAN, 0, NAN, INF, 0, 0, ANY],
        )
    ],
    "chisquare": [
        (lambda k: random.chisquare(k, [-1, 0, NAN, 1e-300, 1e300]), [NAN, 0, NAN, 0, ANY])
    ],
    "student_t": [
        (
            lambda k: abs(random.student_t(k, [-1, 0, NAN, INF, 1e-300, 1e300])),
            [NAN, NAN, NAN, ANY, INF, ANY],
        )
    ],
    "beta": [
        (
            lambda k: random.beta(
                k, [-0.5, 0, NAN, INF, 1e-10, 1, 1e300, 1e-300], [1, 1, 1, 1, 1, INF, 1e300, 1e-300]
            ),
            [NAN, NAN, NAN, 1, 0, 0, 0.5, ANY],
        )
    ],
    "dirichlet": [
        (
            lambda k: random.dirichlet(k, [[0.0, 1], [0, 0], [-1, 1], [1e-300, 1], [1e300, 1e300]]),
            [[0, 1], [NAN, NAN], [NAN, NAN], [0, 1], [0.5, 0.5]],
        ),
        (lambda k: random.dirichlet(k, np.zeros((2, 0))), np.zeros((2, 0))),
    ],
    "poisson": [
        (
            lambda k: random.poisson(k, [1e19, INF, NAN, -1, 0, 1e-300, 9e18]),
            [TOP, TOP, -1, -1, 0, 0, ANY],
        ),
        (lambda k: random.poisson(k, [1e3, NAN, 0, -INF], dtype="uint8"), [255, 255, 0, 255]),
    ],
    "randint": [
        (
            lambda k: random.randint(k, (3,), np.int64([BOTTOM, 5, TOP]), np.int64([TOP, 5, TOP])),
            [ANY, 5, TOP],
        ),
        (
            lambda k: random.randint(
                k, (2,), np.uint64([2**63 - 1, 2**63 + 5]), np.uint64([2**63, 2**63 + 9])
            ),
            [TOP, TOP],
        ),
        (
            lambda k: (
                random.randint(k, (2,), np.int64([-1000, 126]), np.int64([-127, 999]), "int8") // 2
            ),
            [-64, 63],
        ),
    ],
    "bernoulli": [
        (
            lambda k: random.bernoulli(k, [0.0, 1, NAN, -1, 2, 1e-300, 1 - 1e-16]),
            [False, True, False, False, True, False, True],
        ),
        (lambda k: random.bernoulli(k, np.float16([0, 1])), [False, True]),
    ],
    "categorical": [
        (
            lambda k: random.categorical(
                k, [[-INF, -INF], [NAN, 0], [0, INF], [INF, -INF], [-INF, 0], [-1e308, 1e308]]
            ),
            [-1, -1, 1, 0, 1, 1],
        ),
        (lambda k: random.categorical(k, np.float16([[-INF, -INF], [-6e4, 6e4]])), [-1, 1]),
    ],
    "choice": [
        (
            lambda k: [
                random.choice(k, np.array([1.0, 2.0]), (), p=np.array(p))
                for p in ([0.0, 0], [NAN, 1], [-1.0, 2], [0, 1e-300], [INF, 1])
            ],
            [NAN, NAN, NAN, 2, NAN],
        ),
        (lambda k: random.choice(k, np.uint8([1, 2]), (2,), p=[0.0, 0]), [255, 255]),
        (lambda k: random.choice(k, np.array([False, True]), (1,), p=[0.0, 1]), [True]),
        (
            lambda k: np.sort(random.choice(k, 3, (3,), replace=False, p=[1.0, 0, 1])),
            [-1, 0, 2],
        ),
        (lambda k: random.choice(k, 0, (0,)), np.zeros(0, int)),
        (lambda k: random.choice(k, 4, (0,), p=np.ones(4)), np.zeros(0, int)),
    ],
    "permutation": [
        (lambda k: random.permutation(k, 0), np.zeros(0, int)),
        (lambda k: random.permutation(k, 1), [0]),
        (lambda k: np.sort(random.permutation(k, 16)), np.arange(16)),
        (lambda k: random.permutation(k, np.zeros((2, 0)), axis=1), np.zeros((2, 0))),
    ],
    "rademacher": [(lambda k: abs(random.rademacher(k, (3,), "float16")), [1, 1, 1])],
    "bits": [(lambda k: random.bits(k, (0,), "uint64"), np.zeros(0, np.uint64))],
    "split": [(lambda k: random.split(k, 0), np.zeros((0, 2), np.uint32))],
    "fold_in": [(lambda k: random.fold_in(k, 2**32 - 1) - random.fold_in(k, -1), [0, 0])],
    "key": [(lambda k: random.key(-1) - random.key(2**64 - 1), [0, 0])],
}


@pytest.mark.parametrize("name", random.__all__)
def test_edges(name: str) -> None:
    draws = EDGES[name]
    results = jit(lambda k: [draw(k) for draw, _ in draws])(KEY)
    for got, (_, wanted) in zip(results, draws, strict=True):
        drawn, expected = np.asarray(got), np.asarray(wanted)
        drawn = drawn.astype(np.float64) if expected.dtype == np.float64 else drawn
        assert drawn.shape == expected.shape
        is_any = expected == ANY
        np.testing.assert_array_equal(np.where(is_any, 0, drawn), np.where(is_any, 0, expected))
        assert np.isfinite(drawn[is_any].astype(np.float64)).all()


def test_half_precision_is_float32_rounded() -> None:
    """So that it is right to half a unit wherever float32 has more digits."""

    @jit
    def everything(key: Any) -> list[Any]:
        def drawn(dtype: Any) -> list[Any]:
            return [
                random.normal(key, (500,), dtype, 3.0, 1e-2),
                random.gamma(key, 2.5, (500,), dtype),
                random.truncated_normal(key, 13.0, INF, (500,), dtype),
            ]

        return [drawn(d) for d in (np.float32, np.float16, ml_dtypes.bfloat16)]

    single, *halves = everything(KEY)
    for half in halves:
        for got, wanted in zip(half, single, strict=True):
            found = np.asarray(got)
            np.testing.assert_array_equal(found, np.asarray(wanted).astype(found.dtype))


def test_derivatives_by_limits_far_out() -> None:
    """A number far out moves with its limit; that of a wide interval with its share of it."""

    def sample(low: Any, high: Any) -> Any:
        return random.truncated_normal(KEY, low, high)

    lows, highs = np.array([13.0, 40.0, 1e5, 40.0]), np.array([INF, INF, INF, 40.01])
    step = 1e-5

    rows = jit(vmap(sample, randomness="same"))
    by_low, by_high = vmap(grad(sample, (0, 1)), randomness="same")(lows, highs)
    ahead = rows(lows + step, highs) - rows(lows - step, highs)
    np.testing.assert_allclose(by_low, ahead / (2 * step), rtol=1e-4)
    assert np.asarray(by_high)[:3].tolist() == [0, 0, 0]
    ahead = rows(lows, highs + step) - rows(lows, highs - step)
    np.testing.assert_allclose(np.asarray(by_high)[3], ahead[3] / (2 * step), rtol=1e-4)
    inside = np.array([-1.0, 0.5, 13.0]), np.array([2.0, 0.9, 14.0])
    slope = vmap(grad(sample, (0, 1)), randomness="same")
    for number in (0, 1):
        curved = vmap(grad(lambda a, b, i=number: grad(sample, i)(a, b), (0, 1)), randomness="same")
        for by, found in enumerate(curved(*inside)):
            moved = [np.where(by == k, step, 0) for k in (0, 1)]
            more, less = (
                np.asarray(
                    slope(*[x + sign * d for x, d in zip(inside, moved, strict=True)])[number]
                )
                for sign in (1, -1)
            )
            np.testing.assert_allclose(found, (more - less) / (2 * step), rtol=1e-5, atol=1e-8)
    wide = grad(lambda b: random.uniform(KEY, (), None, -1.5e308, b))(1.5e308)
    assert float(wide) == pytest.approx(float(random.uniform(KEY)))
