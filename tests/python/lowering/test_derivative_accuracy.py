"""First derivatives of functions of one number over their whole range, against mpmath.

Where a function saturates, its derivative is small and not zero: 1 - tanh(x)^2 is 0 long before
4 exp(-2 |x|) is. Errors are in units in the last place of the exact derivative, which subnormal
results do not have, because compiled programs flush them to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from accuracy import (
    ALL,
    LAST_BELOW_ONE,
    POSITIVE,
    PRECISIONS,
    Array,
    MathFunction,
    everywhere,
    exact_values,
    sample,
    ulp_errors,
)
from mpmath import mp
from xform import frontend, nn, primitives, special

COUNT = 800
# Where all of these are far from overflow.
TAILS = everywhere(1e9, 1e90)
MODERATE = everywhere(85.0, 700.0)
LOG2 = mp.log(2)


@dataclass(frozen=True)
class Derivative:
    """A function, its exact derivative and what is expected of it.

    Attributes:
        function: of one traced array, element by element.
        exact: the derivative, on mpmath numbers.
        domain: for each precision, the interval of the arguments.
        floor: what errors of smaller derivatives are relative to, for those with roots.
        bound: the largest error in ULP.
    """

    function: Callable[..., Any]
    exact: Callable[..., Any]
    domain: dict[str, tuple[float, float]]
    floor: float = 0.0
    bound: float = 10.0


def logistic(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + mp.exp(-x))


def logistic_slope(x: Any) -> Any:
    """Its derivative."""
    return mp.sech(x / 2) ** 2 / 4


def root_of_one_plus_square(x: Any) -> Any:
    """Sqrt(1 + x^2)."""
    return mp.sqrt(1 + x * x)


def normal(x: Any) -> Any:
    """The density of the normal distribution."""
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def gelu_slope(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2 + x * normal(x)


def approximate_gelu_slope(x: Any) -> Any:
    scale = 2 * mp.sqrt(2 / mp.pi)
    z = scale * (x + mp.mpf("0.044715") * x**3)
    inner = scale * (1 + 3 * mp.mpf("0.044715") * x**2)
    return logistic(z) + x * inner * logistic_slope(z)


def mish_slope(x: Any) -> Any:
    softplus = mp.log1p(mp.exp(x))
    return mp.tanh(softplus) + x * mp.sech(softplus) ** 2 * logistic(x)


ABOVE_ONE = {"f32": (1.0000001, 3.4e38), "f64": (1.0000000000000002, 1.79e308)}
ABOVE_MINUS_ONE = {name: (LAST_BELOW_ONE[name][0], ALL[name][1]) for name in PRECISIONS}
DERIVATIVES: dict[str, Derivative] = {
    "sqrt": Derivative(primitives.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), POSITIVE),
    "rsqrt": Derivative(
        primitives.rsqrt,
        lambda x: -1 / (2 * x * mp.sqrt(x)),
        {"f32": (1e-24, 1e24), "f64": (1e-203, 1e203)},
    ),
    "cbrt": Derivative(primitives.cbrt, lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2), ALL),
    "exp": Derivative(primitives.exp, mp.exp, MODERATE),
    "exp2": Derivative(primitives.exp2, lambda x: 2**x * LOG2, MODERATE),
    "expm1": Derivative(primitives.expm1, mp.exp, MODERATE),
    "log": Derivative(primitives.log, lambda x: 1 / x, POSITIVE),
    "log2": Derivative(primitives.log2, lambda x: 1 / (x * LOG2), POSITIVE),
    "log10": Derivative(primitives.log10, lambda x: 1 / (x * mp.log(10)), POSITIVE),
    "log1p": Derivative(primitives.log1p, lambda x: 1 / (1 + x), ABOVE_MINUS_ONE),
    "sin": Derivative(primitives.sin, mp.cos, ALL),
    "cos": Derivative(primitives.cos, lambda x: -mp.sin(x), ALL),
    "tan": Derivative(primitives.tan, lambda x: mp.sec(x) ** 2, ALL),
    "asin": Derivative(primitives.asin, lambda x: 1 / mp.sqrt(1 - x * x), LAST_BELOW_ONE),
    "acos": Derivative(primitives.acos, lambda x: -1 / mp.sqrt(1 - x * x), LAST_BELOW_ONE),
    "atan": Derivative(primitives.atan, lambda x: 1 / (1 + x * x), ALL),
    "sinh": Derivative(primitives.sinh, mp.cosh, MODERATE),
    "cosh": Derivative(primitives.cosh, mp.sinh, MODERATE),
    # Beyond, four times a subnormal number would be a normal one.
    "tanh": Derivative(primitives.tanh, lambda x: mp.sech(x) ** 2, everywhere(43.5, 354.0)),
    "asinh": Derivative(primitives.asinh, lambda x: 1 / root_of_one_plus_square(x), ALL),
    "acosh": Derivative(primitives.acosh, lambda x: 1 / mp.sqrt(x * x - 1), ABOVE_ONE),
    "atanh": Derivative(primitives.atanh, lambda x: 1 / (1 - x * x), LAST_BELOW_ONE),
    "logistic": Derivative(primitives.logistic, logistic_slope, ALL),
    "erf": Derivative(primitives.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x), ALL),
    "erfc": Derivative(primitives.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x), ALL),
    # The square of a result that is rounded stands in an exponent.
    "erf_inv": Derivative(
        primitives.erf_inv,
        lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2),
        LAST_BELOW_ONE,
        bound=200,
    ),
    "lgamma": Derivative(
        primitives.lgamma, mp.digamma, {"f32": (1e-37, 4e36), "f64": (1e-300, 2.5e305)}
    ),
    "digamma": Derivative(
        primitives.digamma,
        lambda x: mp.polygamma(1, x),
        {"f32": (1e-18, 1e30), "f64": (1e-150, 1e150)},
    ),
    "softplus": Derivative(nn.softplus, logistic, ALL),
    "log_sigmoid": Derivative(nn.log_sigmoid, lambda x: logistic(-x), ALL),
    "soft_sign": Derivative(nn.soft_sign, lambda x: 1 / (1 + abs(x)) ** 2, TAILS),
    "sinc": Derivative(
        primitives.sinc, lambda x: (x * mp.cos(x) - mp.sin(x)) / x**2, ALL, floor=0.1
    ),
    # These have a root of their derivative on the left.
    "silu": Derivative(
        nn.silu, lambda x: logistic(x) + x * logistic_slope(x), MODERATE, floor=0.1
    ),
    "mish": Derivative(nn.mish, mish_slope, MODERATE, floor=0.1),
    "gelu": Derivative(nn.gelu, gelu_slope, everywhere(50.0, 50.0), floor=0.1),
    "approximate gelu": Derivative(
        lambda x: nn.gelu(x, approximate=True), approximate_gelu_slope, everywhere(50.0, 50.0),
        floor=0.1,
    ),
    # What stands in the exponent is the square of a rounded product.
    "ndtr": Derivative(special.ndtr, normal, ALL, bound=1000),
    "logit": Derivative(special.logit, lambda x: 1 / x + 1 / (1 - x),
                        {"f32": (1e-37, 0.99999994), "f64": (1e-300, 0.9999999999999999)}),
}  # fmt: skip


def arguments(row: Derivative, precision: str) -> Array:
    """Numbers from the domain of a row."""
    return sample(MathFunction("", row.exact, row.domain, 0, None), precision, COUNT)


@cache
def results(precision: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """The arguments of every row, and the derivatives there from one program."""
    given = {name: arguments(row, precision) for name, row in DERIVATIVES.items()}

    def everything(given: dict[str, Any]) -> dict[str, Any]:
        return {
            name: frontend.jvp(DERIVATIVES[name].function, (x,), (np.ones_like(x),))[1]
            for name, x in given.items()
        }

    return given, {name: np.asarray(x) for name, x in frontend.jit(everything)(given).items()}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", DERIVATIVES)
def test_first_derivatives(name: str, precision: str) -> None:
    row = DERIVATIVES[name]
    given, got = results(precision)
    exact = exact_values(row.exact, given[name])
    errors = ulp_errors(got[name], exact, row.floor)
    worst = int(np.argmax(errors))
    assert errors[worst] <= row.bound, (given[name][worst], got[name][worst], float(exact[worst]))
