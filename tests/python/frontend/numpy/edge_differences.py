"""Where xform.numpy gives other values than NumPy, and why; the source of a page of the docs.

python tests/python/frontend/numpy/edge_differences.py > docs/numpy-differences.md
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Difference(NamedTuple):
    """Results that may differ from NumPy's.

    Attributes:
        functions: their names; none means all.
        dtypes: of the arguments.
        ours: what xform.numpy gives.
        numpys: what NumPy gives.
        reason: why that is so.
        permits: for results in float64, ours and NumPy's, which elements may differ.
    """

    functions: tuple[str, ...]
    dtypes: tuple[str, ...]
    ours: str
    numpys: str
    reason: str
    permits: Callable[[Array, Array], Array]


HALF: Final = ("float16", "bfloat16")
WIDE: Final = ("bfloat16", "float32", "float64")
FLOATS: Final = ("float16", "bfloat16", "float32", "float64")
INTEGERS: Final = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
)  # fmt: skip
SIGNED: Final = INTEGERS[:4]
ALL: Final = ("bool", *FLOATS, *INTEGERS)

# How the page calls them.
SETS: Final = {
    FLOATS: "floats",
    INTEGERS: "integers",
    SIGNED: "signed integers",
    ALL: "all",
}


def everything(ours: Array, numpys: Array) -> Array:
    return np.ones(ours.shape, bool)


def zeros(ours: Array, numpys: Array) -> Array:
    return (ours == 0) & (numpys == 0)


def overflown(ours: Array, numpys: Array) -> Array:
    return ~np.isfinite(ours) | ~np.isfinite(numpys)


DIFFERENCES: Final[list[Difference]] = [
    Difference(
        (), WIDE,
        "numbers below the smallest normal one are read and written as 0", "subnormal numbers",
        "IREE's code for CPUs runs with subnormal numbers flushed to zero, which is faster; "
        "float16 is computed in float32, whose range holds its subnormal numbers",
        lambda ours, numpys: np.zeros(ours.shape, bool),  # the sweep compares so everywhere
    ),
    Difference(
        ("maximum", "minimum", "fmax", "fmin", "max", "min", "nanmax", "nanmin", "amax", "amin",
         "pad", "sort", "quantile", "percentile", "nanquantile", "nanpercentile", "partition"),
        FLOATS,
        "the smaller of 0.0 and -0.0 is either, and sorting keeps their order",
        "either, or another order",
        "the two are equal, and NumPy's own choice depends on the length of the array",
        zeros,
    ),
    Difference(
        ("clip",), FLOATS,
        "a zero at a limit that is the other zero stays what it is", "the limit",
        "the derivative at a limit is 1, so the element is kept",
        zeros,
    ),
    Difference(
        ("dot", "inner", "vdot", "matmul", "matvec", "vecmat", "vecdot", "tensordot", "einsum",
         "cross", "linalg.cross", "linalg.matmul", "linalg.tensordot", "linalg.vecdot",
         "linalg.matrix_power", "linalg.multi_dot", "gradient", "polyval", "polymul", "convolve",
         "correlate", "cov", "kron", "trapezoid"),
        FLOATS,
        "a product that is added is not rounded, and so does not overflow, before",
        "infinity or NaN where the product alone overflows",
        "compiled code multiplies and adds in one instruction",
        overflown,
    ),
    Difference(
        ("nextafter",), ("float16",),
        "after 0.0 towards -0.0 comes the second", "the first",
        "so says C, and so does NumPy for float32 and float64",
        zeros,
    ),
    Difference(
        ("spacing",), ("float16", *(name for name in INTEGERS if name.endswith("int8"))),
        "the distance has the sign of the number, and is infinite behind the largest one",
        "a positive distance, to the next lower number of negative ones, and a finite one",
        "so it is for float32 and float64, in NumPy too; NumPy takes int8 and uint8 for float16",
        everything,
    ),
    Difference(
        ("var", "std", "nanvar", "nanstd", "nanmean", "nanmedian"), ("float16",),
        "computed in float32 and rounded once",
        "computed in float16, of which squares and sums overflow",
        "NumPy's own mean and median are computed in float32, too",
        everything,
    ),
    Difference(
        ("cumsum", "nancumsum", "cumulative_sum", "cumprod", "nancumprod", "cumulative_prod"), HALF,
        "computed in float32, each result rounded once", "each step rounded to 16 bits",
        "so the sum of many ones is not 2048 for ever; NumPy's own sum is computed so, too",
        everything,
    ),
    Difference(
        ("quantile", "percentile", "nanquantile", "nanpercentile"), SIGNED,
        "elements are interpolated in float64",
        "the difference of two elements wraps in their dtype",
        "the quantiles of -128 and 127 lie between the two",
        everything,
    ),
    Difference(
        ("sinc",), ("bfloat16",),
        "pi times x is rounded to bfloat16", "(of float32)",
        "as NumPy does for float16",
        everything,
    ),
    Difference(
        ("linspace",), ALL,
        "a point is its number times the step",
        "if any step of several grids is 0, the number is divided first",
        "a grid does not depend on others beside it; the last digit may differ",
        lambda ours, numpys: np.isclose(ours, numpys, rtol=1e-3, atol=1e-12),
    ),
    Difference(
        ("astype",), FLOATS,
        "floats out of an integer dtype's range become its ends, and NaN becomes 0",
        "what the processor makes of them",
        "C leaves it undefined",
        everything,
    ),
    Difference(
        ("reciprocal",), ("int32", "int64"),
        "0 for 0", "the least integer",
        "C leaves it undefined; an integer // 0 is 0, as in NumPy",
        everything,
    ),
    Difference(
        ("pad",), ("int64", "uint64"),
        "in mode \"mean\", the largest integer where the mean, in float64, is rounded to one more",
        "what the processor makes of it",
        "C leaves it undefined",
        lambda ours, numpys: ours >= 2.0**63,
    ),
    Difference(
        ("linalg.norm",), WIDE,
        "infinity or 0 where the power of an element is subnormal", "a number",
        "subnormal numbers are 0, see above",
        overflown,
    ),
]  # fmt: skip


# By function: what elementwise functions of complex numbers give here, in NumPy, and why. The tests
# of frontend/complex_rules compare with exact values where NumPy has others.
COMPLEX: Final[dict[tuple[str, ...], tuple[str, str, str]]] = {
    ("exp2",): (
        "numbers with all their digits", "three digits less where the exponent is 1000",
        "the power of 2 is computed as one, and not as e^(x log 2)",
    ),
    ("expm1",): (
        "infinity and an imaginary 0 for a real number whose exponential overflows; -1 for -inf",
        "infinity and NaN; NaN where the imaginary part is infinite or NaN",
        "as `exp` in C's Annex G, and in NumPy",
    ),
    ("log1p",): (
        "x for small numbers", "a real part of 0",
        "1 + x is not rounded before its logarithm is taken",
    ),
    ("square", "power"): (
        "a real part of (a - b) (a + b), which is 0 where both parts are equal",
        "-inf or NaN where both squares overflow",
        "digits that a difference of squares loses are kept",
    ),
    ("multiply", "divide"): (
        "a product that is added is not rounded, and so does not overflow, before",
        "the same for other elements",
        "compiled code multiplies and adds in one instruction",
    ),
    ("power", "float_power"): (
        "e^(y log x) for exponents in an array, which is NaN at most infinities",
        "products where such an exponent is an integer from -99 to 99",
        "which exponents are integers is not known while tracing; where the exponent is one "
        "number, it is, and products are taken",
    ),
    ("power",): (
        "`reciprocal(x)` for x to -1, signs of zeros included", "1 / x in `power`, and "
        "`reciprocal(x)` in `**`", "one of both",
    ),
    ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arctanh"): (
        "a zero or infinity of either sign where a part of the number, or of the result, is NaN",
        "one of either sign, by platform",
        "Annex G leaves it open",
    ),
}  # fmt: skip


def page() -> str:
    """The page of the docs."""
    lines = [
        "# Where values differ from NumPy's",
        "",
        "Written by `tests/python/frontend/numpy/edge_differences.py`; `make docs` does so again.",
        "`test_edges.py` beside it calls every function of `xform.numpy` with the ends of each",
        "dtype's range, infinities, NaN, zeros and subnormal numbers in each argument, and with",
        "arrays of one element and none, and compares dtypes and values with NumPy's: these are",
        "all differences it finds, but for the last digits of floating-point results.",
        "",
        "| functions | dtypes | xform.numpy gives | NumPy gives | because |",
        "|---|---|---|---|---|",
    ]
    for row in DIFFERENCES:
        names = ", ".join(f"`{name}`" for name in row.functions) or "all"
        dtypes = SETS.get(row.dtypes, ", ".join(row.dtypes))
        lines.append(f"| {names} | {dtypes} | {row.ours} | {row.numpys} | {row.reason} |")
    lines += [
        "",
        "## Complex numbers",
        "",
        "Branch cuts, signed zeros, infinities and NaN are NumPy's, but for these:",
        "",
        "| functions | xform.numpy gives | NumPy gives | because |",
        "|---|---|---|---|",
    ]
    for functions, (ours, numpys, reason) in COMPLEX.items():
        names = ", ".join(f"`{name}`" for name in functions)
        lines.append(f"| {names} | {ours} | {numpys} | {reason} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
