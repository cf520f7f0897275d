"""The functions that LLVM calls of itself, on a processor that has none of their instructions."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable
from typing import Any

import dispatches
import ml_dtypes
import numpy as np
import pytest

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(0)


def run(types: list[str], value: str, *arrays: Array, declare: str = "") -> Array:
    """The last type's array of what `value` makes of the others (see `elementwise`)."""
    size = arrays[0].size
    source = dispatches.elementwise("f", size, types, value) + declare
    loaded = dispatches.Loaded(dispatches.emit(source, {"f": len(types)}))
    result = np.empty(size, np.dtype(types[-1]))
    loaded.call("f", *arrays, result)
    return result


def numbers(dtype: str, size: int) -> Array:
    """Bit patterns of all kinds, so also subnormal numbers, infinities and NaN."""
    bits = {"float32": np.uint32, "float64": np.uint64}[dtype]
    any_bits = RNG.integers(0, np.iinfo(bits).max, size, bits, endpoint=True).view(dtype)
    near = RNG.normal(size=size) * 2.0 ** RNG.integers(-30, 30, size)
    ties = RNG.integers(-(2**12), 2**12, size) / 2.0 ** RNG.integers(0, 30, size)
    edges = [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        2**-24,
        2**-25,
        -0.5,
        0.5,
        1.5,
        2.5,
        65504,
        65519.99,
    ]
    edges += [65520, 65536, 3.4e38, 3.3961775e38, 2.0**23 - 0.5, 2.0**52 - 0.5, 2.0**52 + 1]
    return np.concatenate([any_bits, *(xs.astype(dtype) for xs in (near, ties, np.array(edges)))])


def same(got: Array, expected: Array) -> None:
    """Equal to the bit, but for which NaN it is."""
    got, expected = np.atleast_1d(got), np.atleast_1d(expected)
    nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(got), nan)
    bits = f"uint{8 * got.itemsize}"
    np.testing.assert_array_equal(got[~nan].view(bits), expected[~nan].view(bits))


@pytest.mark.parametrize("wide", ["float32", "float64"])
def test_float16_widened(wide: str) -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    value = f"  %y = fpext half %x0 to {dispatches.LLVM[wide]}"
    same(run(["float16", wide], value, halves), halves.astype(wide))


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
@pytest.mark.parametrize("narrow", ["float16", "bfloat16"])
@pytest.mark.parametrize("wide", ["float32", "float64"])
def test_narrowed(wide: str, narrow: str) -> None:
    xs = numbers(wide, 20000)
    value = f"  %y = fptrunc {dispatches.LLVM[wide]} %x0 to {dispatches.LLVM[narrow]}"
    got = run([wide, narrow], value, xs)
    if narrow == "float16":
        return same(got, xs.astype(np.float16))
    same(got, to_bfloat16(xs))


def to_bfloat16(xs: Array) -> Array:
    """ml_dtypes rounds float64 to float32 first, here to odd."""
    if xs.dtype == np.float64:
        with np.errstate(over="ignore"):
            near = xs.astype(np.float32)
        beyond, inexact = np.abs(near) > np.abs(xs), (near != xs) & ~np.isnan(xs)
        xs = ((near.view(np.uint32) - beyond) | inexact.astype(np.uint32)).view(np.float32)
    return xs.astype(ml_dtypes.bfloat16)


ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "rint": np.rint,
    "nearbyint": np.rint,
    "roundeven": np.rint,
    "round": lambda x: np.copysign(
        np.trunc(np.abs(x)) + (np.abs(x) - np.trunc(np.abs(x)) >= 0.5), x
    ),
}


@pytest.mark.filterwarnings("ignore:invalid")
@pytest.mark.parametrize("name", ROUNDINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rounding(name: str, dtype: str) -> None:
    xs, kind = numbers(dtype, 3000), dispatches.LLVM[dtype]
    intrinsic = f"call {kind} @llvm.{name}.f{8 * xs.itemsize}({kind}"
    declare = f"declare {intrinsic.removeprefix('call')})\n"
    got = run([dtype] * 2, f"  %y = {intrinsic} %x0)", xs, declare=declare)
    same(got, ROUNDINGS[name](xs))


def triples(dtype: str, size: int) -> list[Array]:
    """Factors and addends, some of them just beside what the product is, or far below it."""
    x, y = numbers(dtype, size), numbers(dtype, size)
    RNG.shuffle(y)
    with np.errstate(all="ignore"):
        near = -(x * y) * (1 + RNG.integers(-2, 3, x.size) * np.finfo(dtype).eps)
        far = x * y * 2.0 ** RNG.integers(-160, 160, x.size)
        zs = [numbers(dtype, size), near.astype(dtype), far.astype(dtype)]
    return [np.tile(x, 3), np.tile(y, 3), np.concatenate(zs)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fma(dtype: str) -> None:
    """Against the C library's, number by number."""
    c = {"float32": ctypes.c_float, "float64": ctypes.c_double}[dtype]
    fma = getattr(ctypes.CDLL("libm.so.6"), {"float32": "fmaf", "float64": "fma"}[dtype])
    fma.argtypes, fma.restype = [c] * 3, c
    x, y, z = triples(dtype, 5000)
    kind = dispatches.LLVM[dtype]
    intrinsic = f"@llvm.fma.f{8 * x.itemsize}({kind}"
    got = run(
        [dtype] * 4,
        f"  %y = call {kind} {intrinsic} %x0, {kind} %x1, {kind} %x2)",
        x, y, z,
        declare=f"declare {kind} {intrinsic}, {kind}, {kind})\n",
    )  # fmt: skip
    expected = [fma(*row) for row in zip(x.tolist(), y.tolist(), z.tolist(), strict=True)]
    same(got, np.array(expected, dtype))


@pytest.mark.filterwarnings("ignore:invalid")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fmod(dtype: str) -> None:
    x, y = numbers(dtype, 5000), numbers(dtype, 5000)
    RNG.shuffle(y)
    kind = dispatches.LLVM[dtype]
    same(run([dtype] * 3, f"  %y = frem {kind} %x0, %x1", x, y), np.fmod(x, y))


MEMORY = """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""
SIZES = [*range(140), 191, 192, 193, 1000, 4096, 65537]


@pytest.fixture(scope="module")
def memory() -> dispatches.Loaded:
    """Entries that are told size, and places or value, by a first binding of int64."""
    values = """  %size = load i64, ptr %b0
  %p1 = getelementptr i64, ptr %b0, i64 1
  %p2 = getelementptr i64, ptr %b0, i64 2
  %v1 = load i64, ptr %p1
  %v2 = load i64, ptr %p2
  %to = getelementptr i8, ptr %b1, i64 %v1
"""
    bodies = {
        "memcpy": "  %from = getelementptr i8, ptr %b2, i64 %v2\n"
        "  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %size, i1 false)",
        "memmove": "  %from = getelementptr i8, ptr %b1, i64 %v2\n"
        "  call void @llvm.memmove.p0.p0.i64(ptr %to, ptr %from, i64 %size, i1 false)",
        "memset": "  %value = trunc i64 %v2 to i8\n"
        "  call void @llvm.memset.p0.i64(ptr %to, i8 %value, i64 %size, i1 false)",
    }
    source = "".join(
        dispatches.dispatch(name, 3, f"{values}{body}\n  ret i32 0")
        for name, body in bodies.items()
    )
    return dispatches.Loaded(dispatches.emit(source + MEMORY, dict.fromkeys(bodies, 3)))


def test_memory(memory: dispatches.Loaded) -> None:
    places = [(0, 0), (3, 7), (1, 0), (0, 1), (9, 0), (0, 9), (100, 30), (30, 100)]
    for size, (to, start) in itertools.product(SIZES, places):
        data = RNG.integers(0, 256, size + 300, np.uint8)
        other = np.roll(data, 11)
        written = {"memcpy": other[start:], "memmove": data[start:], "memset": np.full(size, start)}
        for name, values in written.items():
            got, expected = data.copy(), data.copy()
            memory.call(name, np.array([size, to, start]), got, other)
            expected[to : to + size] = values[:size]
            np.testing.assert_array_equal(got, expected, f"{name} of {size}, {start} to {to}")


def test_loops_become_calls() -> None:
    source = dispatches.elementwise("f", 5000, ["uint8"], "  %y = add i8 7, 0")
    library = dispatches.emit(source, {"f": 1})
    assert "memset" in library.assembly()
    got = np.zeros(5001, np.uint8)
    dispatches.Loaded(library).call("f", got)
    np.testing.assert_array_equal(got, [7] * 5000 + [0])


def test_entries_named_as_what_llvm_calls() -> None:
    """A function named floor is not what LLVM's floor calls, nor itself."""
    xs = numbers("float64", 10)
    value = "  %y = call double @llvm.floor.f64(double %x0)"
    source = dispatches.elementwise("floor", xs.size, ["float64"] * 2, value)
    loaded = dispatches.Loaded(
        dispatches.emit(source + "declare double @llvm.floor.f64(double)", {"floor": 2})
    )
    got = np.empty_like(xs)
    loaded.call("floor", xs, got)
    same(got, np.floor(xs))


def test_nothing_is_linked_in_that_is_not_called() -> None:
    source = dispatches.elementwise("f", 9, ["float32"] * 2, "  %y = fneg float %x0")
    assert b"__truncsfhf2" not in dispatches.emit(source, {"f": 2}).elf
    half = dispatches.elementwise(
        "f", 9, ["float32", "float16"], "  %y = fptrunc float %x0 to half"
    )
    elf = dispatches.emit(half, {"f": 2}).elf
    assert b"__truncsfhf2" in elf
    assert b"__truncdfhf2" not in elf
    assert b"memcpy" not in elf
