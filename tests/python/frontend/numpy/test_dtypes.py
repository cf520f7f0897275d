"""The dtypes of results are NumPy's: for every dtype, every pair, and beside Python numbers."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend

DTYPES = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
]  # fmt: skip
NUMBERS = (True, 2, 2.5, 2.5j)
MASK = np.ones(2, bool)

Function = Callable[..., Any]

UNARY: dict[str, Function] = {
    **{
        f.__name__: f
        for f in (
            np.sum, np.prod, np.mean, np.var, np.std, np.max, np.min, np.ptp, np.cumsum,
            np.cumprod, np.any, np.argmax, np.count_nonzero, np.average, np.nansum, np.nanprod,
            np.nanmean, np.nanvar, np.nanmax, np.nanargmax, np.round, np.diff, np.cumulative_sum,
            np.nan_to_num, np.real, np.imag, np.angle, np.fix, np.diag, np.zeros_like, np.cov,
            np.corrcoef, np.isreal, np.isposinf,
        )
    },
    "mean dtype": lambda x: np.mean(x, dtype=np.float32),
    "sum dtype": lambda x: np.sum(x, dtype=np.int32),
    "tril": lambda x: np.tril(x),
    "pad": lambda x: np.pad(x, 1),
    "pad mean": lambda x: np.pad(x, 1, "mean"),
    "pad ramp": lambda x: np.pad(x, 1, "linear_ramp"),
    "repeat": lambda x: np.repeat(x, 2),
    "linspace int": lambda x: np.linspace(x, x, 3, dtype=int),
    "trace": lambda x: np.trace(np.stack([x, x])),
    "einsum sum": lambda x: np.einsum("i->", x),
    "add.reduce": lambda x: np.add.reduce(x),
    "resize": lambda x: np.resize(x, 3),
}  # fmt: skip

BINARY: dict[str, Function] = {
    "result_type": lambda x, y: np.result_type(x, y),
    "where": lambda x, y: np.where(MASK, x, y),
    "select": lambda x, y: np.select([MASK], [x], y),
    "concatenate": lambda x, y: np.concatenate([x, y]),
    "stack": lambda x, y: np.stack([x, y]),
    "block": lambda x, y: np.block([x, y]),
    "append": lambda x, y: np.append(x, y),
    "clip": lambda x, y: np.clip(x, y, None),
    "full_like": lambda x, y: np.full_like(x, y),
    "linspace": lambda x, y: np.linspace(x, y, 3),
    "logspace": lambda x, y: np.logspace(x, y, 3),
    "geomspace": lambda x, y: np.geomspace(x, y, 3),
    "matmul": lambda x, y: x @ y,
    "einsum": lambda x, y: np.einsum("i,i->", x, y),
    "average": lambda x, y: np.average(x, weights=y),
    "diff": lambda x, y: np.diff(x, append=y),
    "cov": lambda x, y: np.cov(x, y),
    "isin": lambda x, y: np.isin(x, y),
}

# Of an array and a Python number.
WEAK: dict[str, Function] = {
    "result_type": lambda x, n: np.result_type(x, n),
    "product": lambda x, n: n * x,
    "where": lambda x, n: np.where(MASK, x, n),
    "select": lambda x, n: np.select([MASK], [x], n),
    "clip": lambda x, n: np.clip(x, n, None),
    "maximum": lambda x, n: np.maximum(x, n),
    "full": lambda x, n: np.full(2, n, like=x),
    "full_like": lambda x, n: np.full_like(x, n),
    "linspace": lambda x, n: np.linspace(x, n, 3),
    "geomspace": lambda x, n: np.geomspace(x, n, 3),
    "arange": lambda x, n: np.arange(1, n + 3, like=x),
    "append": lambda x, n: np.append(x, n),
    "stack": lambda x, n: np.stack([x[0], n]),
    "array": lambda x, n: np.concatenate([x, [n]]),
    "sum initial": lambda x, n: np.sum(x, initial=n),
    "meshgrid": lambda x, n: np.meshgrid(x, n)[1],
}


def found(call: Callable[[], Any]) -> Any:
    """The dtype of a call's result; None if it has none."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # Where NumPy warns that imaginary parts are lost, nothing is asked of traced arrays.
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            result = call()
        except (TypeError, ValueError, np.exceptions.ComplexWarning):
            return None
    return result if isinstance(result, np.dtype) else result.dtype


def compare(
    functions: dict[str, Function], arguments: list[tuple[tuple[str, ...], tuple[Any, ...]]]
) -> None:
    """Asserts that traced and concrete results have one dtype, for functions and arguments."""
    different = []

    def watch(everything: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        for (labels, concrete), traced in zip(arguments, everything, strict=True):
            for name, function in functions.items():
                expected = found(lambda: function(*concrete))  # noqa: B023 - called at once
                # What NumPy rejects may be rejected or not.
                if expected is None:
                    continue
                got = found(lambda: function(*traced))  # noqa: B023
                if got != expected:
                    different.append((name, labels, f"{got}, in NumPy {expected}"))
        return everything

    frontend.jit(watch).lower([concrete for _, concrete in arguments])
    assert not different


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_dtype() -> None:
    compare(UNARY, [((d,), (np.ones(2, d),)) for d in DTYPES])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_pair_of_dtypes() -> None:
    pairs = itertools.product(DTYPES, DTYPES)
    compare(BINARY, [((d, e), (np.ones(2, d), np.ones(2, e))) for d, e in pairs])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("number", NUMBERS)
def test_python_numbers(number: complex) -> None:
    functions = {name: lambda x, f=f: f(x, number) for name, f in WEAK.items()}
    if isinstance(number, complex):
        # There is no row of them.
        del functions["arange"]
    compare(functions, [((d, repr(number)), (np.ones(2, d),)) for d in DTYPES])


def test_result_type_of_weak_arrays_and_bfloat16() -> None:
    narrow = np.ones(2, np.float32)
    half = np.ones(2, ml_dtypes.bfloat16)

    def watch(x, h, number, whole):
        assert number._weak
        assert np.result_type(x, number) == np.float32
        assert np.result_type(number, 1) == np.float64
        assert np.result_type(whole, np.int8) == np.int8
        assert np.result_type(whole, 2.5) == np.float64
        assert np.result_type(h, 2.5) == np.result_type(h, number) == xnp.bfloat16
        assert np.result_type(h, 1) == np.result_type(h, whole) == xnp.bfloat16
        assert np.result_type(h, x) == np.float32
        for result in (
            np.where(h > 0, h, 0.5), np.concatenate([h, h]), np.sum(h), np.mean(h), np.var(h),
            np.cumsum(h), np.clip(h, 0, 1.5), np.full_like(h, 2), np.max(h), np.linspace(h, h, 3),
            np.pad(h, 1), h @ h, np.einsum("i,i->", h, h), h * number, h + whole,
        ):  # fmt: skip
            assert result.dtype == xnp.bfloat16
        return x, h

    frontend.jit(watch).lower(narrow, half, 1.5, 2)


def test_outside_of_a_function_result_type_is_numpys() -> None:
    for d, e in itertools.product(DTYPES, DTYPES):
        assert xnp.result_type(np.dtype(d), e) == np.result_type(d, e)
    assert xnp.result_type(np.float32, 1.5) == np.float32
    assert xnp.result_type(1, 2.5) == np.float64
