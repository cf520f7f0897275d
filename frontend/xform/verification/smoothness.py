"""Second derivatives, and values that change in steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..errors import XformError
from . import diagnosis
from .derivatives import judged
from .differences import slopes
from .layout import Floats, element_to_blame
from .measurements import Measurements, Outcome, SkippedError, first_line
from .report import Finding


def second_order(m: Measurements) -> Outcome:
    """The jvp of the gradient against differences of it, and whether the Hessian is symmetric."""
    m.require_floats()
    if m.no_reverse:
        raise SkippedError(m.no_reverse)
    generator = m.random(4)
    u = generator.choice([-1.0, 1.0], m.outputs.size) * generator.uniform(0.5, 1.5, m.outputs.size)
    cotangents = m.cotangents(u, m.value)
    subject = m.subject

    def curved(direction: Floats) -> Floats:
        return subject.inputs.packed(
            subject.curvature(subject.point, cotangents, direction, m.wide)
        )

    try:
        curved(m.directions[0])
    except XformError as error:
        raise SkippedError(first_line(error)) from None
    findings = _against_differences(m, u, curved)
    findings += _symmetry(m, curved)
    return Outcome("jvp of the gradient of a random sum of the outputs", findings)


def _against_differences(
    m: Measurements, u: Floats, curved: Callable[[Floats], Floats]
) -> list[Finding]:
    point = m.subject.point
    worst, found = 1.0, None
    for direction in m.directions:
        tangent = curved(direction)

        def along(s: float, direction: Floats = direction) -> Floats:
            return m.pull(u, point + s * direction)

        verdict = judged(tangent, slopes(along, m.roundoff), m.tolerance)
        if verdict.worst > worst:
            entry = verdict.entry
            worst, found = verdict.worst, (entry, tangent[entry], verdict.expected[entry])
    if found is None:
        return []
    entry, got, expected = found
    return [
        Finding(
            "the derivative of the gradient's entry",
            diagnosis.of_derivative(m, float(got), float(expected), "second"),
            m.subject.inputs.place(entry),
            None,
            float(got),
            float(expected),
            "along a random direction",
        )
    ]


def _symmetry(m: Measurements, curved: Callable[[Floats], Floats]) -> list[Finding]:
    generator = m.random(5)
    v, w = m.random_direction(generator), m.random_direction(generator)
    of_v, of_w = curved(v), curved(w)
    left, right = float(w @ of_v), float(v @ of_w)
    size = float(np.abs(w) @ np.abs(of_v)) + float(np.abs(v) @ np.abs(of_w))
    if not np.isfinite(size) or abs(left - right) <= m.tolerance * size:
        return []
    meaning = "the gradient is not the gradient of anything"
    return [
        Finding(
            "the second derivative is not symmetric: <w, H v>",
            f"{meaning}: {m.rule}" if m.rule else meaning,
            found=left,
            expected=right,
        )
    ]


def steps(m: Measurements) -> Outcome:
    """Whether values change in steps, of which no derivative knows, where they are rounded."""
    m.require_floats()
    if not m.subject.rounds:
        raise SkippedError("no floating number becomes an integer")
    point = m.subject.point
    for number, direction in enumerate(m.directions):
        found = m.slopes_along(number)
        still = found.is_constant
        if not still.any():
            continue
        far, end = found.value, 0.0
        for distance in (0.25, -0.25, 1.0, -1.0, 4.0):
            with np.errstate(all="ignore"):
                value = m.floats(point + distance * direction)
            moved = still & np.isfinite(value) & (value != found.value)
            if moved.any():
                far, end = value, distance
                break
        if not end:
            continue
        entry = int((moved * np.abs(far - found.value)).argmax())

        def of_entry(s: float, direction: Floats = direction, entry: int = entry) -> float:
            return float(m.floats(point + s * direction)[entry])

        jump = _jump(of_entry, end)
        size = abs(far[entry]) + abs(found.value[entry])
        if abs(jump) > 1e3 * m.roundoff * size and abs(jump) > 1e-3 * abs(
            far[entry] - found.value[entry]
        ):
            return Outcome("", [_step(m, direction, entry, end, jump)])
    return Outcome("rounding does not make values of floating arguments change in steps")


def _step(m: Measurements, direction: Floats, entry: int, end: float, jump: float) -> Finding:
    def change(positions: Sequence[int]) -> float:
        part = m.part_of(direction, positions)
        return float(
            m.floats(m.subject.point + end * part)[entry] - m.floats(m.subject.point)[entry]
        )

    position = element_to_blame(m.elements_of(direction), change)
    return Finding(
        "the value changes in steps, and the derivative is 0, in the entry",
        "rounding to integers in a floating path",
        None if position is None else m.subject.inputs.place(position),
        m.outputs.place(entry),
        where=f"a step of {jump:.3g}",
    )


def _jump(function: Callable[[float], float], end: float) -> float:
    """How large the change is at the nearest place where a function is no longer what it is at 0.

    Args:
        function: of one number, the same around 0.
        end: where it is another number.
    """
    start, here = 0.0, function(0.0)
    there = function(end)
    for _ in range(60):
        middle = (start + end) / 2
        value = function(middle)
        if value == here:
            start = middle
        else:
            end, there = middle, value
    return there - here
