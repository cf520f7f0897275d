"""`verify`: whether xform's derivatives, batches and numbers of a function are right."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from ..errors import XformTypeError, XformValueError, at_user_line
from ..source import entrance
from ..transforms.selection import checked_rows, require_callable
from . import batching, derivatives, precision, repetition, smoothness
from .measurements import Measurements, Options, Outcome, SkippedError, first_line, is_missing_rule
from .report import CHECKS, Check, CheckResult, Finding, VerificationReport
from .subject import Subject

_CHECKS: Final[Mapping[Check, Callable[[Measurements], Outcome]]] = {
    "determinism": repetition.determinism,
    "jit": repetition.jit,
    "finite": precision.finite,
    "derivatives": derivatives.derivatives,
    "linearity": derivatives.linearity,
    "transpose": derivatives.transpose,
    "second_order": smoothness.second_order,
    "steps": smoothness.steps,
    "vmap": batching.vmap,
    "float32": precision.float32,
}


@entrance
def verify(
    f: Callable[..., Any],
    *args: Any,
    checks: Collection[Check] | None = None,
    order: int = 1,
    tolerance: float | None = None,
    batch_size: int = 3,
    directions: int = 2,
    seed: int = 0,
) -> VerificationReport:
    """Checks a function at some arguments: its derivatives, its batches, its numbers.

    | check | what is compared |
    |---|---|
    | determinism | tracing and calling twice |
    | jit | the compiled function with the function called by Python |
    | finite | that values and derivatives are neither NaN nor infinite |
    | derivatives | jvp and vjp with differences; a kink's derivative lies between its sides' |
    | linearity | jvp and vjp of a sum with the sum of theirs |
    | transpose | <u, J v> with <J^T u, v> |
    | second_order | jvp of the gradient with its differences, and that the Hessian is symmetric |
    | steps | that rounding to integers does not make the value a staircase with derivative 0 |
    | vmap | batches with a loop over their rows |
    | float32 | values in float32 with those in float64 |

    Derivatives, batches and differences are computed in float64 where the function takes float64.

    Args:
        f: the function, of any pytrees; it is traced some ten times, and called as it is.
        args: its arguments. Floating arrays and Python floats vary, and complex ones by their
            parts, as `z.real`; arrays of integers and bools are traced and stay what they are; all
            else is constant. Keyword arguments are given by `functools.partial`.
        checks: the names of the checks to make; None for all that `order` allows.
        order: 2 to check second derivatives too.
        tolerance: the largest relative difference that is allowed, of derivatives and values; None
            for one that suits the dtypes.
        batch_size: how many rows to batch.
        directions: along how many random directions to differentiate, beside one for each array.
        seed: what the random directions and batches are made of.

    Returns:
        A report; printed it is a table. `report.ok` says whether all is well,
        `report.raise_if_failed()` raises if not.

    Raises:
        XformTypeError: `f` is not callable, or an option of another type.
        XformValueError: an unknown check, an order that is neither 1 nor 2, a count below 1, or a
            tolerance that is not positive.

    >>> import numpy as np
    >>> from xform.frontend import custom_jvp, verify
    >>> @custom_jvp
    ... def cube(x):
    ...     return x**3
    >>> @cube.defjvp
    ... def rule(primals, tangents):
    ...     return cube(*primals), 2 * primals[0] ** 2 * tangents[0]
    >>> report = verify(cube, np.array([1.0, 2.0]), checks=["derivatives"])
    >>> report.ok
    False
    >>> print(report["derivatives"].findings[0])
    the jvp of output[1] by x[1]: found 8, expected 12; a factor of 2/3 too much: rule of custom
    function `cube`?
    """
    require_callable("verify", f)
    chosen = _chosen(checks, order)
    rows = checked_rows("verify", "batch_size", batch_size) or 1
    lines = checked_rows("verify", "directions", directions) or 1
    if tolerance is not None and not tolerance > 0:
        raise XformValueError(
            at_user_line(f"verify: tolerance must be positive, got {tolerance!r}")
        )
    subject = Subject(f, args)
    make = partial(_made, measurements=Measurements(subject, Options(tolerance, rows, lines, seed)))
    untraced = _error_of_tracing(subject) if "jit" in chosen else None
    if untraced is not None:
        make = partial(_unmade, finding=untraced)
    return VerificationReport(subject.name, tuple(make(name) for name in CHECKS if name in chosen))


def _chosen(checks: Collection[Check] | None, order: int) -> set[Check]:
    if order not in (1, 2):
        raise XformValueError(at_user_line(f"verify: order must be 1 or 2, got {order!r}"))
    if checks is None:
        return {name for name in CHECKS if order == 2 or name != "second_order"}
    if isinstance(checks, str):
        raise XformTypeError(
            at_user_line(f"verify: checks is a collection of names, got the string {checks!r}")
        )
    for name in checks:
        if name not in CHECKS:
            known = ", ".join(CHECKS)
            raise XformValueError(
                at_user_line(f"verify: unknown check {name!r}: expected some of {known}")
            )
    return set(checks)


def _error_of_tracing(subject: Subject) -> Finding | None:
    """What tracing raises, where the function can be called; None if it does not raise.

    Raises:
        Whatever the function raises, where it can be neither traced nor called.
    """
    try:
        subject.text()
    except Exception as error:
        try:
            subject.direct(subject.point)
        except Exception:
            raise error from None
        return Finding(f"traced, it raises {type(error).__name__}: {first_line(error)}")
    return None


def _is_own(error: Exception) -> bool:
    """Whether an error is one of the checks themselves, and of nothing that they call."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename).parent == Path(__file__).parent


def _unmade(name: Check, finding: Finding) -> CheckResult:
    if name == "jit":
        return CheckResult(name, "failed", "", (finding,))
    return CheckResult(name, "skipped", "the function cannot be traced")


def _made(name: Check, measurements: Measurements) -> CheckResult:
    start = time.perf_counter()
    try:
        outcome = _CHECKS[name](measurements)
    except SkippedError as reason:
        return CheckResult(name, "skipped", str(reason), seconds=time.perf_counter() - start)
    except Exception as error:
        if is_missing_rule(error):
            return CheckResult(
                name, "skipped", first_line(error), seconds=time.perf_counter() - start
            )
        if _is_own(error):
            raise
        raised = f"it raises {type(error).__name__}: {first_line(error)}"
        outcome = Outcome("", [Finding(raised, measurements.rule)])
    return CheckResult(
        name,
        "failed" if outcome.findings else "passed",
        outcome.summary,
        tuple(outcome.findings),
        tuple(outcome.notes),
        time.perf_counter() - start,
    )
