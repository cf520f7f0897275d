"""Convolutions, sliding windows and differences against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from numpy.lib.stride_tricks import sliding_window_view
from xform import frontend
from xform.errors import XformError, XformTypeError, XformValueError

rng = np.random.default_rng(3)
LONG, SHORT, EVEN = rng.normal(size=9), rng.normal(size=3), rng.normal(size=4)
COUNTS, FEW = np.array([3, -1, 4, 1, 5]), np.array([2, 7], np.int32)
BITS, TWO = np.array([True, False, True, True]), np.array([True, False])
M = rng.normal(size=(4, 5))
T = rng.normal(size=(3, 4, 5))
F32 = M.astype(np.float32)
POINTS = np.array([0.0, 1.0, 1.5, 4.0])
ANGLES = np.cumsum(rng.normal(size=12) * 3) % 6.28
MODES = ("full", "same", "valid")


def all_modes(function: Any) -> Callable[..., Any]:
    return lambda x, y: [function(x, y, mode) for mode in MODES]


CASES = Batch([
    *(
        Case(f"{name} {label}", all_modes(getattr(np, name)), x, y)
        for name in ("convolve", "correlate")
        for label, x, y in (
            ("of vectors", LONG, SHORT),
            ("of a shorter one", SHORT, LONG),
            ("with an even one", LONG, EVEN),
            ("of a shorter even one", EVEN, LONG),
            ("of equal length", EVEN, EVEN[::-1].copy()),
            ("of ints", COUNTS, FEW),
            ("of float32", LONG.astype(np.float32), SHORT.astype(np.float32)),
            ("of ints and float32", FEW, SHORT.astype(np.float32)),
            ("of bools", BITS, TWO),
        )
    ),
    Case("convolve defaults", lambda x, y: [np.convolve(x, y), np.correlate(x, y),
                                            np.convolve(x, 2.0), np.convolve(3, y)], LONG, SHORT),
    Case("sliding_window_view", lambda x: [sliding_window_view(x, 3), sliding_window_view(x, (9,)),
                                           sliding_window_view(x, 1)], LONG),
    Case("sliding_window_view of axes",
         lambda x: [sliding_window_view(x, 2, axis=0), sliding_window_view(x, 3, axis=-1),
                    sliding_window_view(x, (2, 3)), sliding_window_view(x, (2, 2), axis=(1, 0)),
                    sliding_window_view(x, (2, 2), axis=(1, 1))], M),
    Case("sliding_window_view inside", lambda x: sliding_window_view(x, 2, axis=1), T),
    Case("sliding_window_view of dtypes", lambda b, k: [sliding_window_view(b, 2),
                                                        sliding_window_view(k, 3)], BITS, COUNTS),
    Case("sliding_window_view of nothing", lambda x: [sliding_window_view(x, 0),
                                                      sliding_window_view(x, 10)], LONG,
         expected=lambda x: [np.zeros((10, 0)), np.zeros((0, 10))]),
    Case("gradient", lambda x: [np.gradient(x), np.gradient(x, 0.5), np.gradient(x, edge_order=2)],
         LONG),
    Case("gradient of axes", lambda x: [*np.gradient(x), *np.gradient(x, 2.0, 0.5),
                                        np.gradient(x, axis=0), *np.gradient(x, axis=(1, 0))], M),
    Case("gradient at points", lambda x, p: [np.gradient(x, p, axis=0),
                                             np.gradient(x, p, axis=0, edge_order=2),
                                             *np.gradient(x, p, 0.5)], M, POINTS),
    Case("gradient of float32", lambda x, p: [*np.gradient(x), np.gradient(x, p, axis=0)],
         F32, POINTS),
    Case("gradient of ints", np.gradient, COUNTS),
    Case("ediff1d", lambda x: [np.ediff1d(x), np.ediff1d(x, to_end=[1.0, 2.0]),
                               np.ediff1d(x, to_begin=0.5, to_end=x)], M),
    Case("ediff1d of ints", lambda x: np.ediff1d(x, to_begin=np.int32(9), to_end=[1]), COUNTS),
    Case("ediff1d of one", np.ediff1d, LONG[:1]),
    Case("unwrap", lambda x: [np.unwrap(x), np.unwrap(x, discont=4.0), np.unwrap(x, period=3.0)],
         ANGLES),
    Case("unwrap axes", lambda x: [np.unwrap(x * 5), np.unwrap(x * 5, axis=0)], M),
    Case("unwrap ints", lambda x: [np.unwrap(x, period=4), np.unwrap(x, period=5)],
         np.array([0, 1, 2, 3, 0, 1, 7, 3])),
    Case("unwrap float32", np.unwrap, ANGLES.astype(np.float32)),
    Case("unwrap at half a period", lambda x: np.unwrap(x, period=2.0),
         np.array([0.0, 1.0, 0.0, -1.0, 0.0])),
    Case("window functions",
         lambda x: [x * xnp.bartlett(9), x * xnp.blackman(9), x * xnp.hanning(9),
                    x * xnp.hamming(9), x * xnp.kaiser(9, 14.0)], LONG),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


SMOOTH: dict[str, Callable[[Any], Any]] = {
    "convolve": lambda x: np.convolve(x, np.flip(x)[:3] * x[0], "same"),
    "correlate": lambda x: np.correlate(x, x[2:5], "full"),
    "sliding_window_view": lambda x: sliding_window_view(x, 3).prod(-1),
    "gradient": lambda x: np.gradient(x, edge_order=2) ** 2,
    "ediff1d": lambda x: np.ediff1d(x, to_end=x[:1]) ** 3,
    "unwrap": lambda x: np.unwrap(x * 4) ** 2,
    "polymul": lambda x: np.polyint(np.polyder(np.polymul(x, x[:2]), 2)),
    "vander": lambda x: np.vander(x, 4),
}


def test_derivatives_match_differences() -> None:
    step = 1e-6
    shifts = step * np.eye(LONG.size)

    def everything(x: Any, above: Any, below: Any) -> Any:
        return {
            name: (
                frontend.jacrev(f)(x),
                frontend.jacfwd(f)(x),
                frontend.vmap(f)(above) - frontend.vmap(f)(below),
            )
            for name, f in SMOOTH.items()
        }

    results = frontend.jit(everything)(LONG, LONG + shifts, LONG - shifts)
    for name, (reverse, forward, difference) in results.items():
        slope = np.moveaxis(np.asarray(difference), 0, -1) / (2 * step)
        for jacobian in (reverse, forward):
            np.testing.assert_allclose(
                np.asarray(jacobian), slope, rtol=1e-6, atol=1e-7, err_msg=name
            )


WRONG: dict[str, tuple[Callable[[Any], Any], type[XformError], str]] = {
    "convolve empty": (lambda x: np.convolve(x, x[:0]), XformValueError, "v cannot be empty"),
    "convolve matrix": (lambda x: np.convolve(x, M), XformValueError,
                        r"convolve: v must be a vector, got shape \(4, 5\)"),
    "correlate mode": (lambda x: np.correlate(x, x, "half"), XformValueError, "mode is 'full'"),
    "window size": (lambda x: sliding_window_view(x, 11), XformValueError,
                    r"a window of 11 does not fit into axis 0 of shape \(9,\)"),
    "window sizes": (lambda x: sliding_window_view(x, (1, 2)), XformValueError, "2 sizes in"),
    "window negative": (lambda x: sliding_window_view(x, -1), XformValueError, "cannot be neg"),
    "window writeable": (lambda x: sliding_window_view(x, 2, writeable=True), XformValueError,
                         "writeable"),
    "gradient short": (lambda x: np.gradient(x[:1]), XformValueError, "at least 2 elements"),
    "gradient points": (lambda x: np.gradient(x, np.arange(3.0)), XformValueError,
                        "a number or 9 points"),
    "gradient spacings": (lambda x: np.gradient(x, 1.0, 2.0), XformTypeError, "0, 1 or 1 spacings"),
    "gradient order": (lambda x: np.gradient(x, edge_order=3), XformValueError, "1 or 2, got 3"),
    "ediff1d": (lambda x: np.ediff1d(np.arange(3) * (x[:1] > 0), to_end=1.5), XformTypeError,
                "cannot be put among"),
    "polyadd": (lambda x: np.polyadd(x, M), XformValueError, "polyadd: expected a vector"),
    "polyder": (lambda x: np.polyder(x, -1), XformValueError, "m cannot be negative"),
    "polyint": (lambda x: np.polyint(x, 2, [1.0, 2.0, 3.0]), XformValueError, "2 of them"),
    "vander": (lambda x: np.vander(x, -1), XformValueError, "N cannot be negative"),
    "vander matrix": (lambda x: np.vander(x.reshape(3, 3)), XformValueError, "expected a vector"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    function, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        frontend.jit(function).lower(LONG)
