"""Derivatives against differences, and whether they are linear and each other's transposes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import diagnosis
from .differences import Slopes
from .layout import Floats, Layout, Marks, element_to_blame
from .measurements import (
    Measurements,
    Outcome,
    SkippedError,
    first_line,
    is_missing_rule,
    restricted,
)
from .report import Finding


@dataclass(frozen=True)
class Verdict:
    """A tangent compared with differences, entry by entry.

    Attributes:
        excess: the difference in units of what is allowed; 0 where nothing can be said.
        gap: the difference.
        expected: what the differences say.
        kinks: where those of both sides differ, and the tangent lies between.
        unknown: where no differences converge, or the tangent is not finite.
    """

    excess: Floats
    gap: Floats
    expected: Floats
    kinks: Marks
    unknown: Marks

    @property
    def smooth(self) -> Marks:
        """Where there is a derivative in the ordinary sense."""
        return ~(self.kinks | self.unknown)

    @property
    def worst(self) -> float:
        """The largest excess."""
        return float(self.excess.max(initial=0.0))

    @property
    def entry(self) -> int:
        """The entry with the largest difference, of those that are about as wrong as the worst."""
        return int(np.where(self.excess >= self.worst / 2, self.gap, -1.0).argmax())


def judged(tangent: Floats, found: Slopes, tolerance: float) -> Verdict:
    """A tangent compared with the differences along the same direction."""
    with np.errstate(all="ignore"):
        central, right, left = found.central, found.right, found.left
        size = np.abs(np.where(np.isfinite(tangent), tangent, 0.0))

        def allowed(slope: Floats, error: Floats) -> Floats:
            return tolerance * np.maximum(size, np.abs(slope)) + 4 * error + np.finfo(float).tiny

        def excess_over(slope: Floats, error: Floats) -> Floats:
            return np.abs(tangent - slope) / allowed(slope, error)

        both = found.converged(central, size)
        excess = np.where(both, excess_over(central.slope, central.error), np.inf)
        expected = central.slope.copy()
        is_open = ~(both & (excess <= 1))
        is_right, is_left = (found.converged(side, size, 0.1) for side in (right, left))
        slack = allowed(right.slope, right.error) + allowed(left.slope, left.error)
        differ = is_open & is_right & is_left & (np.abs(right.slope - left.slope) > slack)
        lower, upper = np.minimum(right.slope, left.slope), np.maximum(right.slope, left.slope)
        beyond = np.maximum(lower - tangent, tangent - upper)
        kinks = differ & (beyond <= slack)
        excess = np.where(differ, np.maximum(beyond, 0) / slack, excess)
        excess = np.where(kinks, 0.0, excess)
        expected = np.where(differ, np.where(tangent > upper, upper, lower), expected)
        # At an end of the domain one side is all there is.
        for here, side in ((is_left, left), (is_right, right)):
            alone = is_open & ~both & here & ~differ
            excess = np.where(alone, excess_over(side.slope, side.error), excess)
            expected = np.where(alone, side.slope, expected)
        unknown = (is_open & ~both & ~is_right & ~is_left) | ~np.isfinite(tangent)
        excess = np.where(unknown, 0.0, excess)
        gap = np.nan_to_num(np.abs(tangent - expected))
    return Verdict(excess, gap, expected, kinks, unknown)


def derivatives(m: Measurements) -> Outcome:
    """Forward and reverse mode against differences along random directions."""
    m.require_floats()
    findings = [
        Finding(f"the {mode} raises {type(error).__name__}: {first_line(error)}", m.rule)
        for mode, error in (("jvp", m.forward_error), ("vjp", m.reverse_error))
        if error is not None and not is_missing_rule(error)
    ]
    if not findings and m.no_forward and m.no_reverse:
        raise SkippedError(f"there is no derivative: {m.no_forward}")
    verdicts: list[Verdict] = []
    if not m.no_forward:
        verdicts = [
            judged(tangent, m.slopes_along(i), m.tolerance) for i, tangent in enumerate(m.tangents)
        ]
        findings += _worst_forward(m, verdicts)
    if not m.no_reverse:
        smooth = np.logical_and.reduce(
            [_smooth(m.slopes_along(i), m.tolerance) for i in range(len(m.directions))]
        )
        findings += _worst_reverse(m, smooth)
    worst = max([verdict.worst for verdict in verdicts], default=0.0)
    modes = " and ".join(
        mode for mode, why in (("jvp", m.no_forward), ("vjp", m.no_reverse)) if not why
    )
    summary = f"{modes} against differences along {len(m.directions)} directions"
    if not findings and verdicts:
        summary += f", within {worst:.1g} of what is allowed"
    notes = [f"symmetric, and varied as such: {', '.join(m.symmetric)}"] * bool(m.symmetric)
    return Outcome(summary, findings, notes + _remarks(m.outputs, verdicts))


def _smooth(found: Slopes, tolerance: float) -> Marks:
    """Where differences converge, and from both sides to one number."""
    right, left = found.right, found.left
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(right.slope), np.abs(left.slope))
        slack = tolerance * size + 4 * (right.error + left.error)
        sides = found.converged(right, size, 0.1) & found.converged(left, size, 0.1)
        kinks = sides & (np.abs(right.slope - left.slope) > slack)
    return found.converged(found.central, size) & ~kinks


def _worst_forward(m: Measurements, verdicts: Sequence[Verdict]) -> list[Finding]:
    number = max(range(len(verdicts)), key=lambda i: verdicts[i].worst)
    verdict = verdicts[number]
    if verdict.worst <= 1:
        return []
    entry = verdict.entry
    direction = m.directions[number]

    def discrepancy(positions: Sequence[int]) -> float:
        part = m.part_of(direction, positions)
        again = judged(m.push(part), m.differences(part), m.tolerance)
        if again.excess[entry] <= 1:
            return 0.0
        return float(m.push(part)[entry] - again.expected[entry])

    position = element_to_blame(m.elements_of(direction), discrepancy)
    found, expected = float(m.tangents[number][entry]), float(verdict.expected[entry])
    argument = None
    if position is not None:
        part = m.part_of(direction, [position])
        argument = m.subject.inputs.place(position)
        found = float(m.push(part)[entry] / direction[position])
        expected = float(
            judged(m.push(part), m.differences(part), m.tolerance).expected[entry]
            / direction[position]
        )
    return [
        Finding(
            "the jvp",
            diagnosis.of_derivative(m, found, expected, "jvp"),
            argument,
            m.outputs.place(entry),
            found,
            expected,
            "" if argument else "along a random direction",
        )
    ]


def _worst_reverse(m: Measurements, smooth: Marks) -> list[Finding]:
    """Compares <J^T u, v> with <u, differences along v>."""
    generator = m.random(1)
    u = np.where(smooth, generator.uniform(0.5, 1.5, m.outputs.size), 0.0)
    u *= generator.choice([-1.0, 1.0], m.outputs.size)
    gradient = m.pull(u)
    if not np.isfinite(gradient).all():
        return []
    worst, number = 0.0, 0
    for i, direction in enumerate(m.directions):
        excess = _reverse_excess(m, u, gradient, direction, m.slopes_along(i))[0]
        if excess > worst:
            worst, number = excess, i
    if worst <= 1:
        return []
    direction = m.directions[number]

    def at(positions: Sequence[int]) -> tuple[float, float]:
        part = m.part_of(direction, positions)
        excess, difference = _reverse_excess(m, u, gradient, part, m.differences(part))
        return excess, difference

    def discrepancy(positions: Sequence[int]) -> float:
        excess, difference = at(positions)
        return difference if excess > 1 else 0.0

    position = element_to_blame(m.elements_of(direction), discrepancy)
    if position is None:
        left = float(gradient @ direction)
        right = left - at(range(direction.size))[1]
        place = None
    else:
        left = float(gradient @ m.part_of(direction, [position])) / float(direction[position])
        right = left - at([position])[1] / float(direction[position])
        place = m.subject.inputs.place(position)
    return [
        Finding(
            "the vjp (of a random sum of the outputs)",
            diagnosis.of_derivative(m, left, right, "vjp"),
            place,
            None,
            left,
            right,
        )
    ]


def _reverse_excess(
    m: Measurements, u: Floats, gradient: Floats, direction: Floats, found: Slopes
) -> tuple[float, float]:
    """By how much <gradient, direction> is off, in units of what is allowed, and as a number."""
    used = u != 0
    slope, error = found.central.slope[used], found.central.error[used]
    by_rule, by_differences = float(gradient @ direction), float(u[used] @ slope)
    size = float(np.abs(u[used]) @ np.abs(slope)) + float(np.abs(gradient) @ np.abs(direction))
    allowed = m.tolerance * size + 4 * float(np.abs(u[used]) @ error) + np.finfo(float).tiny
    if not np.isfinite(allowed):
        return 0.0, 0.0
    return abs(by_rule - by_differences) / allowed, by_rule - by_differences


def _remarks(outputs: Layout, verdicts: Sequence[Verdict]) -> list[str]:
    notes = []
    for what, marks in (
        ("kink, with the derivative between those of both sides", [v.kinks for v in verdicts]),
        ("no differences converge", [v.unknown for v in verdicts]),
    ):
        somewhere = np.logical_or.reduce(marks) if marks else np.zeros(0, bool)
        if somewhere.any():
            first = outputs.place(int(somewhere.argmax()))
            count = int(somewhere.sum())
            more = f" and {count - 1} more" if count > 1 else ""
            notes.append(f"{what}: {first}{more}")
    return notes


# Linear maps ------------------------------------------------------------------------------------


def linearity(m: Measurements) -> Outcome:
    """Tangents of sums and multiples are sums and multiples of tangents; so with cotangents."""
    m.require_floats()
    if m.no_forward and m.no_reverse:
        raise SkippedError(f"there is no derivative: {m.no_forward}")
    findings: list[Finding] = []
    modes = []
    generator = m.random(2)
    if not m.no_forward:
        modes.append("jvp in the tangent")
        pairs = m.random_direction(generator), m.random_direction(generator)
        floor = m.negligible_tangent()
        findings += _nonlinear(m, m.push, m.outputs, pairs, floor, "jvp", "tangent")
    if not m.no_reverse:
        modes.append("vjp in the cotangent")
        u, w = (generator.normal(size=m.outputs.size) for _ in range(2))
        floor = m.negligible_gradient(np.abs(u) + np.abs(w))
        findings += _nonlinear(m, m.pull, m.subject.inputs, (u, w), floor, "vjp", "cotangent")
    return Outcome(" and ".join(modes), findings)


def _nonlinear(
    m: Measurements,
    apply: Callable[[Floats], Floats],
    results: Layout,
    vectors: tuple[Floats, Floats],
    floor: Floats,
    mode: str,
    what: str,
) -> list[Finding]:
    first, second = vectors
    x, y = apply(first), apply(second)
    # Of the second pair, magnitudes and squares have the wrong sign whatever the vectors are.
    for a, b in ((1.7, -0.6), (-0.8, -0.5)):
        with np.errstate(all="ignore"):
            both = apply(a * first + b * second)
            expected = a * x + b * y
            size = np.abs(a * x) + np.abs(b * y) + np.abs(both)
            allowed = m.tolerance * size + floor + np.finfo(float).tiny
            excess = np.where(np.isfinite(size), np.abs(both - expected) / allowed, 0.0)
        if excess.max(initial=0.0) <= 1:
            continue
        entry = int(excess.argmax())
        place = results.place(entry)
        return [
            Finding(
                f"the {mode} is not linear in the {what}, as its entry",
                diagnosis.of_nonlinearity(m, apply, first, entry, mode, what),
                place if mode == "vjp" else None,
                place if mode == "jvp" else None,
                float(both[entry]),
                float(expected[entry]),
                f"along a sum of two {what}s",
            )
        ]
    return []


def transpose(m: Measurements) -> Outcome:
    """Whether <u, J v> = <J^T u, v>."""
    m.require_floats()
    for why in (m.no_forward, m.no_reverse):
        if why:
            raise SkippedError(why)
    generator = m.random(3)
    worst, found = 0.0, None
    for v in m.directions:
        u = generator.normal(size=m.outputs.size)
        excess, left, right = _product_excess(m, u, v)
        if excess > worst:
            worst, found = excess, (u, v, left, right)
    summary = f"<u, J v> = <J^T u, v>, within {worst:.1g} of what is allowed"
    if worst <= 1 or found is None:
        return Outcome(summary)
    u, v, left, right = found

    def by_input(positions: Sequence[int]) -> float:
        excess, a, b = _product_excess(m, u, m.part_of(v, positions))
        return a - b if excess > 1 else 0.0

    column = element_to_blame(m.elements_of(v), by_input)
    row = None
    if column is not None:
        unit = m.part_of(np.ones_like(v), [column])

        def by_output(positions: Sequence[int]) -> float:
            excess, a, b = _product_excess(m, restricted(u, positions), unit)
            return a - b if excess > 1 else 0.0

        row = element_to_blame(np.flatnonzero(u).tolist(), by_output)
        if row is not None:
            _, left, right = _product_excess(m, restricted(np.ones_like(u), [row]), unit)
    what = "jvp and vjp are not each other's transposes: <u, J v>"
    meaning = "one of the two rules is wrong, or not linear"
    if m.rule:
        meaning += f": {m.rule}"
    return Outcome(
        "<u, J v> = <J^T u, v>",
        [
            Finding(
                what,
                meaning,
                None if column is None else m.subject.inputs.place(column),
                None if row is None else m.outputs.place(row),
                left,
                right,
            )
        ],
    )


def _product_excess(m: Measurements, u: Floats, v: Floats) -> tuple[float, float, float]:
    """By how much the two products differ, in units of what is allowed, and both."""
    with np.errstate(all="ignore"):
        tangent, gradient = m.push(v), m.pull(u)
        left, right = float(u @ tangent), float(gradient @ v)
        size = float(np.abs(u) @ np.abs(tangent)) + float(np.abs(gradient) @ np.abs(v))
    if not np.isfinite(size):
        return 0.0, left, right
    floor = float(np.abs(u) @ m.negligible_tangent()) + np.finfo(float).tiny
    return abs(left - right) / (m.tolerance * size + floor), left, right
