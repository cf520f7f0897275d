"""Random programs of large and small arrays against NumPy, their derivatives against differences.

Each run takes new programs; a failure names its seed, and XFORM_SEED=1234 runs that one alone.
XFORM_PROGRAMS says how many. Those of seeds 1, 4, 7 and so on have small arrays only.
"""

from __future__ import annotations

import os
import random
import warnings
from typing import Any

import numpy as np
import pytest
import second_opinion
from random_programs import LOOPS, Program, program, updates
from xform import tree
from xform.frontend import grad, jit, jvp, vmap
from xform_runtime import asarray

COUNT = int(os.environ.get("XFORM_PROGRAMS", "48"))
FIRST = random.SystemRandom().randrange(1 << 40)
SEEDS = (
    [int(os.environ["XFORM_SEED"])] if "XFORM_SEED" in os.environ else range(FIRST, FIRST + COUNT)
)
# One test has several programs: what a test costs is the same for each worker.
AT_ONCE = 8
TOLERANCE = {"float64": 1e-9, "float32": 2e-3}


@pytest.fixture(autouse=True)
def no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy gives one, and IREE's compiler dies of some of these."""
    monkeypatch.setattr(second_opinion, "_SHARE", 0.0)


def is_refused_by_numpy(made: Program) -> bool:
    """What has no value in NumPy either, such as the mean of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            made(*made.arguments("float64"))
        except (RuntimeWarning, ValueError):
            return True
    return False


def check(made: Program, dtype: str) -> None:
    arguments = made.arguments(dtype)
    # Near a kink or a tie, float32 may be on the other side of it.
    wanted = made(*made.arguments("float64")) if dtype == "float64" else made(*arguments)
    got = jit(made)(*arguments)
    for result, value in zip(got, wanted, strict=True):
        assert result.shape == np.shape(value)
        np.testing.assert_allclose(result, value, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def check_derivatives(made: Program) -> None:
    """Forward and reverse mode agree, one by one and for rows, and with differences in NumPy."""
    arguments = made.arguments("float64")
    tangents = [np.cos(np.arange(x.size).reshape(x.shape)) for x in arguments]

    def total(*arguments: Any) -> Any:
        return sum(np.mean(np.sin(y)) for y in made(*arguments) if y.size)

    if not isinstance(total(*arguments), np.floating):
        return
    _, forward = jit(lambda *v: jvp(total, v, tuple(tangents)))(*arguments)
    check_differences(total, arguments, tangents, float(forward))
    if not made.has_cotangents:
        return
    numbers = tuple(range(len(arguments)))
    slopes = jit(grad(total, argnums=numbers))(*arguments)
    backward = sum(np.vdot(s, t) for s, t in zip(slopes, tangents, strict=True))
    np.testing.assert_allclose(backward, forward, rtol=1e-8, atol=1e-10)
    check_donation(made, arguments, numbers, total)
    if sum(x.size for x in arguments) < 20_000:
        rows = [np.stack([x, x]) for x in arguments]
        for row, slope in zip(jit(vmap(grad(total, argnums=numbers)))(*rows), slopes, strict=True):
            np.testing.assert_allclose(row[1], slope, rtol=1e-8, atol=1e-10)
    if made.is_small:
        check_second_derivatives(total, arguments, tangents)


def check_second_derivatives(total: Any, arguments: Any, tangents: Any) -> None:
    """Tangents of the gradients of rows are differences of these."""
    numbers = tuple(range(len(arguments)))
    slopes = vmap(grad(total, argnums=numbers))
    rows = [np.stack([x, x * 0.9]) for x in arguments]
    ways = [np.stack([t, -t]) for t in tangents]
    found = jit(lambda *v: jvp(slopes, v, tuple(ways)))(*rows)[1]
    at = jit(slopes)
    errors = []
    for step in (1e-5, 1e-6, 1e-4, 1e-7):
        ends = [
            at(*(x + sign * step * t for x, t in zip(rows, ways, strict=True))) for sign in (1, -1)
        ]
        errors.append(
            max(
                np.max(abs((high - low) / (2 * step) - slope) / (1 + abs(slope)), initial=0)
                for high, low, slope in zip(*ends, found, strict=True)
            )
        )
        if errors[-1] <= 1e-5:
            return
    raise AssertionError(f"the second derivatives differ from differences by {errors}")


def check_differences(total: Any, arguments: Any, tangents: Any, slope: float) -> None:
    """The slope is that of differences, at one of several steps: any one may cross a kink.

    Where elements of a large array change places, the smallest steps cross none, and rounding
    leaves them a few digits.
    """
    found = []
    for step in (1e-5, 1e-6, 1e-4, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11):
        ends = [
            total(*(x + sign * step * t for x, t in zip(arguments, tangents, strict=True)))
            for sign in (1, -1)
        ]
        found.append(float(ends[0] - ends[1]) / (2 * step))
        if abs(found[-1] - slope) <= max(1e-5, 1e-14 / step) * max(1.0, abs(slope)):
            return
    raise AssertionError(f"the slope is {slope}, differences are {found}")


def check_donation(made: Program, arguments: Any, numbers: tuple[int, ...], total: Any) -> None:
    """A step whose results lie where its arguments were is the step with new memory."""

    def step(*arguments: Any) -> Any:
        slopes = grad(total, argnums=numbers)(*arguments)
        return made(*arguments), [x - 0.1 * s for x, s in zip(arguments, slopes, strict=True)]

    given = [asarray(x) for x in arguments]
    for got, wanted in zip(
        tree.leaves(jit(step, donate_argnums=numbers)(*given)),
        tree.leaves(jit(step)(*arguments)),
        strict=True,
    ):
        # What shares a loop may be other sums, added up in another order.
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-14)


def check_program(seed: int) -> None:
    check_made(program(seed, is_small=seed % 3 == 1))


def check_made(made: Program) -> None:
    if is_refused_by_numpy(made):
        return
    try:
        check(made, "float64")
        check(made, "float32")
        check_derivatives(made)
    except Exception as error:
        error.add_note(str(made))
        raise


@pytest.mark.parametrize("first", range(0, len(SEEDS), AT_ONCE))
def test_random_programs(first: int) -> None:
    for seed in SEEDS[first : first + AT_ONCE]:
        check_program(seed)


def test_known_programs() -> None:
    """What LLVM once broke, what was updated in place although it is a result, and what was called
    before its buffers were made."""
    places = np.array([1, -1, 0])
    for shapes, steps, results in (
        (
            [(2, 2)],
            [
                lambda a: a[0][places],
                lambda a: np.concatenate([a[1], np.sin(a[1])], 0),
                lambda a: a[1] - a[1] / 2,
                lambda a: np.tanh(np.sum(a[3], 0) / 8),
                lambda a: np.sin(a[3]),
                lambda a: np.arctan2(a[3] + 0.01, 1 + a[5] * a[5]),
            ],
            [2, 4, 6],
        ),
        (
            [(2049, 5), (511,)],
            [
                lambda a: abs(a[1]),
                updates(2, 0, 3, ("swap", 56573), ("set row", 57372)),
                lambda a: np.roll(a[3], 182, 0),
                updates(
                    *(3, 4, 3),
                    ("set alternate", 37187),
                    ("set alternate", 54248),
                    ("add some", 52622),
                    ("set some", 8501),
                ),
                lambda a: a[2].ravel(),
                lambda a: np.where(a[5] > 0, a[5], a[5] * a[5]),
            ],
            [6, 7],
        ),
        (
            [(2,), (64, 5), (2049, 127)],
            [
                lambda a: np.mean(a[0], 0, keepdims=True),
                updates(0, 3, 3, ("set slice", 44358), ("set all", 30699)),
                updates(3, 1, 1, ("set last", 8951)),
                updates(
                    *(5, 1, 6),
                    ("set some", 45332),
                    ("add some", 1825),
                    ("set all", 58190),
                    ("set some", 54062),
                ),
                updates(5, 1, 6, ("set last", 3582), ("set all", 13233)),
                updates(1, 3, 6, ("set last", 54096), ("set some", 55336), ("add some", 21034)),
                lambda a: np.expand_dims(a[1], 1),
                lambda a: a[8].T @ a[8] / 64,
                lambda a: np.mean(a[4], 0),
                lambda a: LOOPS["map"](a[4], a[5]),
                lambda a: np.pad(a[10], [(1, 2), (0, 0)]),
                lambda a: LOOPS["scan"](a[12], a[7]),
            ],
            [6, 9, 11, 13, 14],
        ),
    ):
        check_made(Program(0, False, shapes, [("", step) for step in steps], results))
