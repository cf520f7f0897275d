"""Tolerances: what rounding, inputs and lengths do to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from xform.compiling.tolerances import Arithmetic, tolerances

EPSILON = 2.0**-23


@pytest.mark.parametrize(
    ("line", "epsilon"),
    [
        ("%1 = xform.exp %0 : tensor<3xf64>", 2.0**-52),
        ("%1 = xform.exp %0 : tensor<f32>", 2.0**-23),
        ("%1 = xform.exp %0 : tensor<2x3xf16>", 2.0**-10),
        ("%1 = xform.exp %0 : tensor<3xbf16>", 2.0**-7),
        # What is converted was rounded before, but only if something is computed with it.
        ("%1 = xform.convert %0 : tensor<3xbf16> to tensor<3xf32>", 2.0**-23),
        ("%1 = xform.convert %0 : tensor<3xf64> to tensor<3xf16>", 2.0**-10),
        ("func.func @main(%0: tensor<3xbf16>) -> tensor<3xf64> {", 2.0**-52),
        ("%1 = xform.add %0, %0 : tensor<3xi32>", 2.0**-52),
    ],
)
def test_the_coarsest_type_decides(line: str, epsilon: float) -> None:
    wider = "%9 = xform.exp %8 : tensor<3xf64>"
    assert Arithmetic.of(f"{wider}\n{line}", ["float64", "int32"]) == Arithmetic(epsilon, False)


def test_results_and_draws_count() -> None:
    assert Arithmetic.of("", ["bool"]).epsilon == 2.0**-52
    assert Arithmetic.of("", ["float64", "bfloat16"]).epsilon == 2.0**-7
    assert Arithmetic.of("%1 = xform.rng_bits %0 : tensor<2xui32>", []).draws


def of(
    function: Callable[..., Any],
    *arrays: Any,
    wide: bool = True,
    flops: int = 0,
    draws: bool = False,
) -> tuple[float, float]:
    """The tolerances of the only result of a function of NumPy's that computes in float32."""

    def results(given: Sequence[Any]) -> list[Any]:
        return [np.asarray(function(*given))]

    return tolerances(
        results,
        arrays,
        results(arrays),
        results([x.astype(float) for x in arrays]) if wide else None,
        arithmetic=Arithmetic(EPSILON, draws),
        flops=flops,
        seed=0,
    )[0]


X = np.array([0.5, 1.0, 3.0], np.float32)


def test_a_product() -> None:
    relative, absolute = of(lambda x: x * 3, X)
    # 8 roundings of the element and of what moves it.
    assert relative == pytest.approx(16 * EPSILON, rel=0.01)
    assert absolute < 30 * EPSILON


def test_operations_add_up_as_their_root() -> None:
    few, many = (of(lambda x: x * 3, X, flops=n)[0] for n in (0, 3 * 1_000_000))
    assert many / few == pytest.approx(1008 / 8)


def test_powers_move_more() -> None:
    relative, _ = of(lambda x: x**10, X)
    assert relative == pytest.approx(8 * 11 * EPSILON, rel=0.05)


def test_a_difference_is_off_absolutely() -> None:
    relative, absolute = of(lambda x: x - 1, X)
    # One element of three is 0, and as wrong as the others.
    assert relative < 50 * EPSILON
    assert 8 * EPSILON < absolute < 50 * EPSILON


def test_more_digits_show_what_was_lost_inside() -> None:
    tiny = np.full(3, 1e-4, np.float32)
    shown = of(lambda x: np.log(1 + x), tiny)
    unseen = of(lambda x: np.log(1 + x), tiny, wide=False)
    drawn = of(lambda x: np.log(1 + x), tiny, wide=False, draws=True)
    off = float(np.abs(np.log(1 + tiny) - np.log1p(tiny.astype(float))).max())
    assert off < 1e-4 * shown[0] + shown[1]
    # Without, it is a guess.
    assert 16 * EPSILON < unseen[0] < drawn[0]


def test_what_changes_altogether_is_not_rounding() -> None:
    _, absolute = of(lambda x: x + (x.dtype == np.float64) * np.float32(5), X)
    assert absolute < 0.02


def test_integers_are_exact() -> None:
    assert of(lambda x: x > 1, X) == (0, 0)
    assert of(lambda x: x.astype(int), X) == (0, 0)


@pytest.mark.parametrize(
    "value", [[np.nan, np.inf], [np.inf, 1.0], [0.0, 0.0], [], [1e30, 3e38], [1e-45, 0.0]]
)
def test_odd_results_have_finite_tolerances(value: list[float]) -> None:
    found = of(lambda x: x * 1, np.array(value, np.float32))
    assert np.isfinite(found).all()
    # Some devices have no smaller numbers.
    assert found[1] >= 2.0**-126


def test_a_function_without_floating_inputs() -> None:
    relative, absolute = of(lambda n: n * np.float32(0.1), np.arange(5))
    assert relative == pytest.approx(8 * EPSILON, rel=0.1)
    assert absolute > 0
