"""Every function of xform.numpy at the ends of what its arguments can be, against NumPy."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import xform.numpy as xnp
from edge_calls import (
    BFLOAT16,
    CALLS,
    COMPLEX,
    MOVING,
    NOT_IN_NUMPY,
    WITHOUT_VALUES,
    Call,
    Edges,
    edges,
    of_ufunc,
)
from edge_differences import DIFFERENCES, INTEGERS, page
from xform import frontend
from xform.compiling.forms import CompileError
from xform.numpy.ufunc import Ufunc
from xform.tracing.operations import FUNCTIONS, UFUNCS

ROOT = Path(__file__).resolve().parents[4]

# How many calls of each function are made with a dtype.
FIRST = {
    **dict.fromkeys(("bool", *INTEGERS, "float32", "float64")),
    # Programs of floats of 16 bits take ten times as long to compile.
    "float16": 2,
    "bfloat16": 2,
}
DTYPES = tuple(FIRST)
# What makes no numbers of the dtype, or goes by way of another, is not called with each of them.
NEITHER_MOVE_NOR_CONVERT = {"float16", "bfloat16", "int16", "int32", "uint16", "uint32"}
MOVING_OR_CONVERTING = {
    *MOVING,
    *(name for name in CALLS if name.startswith("linalg.")),
    "arange",
    "percentile",
    "nanpercentile",
    "pad",
}

# So many calls are compiled together.
PROGRAM = 60

# How far results may be off, in units in the last place: by a few roundings, or as many as the
# condition of a matrix lets them grow to.
ULPS = 8
ULPS_OF = {
    f"linalg.{name}": 64 for name in ("solve", "inv", "det", "slogdet", "tensorinv", "tensorsolve")
}


def name_of(function: Any) -> str:
    module = getattr(function, "__module__", None) or ""
    own = function.__name__
    spaces = {"scimath": "emath", "linalg": "linalg", "fft": "fft"}
    space = next((found for part, found in spaces.items() if part in module), None)
    return f"{space}.{own}" if space else own


def calls_in(dtype: str) -> list[tuple[str, Call]]:
    """All calls for a dtype, with the functions' names."""
    found: list[tuple[str, Call]] = []
    for ufunc in UFUNCS:
        # Integers of which a ufunc makes floats first are not its own edges.
        own = dtype == "bfloat16" or any(np.dtype(dtype).char in types for types in ufunc.types)
        if ufunc.__name__ not in CALLS and own:
            found += [(ufunc.__name__, call) for call in of_ufunc(ufunc)]
    for name, calls in CALLS.items():
        if dtype in NEITHER_MOVE_NOR_CONVERT and name in MOVING_OR_CONVERTING:
            continue
        chosen = calls[: FIRST[dtype]]
        found += [(name.partition(":")[0], call) for call in chosen]
    return found


def flat(result: Any) -> list[Any]:
    if isinstance(result, list | tuple):
        return [x for part in result for x in flat(part)]
    return [result]


def flushed(x: np.ndarray) -> np.ndarray:
    """With zeros in place of subnormal numbers, where they are not computed with."""
    if x.dtype.kind in "iub" or x.dtype == np.float16:
        return x
    wide = x.astype(np.float64)
    small = np.abs(wide) < float(ml_dtypes.finfo(x.dtype).smallest_normal)
    return np.where(small, np.copysign(0.0, wide), wide).astype(x.dtype)


def expected(name: str, call: Call, arguments: Edges) -> list[np.ndarray] | None:
    """NumPy's results, None if there are none; of bfloat16 those of float32, rounded."""
    rounds = arguments.flat.dtype == BFLOAT16 and name not in ("nextafter", "spacing")
    if rounds:
        arguments = Edges(*[x.astype(np.float32) if x.dtype == BFLOAT16 else x for x in arguments])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = [np.asarray(x) for x in flat(call(arguments))]
        except (TypeError, ValueError, OverflowError, ZeroDivisionError, np.linalg.LinAlgError):
            return None
        if rounds:
            found = [x.astype(BFLOAT16) if x.dtype == np.float32 else x for x in found]
    # Complex numbers have tests of their own.
    return None if any(x.dtype.kind not in "biufV" for x in found) else found


def differing(got: np.ndarray, want: np.ndarray, ulps: int) -> np.ndarray:
    """Which elements differ by more than rounding."""
    if want.dtype.kind in "biu":
        return np.asarray(got != want)
    info = ml_dtypes.finfo(want.dtype)
    tiny = float(info.smallest_normal)
    ours, numpys = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(all="ignore"):
        unit = np.maximum(np.abs(numpys) * float(info.eps), float(info.smallest_subnormal))
        near = np.abs(ours - numpys) <= ulps * unit
        if want.dtype != np.float16:
            near |= np.abs(ours - numpys) <= 4 * tiny
    same = (ours == numpys) | (np.isnan(ours) & np.isnan(numpys))
    signs = (ours == 0) & (numpys == 0) & (np.signbit(ours) != np.signbit(numpys))
    return np.asarray(~(same | near) | signs)


class Sweep:
    """The results of all calls for one dtype, from one program."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dtype = BFLOAT16 if name == "bfloat16" else np.dtype(name)
        self.arguments = edges(self.dtype)
        with_zeros = Edges(*map(flushed, self.arguments))
        self.calls: list[tuple[str, Call]] = []
        self.wanted: list[tuple[list[np.ndarray], list[np.ndarray]]] = []
        for function, call in calls_in(name):
            want = expected(function, call, self.arguments)
            if want is not None:
                self.calls.append((function, call))
                self.wanted.append((want, expected(function, call, with_zeros) or want))
        self.errors: list[str] = []
        self.results: list[list[Any]] = []
        for start in range(0, len(self.calls), PROGRAM):
            self.results += self._run(self.calls[start : start + PROGRAM])

    @np.errstate(all="ignore")
    def _run(self, calls: list[tuple[str, Call]]) -> list[list[Any]]:
        """The results of some calls; what cannot be traced or compiled has none, but an error."""
        untraced: list[str] = []

        def program(arguments: tuple[Any, ...]) -> list[list[Any]]:
            given = Edges(*arguments)
            results: list[list[Any]] = []
            untraced.clear()
            for name, call in calls:
                try:
                    results.append(flat(call(given)))
                except Exception as error:
                    untraced.append(f"{name}: {error!r}")
                    results.append([])
            return results

        try:
            results = list(frontend.jit(program)(tuple(self.arguments)))
        except CompileError as error:
            if len(calls) == 1:
                self.errors.append(f"{calls[0][0]}: {error!r}")
                return [[]]
            half = len(calls) // 2
            return self._run(calls[:half]) + self._run(calls[half:])
        self.errors += untraced
        return results

    @np.errstate(all="ignore")
    def differences(self) -> tuple[list[str], set[int]]:
        """What no row of the table permits, and the rows that permit something."""
        found: list[str] = []
        used: set[int] = set()
        for (name, _), results, (want, with_zeros) in zip(
            self.calls, self.results, self.wanted, strict=True
        ):
            for result, one, other in zip(results, want, with_zeros, strict=bool(results)):
                got = np.asarray(result)
                if self.dtype == BFLOAT16 and one.dtype.kind in "fV":
                    # NumPy knows no rule for what its results are.
                    got, one, other = (x.astype(BFLOAT16) for x in (got, one, other))
                if got.dtype != one.dtype:
                    found.append(f"{name}: {got.dtype}, in NumPy {one.dtype}")
                    continue
                if got.shape != one.shape:
                    found.append(f"{name}: {got.shape}, in NumPy {one.shape}")
                    continue
                ulps = ULPS_OF.get(name, ULPS)
                bad = differing(got, one, ulps) & differing(got, other, ulps)
                for number, row in enumerate(DIFFERENCES):
                    if bad.any() and self.name in row.dtypes and name in row.functions:
                        permitted = row.permits(got.astype(np.float64), one.astype(np.float64))
                        used |= {number} if (bad & permitted).any() else set()
                        bad &= ~permitted
                for place in np.argwhere(bad)[:3]:
                    where = tuple(map(int, place))
                    found.append(f"{name}{where}: {got[where]}, in NumPy {one[where]}")
        return found, used


@functools.cache
def sweep(dtype: str) -> Sweep:
    return Sweep(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_and_dtypes(dtype: str) -> None:
    found = sweep(dtype)
    assert not found.errors
    assert not found.differences()[0]


def test_every_permitted_difference_is_there() -> None:
    unused = {i: row for i, row in enumerate(DIFFERENCES) if row.functions}
    # The first four show all; where tests run in parallel, the others are made elsewhere.
    for dtype in ("int64", "float32", "float16", "bfloat16", *DTYPES):
        for number in sweep(dtype).differences()[1] if unused else ():
            unused.pop(number, None)
    assert not unused


def test_every_function_is_called() -> None:
    called = {name.partition(":")[0] for name in CALLS} | {*WITHOUT_VALUES, *COMPLEX}
    registered = {name_of(function) for function in FUNCTIONS if "xform" not in function.__module__}
    assert not registered - called
    public = {
        name
        for name, value in vars(xnp).items()
        if not name.startswith("_")
        and callable(value)
        and not isinstance(value, type | Ufunc)
        and (getattr(value, "__module__", None) or "").startswith("xform")
    }
    named = {getattr(np, name).__name__ if hasattr(np, name) else name for name in public}
    assert not named - called - set(NOT_IN_NUMPY)


def test_page_is_current() -> None:
    written = (ROOT / "docs" / "numpy-differences.md").read_text(encoding="utf-8")
    assert written == page(), "run make docs"
