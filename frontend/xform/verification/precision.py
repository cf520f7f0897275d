"""Numbers: whether they are finite, and how many digits float32 leaves of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ..errors import XformError
from . import diagnosis
from .layout import Floats, Layout
from .measurements import Measurements, Outcome, SkippedError, first_line
from .report import Finding
from .subject import is_floating

Arrays = Sequence[np.ndarray[Any, Any]]

_NARROW: Final = np.dtype(np.float32)
_UNIT: Final = 2.0**-23
# Errors of so many float32 roundings of a value are no matter, nor so many of each argument.
_ROUNDINGS: Final = 1000.0
_ARGUMENT_ROUNDINGS: Final = 30.0


def finite(m: Measurements) -> Outcome:
    """No NaN and no infinity in values or derivatives, in the dtypes of the arguments."""
    subject = m.subject
    if not np.isfinite(subject.point).all():
        raise SkippedError("an argument is not finite")
    value = m.own_value
    findings = []
    for path, x in zip(subject.output_paths, value, strict=True):
        if is_floating(x):
            findings += _not_finite("the value", path, x)
    told = "values"
    if subject.inputs.size and m.outputs.size:
        findings = findings[:1]
        if not m.no_reverse:
            told += ", vjp"
            gradients = _own_pullback(m, value)
            findings += _nonfinite_derivative("vjp", subject.inputs, gradients)
        if not m.no_forward:
            told += ", jvp"
            findings += _nonfinite_derivative("jvp", m.outputs, _own_pushforward(m))
    return Outcome(f"{told} finite" if not findings else told, findings)


def _own_pullback(m: Measurements, value: Arrays) -> Arrays:
    u = m.random(8).uniform(0.5, 1.5, m.outputs.size)
    return m.subject.pullback(m.subject.point, m.cotangents(u, value))


def _own_pushforward(m: Measurements) -> Arrays:
    return m.subject.pushforward(m.subject.point, m.directions[0])


def _nonfinite_derivative(mode: str, layout: Layout, arrays: Arrays) -> list[Finding]:
    """The first finding, which has the place in the arguments (vjp) or outputs (jvp)."""
    for path, x in zip(layout.paths, arrays, strict=True):
        for finding in _not_finite(f"the {mode}", path, x):
            meaning = diagnosis.of_nonfinite_derivative()
            if mode == "jvp":
                return [replace(finding, meaning=meaning)]
            return [replace(finding, meaning=meaning, argument=finding.output, output=None)]
    return []


def _not_finite(what: str, path: str, x: np.ndarray[Any, Any]) -> list[Finding]:
    wide = x.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(wide))
    if not bad.size:
        return []
    return [
        Finding(
            f"{what} is not finite, in the entry",
            output=Layout((path,), (x.shape,)).place(int(bad[0])),
            found=float(wide.flat[bad[0]]),
            where=f"{bad.size} of {x.size} entries" if x.size > 1 else "",
        )
    ]


def float32(m: Measurements) -> Outcome:
    """Values in float32 against float64, at the arguments and near them."""
    subject = m.subject
    m.require_floats()
    if subject.draws:
        raise SkippedError("it draws random numbers, which are others in another dtype")
    if m.wide is None and not subject.are_all(np.dtype(np.float64)):
        raise SkippedError("it takes arguments of its own dtypes only")
    generator = m.random(9)
    around = [subject.point] + [
        subject.point + 0.04 * m.random_direction(generator) for _ in range(2)
    ]
    most = 0.0
    findings: list[Finding] = []
    for vector in around:
        # What is compared begins with the same numbers.
        start = subject.inputs.packed(subject.leaves_at(vector, _NARROW))
        try:
            narrow = m.floats_of(subject.value(start, _NARROW))
        except (XformError, TypeError, ValueError) as error:
            raise SkippedError(f"in float32 it raises: {first_line(error)}") from None
        wide = m.floats(start)
        with np.errstate(all="ignore"):
            gap = np.abs(narrow - wide)
            size = np.abs(wide)
            representable = np.isfinite(wide) & (size < 3e38) & ((size > 1e-37) | (wide == 0))
            bad = representable & ~np.isfinite(narrow)
            allowed = _UNIT * (_ROUNDINGS * size + _ARGUMENT_ROUNDINGS * m.sensitivity)
            excess = np.where(representable, gap / (allowed + np.finfo(np.float32).tiny), 0.0)
            excess = np.where(bad, np.inf, excess)
            roundings = np.where(representable & ~bad & (size > 0), gap / (_UNIT * size), 0.0)
        most = max(most, float(roundings.max(initial=0.0)))
        if excess.max(initial=0.0) > 1:
            entry = int(excess.argmax())
            findings = [_narrow_finding(m, start, entry, narrow[entry], wide[entry])]
            # The arguments come first, and are what the user can try again.
            break
    told = f"float32 against float64, at most {most:.3g} roundings of float32 apart"
    return Outcome(told, findings)


def _narrow_finding(
    m: Measurements, start: Floats, entry: int, found: float, expected: float
) -> Finding:
    place = m.outputs.place(entry)
    said = _input_of(m, start, place.index, m.outputs.shapes[_array_of(m.outputs, entry)])
    if np.isfinite(found) and expected:
        apart = abs(found - expected) / (_UNIT * abs(expected))
        said += f", {apart:.3g} roundings of float32 apart"
    return Finding(
        "in float32 the value",
        diagnosis.of_values_in_float32(found, expected),
        None,
        place,
        float(found),
        float(expected),
        said,
    )


def _array_of(layout: Layout, position: int) -> int:
    return next(i for i, span in enumerate(layout.spans()) if position < span.stop)


def _input_of(
    m: Measurements, start: Floats, index: tuple[int, ...], shape: tuple[int, ...]
) -> str:
    """The input, where it is one number for each of the output's; else the range of each array."""
    layout = m.subject.inputs
    said = []
    for path, x in zip(layout.paths, layout.unpacked(start), strict=True):
        if x.size == 1:
            said.append(f"{path} = {float(x.reshape(())):.9g}")
        elif x.shape == shape:
            at = ", ".join(map(str, index))
            said.append(f"{path}[{at}] = {float(x[index]):.9g}")
        elif x.size:
            said.append(f"{path} from {x.min():.9g} to {x.max():.9g}")
    more = f" and {len(said) - 4} more" if len(said) > 4 else ""
    return f"at {', '.join(said[:4])}{more}"
