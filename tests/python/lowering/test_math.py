"""The expansion of mathematical functions: special values, hard arguments, integer powers.

What accuracy.py measures through the whole compiler is left out here. Each function is expanded by
`xform-opt --xform-expand-math`, compiled by IREE for the CPU and run. Errors are measured in units
in the last place (ULP) of the exact result. IREE's CPU workers flush subnormal numbers to zero; a
result below the normal range may therefore be zero.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from accuracy import FUNCTIONS, TYPES, exact_values, power_samples, sample, ulp_errors
from iree import runtime
from iree.compiler import tools
from mpmath import mp, mpf
from xform.compiling.targets import Target

Array = npt.NDArray[Any]

FLAGS = [
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-input-demote-f64-to-f32=false",
]


BY_NAME = {function.operation: function for function in FUNCTIONS}


def expand(text: str, options: str = "") -> str:
    """`text` after the expansion of mathematical functions."""
    beside = Path(sys.executable).parent / "xform-opt"
    program = os.environ.get("XFORM_OPT") or (
        str(beside) if beside.exists() else shutil.which("xform-opt")
    )
    assert program, "xform-opt was not found: set XFORM_OPT or install the package"
    done = subprocess.run(
        [program, f"--xform-expand-math={options}", "--cse"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def elementwise(name: str, types: list[str], result: str, body: list[str]) -> str:
    """A function that applies `body`, on %x, %y giving %r, to each element of its arguments."""
    letters = "xyz"[: len(types)]
    arguments = ", ".join(f"%a{c}: tensor<?x{t}>" for c, t in zip(letters, types, strict=True))
    elements = ", ".join(f"%{c}: {t}" for c, t in zip(letters, types, strict=True))
    maps = ", ".join(["affine_map<(i) -> (i)>"] * (len(types) + 1))
    inputs = ", ".join(f"%a{c}" for c in letters)
    input_types = ", ".join(f"tensor<?x{t}>" for t in types)
    lines = "\n    ".join(body)
    return f"""
func.func @{name}({arguments}) -> tensor<?x{result}> {{
  %zero = arith.constant 0 : index
  %size = tensor.dim %ax, %zero : tensor<?x{types[0]}>
  %empty = tensor.empty(%size) : tensor<?x{result}>
  %out = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel"]}}
      ins({inputs} : {input_types}) outs(%empty : tensor<?x{result}>) {{
  ^bb0({elements}, %old: {result}):
    {lines}
    linalg.yield %r : {result}
  }} -> tensor<?x{result}>
  return %out : tensor<?x{result}>
}}"""


def module_text(t: str) -> str:
    """One function for each operation, on numbers of type `t`."""
    functions = [
        elementwise(f.operation, [t], t, [f"%r = math.{f.operation} %x : {t}"]) for f in FUNCTIONS
    ]
    functions += [
        elementwise("powf", [t, t], t, [f"%r = math.powf %x, %y : {t}"]),
        elementwise("atan2", [t, t], t, [f"%r = math.atan2 %x, %y : {t}"]),
        elementwise("fpowi", [t, "i32"], t, [f"%r = math.fpowi %x, %y : {t}, i32"]),
        elementwise("sine_of_pair", [t], t, [f"%r, %c = math.sincos %x : {t}"]),
        elementwise("cosine_of_pair", [t], t, [f"%s, %r = math.sincos %x : {t}"]),
    ]
    functions += [
        elementwise(
            f"power_{'minus' if n < 0 else ''}{abs(n)}",
            [t],
            t,
            [f"%c = arith.constant {n}.0 : {t}", f"%r = math.powf %x, %c : {t}"],
        )
        for n in range(-4, 5)
    ]
    if t == "f32":
        functions += [
            elementwise(
                f"tanh_{small}",
                ["f32"],
                "f32",
                [
                    f"%n = arith.truncf %x : f32 to {small}",
                    f"%t = math.tanh %n : {small}",
                    f"%r = arith.extf %t : {small} to f32",
                ],
            )
            for small in ("f16", "bf16")
        ]
    return "\n".join(functions)


class Compiled:
    """The functions of one compiled module, called with NumPy arrays."""

    def __init__(self, text: str, options: str = "") -> None:
        binary = tools.compile_str(expand(text, options), extra_args=FLAGS)
        config = runtime.Config("local-sync")
        module = runtime.VmModule.copy_buffer(config.vm_instance, binary)
        self.module = runtime.load_vm_module(module, config)

    def __call__(self, name: str, *arguments: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(self.module[name](*arguments).to_host())


@pytest.fixture(scope="module", params=["f32", "f64"])
def precision(request: pytest.FixtureRequest) -> str:
    """The float type under test."""
    return str(request.param)


_compiled: dict[str, Compiled] = {}


@pytest.fixture(scope="module")
def compiled(precision: str) -> Compiled:
    """All functions in the precision under test."""
    if precision not in _compiled:
        _compiled[precision] = Compiled(module_text(precision))
    return _compiled[precision]


def check(got: Array, exact: list[Any], bound: float, *arguments: Array) -> None:
    """Assert the error bound, and name the worst argument where it is broken."""
    errors = ulp_errors(got, exact)
    worst = int(np.argmax(errors))
    assert errors[worst] <= bound, (
        f"{errors[worst]:.3g} ULP at {[float(a[worst]) for a in arguments]}: "
        f"got {got[worst]}, exact {mp.nstr(exact[worst], 20)}"
    )


@pytest.mark.parametrize("name", [f.operation for f in FUNCTIONS if f.special])
def test_special_values(name: str, precision: str, compiled: Compiled) -> None:
    """Zeros, infinities, NaN, poles and ends of the domain give what NumPy gives, sign included."""
    dtype = TYPES[precision]
    info = np.finfo(dtype)
    x = np.array(
        [
            *[0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, -2.0, 1e3, -1e3, 1e4, -1e4],
            *[info.max, -info.max, info.smallest_normal * 4, -info.smallest_normal * 4],
        ],
        dtype,
    )
    special = BY_NAME[name].special
    assert special is not None
    with np.errstate(all="ignore"):
        expected = special(x.astype(np.longdouble)).astype(dtype)
    got = compiled(name, x)
    np.testing.assert_allclose(got, expected, rtol=8 * info.eps, atol=info.smallest_normal)
    zeros = (x == 0) & ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(expected[zeros]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("erf", [0.0, -0.0, 1.0, -1.0]), ("erfc", [1.0, 1.0, 0.0, 2.0])],
)
def test_error_function_limits(
    name: str, expected: list[float], precision: str, compiled: Compiled
) -> None:
    """The limits of erf and erfc, and NaN."""
    dtype = TYPES[precision]
    got = compiled(name, np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype))
    np.testing.assert_array_equal(got, np.array([*expected, np.nan], dtype))
    assert np.signbit(got[1]) == np.signbit(expected[1])


def test_subnormal_arguments_of_logarithms(precision: str, compiled: Compiled) -> None:
    """Logarithms read subnormal numbers from their bits, though the processor flushes them."""
    dtype = TYPES[precision]
    info = np.finfo(dtype)
    x = np.array([info.smallest_subnormal, info.smallest_normal / 3], dtype)
    for name in ("log", "log2", "log10"):
        check(compiled(name, x), exact_values(BY_NAME[name].reference, x), 1.2, x)


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_large_angles(name: str, precision: str, compiled: Compiled) -> None:
    """Arguments that come closest to a multiple of pi/2, and the largest numbers there are."""
    dtype = TYPES[precision]
    hard = [6381956970095103.0 * 2.0**797, 1e300, 1e22, np.pi, np.pi / 2, 355.0, 1e15, 1.79e308]
    if precision == "f32":
        hard = [16367173.0 * 2.0**72, 3e38, 1e10, 1e5, np.pi, np.pi / 2, 16777215.0, 11.0]
    multiples = np.arange(1, 2000) * (np.pi / 4)
    x = np.concatenate([hard, multiples, multiples * 2.0**40]).astype(dtype)
    check(compiled(name, x), exact_values(BY_NAME[name].reference, x), 2.0, x)


def test_sine_and_cosine_together(precision: str, compiled: Compiled) -> None:
    """math.sincos gives what math.sin and math.cos give."""
    x = sample(BY_NAME["sin"], precision, 400)
    np.testing.assert_array_equal(compiled("sine_of_pair", x), compiled("sin", x))
    np.testing.assert_array_equal(compiled("cosine_of_pair", x), compiled("cos", x))


def test_power(precision: str, compiled: Compiled) -> None:
    """Powers of positive numbers, results from the smallest to the largest."""
    x, y = power_samples(precision, 4000)
    check(compiled("powf", x, y), exact_values(mp.power, x, y), 1.5, x, y)


def test_power_special_cases(precision: str, compiled: Compiled) -> None:
    """All of C99's special cases, signs included."""
    dtype = TYPES[precision]
    values = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 2.5, -2.5, np.inf, -np.inf]
    values += [np.nan, 1e30, -1e30, 16777216.0, -16777217.0, 1e-30, -1e-30]
    grid = np.array([(a, b) for a in values for b in values], dtype)
    x, y = np.ascontiguousarray(grid[:, 0]), np.ascontiguousarray(grid[:, 1])
    with np.errstate(all="ignore"):
        expected = np.power(x.astype(np.float64), y.astype(np.float64)).astype(dtype)
    got = compiled("powf", x, y)
    tiny = np.finfo(dtype).smallest_normal
    np.testing.assert_allclose(got, expected, rtol=8 * np.finfo(dtype).eps, atol=tiny)
    definite = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got)[definite], np.signbit(expected)[definite])


@pytest.mark.parametrize("exponent", range(-4, 5))
def test_small_constant_power(exponent: int, precision: str, compiled: Compiled) -> None:
    """Small constant exponents become multiplications, negative bases included."""
    dtype = TYPES[precision]
    x = np.concatenate([-np.logspace(-5, 5, 200), np.logspace(-5, 5, 200)]).astype(dtype)
    name = f"power_{'minus' if exponent < 0 else ''}{abs(exponent)}"
    exact = exact_values(lambda v: mp.power(v, exponent), x)
    check(compiled(name, x), exact, 2.1, x)


def test_integer_power(precision: str, compiled: Compiled) -> None:
    """Integer exponents, also those that a float cannot hold."""
    dtype = TYPES[precision]
    random = np.random.default_rng(2)
    n = random.integers(-60, 60, 500).astype(np.int32)
    x = (random.uniform(0.3, 3, 500) * random.choice([-1, 1], 500)).astype(dtype)
    large = np.array([16777217, -16777219, 2**31 - 1, -(2**31), 2**30 + 1], np.int32)
    step = dtype(1 + 2.0**-23)
    n = np.concatenate([n, large, large, [0, 0, 0, 3, -3, 3]]).astype(np.int32)
    specials = np.array([0, np.nan, -np.inf, -np.inf, -0.0, -0.0], dtype)
    x = np.concatenate([x, np.full(5, step / 1), np.full(5, -step), specials]).astype(dtype)
    got = compiled("fpowi", x, n)
    count = x.size - 6
    exact = exact_values(lambda v, k: mp.power(v, int(k)), x[:count], n[:count])
    limit = mpf(float(np.finfo(dtype).max))
    inside = [i for i, v in enumerate(exact) if abs(v) < limit]
    check(got[inside], [exact[i] for i in inside], 2.0, x[inside], n[inside])
    np.testing.assert_array_equal(got[count:], [1, 1, 1, -np.inf, -np.inf, 0])


def test_atan2(precision: str, compiled: Compiled) -> None:
    """Quotients of every size in all quadrants."""
    dtype = TYPES[precision]
    random = np.random.default_rng(3)
    span = 60 if precision == "f32" else 500
    x, y = (
        (
            np.ldexp(random.uniform(1, 2, 3000), random.integers(-span, span, 3000))
            * random.choice([-1, 1], 3000)
        ).astype(dtype)
        for _ in range(2)
    )
    y[:1500] = (x[:1500] * random.uniform(-4, 4, 1500)).astype(dtype)
    check(compiled("atan2", y, x), exact_values(mp.atan2, y, x), 1.6, y, x)


def test_atan2_special_cases(precision: str, compiled: Compiled) -> None:
    """Zeros of either sign, infinities and NaN."""
    dtype = TYPES[precision]
    values = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan]
    grid = np.array([(a, b) for a in values for b in values], dtype)
    y, x = np.ascontiguousarray(grid[:, 0]), np.ascontiguousarray(grid[:, 1])
    expected = np.arctan2(y, x)
    got = compiled("atan2", y, x)
    np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)
    definite = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got)[definite], np.signbit(expected)[definite])


@pytest.mark.parametrize(("name", "digits"), [("f16", 11), ("bf16", 8)])
def test_half_precision(name: str, digits: int) -> None:
    """float16 and bfloat16 are computed in float32 and rounded once."""
    if "f32" not in _compiled:
        _compiled["f32"] = Compiled(module_text("f32"))
    x = np.linspace(-4, 4, 801, dtype=np.float32)
    if name == "f16":
        x = x.astype(np.float16).astype(np.float32)
    else:
        x = (x.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    got = _compiled["f32"](f"tanh_{name}", x)
    np.testing.assert_allclose(got, np.tanh(x.astype(np.float64)), rtol=2.0**-digits, atol=1e-7)


@pytest.mark.parametrize("fused", [False, *[True] * ("fma" in Target("cpu").cpu_features)])
def test_remainder_is_exact(precision: str, fused: bool) -> None:
    """Of all quotients, near the largest and the smallest numbers, and of what is no number."""
    dtype = TYPES[precision]
    info = np.finfo(dtype)
    random = np.random.default_rng(5)
    width = np.uint32 if dtype == np.float32 else np.uint64
    n = 100_000
    x, y = random.integers(0, np.iinfo(width).max, (2, n), dtype=width).view(dtype)
    with np.errstate(invalid="ignore"):
        near = (x * random.uniform(-1, 1, n)).astype(dtype)
        some = (x * np.exp2(-random.integers(0, 60, n))).astype(dtype)
    top = (info.max * random.uniform(0.5, 1, n)).astype(dtype)
    low = (info.smallest_normal * random.uniform(1, 100, (2, n))).astype(dtype)
    odd = [0.0, -0.0, 1.0, -3.0, np.inf, -np.inf, np.nan, info.max, -info.smallest_normal]
    grid = np.array([(a, b) for a in odd for b in odd], dtype).T
    pairs = [(x, y), (x, near), (x, some), (top, y), (top, near), low, (top, top[::-1]), grid]
    dividend, divisor = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    # The processor takes subnormal numbers for zeros.
    keep = [(a == 0) | ~(np.abs(a) < info.smallest_normal) for a in (dividend, divisor)]
    dividend, divisor = dividend[keep[0] & keep[1]], divisor[keep[0] & keep[1]]

    text = elementwise("rem", [precision] * 2, precision, [f"%r = arith.remf %x, %y : {precision}"])
    got = Compiled(text, f"fused-multiply-add={str(fused).lower()}")("rem", dividend, divisor)
    with np.errstate(all="ignore"):
        expected = np.fmod(dividend, divisor)
    expected[np.abs(expected) < info.smallest_normal] *= 0
    np.testing.assert_array_equal(got, expected)
    defined = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got[defined]), np.signbit(expected[defined]))
