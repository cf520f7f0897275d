"""Every function of xform.nn at infinities, NaN, signed zeros and the ends of integer ranges.

Against torch and NumPy in float64, in one program for each dtype. `CASES` has an entry for each
public name, so that a new one is missed; edges.DIFFERENCES lists what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import scipy.special
import torch
import torch.nn.functional as F
from edges import DIFFERENCES, page
from xform import nn
from xform.frontend import grad, jit

INF, NAN = np.inf, np.nan
HALVES = (np.float16, ml_dtypes.bfloat16)
FLOATS = (*HALVES, np.float32, np.float64)
INTEGERS = (np.int8, np.uint64)

LINE = np.array(
    [-INF, -6e4, -300.0, -21.0, -9.5, -4.25, -3.0, -1.5, -0.3, -0.01, -0.0, 0.0, 0.01, 0.7, 1.0,
     2.5, 6.0, 7.0, 15.0, 400.0, 6e4, INF, NAN, 0.25]
)  # fmt: skip
ROWS = np.array(
    [
        [-INF, -INF, -INF, -INF],
        [-INF, 0.5, 2.0, 1.0],
        [1.0, 2.0, 6e4, -6e4],
        [NAN, 0.0, 1.0, INF],
        [0.0, -12.0, -14.0, -INF],
    ]
)
IMAGE = np.array([[[NAN, 1.0, INF, 2.0, -INF, 3.0, -0.0, 0.0, 5.0, 6e4, 6e4, 4.0]]])


def by_torch(f: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: f(torch.from_numpy(x)).numpy()


def image_of(rank: int) -> np.ndarray:
    return IMAGE.reshape(1, 1, *{1: (12,), 2: (3, 4), 3: (3, 2, 2)}[rank])


def ones(rank: int) -> np.ndarray:
    return np.ones((1, 1, *[2] * rank))


def convolved(x: np.ndarray, transposed: bool = False) -> np.ndarray:
    """With a window of ones, of integers in their own dtype, which wraps."""
    rank = x.ndim - 2
    name = f"conv{'_transpose' if transposed else ''}{rank}d"
    exact = x.astype(object) if x.dtype.kind in "iu" else None
    if exact is None:
        return getattr(F, name)(torch.from_numpy(x), torch.from_numpy(ones(rank))).numpy()
    full = np.pad(exact[0, 0], [(1, 1)] * rank if transposed else [(0, 0)] * rank)
    windows = np.lib.stride_tricks.sliding_window_view(full, (2,) * rank)
    bits = 8 * x.itemsize
    wrapped = [sum(map(int, w)) % 2**bits for w in windows.reshape(-1, 2**rank)]
    return np.array(wrapped, f"uint{bits}").view(x.dtype).reshape(1, 1, *windows.shape[:rank])


def top(x: np.ndarray) -> np.ndarray:
    return np.sort(x)[::-1][:5]


# Of each name: the argument, the function and the reference, which gets float64 or integers.
Case = tuple[np.ndarray, Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]
CASES: dict[str, Case] = {
    **{
        name: (LINE, getattr(nn, name), by_torch(reference))
        for name, reference in {
            "celu": F.celu, "elu": F.elu, "gelu": F.gelu, "hard_sigmoid": F.hardsigmoid,
            "hard_silu": F.hardswish, "hard_tanh": F.hardtanh, "leaky_relu": F.leaky_relu,
            "log_sigmoid": F.logsigmoid, "mish": F.mish, "selu": F.selu, "sigmoid": torch.sigmoid,
            "silu": F.silu, "swish": F.silu, "soft_sign": F.softsign,
            "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)), "glu": F.glu,
        }.items()
    },
    "relu": (LINE, nn.relu, lambda x: np.where(x <= 0, np.zeros_like(x), x)),
    "relu6": (LINE, nn.relu6, lambda x: np.clip(np.where(x <= 0, np.zeros_like(x), x), None, 6)),
    "softmax": (ROWS, nn.softmax, lambda x: scipy.special.softmax(x, -1)),
    "log_softmax": (ROWS, nn.log_softmax, by_torch(lambda x: F.log_softmax(x, -1))),
    "logsumexp": (
        ROWS, lambda x: nn.logsumexp(x, axis=-1), lambda x: scipy.special.logsumexp(x, -1),
    ),
    "one_hot": (
        np.array([-1, 5, 127]), lambda i: nn.one_hot(i, 300),
        lambda i: (i.astype(object)[:, None] == np.arange(300)).astype(float),
    ),
    "top_k": (LINE, lambda x: nn.top_k(x, 5)[0], top),
    "conv": (image_of(1), lambda x: nn.conv(x, ones(1).astype(x.dtype)), convolved),
    **{
        f"conv{'_transpose' if transposed else ''}{rank}d": (
            image_of(rank),
            lambda x, rank=rank, name=f"conv{'_transpose' if transposed else ''}{rank}d": getattr(
                nn, name
            )(x, ones(rank).astype(x.dtype)),
            lambda x, t=transposed: convolved(x, t),
        )
        for rank in (1, 2, 3)
        for transposed in (False, True)
    },
    **{
        f"avg_pool{rank}d": (
            image_of(rank),
            lambda x, rank=rank: getattr(nn, f"avg_pool{rank}d")(x, 2, 1),
            by_torch(lambda x, rank=rank: getattr(F, f"avg_pool{rank}d")(x, 2, 1)),
        )
        for rank in (1, 2, 3)
    },
    **{
        f"max_pool{rank}d": (
            image_of(rank),
            lambda x, rank=rank: getattr(nn, f"max_pool{rank}d")(x, 2, 1),
            lambda x: np.lib.stride_tricks.sliding_window_view(
                x, (1, 1, *[2] * (x.ndim - 2))
            ).max(tuple(range(x.ndim, 2 * x.ndim))),
        )
        for rank in (1, 2, 3)
    },
}  # fmt: skip
KEEPS_INTEGERS = {"relu", "relu6", "top_k"} | {n for n in CASES if "conv" in n or "max_pool" in n}


def of_dtype(x: np.ndarray, dtype: Any) -> np.ndarray:
    """The argument in a dtype, for integers with the ends of its range."""
    if np.dtype(dtype) not in map(np.dtype, INTEGERS):
        return x.astype(dtype)
    info = np.iinfo(dtype)
    line = np.resize(np.array([info.min, info.max, 0, 1, 5, info.max // 2], dtype), x.size)
    return line.reshape(x.shape)


@pytest.fixture(scope="module", params=[*FLOATS, *INTEGERS], ids=lambda d: np.dtype(d).name)
def values(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    args = {
        name: of_dtype(x, request.param)
        for name, (x, _, _) in CASES.items()
        if name != "one_hot" or np.dtype(request.param).kind in "iu"
    }
    program = jit(lambda args: {name: CASES[name][1](x) for name, x in args.items()})
    return args, dict(program(args))


@pytest.mark.parametrize("name", nn.__all__)
def test_values(name: str, values: tuple[dict[str, Any], dict[str, Any]]) -> None:
    args, results = values
    if name not in args:
        return
    x, got = args[name], np.asarray(results[name])
    is_integer = x.dtype.kind in "iu"
    given = x if is_integer and name in KEEPS_INTEGERS | {"one_hot"} else x.astype(np.float64)
    with np.errstate(all="ignore"):
        expected = np.asarray(CASES[name][2](given))
    assert got.shape == expected.shape
    if is_integer:
        assert got.dtype == expected.dtype
    else:
        assert got.dtype == x.dtype
    if is_integer and name in KEEPS_INTEGERS:
        np.testing.assert_array_equal(got, expected)
        return
    info = ml_dtypes.finfo(got.dtype)
    with np.errstate(over="ignore"):
        wanted = expected.astype(got.dtype).astype(np.float64)
    found = got.astype(np.float64)
    # Half precision is rounded once; torch's own constants have seven digits in places.
    digits = 1.01 * float(info.eps) if got.dtype.itemsize == 2 else 2e-6
    digits = digits if got.dtype.itemsize < 8 else 1e-7 if "hard" in name else 1e-12
    with np.errstate(invalid="ignore"):
        same = np.abs(found - wanted) <= digits * np.abs(wanted) + 4 * float(info.smallest_normal)
    # What torch computes as a difference has lost its digits.
    if name in ("gelu", "mish", "log_softmax", "logsumexp", "sigmoid", "silu", "swish", "glu"):
        same |= np.abs(found - wanted) <= 1e-12
    same |= (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    for difference in DIFFERENCES.get(f"nn.{name}", ()):
        same |= difference.where(x.astype(np.float64))
    assert same.all(), list(zip(found[~same], wanted[~same], strict=True))


# What the sweep's references cannot say ------------------------------------------


@pytest.fixture(scope="module")
def special_cases() -> dict[str, Any]:
    def long_rows(x: Any) -> Any:
        return [nn.softmax(x), nn.logsumexp(x), nn.log_softmax(x), nn.avg_pool1d(x[None], x.size)]

    def units(f: Callable[..., Any]) -> Any:
        return grad(lambda x: f(x).sum())(np.array([-INF, -1e150, 1e150, INF]))

    def weighted(x: Any, b: Any) -> Any:
        return nn.logsumexp(x, b=b)

    names = ("silu", "gelu", "mish", "hard_silu")
    beyond = (np.array([1.0, 1000.0, INF, NAN]), np.array([2.0, 0.0, 0.0, 0.0]))

    @jit
    def everything(half: Any, brain: Any) -> dict[str, Any]:
        tail = np.array([-30.0, -12.0])
        return {
            "long": [long_rows(half), long_rows(brain)],
            "limits": [getattr(nn, name)(np.array([-INF, INF])) for name in names],
            "units": [units(getattr(nn, name)) for name in names],
            "tanh units": units(lambda x: nn.gelu(x, approximate=True)),
            "tail": nn.gelu(tail / 4, approximate=True),
            "soft_sign": [nn.soft_sign(np.array([-INF, 1e300])), units(nn.soft_sign)],
            "soft_sign slopes": grad(lambda x: nn.soft_sign(x).sum())(np.array([1e9, -1e16, 0.5])),
            "beyond": [weighted(*beyond), grad(weighted, (0, 1))(*beyond)],
            "no weight": weighted(np.array([1.0, 2.0]), np.zeros(2)),
            "broadcast": nn.logsumexp(np.zeros(3), 1, b=np.array([[1.0, 2.0, 3.0], [-1, 0, 0]])),
            "little": nn.logsumexp(np.array([[0.0, -40.0], [-40.0, 0.0]]), axis=1),
            "little slopes": grad(nn.logsumexp)(np.array([0.0, -40.0, 0.0])),
            "slope": grad(lambda s: nn.leaky_relu(np.array([INF, -2.0]), s).sum())(0.1),
            "bools": nn.max_pool1d(np.array([[True, False, False, False]]), 2),
            "one_hot": nn.one_hot(np.array([2**64 - 1, 2, 2**32 + 2], np.uint64), 3),
            "empty": [nn.softmax(np.zeros((0, 3))), nn.softmax(np.zeros((3, 0))),
                      nn.logsumexp(np.zeros(0)), nn.one_hot(np.array([0]), 0)],
        }  # fmt: skip

    return dict(everything(np.zeros(70_000, np.float16), np.zeros(70_000, ml_dtypes.bfloat16)))


def test_long_rows_of_half_precision(special_cases: dict[str, Any]) -> None:
    for (shares, total, logs, mean), digits in zip(
        special_cases["long"], (1e-3, 1e-2), strict=True
    ):
        assert np.asarray(shares).astype(np.float64).sum() == pytest.approx(1, rel=0.05)
        assert float(total) == pytest.approx(np.log(70_000), rel=digits)
        np.testing.assert_allclose(np.asarray(logs).astype(float), -np.log(70_000), rtol=digits)
        assert float(np.asarray(mean)[0, 0]) == 0


def test_limits_of_linear_units(special_cases: dict[str, Any]) -> None:
    for limits, slopes in zip(special_cases["limits"], special_cases["units"], strict=True):
        np.testing.assert_array_equal(limits, [0.0, INF])
        np.testing.assert_array_equal(slopes, [0.0, 0.0, 1.0, 1.0])
    np.testing.assert_array_equal(special_cases["tanh units"], [0.0, 0.0, 1.0, 1.0])
    x = np.array([-7.5, -3.0])
    exact = x * scipy.special.expit(np.sqrt(8 / np.pi) * (x + 0.044715 * x**3))
    np.testing.assert_allclose(special_cases["tail"], exact, rtol=1e-13)
    values, slopes = special_cases["soft_sign"]
    np.testing.assert_array_equal(values, [-1.0, 1.0])
    np.testing.assert_allclose(slopes, [0.0, 1e-300, 1e-300, 0.0], rtol=1e-14)
    np.testing.assert_allclose(special_cases["soft_sign slopes"], [1e-18, 1e-32, 4 / 9], rtol=1e-8)
    assert float(special_cases["slope"]) == -2


def test_logsumexp_with_factors(special_cases: dict[str, Any]) -> None:
    value, (by_x, by_b) = special_cases["beyond"]
    assert float(value) == pytest.approx(1 + np.log(2), rel=1e-15)
    np.testing.assert_array_equal(by_x, [1.0, 0, 0, 0])
    assert float(np.asarray(by_b)[0]) == pytest.approx(0.5)
    assert float(special_cases["no weight"]) == -INF
    np.testing.assert_allclose(special_cases["broadcast"], [np.log(6), NAN], rtol=1e-15)
    np.testing.assert_allclose(special_cases["little"], [np.exp(-40.0)] * 2, rtol=1e-14)
    np.testing.assert_allclose(special_cases["little slopes"], [0.5, np.exp(-40.0) / 2, 0.5])


def test_indices_and_empty_axes(special_cases: dict[str, Any]) -> None:
    np.testing.assert_array_equal(special_cases["bools"], [[True, False]])
    np.testing.assert_array_equal(special_cases["one_hot"], [[0, 0, 0], [0, 0, 1], [0, 0, 0]])
    shapes = [np.asarray(x).shape for x in special_cases["empty"]]
    assert shapes == [(0, 3), (3, 0), (), (1, 0)]
    assert float(special_cases["empty"][2]) == -INF


def test_the_page_of_differences() -> None:
    root = Path(__file__).parents[4]
    assert (root / "docs/nn-differences.md").read_text() == page()
