"""What a number that is wrong may mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from .layout import Floats
from .measurements import Measurements

# A Jacobian of so many rows is compared with its transpose.
_MOST_ROWS: Final = 24


def of_derivative(m: Measurements, found: float, expected: float, mode: str) -> str:
    """Why a derivative may not be what differences say."""
    close = 100 * m.tolerance
    reason = ""
    if found == 0:
        reason = _unseen(m, mode)
    elif abs(found + expected) <= close * abs(expected):
        reason = "the sign is wrong"
    elif _is_transposed(m, mode):
        reason = "the Jacobian is transposed"
    elif expected == 0 or abs(expected) < close * abs(found):
        reason = "it depends on what the value does not depend on"
    else:
        factor = found / expected
        simple = _simple(factor, close)
        reason = f"a factor of {simple} too much" if simple else "the formula is wrong"
        if m.subject.stops_gradients:
            reason += ", or stop_gradient hides a part of it"
    return f"{reason}: {m.rule}" if m.rule else reason


def _unseen(m: Measurements, mode: str) -> str:
    if mode == "second":
        return "what the first derivative is made of is held fixed, by stop_gradient or a rule"
    reasons = ["a rule that ignores the argument"] if m.rule else []
    if m.subject.stops_gradients:
        reasons.append("stop_gradient")
    if m.subject.rounds:
        reasons.append("rounding to integers")
    said = " or ".join(reasons) or "a constant in its place"
    return f"the derivative does not see the argument: {said}"


def _simple(factor: float, close: float) -> str:
    """A factor as a number that a person may have forgotten, "" if it is none."""
    for denominator in range(1, 11):
        numerator = round(factor * denominator)
        if numerator and abs(factor * denominator - numerator) <= close * abs(numerator):
            return f"{numerator}/{denominator}" if denominator > 1 else str(numerator)
    for name, number in (("pi", np.pi), ("sqrt(2)", np.sqrt(2)), ("log(2)", np.log(2))):
        for ratio, text in ((factor / number, name), (factor * number, f"1/{name}")):
            if abs(abs(ratio) - 1) <= close:
                return f"-{text}" if ratio < 0 else text
    return ""


def _is_transposed(m: Measurements, mode: str) -> bool:
    """Whether the Jacobian is the transpose of that of differences, for an array of its size."""
    rows = m.outputs.size
    if rows > _MOST_ROWS or rows < 2 or m.symmetric:
        return False
    for span in m.subject.inputs.spans():
        if span.stop - span.start != rows:
            continue
        units = [_unit(m.subject.inputs.size, i) * m.scale[i] for i in range(span.start, span.stop)]
        scale = m.scale[span]
        by_differences = np.stack([m.differences(x).central.slope for x in units], 1) / scale
        if mode == "jvp":
            by_rule = np.stack([m.push(x) for x in units], 1) / scale
        else:
            by_rule = np.stack([m.pull(_unit(rows, i))[span] for i in range(rows)])
        if not (np.isfinite(by_differences).all() and np.isfinite(by_rule).all()):
            continue
        slack = 100 * m.tolerance * float(np.abs(by_differences).max())
        if np.allclose(by_rule, by_differences, rtol=0, atol=slack):
            continue
        if np.allclose(by_rule, by_differences.T, rtol=0, atol=slack):
            return True
    return False


def _unit(size: int, position: int) -> Floats:
    unit = np.zeros(size)
    unit[position] = 1.0
    return unit


def of_nonlinearity(
    m: Measurements,
    apply: Callable[[Floats], Floats],
    vector: Floats,
    entry: int,
    mode: str,
    what: str,
) -> str:
    """Why a derivative may not be linear in a tangent or cotangent."""
    at_zero, once, back, twice = (
        float(apply(factor * vector)[entry]) for factor in (0.0, 1.0, -1.0, 2.0)
    )
    size = 1e-6 * (abs(once) + abs(back) + abs(twice))
    if abs(at_zero) > size:
        reason = f"of a {what} of zeros it is not 0: a constant is added"
    elif abs(once - back) <= size and abs(twice - 2 * once) <= size:
        reason = f"it takes the magnitude of the {what}"
    elif abs(twice - 4 * once) <= size:
        reason = f"it takes the square of the {what}"
    elif abs(once + back) <= size and abs(twice - 8 * once) <= size:
        reason = f"it takes the third power of the {what}"
    else:
        reason = f"twice the {what} is not twice the derivative"
    return f"{reason}: {m.rule}" if m.rule else reason


def of_values_in_float32(found: float, expected: float) -> str:
    """Why a float32 value may be far off."""
    if not np.isfinite(found):
        return (
            "something overflows on the way, such as exp of a large number: subtract the maximum "
            "first, or use logaddexp, logsumexp, softmax or hypot"
        )
    if abs(found + expected) <= 1e-3 * abs(expected):
        return "its sign is another one: that of eigenvectors and singular vectors is arbitrary"
    return (
        "digits cancel, as where nearly equal numbers are subtracted: look for another formula, "
        "such as log1p, expm1, sin(x / 2)**2, or sums of squares of differences from the mean"
    )


def of_nonfinite_derivative() -> str:
    """Why a derivative at finite arguments may be NaN or infinite."""
    return (
        "a singular point, such as sqrt, norm or log at 0, or the branch of a where that is not "
        "taken: choose the argument by a where of its own first"
    )
