"""Distributions: statistics with fixed keys, parameters, dtypes, gradients, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import pytest
from scipy import stats
from xform import random
from xform.frontend import grad, jit
from xform.random import counts

COUNT = 20_000
# The keys are fixed, so that a test passes always or never.
KEY = np.asarray(random.key(2024))
P_VALUE = 1e-3

SHAPE = (COUNT,)
CONTINUOUS: dict[str, tuple[Callable[..., Any], Any]] = {
    "uniform": (lambda k, d: random.uniform(k, SHAPE, d), stats.uniform()),
    "uniform between": (lambda k, d: random.uniform(k, SHAPE, d, -3.0, 5), stats.uniform(-3, 8)),
    "normal": (lambda k, d: random.normal(k, SHAPE, d), stats.norm()),
    "normal moved": (lambda k, d: random.normal(k, SHAPE, d, 2.0, 0.5), stats.norm(2, 0.5)),
    "exponential": (lambda k, d: random.exponential(k, SHAPE, d, 3.0), stats.expon(scale=3)),
    "gumbel": (lambda k, d: random.gumbel(k, SHAPE, d, 1.0, 2.0), stats.gumbel_r(1, 2)),
    "laplace": (lambda k, d: random.laplace(k, SHAPE, d, 1.0, 2.0), stats.laplace(1, 2)),
    "logistic": (lambda k, d: random.logistic(k, SHAPE, d), stats.logistic()),
    "cauchy": (lambda k, d: random.cauchy(k, SHAPE, d), stats.cauchy()),
    "truncated": (
        lambda k, d: random.truncated_normal(k, -1.0, 2.0, SHAPE, d),
        stats.truncnorm(-1, 2),
    ),
    "truncated far": (
        lambda k, d: random.truncated_normal(k, 6.0, np.inf, SHAPE, d),
        stats.truncnorm(6, np.inf),
    ),
    "gamma below 1": (lambda k, d: random.gamma(k, 0.3, SHAPE, d), stats.gamma(0.3)),
    "gamma 1": (lambda k, d: random.gamma(k, 1.0, SHAPE, d), stats.gamma(1)),
    "gamma above 1": (lambda k, d: random.gamma(k, 30.0, SHAPE, d), stats.gamma(30)),
    "chisquare": (lambda k, d: random.chisquare(k, 5.0, SHAPE, d), stats.chi2(5)),
    "student t": (lambda k, d: random.student_t(k, 4.0, SHAPE, d), stats.t(4)),
    "beta": (lambda k, d: random.beta(k, 2.0, 0.5, SHAPE, d), stats.beta(2, 0.5)),
    "dirichlet": (
        lambda k, d: random.dirichlet(k, [1.0, 2.0, 3.0], SHAPE, d)[:, 1],
        stats.beta(2, 4),
    ),
}


# What is drawn in float32 too.
NARROW = tuple(CONTINUOUS)[:11]


def sample(names: Sequence[str], dtype: str) -> dict[str, Any]:
    """A sample of each of some continuous distributions."""

    @jit
    def everything(key: Any) -> dict[str, Any]:
        keys = random.split(key, len(names))
        return {name: CONTINUOUS[name][0](keys[i], dtype) for i, name in enumerate(names)}

    drawn = {name: np.asarray(x) for name, x in everything(KEY).items()}
    for name, x in drawn.items():
        assert x.dtype == dtype, name
        assert x.shape == SHAPE, name
    return drawn


@pytest.fixture(scope="module")
def continuous() -> dict[str, Any]:
    return sample(list(CONTINUOUS), "float64")


def check(name: str, drawn: Any) -> None:
    """The distribution function, the mean and the variance."""
    wanted = CONTINUOUS[name][1]
    x = drawn.astype(np.float64)
    assert np.isfinite(x).all(), name
    assert stats.kstest(x, wanted.cdf).pvalue > P_VALUE, name
    if np.isfinite(wanted.stats("mv")).all() and name != "student t":
        mean, variance = wanted.stats("mv")
        assert abs(x.mean() - mean) < 3.5 * np.sqrt(variance / COUNT), name
        assert x.var() == pytest.approx(variance, rel=0.06), name


def test_continuous_distributions(continuous: dict[str, Any]) -> None:
    for name, drawn in continuous.items():
        check(name, drawn)


def test_continuous_distributions_in_float32() -> None:
    for name, drawn in sample(NARROW, "float32").items():
        check(name, drawn)


def test_limits_of_truncation(continuous: dict[str, Any]) -> None:
    assert continuous["truncated"].min() >= -1
    assert continuous["truncated"].max() <= 2
    assert continuous["truncated far"].min() >= 6


def test_draws_are_independent(continuous: dict[str, Any]) -> None:
    """Of each other along an array, and of those of other keys."""
    names = [name for name, (_, d) in CONTINUOUS.items() if np.isfinite(d.stats("v"))]
    table = np.array([stats.rankdata(continuous[name]) for name in names])
    others = np.corrcoef(table) - np.eye(len(names))
    assert np.abs(others).max() < 5 / np.sqrt(COUNT)
    for name, ranks in zip(names, table, strict=True):
        for lag in (1, 2, 7):
            r = np.corrcoef(ranks[lag:], ranks[:-lag])[0, 1]
            assert abs(r) < 4.5 / np.sqrt(COUNT), name


def chi_square(counts: Any, probabilities: Any) -> float:
    expected = np.asarray(probabilities) / np.sum(probabilities) * np.sum(counts)
    return float(stats.chisquare(counts, expected).pvalue)


def test_discrete_distributions() -> None:
    weights = np.array([0.1, 0.5, 0.0, 0.4])

    @jit
    def everything(key: Any, p: Any, low: Any, high: Any) -> dict[str, Any]:
        keys = random.split(key, 12)
        return {
            "bits": random.bits(keys[0], SHAPE, "uint8"),
            "randint": random.randint(keys[1], SHAPE, -3, 10),
            "randint small": random.randint(keys[2], SHAPE, 0, 100, "int8"),
            "randint traced": random.randint(keys[3], SHAPE, low, high),
            "randint wide": random.randint(keys[4], SHAPE, -(2**63), 2**63),
            "bernoulli": random.bernoulli(keys[5], p, (COUNT, 4)),
            "rademacher": random.rademacher(keys[6], SHAPE, np.float32),
            "categorical": random.categorical(keys[7], np.log(p), shape=SHAPE),
            "columns": random.categorical(keys[8], np.log(p + np.zeros((3, 4))).T, 0, (COUNT, 3)),
            "choice": random.choice(keys[9], np.array([5, 6, 7]), SHAPE),
            "choice p": random.choice(keys[10], 4, (COUNT // 2, 2), p=p),
        }

    with np.errstate(divide="ignore"):
        drawn = everything(KEY, weights, np.int64(-3), np.int64(10))
    got = {name: np.asarray(x) for name, x in drawn.items()}
    assert chi_square(np.bincount(got["bits"], minlength=256), np.ones(256)) > P_VALUE
    for name in ("randint", "randint traced"):
        assert got[name].dtype == np.int64
        assert chi_square(np.bincount(got[name] + 3, minlength=13), np.ones(13)) > P_VALUE
    assert got["randint small"].dtype == np.int8
    assert chi_square(np.bincount(got["randint small"], minlength=100), np.ones(100)) > P_VALUE
    assert stats.kstest(got["randint wide"] / 2.0**64 + 0.5, "uniform").pvalue > P_VALUE
    assert got["bernoulli"].dtype == np.bool_
    for column, probability in zip(got["bernoulli"].T, weights, strict=True):
        assert stats.binomtest(int(column.sum()), COUNT, probability).pvalue > P_VALUE
    assert got["rademacher"].dtype == np.float32
    assert set(got["rademacher"].tolist()) == {-1.0, 1.0}
    assert abs(got["rademacher"].mean()) < 4 / np.sqrt(COUNT)
    few = [0, 1, 3]
    for name in ("categorical", "choice p"):
        counts = np.bincount(got[name].ravel(), minlength=4)
        assert counts[2] == 0
        assert chi_square(counts[few], weights[few]) > P_VALUE
    for column in got["columns"].T:
        assert chi_square(np.bincount(column, minlength=4)[few], weights[few]) > P_VALUE
    assert chi_square(np.bincount(got["choice"])[5:], np.ones(3)) > P_VALUE
    assert got["choice p"].shape == (COUNT // 2, 2)


def test_orders() -> None:
    x = np.arange(24.0).reshape(4, 6)
    count = 3000

    @jit
    def everything(key: Any) -> dict[str, Any]:
        keys = random.split(key, 8)
        from xform.frontend import vmap

        many = random.split(keys[0], count)
        return {
            "orders": vmap(lambda k: random.permutation(k, 4))(many),
            "rows": random.permutation(keys[1], x),
            "columns": random.permutation(keys[2], x, axis=1),
            "independent": random.permutation(keys[3], x, axis=-1, independent=True),
            "bools": random.permutation(keys[4], np.array([True, False, True])),
            "some": random.choice(keys[5], x, (2, 3), replace=False, axis=1),
            "weighted": vmap(lambda k: random.choice(k, 3, (2,), replace=False, p=[0.5, 0.3, 0.2]))(
                many
            ),
            "taken": random.choice(keys[6], x, (5,), axis=1),
            "empty": random.permutation(keys[7], x[:0]),
        }

    got = {name: np.asarray(v) for name, v in everything(KEY).items()}
    _, counts = np.unique(got["orders"], axis=0, return_counts=True)
    assert len(counts) == 24
    assert chi_square(counts, np.ones(24)) > P_VALUE
    assert sorted(map(tuple, got["rows"])) == sorted(map(tuple, x))
    assert sorted(map(tuple, got["columns"].T)) == sorted(map(tuple, x.T))
    np.testing.assert_array_equal(np.sort(got["independent"], 1), x)
    assert len({tuple(row % 6) for row in got["independent"]}) == 4
    assert sorted(got["bools"].tolist()) == [False, True, True]
    assert got["some"].shape == (4, 2, 3)
    columns = got["some"][0].ravel()
    assert len(set(columns)) == 6
    np.testing.assert_array_equal(got["some"].reshape(4, 6), columns + 6 * np.arange(4)[:, None])
    probabilities = np.array([0.5, 0.3, 0.2])
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    seen = [int((got["weighted"] == pair).all(1).sum()) for pair in pairs]
    wanted = [probabilities[i] * probabilities[j] / (1 - probabilities[i]) for i, j in pairs]
    assert chi_square(seen, wanted) > P_VALUE
    assert got["taken"].shape == (4, 5)
    np.testing.assert_array_equal(
        got["taken"] - got["taken"][0], 6.0 * np.arange(4)[:, None] + np.zeros(5)
    )
    assert got["empty"].shape == (0, 6)


def test_poisson(user_error: Callable[..., Any]) -> None:
    means = np.array([0.0, 0.3, 4.0, 9.99, 10.0, 37.5, 1e4, 1e15, -1.0, np.nan])
    drawn = np.asarray(random.poisson(KEY, means, (COUNT // 2, len(means))))
    assert drawn.dtype == np.int64
    assert (drawn[:, 0] == 0).all()
    assert (drawn[:, -2:] == -1).all()
    for mean, column in zip(means[1:-4], drawn[:, 1:-4].T, strict=True):
        most = int(stats.poisson.ppf(0.999, mean))
        seen = np.bincount(np.minimum(column, most), minlength=most + 1)
        wanted = stats.poisson.pmf(np.arange(most + 1), mean)
        wanted[most] += stats.poisson.sf(most, mean)
        many = wanted * len(column) > 5
        merged = [np.append(x[many], x[~many].sum() + 1e-9) for x in (seen, wanted)]
        assert chi_square(*merged) > P_VALUE, mean
    for mean, column in zip(means[-4:-2], drawn[:, -4:-2].T, strict=True):
        assert stats.kstest((column - mean) / np.sqrt(mean), "norm").pvalue > P_VALUE
    for mean in (1000.0, 1e15):
        k = np.floor(mean + np.sqrt(mean) * np.linspace(-6, 6, 13))
        found = jit(counts._log_probability)(k, mean)
        with mpmath.workdps(50):
            m = mpmath.mpf(mean)
            exact = [
                float(x * mpmath.log(m) - m - mpmath.loggamma(x + 1)) for x in map(mpmath.mpf, k)
            ]
        np.testing.assert_allclose(found, exact, rtol=1e-7)
    few = random.poisson(KEY, np.float32([2.0, 50.0]), dtype=np.uint8)
    assert few.dtype == np.uint8
    assert few.shape == (2,)
    with user_error(TypeError, "random.poisson", "float32"):
        random.poisson(KEY, 2.0, dtype=np.float32)


def test_multivariate_normal(user_error: Callable[..., Any]) -> None:
    mean, factor = np.array([1.0, -2.0]), np.array([[2.0, 0.0], [0.6, 0.5]])
    cov = factor @ factor.T

    @jit
    def everything(key: Any, mean: Any, cov: Any) -> Any:
        def last(mean: Any, cov: Any) -> Any:
            return random.multivariate_normal(key, mean, cov)[1]

        rows = random.multivariate_normal(key, mean, cov, (COUNT,))
        batch = random.multivariate_normal(key, mean, np.stack([cov, 4 * cov]), dtype=np.float32)
        return rows, batch, grad(last, (0, 1))(mean, cov)

    rows, batch, (by_mean, by_cov) = everything(KEY, mean, cov)
    white = np.linalg.solve(factor, (np.asarray(rows) - mean).T)
    for line in white:
        assert stats.kstest(line, "norm").pvalue > P_VALUE
    assert abs(np.corrcoef(white)[0, 1]) < 4 / np.sqrt(COUNT)
    assert batch.shape == (2, 2)
    assert batch.dtype == np.float32
    np.testing.assert_array_equal(by_mean, [0.0, 1.0])
    # The derivative by a variance: the last number is f[1, 0] n[0] + f[1, 1] n[1].
    z = np.linalg.solve(factor, np.asarray(random.multivariate_normal(KEY, mean, cov)) - mean)
    assert np.asarray(by_cov)[1, 1] == pytest.approx(z[1] / (2 * factor[1, 1]))
    with user_error(ValueError, "multivariate_normal", "(2,)", "(3, 3)"):
        random.multivariate_normal(KEY, mean, np.eye(3))


def test_dtypes_and_shapes() -> None:
    floats = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
    functions = (
        random.uniform, random.normal, random.exponential, random.gumbel, random.laplace,
        random.logistic, random.cauchy,
    )  # fmt: skip

    @jit
    def everything(key: Any) -> list[Any]:
        return [[f(key, (2, 50), d) for d in floats] for f in functions]

    for function, results in zip(functions, everything(KEY), strict=True):
        for dtype, x in zip(floats, results, strict=True):
            x = np.asarray(x)
            assert x.dtype == dtype
            assert x.shape == (2, 50)
            assert np.isfinite(x.astype(np.float64)).all()
            assert len(np.unique(x)) > 30, function.__name__
    coarse = np.asarray(random.uniform(KEY, (4000,), ml_dtypes.bfloat16)).astype(np.float64)
    assert coarse.max() < 1
    assert coarse.mean() == pytest.approx(0.5 - 2**-8, abs=0.02)
    assert random.normal(KEY).shape == ()
    assert random.uniform(KEY, 3).dtype == np.float64
    assert random.uniform(KEY, (0, 3)).shape == (0, 3)


def test_limits_are_kept() -> None:
    """Also where rounding would reach the upper one."""
    low, high = np.float32(1.0), np.nextafter(np.float32(1.0), np.float32(2.0))

    @jit
    def everything(key: Any, low: Any, high: Any) -> list[Any]:
        return [
            random.uniform(key, (1000,), np.float32, low, high),
            random.uniform(key, (1000,), np.float16, 1000.0, 1001.0),
            random.uniform(key, (3,), minval=2.0, maxval=2.0),
            random.randint(key, (9,), high.astype(int), low.astype(int)),
        ]

    narrow, coarse, empty, nothing = (np.asarray(x) for x in everything(KEY, low, high))
    assert set(narrow.tolist()) == {1.0}
    assert set(coarse.tolist()) <= {1000.0, 1000.5}
    assert empty.tolist() == [2.0] * 3
    assert nothing.tolist() == [1] * 9


def test_parameters_and_their_gradients() -> None:
    loc, scale = np.array([[1.0], [2.0]]), np.array([0.5, 1.0, 2.0])
    weights = np.arange(6.0).reshape(2, 3) + 1
    draws: dict[str, Callable[..., Any]] = {
        "normal": random.normal,
        "gumbel": random.gumbel,
        "laplace": random.laplace,
        "logistic": random.logistic,
        "cauchy": random.cauchy,
    }

    def total(draw: Callable[..., Any], a: Any, b: Any) -> Any:
        return (weights * draw(KEY, (2, 3), np.float64, a, b)).sum()

    @jit
    def everything(a: Any, b: Any) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for name, draw in draws.items():
            standard = draw(KEY, (2, 3))
            pulled = grad(lambda a, b, draw=draw: total(draw, a, b), (0, 1))(a, b)
            results[name] = (draw(KEY, (2, 3), np.float64, a, b), standard, pulled)
        unit = random.uniform(KEY, (2, 3))
        pulled = grad(lambda a, b: total(random.uniform, a, b), (0, 1))(a - 3, b)
        results["uniform"] = (random.uniform(KEY, (2, 3), np.float64, a - 3, b), unit, pulled)
        return results

    got = everything(loc, scale)
    for name in draws:
        drawn, standard, (by_loc, by_scale) = got[name]
        standard = np.asarray(standard)
        np.testing.assert_allclose(drawn, loc + scale * standard, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(by_loc, weights.sum(1, keepdims=True))
        np.testing.assert_allclose(by_scale, (weights * standard).sum(0))
    drawn, unit, (by_low, by_high) = got["uniform"]
    unit = np.asarray(unit)
    np.testing.assert_allclose(drawn, loc - 3 + unit * (scale - loc + 3), rtol=1e-14)
    np.testing.assert_allclose(by_low, (weights * (1 - unit)).sum(1, keepdims=True))
    np.testing.assert_allclose(by_high, (weights * unit).sum(0))


def test_gradients_of_truncation_and_gamma() -> None:
    def truncated(low: Any, high: Any) -> Any:
        return random.truncated_normal(KEY, low, high, (50,)).sum()

    low, high, step = 0.5, 2.0, 1e-6
    function = jit(truncated)
    by_low, by_high = jit(grad(truncated, (0, 1)))(low, high)
    for got, (a, b) in ((by_low, (step, 0)), (by_high, (0, step))):
        ahead, behind = function(low + a, high + b), function(low - a, high - b)
        assert float(got) == pytest.approx((float(ahead) - float(behind)) / (2 * step), rel=1e-6)
    constant = grad(lambda a: random.gamma(KEY, a, (3,)).sum())(2.0)
    assert float(constant) == 0.0


def test_errors(user_error: Callable[..., Any]) -> None:
    with user_error(TypeError, "random.normal", "dtype must be floating", "int64"):
        random.normal(KEY, (3,), np.int64)
    with user_error(ValueError, "random.uniform", "minval of shape (2,)", "(3,)"):
        random.uniform(KEY, (3,), minval=np.zeros(2))
    with user_error(ValueError, "random.normal", "scale of shape (1, 3)", "(3,)"):
        random.normal(KEY, (3,), scale=np.ones((1, 3)))
    with user_error(ValueError, "random.randint", "between 3 and 3"):
        random.randint(KEY, (3,), 3, 3)
    with user_error(ValueError, "random.randint", "0 to 256", "uint8"):
        random.randint(KEY, (3,), 0, 257, "uint8")
    with user_error(TypeError, "random.randint", "maxval must be an integer", "float64"):
        random.randint(KEY, (3,), 0, np.float64(3))
    with user_error(TypeError, "random.randint", "dtype", "float32"):
        random.randint(KEY, (3,), 0, 3, "float32")
    with user_error(TypeError, "random.rademacher", "uint8"):
        random.rademacher(KEY, (3,), "uint8")
    with user_error(TypeError, "random.categorical", "floating", "int64"):
        random.categorical(KEY, np.arange(3))
    with user_error(ValueError, "random.categorical", "(2,)", "end with (4,)"):
        random.categorical(KEY, np.zeros((4, 3)), shape=(2,))
    with user_error(ValueError, "random.choice", "5 of 4", "without replacement"):
        random.choice(KEY, 4, (5,), replace=False)
    with user_error(ValueError, "random.choice", "(3,)", "4 slices"):
        random.choice(KEY, 4, (5,), p=np.ones(3))
    with user_error(ValueError, "random.choice", "nothing to choose from"):
        random.choice(KEY, 0, (5,))
    with user_error(TypeError, "random.permutation", "an int known while tracing"):
        random.permutation(KEY, 2.5)
    with user_error(ValueError, "axis"):
        random.permutation(KEY, np.ones((2, 2)), axis=2)
