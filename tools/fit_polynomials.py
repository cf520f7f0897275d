"""Compute the numbers of lowering/math/Polynomials.h.

Every elementary function that the compiler expands is an exact argument reduction followed by a
polynomial on a short interval. This program computes those polynomials with the Remez exchange
algorithm in multiple precision (mpmath), beside them the constants that the reductions need in more
than one part, and prints the C++ header that holds both:

    python tools/fit_polynomials.py | clang-format > lowering/math/Polynomials.h

Each entry states the function that is approximated, the interval, the weight that turns the error
of the polynomial into the error of the final result, and one degree for each of float32 and
float64.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mpmath import mp, mpf

mp.prec = 260

Function = Callable[[mpf], mpf]


@dataclass(frozen=True)
class Fit:
    """One polynomial to fit.

    Attributes:
        name: the C++ name of the table.
        meaning: the identity in which the polynomial stands, for the comment above the table.
        target: the function that the polynomial approximates.
        weight: factor from the polynomial's error to the relative error of the result.
        low: left end of the interval, for float32 and float64.
        high: right end of the interval, for float32 and float64.
        degree: degree of the polynomial, for float32 and float64.
    """

    name: str
    meaning: str
    target: Function
    weight: Function
    low: tuple[mpf, mpf]
    high: tuple[mpf, mpf]
    degree: tuple[int, int]


def evaluate(coefficients: Sequence[mpf], x: mpf) -> mpf:
    """Value at `x` of the polynomial whose coefficients are given from degree zero upwards."""
    result = mpf(0)
    for coefficient in reversed(coefficients):
        result = result * x + coefficient
    return result


def remez(
    target: Function, weight: Function, low: mpf, high: mpf, degree: int
) -> tuple[list[mpf], mpf]:
    """Weighted minimax polynomial on [low, high].

    Returns:
        The coefficients, from degree zero upwards, and the largest weighted error.

    Example:
        >>> coefficients, error = remez(mp.exp, lambda x: mpf(1), mpf(-1), mpf(1), 3)
        >>> float(error) < 6e-3
        True
    """
    middle, half = (low + high) / 2, (high - low) / 2
    count = 40 * (degree + 2)
    grid = [middle - half * mp.cos(mp.pi * (i + mpf(1) / 2) / count) for i in range(count)]
    values = [target(x) for x in grid]
    weights = [weight(x) for x in grid]
    reference = [
        round((1 - mp.cos(mp.pi * i / (degree + 1))) / 2 * (count - 1)) for i in range(degree + 2)
    ]
    coefficients: list[mpf] = []
    worst = mpf(0)
    for _ in range(30):
        # Powers of the scaled variable keep the linear system well conditioned.
        system = mp.matrix(degree + 2, degree + 2)
        right = mp.matrix(degree + 2, 1)
        for row, index in enumerate(reference):
            scaled = (grid[index] - middle) / half
            for column in range(degree + 1):
                system[row, column] = scaled**column * weights[index]
            system[row, degree + 1] = mpf(-1) ** row
            right[row] = values[index] * weights[index]
        solution = mp.lu_solve(system, right)
        scaled_coefficients = [solution[i] for i in range(degree + 1)]
        levelled = abs(solution[degree + 1])
        errors = [
            (evaluate(scaled_coefficients, (x - middle) / half) - value) * factor
            for x, value, factor in zip(grid, values, weights, strict=True)
        ]
        worst = max(abs(error) for error in errors)
        coefficients = unscale(scaled_coefficients, middle, half)
        if worst <= levelled * mpf("1.001"):
            break
        reference = alternating_extrema(errors, degree + 2)
    return coefficients, worst


def unscale(coefficients: Sequence[mpf], middle: mpf, half: mpf) -> list[mpf]:
    """Coefficients in x of a polynomial given in (x - middle) / half."""
    result: list[mpf] = [mpf(0)]
    for coefficient in reversed(coefficients):
        shifted = [mpf(0), *[c / half for c in result]]
        for power, value in enumerate(result):
            shifted[power] -= value * middle / half
        shifted[0] += coefficient
        result = shifted
    return result[: len(coefficients)]


def alternating_extrema(errors: Sequence[mpf], wanted: int) -> list[int]:
    """Indices of `wanted` extrema of alternating sign, the largest ones where there are more."""
    extrema: list[int] = []
    for index, error in enumerate(errors):
        if extrema and (errors[extrema[-1]] > 0) == (error > 0):
            if abs(error) > abs(errors[extrema[-1]]):
                extrema[-1] = index
        else:
            extrema.append(index)
    while len(extrema) > wanted:
        if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]):
            extrema.pop(0)
        else:
            extrema.pop()
    if len(extrema) < wanted:
        raise ArithmeticError(f"expected {wanted} alternating extrema, found {len(extrema)}")
    return extrema


def series(function: Function, remainder: Function) -> Function:
    """`function`, except close to zero, where cancellation asks for its Taylor `remainder`."""
    return lambda x: remainder(x) if abs(x) < mpf(2) ** -60 else function(x)


def pair(value: mpf) -> tuple[mpf, mpf]:
    """The same interval end for both precisions."""
    return (value, value)


def factor_fit(
    name: str,
    meaning: str,
    target: Function,
    low: tuple[mpf, mpf],
    high: tuple[mpf, mpf],
    degree: tuple[int, int],
) -> Fit:
    """A fit of a factor of the result, whose relative error is that of the result."""
    return Fit(name, meaning, target, lambda x: 1 / target(x), low, high, degree)


def odd_fit(
    name: str,
    meaning: str,
    function: Function,
    remainder: Function,
    end: mpf,
    degree: tuple[int, int],
) -> Fit:
    """A fit of p in x + x z p(z), z = x^2 <= end, an odd `function` with slope 1 at 0.

    `remainder` is the Taylor series of p.
    """

    def target(z: mpf) -> mpf:
        x = mp.sqrt(z)
        return (function(x) / x - 1) / z

    return Fit(
        name, meaning, series(target, remainder), lambda z: z, pair(mpf(0)), pair(end), degree
    )


def atanh_tail(z: mpf) -> mpf:
    """(2 atanh(s) / s - 2) / z where z = s squared."""
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) / s - 2) / z


def scaled_erfc(t: mpf, centre: int) -> mpf:
    """(a + centre) exp(a^2) erfc(a) where t = (a - centre) / (a + centre)."""
    a = centre * (1 + t) / (1 - t)
    return (a + centre) * mp.exp(a * a) * mp.erfc(a)


def mapped(a: str, centre: int) -> mpf:
    """(a - centre) / (a + centre)."""
    return (mpf(a) - centre) / (mpf(a) + centre)


HALF_LN2 = mp.ln2 / 2 * mpf("1.001")
MAX_S2 = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.001")
QUARTER_PI2 = (mp.pi / 4) ** 2 * mpf("1.001")
ATAN_END2 = mpf("0.4375") ** 2 * mpf("1.001")
ERFC_CENTRE = 2

FITS = [
    Fit(
        "kExpTail",
        "exp(r) = 1 + r + r^2 p(r), |r| <= ln(2)/2",
        series(lambda r: (mp.expm1(r) - r) / r**2, lambda r: mpf(1) / 2 + r / 6),
        lambda r: r**2 * mp.exp(-r),
        pair(-HALF_LN2),
        pair(HALF_LN2),
        (4, 9),
    ),
    Fit(
        "kExpm1Tail",
        "exp(r) - 1 = r + r^2 p(r), |r| <= ln(2)/2",
        series(lambda r: (mp.expm1(r) - r) / r**2, lambda r: mpf(1) / 2 + r / 6),
        lambda r: abs(r),
        pair(-HALF_LN2),
        pair(HALF_LN2),
        (5, 10),
    ),
    Fit(
        "kLogTail",
        "log((1+s)/(1-s)) = 2s + s z p(z), z = s^2, |s| <= 3 - 2 sqrt(2)",
        series(atanh_tail, lambda z: mpf(2) / 3 + z * 2 / 5),
        lambda z: z / 2,
        pair(mpf(0)),
        pair(MAX_S2),
        (2, 6),
    ),
    Fit(
        "kPowLogTail",
        "log((1+s)/(1-s)) = 2s + s z (2/3 + z p(z)), z = s^2, |s| <= 3 - 2 sqrt(2)",
        series(lambda z: (atanh_tail(z) - mpf(2) / 3) / z, lambda z: mpf(2) / 5 + z * 2 / 7),
        lambda z: z**2 / 2,
        pair(mpf(0)),
        pair(MAX_S2),
        (2, 7),
    ),
    odd_fit(
        "kSinTail",
        "sin(r) = r + r z p(z), z = r^2, |r| <= pi/4",
        mp.sin,
        lambda z: mpf(-1) / 6 + z / 120,
        QUARTER_PI2,
        (2, 5),
    ),
    Fit(
        "kCosTail",
        "cos(r) = 1 - z/2 + z^2 p(z), z = r^2, |r| <= pi/4",
        series(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, lambda z: mpf(1) / 24 - z / 720),
        lambda z: z**2,
        pair(mpf(0)),
        pair(QUARTER_PI2),
        (2, 5),
    ),
    odd_fit(
        "kAsinTail",
        "asin(x) = x + x z p(z), z = x^2, |x| <= 1/2",
        mp.asin,
        lambda z: mpf(1) / 6 + z * 3 / 40,
        mpf("0.25025"),
        (4, 12),
    ),
    odd_fit(
        "kAtanTail",
        "atan(t) = t + t z p(z), z = t^2, |t| <= 7/16",
        mp.atan,
        lambda z: mpf(-1) / 3 + z / 5,
        ATAN_END2,
        (4, 10),
    ),
    odd_fit(
        "kSinhTail",
        "sinh(x) = x + x z p(z), z = x^2, |x| <= 1",
        mp.sinh,
        lambda z: mpf(1) / 6,
        mpf("1.001"),
        (3, 6),
    ),
    odd_fit(
        "kTanhTail",
        "tanh(x) = x + x z p(z), z = x^2, |x| <= 5/8",
        mp.tanh,
        lambda z: mpf(-1) / 3,
        mpf("0.625") ** 2 * mpf("1.001"),
        (4, 11),
    ),
    Fit(
        "kErfTail",
        "erf(x) = x + x p(z), z = x^2, |x| <= 1",
        lambda z: (
            mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1
            if z > mpf(2) ** -120
            else 2 / mp.sqrt(mp.pi) * (1 - z / 3) - 1
        ),
        lambda z: mpf(1),
        pair(mpf(0)),
        pair(mpf("1.001")),
        (6, 11),
    ),
    factor_fit(
        "kErfcScaled",
        f"erfc(a) = exp(-a^2) p(t) / (a + {ERFC_CENTRE}), "
        f"t = (a - {ERFC_CENTRE}) / (a + {ERFC_CENTRE}), 0 <= a",
        lambda t: scaled_erfc(t, ERFC_CENTRE),
        pair(mpf("-1.0001")),
        (mapped("10.2", ERFC_CENTRE), mapped("27.3", ERFC_CENTRE)),
        (10, 25),
    ),
    Fit(
        "kCbrtCorrection",
        "cbrt(x) = t p(t^3 / x), where the estimate t is off by at most 4 percent",
        lambda u: u ** (mpf(-1) / 3),
        lambda u: u ** (mpf(1) / 3),
        pair(mpf("0.88")),
        pair(mpf("1.12")),
        (3, 4),
    ),
]


@dataclass(frozen=True)
class Split:
    """A constant in two parts.

    Attributes:
        name: the C++ name of the constant.
        meaning: what it is, for the comment.
        value: the constant.
        bits: mantissa bits of the first part, for float32 and float64.
    """

    name: str
    meaning: str
    value: mpf
    bits: tuple[int, int]


HALF_BITS = (12, 26)
FULL_BITS = (24, 53)

SPLITS = [
    Split("kLn2", "ln(2); the first part times an exponent is exact", mp.ln2, (15, 32)),
    Split("kLog2E", "1/ln(2)", 1 / mp.ln2, HALF_BITS),
    Split("kLog10E", "1/ln(10)", 1 / mp.ln(10), HALF_BITS),
    Split("kLog10Of2", "ln(2)/ln(10)", mp.log10(2), HALF_BITS),
    Split("kTwoThirds", "2/3", mpf(2) / 3, HALF_BITS),
    Split("kHalfPi", "pi/2", mp.pi / 2, HALF_BITS),
    Split("kHalfPiFull", "pi/2", mp.pi / 2, FULL_BITS),
    Split("kPiFull", "pi", mp.pi, FULL_BITS),
    Split("kAtanHalf", "atan(1/2)", mp.atan(mpf(1) / 2), FULL_BITS),
    Split("kAtanOne", "atan(1)", mp.atan(1), FULL_BITS),
    Split("kAtanThreeHalves", "atan(3/2)", mp.atan(mpf(3) / 2), FULL_BITS),
]


def leading(value: mpf, bits: int, nearest: bool) -> mpf:
    """The first `bits` mantissa bits of a positive number."""
    unit = mpf(2) ** (mp.floor(mp.log(value, 2)) - bits + 1)
    return (mp.nint(value / unit) if nearest else mp.floor(value / unit)) * unit


def print_split(split: Split) -> None:
    """Print one constant in two parts for each precision."""
    rows: list[str] = []
    for precision, single in enumerate((True, False)):
        bits = split.bits[precision]
        first = leading(split.value, bits, nearest=bits == FULL_BITS[precision])
        rows.append(f"{{{rounded(first, single)}, {rounded(split.value - first, single)}}}")
    print(f"/// {split.meaning}.")
    print(f"inline constexpr SplitConstant {split.name} = {{\n    {rows[0]},\n    {rows[1]}}};\n")


def print_two_over_pi(name: str, ctype: str, width: int, words: int, zeros: int) -> None:
    """Print the binary digits of 2/pi behind `zeros` zeros, as words of `width` bits."""
    with mp.workprec(width * words + 64):
        digits = int(mp.floor(2 / mp.pi * mpf(2) ** (width * words - zeros)))
    mask = 2**width - 1
    literals = [
        f"0x{digits >> (width * (words - 1 - i)) & mask:0{width // 4}x}" for i in range(words)
    ]
    print(f"/// {zeros} zeros and the binary digits of 2/pi, {width} a word.")
    rows = ",\n    ".join(", ".join(literals[i : i + 3]) for i in range(0, words, 3))
    print(f"inline constexpr {ctype} {name}[] = {{\n    {rows}}};\n")


def rounded(value: mpf, single: bool) -> str:
    """C++ hexadecimal literal of `value` rounded to float32 or float64."""
    number = float(value)
    if single:
        number = struct.unpack("f", struct.pack("f", number))[0]
    mantissa, exponent = number.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}"


def braced(literals: Sequence[str]) -> str:
    """A C++ initialiser, three literals a line."""
    rows = [", ".join(literals[i : i + 3]) for i in range(0, len(literals), 3)]
    return "{" + ",\n     ".join(rows) + "}"


def print_table(fit: Fit) -> None:
    """Print one polynomial as a C++ constant."""
    tables: list[str] = []
    bounds: list[str] = []
    for precision, single in enumerate((True, False)):
        coefficients, error = remez(
            fit.target, fit.weight, fit.low[precision], fit.high[precision], fit.degree[precision]
        )
        bounds.append(f"2^{mp.nstr(mp.log(error, 2), 4)}")
        tables.append(braced([rounded(c, single) for c in coefficients]))
    print(f"/// {fit.meaning}.")
    print(f"/// Relative error of the result: float32 {bounds[0]}, float64 {bounds[1]}.")
    print(f"inline constexpr Polynomial {fit.name} = {{\n    {tables[0]},\n    {tables[1]}}};\n")
    print(f"{fit.name}: {', '.join(bounds)}", file=sys.stderr)


@contextmanager
def header(name: str, about: str, tool: str, include: str) -> Iterator[None]:
    """Print a C++ header around what is printed inside: its title, its guard, its namespace."""
    guard = f"XFORM_LOWERING_MATH_{name.upper()}_H"
    print(f"//===- {name}.h - {about} ".ljust(63, "-") + "*- C++ -*-===//")
    print(f"//\n// Written by tools/{tool} (Remez exchange in multiple precision).")
    print("// Coefficients stand from degree zero upwards, float32 first.\n//")
    print("//===" + "-" * 70 + "===//\n")
    print(f"#ifndef {guard}\n#define {guard}\n")
    print(f"#include {include}\n")
    print("namespace xform::elementary {\n")
    yield
    print("} // namespace xform::elementary\n")
    print(f"#endif // {guard}")


def main() -> None:
    """Print the header."""
    with header("Polynomials", "polynomials and constants", "fit_polynomials.py", "<cstdint>"):
        print("/// Coefficients for both precisions; unused places at the end are zero.")
        print("struct Polynomial {\n  double single[12];\n  double full[26];\n};\n")
        print("/// A constant as the sum of two numbers, for both precisions.")
        print("struct SplitConstant {\n  double single[2];\n  double full[2];\n};\n")
        for fit in FITS:
            print_table(fit)
        for split in SPLITS:
            print_split(split)
        print_two_over_pi("kTwoOverPi32", "uint32_t", 32, 7, 26)
        print_two_over_pi("kTwoOverPi64", "uint64_t", 64, 19, 55)


if __name__ == "__main__":
    main()
