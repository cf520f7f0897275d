"""Random programs of large and small arrays against NumPy; forward against reverse derivatives.

Each run takes new programs; a failure names its seed, and XFORM_SEED=1234 runs that one alone.
XFORM_PROGRAMS says how many.
"""

from __future__ import annotations

import os
import random
import warnings
from typing import Any

import numpy as np
import pytest
import second_opinion
from random_programs import Program, program
from xform import tree
from xform.frontend import grad, jit, jvp, vmap
from xform_runtime import asarray

COUNT = int(os.environ.get("XFORM_PROGRAMS", "48"))
FIRST = random.SystemRandom().randrange(1 << 40)
SEEDS = (
    [int(os.environ["XFORM_SEED"])] if "XFORM_SEED" in os.environ else range(FIRST, FIRST + COUNT)
)
# What LLVM once broke, what was updated in place although it is a result, and what was called
# before its buffers were made.
KNOWN = (5000022, 9000029, 9200241)
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
    """Forward and reverse mode agree, one by one and for rows."""
    arguments = made.arguments("float64")
    tangents = [np.cos(np.arange(x.size).reshape(x.shape)) for x in arguments]

    def total(*arguments: Any) -> Any:
        return sum(np.mean(np.sin(y)) for y in made(*arguments) if y.size)

    if not isinstance(total(*arguments), np.floating):
        return
    numbers = tuple(range(len(arguments)))
    slopes = jit(grad(total, argnums=numbers))(*arguments)
    backward = sum(np.vdot(s, t) for s, t in zip(slopes, tangents, strict=True))
    _, forward = jit(lambda *v: jvp(total, v, tuple(tangents)))(*arguments)
    np.testing.assert_allclose(backward, forward, rtol=1e-8, atol=1e-10)
    check_donation(made, arguments, numbers, total)
    if sum(x.size for x in arguments) < 20_000:
        rows = [np.stack([x, x]) for x in arguments]
        for row, slope in zip(jit(vmap(grad(total, argnums=numbers)))(*rows), slopes, strict=True):
            np.testing.assert_allclose(row[1], slope, rtol=1e-8, atol=1e-10)


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
        np.testing.assert_array_equal(got, wanted)


def check_program(seed: int) -> None:
    made = program(seed)
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


@pytest.mark.parametrize("seed", KNOWN)
def test_known_programs(seed: int) -> None:
    check_program(seed)
