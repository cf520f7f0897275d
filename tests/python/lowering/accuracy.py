"""Errors of the mathematical functions against mpmath, and the page that lists them.

Arguments are taken exponent by exponent over the whole range of a function, in float32 and
float64, through everything that the compiler does. The errors are in units in the last place (ULP)
of the exact result. `python tests/python/lowering/accuracy.py` writes them into
docs/mathematics.md, rounded up to a tenth; test_accuracy.py holds the functions to that page.

Compiled programs flush subnormal numbers to zero: a result below the normal range may be zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from mpmath import mp, mpf
from xform import frontend, primitives

Array = npt.NDArray[Any]
Reference = Callable[..., Any]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mathematics.md"
PRECISIONS = ("f32", "f64")
# How many arguments a function is measured with, in each precision: by the test and for the page.
COUNT = 3000
PAGE_COUNT = 60000


@dataclass(frozen=True)
class MathFunction:
    """A function of one number and what is expected of it.

    Attributes:
        operation: name in the math dialect.
        reference: the exact function, on mpmath numbers.
        domain: for each precision, the interval from which arguments are taken: where the function
            is defined and neither overflows nor underflows.
        bound: largest error in ULP.
        special: NumPy's function, for the special values; None where it has none.
        dense: interval that is sampled densely besides.
        primitive: its name among the primitives, if that is another one.
        floor: what errors of smaller results are relative to.
        title: what the page calls it.
        poles: whether it has a pole at each integer of its domain, next to which it is sampled.
    """

    operation: str
    reference: Reference
    domain: dict[str, tuple[float, float]]
    bound: float
    special: Callable[..., Any] | None
    dense: tuple[float, float] = (-4.0, 4.0)
    primitive: str = ""
    floor: float = 0.0
    title: str = ""
    poles: bool = False

    @property
    def name(self) -> str:
        """What the page calls it."""
        return self.title or self.operation


def everywhere(f32: float, f64: float) -> dict[str, tuple[float, float]]:
    """The symmetric domain with these bounds."""
    return {"f32": (-f32, f32), "f64": (-f64, f64)}


def between(low: float, high: float) -> dict[str, tuple[float, float]]:
    """The same domain in both precisions."""
    return {"f32": (low, high), "f64": (low, high)}


ALL = everywhere(3.4e38, 1.79e308)
LAST_BELOW_ONE = {
    "f32": (-0.99999994, 0.99999994),
    "f64": (-0.9999999999999999, 0.9999999999999999),
}
# Beyond, all numbers are integers.
BETWEEN_POLES = {"f32": (-8388607.5, -1e-30), "f64": (-4503599627370495.5, -1e-30)}
POSITIVE = {"f32": (1e-45, 3.4e38), "f64": (5e-324, 1.79e308)}

FUNCTIONS = [
    MathFunction("exp", mp.exp, {"f32": (-87.3, 88.72), "f64": (-708.3, 709.78)}, 1.2, np.exp),
    MathFunction(
        "exp2",
        lambda x: mp.power(2, x),
        {"f32": (-126, 127.99), "f64": (-1022, 1023.99)},
        1.2,
        np.exp2,
    ),
    MathFunction(
        "expm1", mp.expm1, {"f32": (-3.4e38, 88.72), "f64": (-1e308, 709.78)}, 1.7, np.expm1
    ),
    MathFunction("log", mp.log, POSITIVE, 1, np.log),
    MathFunction("log2", lambda x: mp.log(x, 2), POSITIVE, 1, np.log2),
    MathFunction("log10", mp.log10, POSITIVE, 1, np.log10),
    MathFunction(
        "log1p",
        mp.log1p,
        {"f32": (-0.99999994, 3.4e38), "f64": (-0.9999999999999999, 1.79e308)},
        1.1,
        np.log1p,
    ),
    MathFunction("sin", mp.sin, ALL, 1.5, np.sin, (-30, 30)),
    MathFunction("cos", mp.cos, ALL, 1.5, np.cos, (-30, 30)),
    MathFunction("tan", mp.tan, ALL, 2, np.tan, (-30, 30)),
    MathFunction("asin", mp.asin, between(-1, 1), 1.6, np.arcsin, (-1, 1)),
    MathFunction("acos", mp.acos, between(-1, 1), 1.2, np.arccos, (-1, 1)),
    MathFunction("atan", mp.atan, ALL, 1, np.arctan),
    MathFunction("sinh", mp.sinh, everywhere(89.41, 710.47), 1.8, np.sinh),
    MathFunction("cosh", mp.cosh, everywhere(89.41, 710.47), 1.6, np.cosh),
    MathFunction("tanh", mp.tanh, ALL, 1.5, np.tanh),
    MathFunction("asinh", mp.asinh, ALL, 1.5, np.arcsinh),
    MathFunction("acosh", mp.acosh, {"f32": (1, 3.4e38), "f64": (1, 1.79e308)}, 1, np.arccosh),
    MathFunction(
        "atanh",
        mp.atanh,
        {"f32": (-0.99999994, 0.99999994), "f64": (-0.9999999999999999, 0.9999999999999999)},
        1.1,
        np.arctanh,
        (-1, 1),
    ),
    MathFunction("erf", mp.erf, ALL, 1.5, None),
    MathFunction("erfc", mp.erfc, {"f32": (-100, 9.19), "f64": (-100, 26.5)}, 4, None),
    MathFunction("cbrt", lambda x: mp.sign(x) * mp.cbrt(abs(x)), ALL, 1, np.cbrt),
    MathFunction("rsqrt", lambda x: 1 / mp.sqrt(x), POSITIVE, 1.6, lambda x: 1 / np.sqrt(x)),
]


def log_gamma(x: Any) -> Any:
    """log|gamma(x)|, in enough digits next to its roots."""
    with mp.workprec(240):
        return mp.loggamma(x).real if x > 0 else mp.log(abs(mp.gamma(x)))


# Functions that are no operations of the math dialect.
OTHERS = [
    MathFunction("sqrt", mp.sqrt, POSITIVE, 1, np.sqrt),
    MathFunction("logistic", lambda x: 1 / (1 + mp.exp(-x)), everywhere(87, 708), 4, None),
    MathFunction("erf_inv", mp.erfinv, LAST_BELOW_ONE, 4, None, (-1, 1)),
    MathFunction(
        "lgamma", log_gamma, {"f32": (1e-37, 4e36), "f64": (1e-300, 2.5e305)}, 4, None, (0, 12)
    ),
    MathFunction(
        "digamma", mp.digamma, {"f32": (1e-37, 3.4e38), "f64": (1e-300, 1.79e308)}, 4, None, (0, 12)
    ),
    MathFunction(
        "lgamma",
        log_gamma,
        BETWEEN_POLES,
        4,
        None,
        (-12, 0),
        floor=1,
        title="lgamma, x < 0",
        poles=True,
    ),
    MathFunction(
        "digamma",
        mp.digamma,
        BETWEEN_POLES,
        4,
        None,
        (-12, 0),
        floor=1,
        title="digamma, x < 0",
        poles=True,
    ),
]
TYPES: dict[str, Any] = {"f32": np.float32, "f64": np.float64}


def sample(function: MathFunction, precision: str, count: int, seed: int = 0) -> Array:
    """About `count` arguments from the domain: every exponent, a dense interval and its ends."""
    dtype = TYPES[precision]
    low, high = function.domain[precision]
    random = np.random.default_rng(seed)
    info = np.finfo(dtype)
    exponents = np.arange(info.minexp, info.maxexp)
    exponents = np.repeat(exponents, max(1, count // 4 // len(exponents)))
    wide = np.ldexp(random.uniform(1, 2, exponents.size), exponents)
    # Towards the ends of a bounded domain the distance to them counts.
    ends = (high - low) * np.ldexp(random.uniform(0.5, 1, 200), -np.arange(200) // 3)
    near = np.ldexp(random.uniform(1, 2, count // 4), random.integers(-12, 12, count // 4))
    poles = np.array([])
    if function.poles:
        # The further a pole is from zero, the closer are the roots beside it.
        distances = np.ldexp(random.uniform(1, 2, count), random.integers(-50, -1, count))
        poles = distances * random.choice([-1, 1], count) - random.integers(0, 25, count)
    values = np.concatenate(
        [
            wide,
            -wide,
            poles,
            near * random.choice([-1, 1], near.size),
            random.uniform(max(low, function.dense[0]), min(high, function.dense[1]), count // 4),
            random.uniform(max(low, -1000.0), min(high, 1000.0), count // 4),
            [low, high],
            *([low + ends, high - ends] if high - low < 100 else []),
        ]
    ).astype(dtype)
    values = values[(values >= low) & (values <= high)]
    values = values[np.abs(values) >= info.smallest_normal]
    if function.poles:
        values = values[values != np.floor(values)]
    kept: Array = values
    return kept


def ulp_errors(got: Array, exact: list[Any], floor: float = 0.0) -> npt.NDArray[np.float64]:
    """Distance of each number to the exact one, in ULP of the latter or of `floor`."""
    info = np.finfo(got.dtype)
    errors = np.empty(len(exact))
    for i, value in enumerate(exact):
        number = got[i].item()
        if abs(value) < info.smallest_normal and number == 0:
            errors[i] = 0
            continue
        if not np.isfinite(number):
            errors[i] = np.inf
            continue
        _, exponent = mp.frexp(max(abs(value), floor))
        unit = mp.ldexp(1, max(exponent - 1, int(info.minexp)) - int(info.nmant))
        errors[i] = float(abs(mpf(number) - value) / unit)
    return errors


def exact_values(reference: Reference, *arguments: Array) -> list[Any]:
    """The reference in enough precision for float64."""
    with mp.workprec(120):
        return [reference(*map(mpf, map(float, row))) for row in zip(*arguments, strict=True)]


def power_samples(precision: str, count: int, seed: int = 1) -> tuple[Array, Array]:
    """Bases of every size with exponents that keep the power within the range of normal numbers."""
    dtype = TYPES[precision]
    info = np.finfo(dtype)
    random = np.random.default_rng(seed)
    x = np.ldexp(random.uniform(1, 2, count), random.integers(info.minexp, info.maxexp, count))
    x[: count // 2] = random.uniform(0.25, 4, count // 2)
    x[: count // 4] = 1 + random.uniform(-1, 1, count // 4) * 2.0 ** random.uniform(
        -info.nmant, -1, count // 4
    )
    x = x.astype(dtype)
    logs = np.log2(x.astype(np.float64))
    logs[logs == 0] = 1
    y = (random.uniform(info.minexp + 1, info.maxexp - 1, count) / logs).astype(dtype)
    keep = np.isfinite(y) & (np.abs(logs * y) < info.maxexp - 2)
    return x[keep], y[keep]


def angle_samples(precision: str, count: int, seed: int = 3) -> tuple[Array, Array]:
    """Ordinates and abscissas in all quadrants, their quotients of every size."""
    dtype = TYPES[precision]
    random = np.random.default_rng(seed)
    span = 60 if precision == "f32" else 500
    x, y = (
        (
            np.ldexp(random.uniform(1, 2, count), random.integers(-span, span, count))
            * random.choice([-1, 1], count)
        ).astype(dtype)
        for _ in range(2)
    )
    y[: count // 2] = (x[: count // 2] * random.uniform(-4, 4, count // 2)).astype(dtype)
    return y, x


# The exponents are attributes of the operations, not numbers.
EXPONENTS = (2, 3, 4, 5, 7, 12, 31, -1, -2, -3, -4, -9, -30)


def integer_power_samples(precision: str, count: int, seed: int = 6) -> tuple[Array, Array]:
    """For each exponent bases of every size whose powers are normal numbers."""
    dtype = TYPES[precision]
    info = np.finfo(dtype)
    random = np.random.default_rng(seed)
    rows = []
    for n in EXPONENTS:
        ends = sorted([(info.minexp + 1) / n, (info.maxexp - 1) / n])
        size = count // len(EXPONENTS)
        x = np.exp2(random.uniform(max(ends[0], info.minexp + 1), ends[1], size))
        x[::2] = random.uniform(0.7, 1.4, size)[::2]
        rows.append((x * random.choice([-1, 1], size)).astype(dtype))
    return np.concatenate(rows), np.repeat(np.array(EXPONENTS, dtype), len(rows[0]))


def integer_powers(x: Any, exponents: Any) -> Any:
    """Each part of x to the power of its exponent."""
    size = len(x) // len(EXPONENTS)
    parts = [
        primitives.integer_pow(x[i * size : (i + 1) * size], n) for i, n in enumerate(EXPONENTS)
    ]
    return primitives.concatenate(parts, 0)


def division_samples(precision: str, count: int, seed: int = 7) -> tuple[Array, Array]:
    """Dividends and divisors of every size and sign, half of them with quotients of a few bits."""
    dtype = TYPES[precision]
    info = np.finfo(dtype)
    random = np.random.default_rng(seed)
    # A remainder below the range of normal numbers would be zero.
    least = info.minexp + info.nmant + 2
    exponents = random.integers(least, info.maxexp, (2, count))
    exponents[1, : count // 2] = exponents[0, : count // 2] - random.integers(0, 60, count // 2)
    exponents = np.maximum(exponents, least)
    signs = random.choice([-1, 1], (2, count))
    x, y = np.ldexp(signs * random.uniform(1, 2, (2, count)), exponents).astype(dtype)
    with np.errstate(over="ignore"):
        keep = np.abs(x / y) < info.max
    return x[keep], y[keep]


def floor_quotient(x: Any, y: Any) -> Any:
    """The quotient towards minus infinity; one may have all the bits of the exponent range."""
    with mp.workprec(2200):
        return mp.floor(x / y)


def floor_remainder(x: Any, y: Any) -> Any:
    """What that quotient leaves."""
    with mp.workprec(2200):
        return x - y * mp.floor(x / y)


# Measuring ------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """A row of the page: a function with its arguments, chosen by precision.

    Attributes:
        name: what the page calls it.
        primitive: the function on traced arrays.
        reference: the exact one.
        arguments: gives the arguments for a precision and their number.
        bound: the largest error that is allowed.
        floor: what errors of smaller results are relative to.
    """

    name: str
    primitive: Callable[..., Any]
    reference: Reference
    arguments: Callable[[str, int], tuple[Array, ...]]
    bound: float
    floor: float = 0.0


def _measured(function: MathFunction) -> Measured:
    primitive = getattr(primitives, function.primitive or function.operation)
    return Measured(
        function.name,
        primitive,
        function.reference,
        lambda precision, count: (sample(function, precision, count),),
        function.bound,
        function.floor,
    )


ROWS = [
    *map(_measured, FUNCTIONS),
    *map(_measured, OTHERS),
    Measured("pow", primitives.pow_, mp.power, power_samples, 1.5),
    Measured("pow, integer", integer_powers, mp.power, integer_power_samples, 2),
    Measured("atan2", primitives.atan2, mp.atan2, angle_samples, 1.6),
    Measured("floor_divide", primitives.floor_div, floor_quotient, division_samples, 1),
    Measured("remainder", primitives.floor_rem, floor_remainder, division_samples, 0.5),
]


def lowered(precision: str, count: int) -> tuple[frontend.Lowered, dict[str, tuple[Array, ...]]]:
    """One program with every row, and about `count` arguments for each."""
    arguments = {row.name: row.arguments(precision, count) for row in ROWS}

    def everything(given: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
        return {row.name: row.primitive(*given[row.name]) for row in ROWS}

    return frontend.jit(everything).lower(arguments), arguments


@cache
def results(precision: str, count: int, target: str) -> dict[str, tuple[tuple[Array, ...], Array]]:
    """Arguments and results of every row."""
    program, arguments = lowered(precision, count)
    computed = program.compile(target)(arguments)
    return {name: (arguments[name], np.asarray(computed[name])) for name in arguments}


def measure(row: Measured, precision: str, count: int = COUNT, target: str = "cpu") -> float:
    """The largest error of a row in ULP."""
    arguments, got = results(precision, count, target)[row.name]
    exact = exact_values(row.reference, *arguments)
    return float(np.max(ulp_errors(got, exact, row.floor)))


# The page -------------------------------------------------------------------

TABLE_LINE = re.compile(r"^\| ([\w, <]+) \| ([\d.]+) \| ([\d.]+) \|$")


def page_rows() -> dict[str, tuple[float, float]]:
    """The errors that the page lists, by the functions' names."""
    lines = map(TABLE_LINE.match, PAGE.read_text(encoding="utf-8").splitlines())
    return {line[1]: (float(line[2]), float(line[3])) for line in lines if line}


def write_page() -> None:
    """Measure every function and replace the rows of the page's table."""
    rows = []
    for row in ROWS:
        measured = [measure(row, precision, PAGE_COUNT) for precision in PRECISIONS]
        errors = [math.ceil(error * 10) / 10 for error in measured]
        rows.append(f"| {row.name} | {errors[0]:.1f} | {errors[1]:.1f} |\n")
    text = PAGE.read_text(encoding="utf-8")
    head = "| function | float32 | float64 |\n|---|---:|---:|\n"
    before, _, rest = text.partition(head)
    after = "".join(line for line in rest.splitlines(keepends=True) if not line.startswith("|"))
    PAGE.write_text(before + head + "".join(rows) + after, encoding="utf-8")


if __name__ == "__main__":
    write_page()
