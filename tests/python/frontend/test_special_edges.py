"""Every special function at infinities, NaN, poles, zeros and subnormal numbers, in all precisions.

Against SciPy in float64, in one program for each dtype. `ARGUMENTS` has an entry for each public
name, so that a new one is missed; edges.DIFFERENCES lists what differs.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import pytest
import scipy.special
from edges import DIFFERENCES
from xform import special
from xform.frontend import grad, jit

INF, NAN = np.inf, np.nan
REAL = np.array(
    [-INF, -1e30, -40.5, -8.25, -1.5, -1e-30, -0.0, 0.0, 1e-42, 1e-30, 1e-5, 0.3, 0.5, 1.0, 1.5,
     8.5, 40.0, 1e30, INF, NAN]
)  # fmt: skip
SHARES = np.array(
    [-INF, -0.1, -0.0, 0.0, 1e-30, 1e-9, 0.1, 0.125, 0.3, 0.49, 0.5, 0.501, 0.75, 0.9, 0.999, 1.0,
     1.1, INF, NAN]
)  # fmt: skip
SIZES = np.array([0.0, 1e-30, 1e-10, 0.5, 1.0, 5.0, 10.0, 11.0, 30.0, 1e5, 1e30, INF, NAN])


def pairs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(x.ravel() for x in np.meshgrid(a, b))


ARGUMENTS: dict[str, tuple[np.ndarray, ...]] = {
    **dict.fromkeys(("erf", "erfc", "ndtr", "entr", "expit"), (REAL,)),
    **dict.fromkeys(("gammaln", "digamma", "psi"), (REAL,)),
    **dict.fromkeys(("erfinv", "ndtri", "logit"), (SHARES,)),
    "polygamma": (REAL[REAL != -40.5],),
    "betaln": pairs(SIZES, SIZES),
    **dict.fromkeys(("xlogy", "xlog1py"), pairs(REAL, REAL)),
}
DTYPES = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)


def called(module: Any, name: str, args: tuple[Any, ...]) -> Any:
    function = getattr(module, name)
    return function(2, *args) if name == "polygamma" else function(*args)


@pytest.fixture(scope="module", params=DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def values(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    with np.errstate(over="ignore"):
        cases = {n: tuple(x.astype(request.param) for x in xs) for n, xs in ARGUMENTS.items()}
    program = jit(lambda c: {name: called(special, name, args) for name, args in c.items()})
    return cases, dict(program(cases))


@pytest.mark.parametrize("name", special.__all__)
def test_values(name: str, values: tuple[Any, dict[str, Any]]) -> None:
    cases, results = values
    got = np.asarray(results[name])
    args = [x.astype(np.float64) for x in cases[name]]
    with np.errstate(all="ignore"):
        wanted = called(scipy.special, name, tuple(args)).astype(got.dtype).astype(np.float64)
    if name == "betaln":
        wanted = betaln(*args).astype(got.dtype).astype(np.float64)
    info = ml_dtypes.finfo(got.dtype)
    found = got.astype(np.float64)
    near = np.abs(found - wanted) <= 100 * float(info.eps) * np.abs(wanted)
    same = near | (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    # Subnormal results are flushed to 0, and such arguments count as 0.
    tiny = float(info.smallest_normal)
    small = [(x != 0) & (np.abs(x) < tiny) for x in args]
    flushed = (np.abs(wanted) < 4 * tiny) & (np.abs(found) < 4 * tiny)
    for difference in DIFFERENCES.get(f"special.{name}", ()):
        same |= difference.where(*args)
    wrong = ~(same | flushed | np.logical_or.reduce(small))
    assert not wrong.any(), list(zip(*(x[wrong] for x in (*args, found, wanted)), strict=True))


def betaln(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """From gamma functions of 80 digits, whose difference SciPy takes in 16."""

    def exact(x: float, y: float) -> float:
        if x != x or y != y or {x, y} == {0, INF}:
            return NAN
        if 0 in (x, y) or INF in (x, y):
            return INF if 0 in (x, y) else -INF
        p, q = mpmath.mpf(x), mpmath.mpf(y)
        return float(mpmath.loggamma(p) + mpmath.loggamma(q) - mpmath.loggamma(p + q))

    with mpmath.workdps(80):
        return np.array([exact(float(x), float(y)) for x, y in zip(a, b, strict=True)])


def test_derivatives_of_quantiles_and_logits() -> None:
    """In the tails and next to 1/2, to the second order, and of betaln where terms are alike."""
    p = np.array([1e-300, 1e-20, 1e-3, 0.1, 0.125, 0.5, 0.7, 0.9, 1 - 1e-10])
    sizes = np.array([10.5, 40.0, 1e6, 1e15])

    def slopes(f: Any) -> Any:
        first = grad(lambda x: f(x).sum())
        return lambda x: (first(x), grad(lambda y: first(y).sum())(x))

    @jit
    def everything(p: Any, sizes: Any) -> list[Any]:
        return [
            slopes(special.ndtri)(p),
            slopes(special.logit)(p),
            grad(lambda a: special.betaln(a, 3.0).sum())(sizes),
        ]

    (by_p, twice), (logit, logits), beta = everything(p, sizes)
    y = scipy.special.ndtri(p)
    slope = np.sqrt(2 * np.pi) * np.exp(y * y / 2)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(by_p, slope, rtol=1e-12)
        np.testing.assert_allclose(twice, slope * slope * y, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(logit, 1 / (p * (1 - p)), rtol=1e-12)
        np.testing.assert_allclose(logits, 1 / (1 - p) ** 2 - 1 / p / p, rtol=1e-8, atol=1e-12)
    # digamma(a) - digamma(a + 3)
    np.testing.assert_allclose(beta, -(1 / sizes + 1 / (sizes + 1) + 1 / (sizes + 2)), rtol=1e-12)
