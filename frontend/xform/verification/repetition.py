"""Values that must be the same: of a second call, and of the function called by Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from .layout import Floats, Layout
from .measurements import Measurements, Outcome, SkippedError, first_line
from .report import Finding
from .subject import is_floating

_STATE: Final = (
    "a Python object that it reads or changes, a branch on the type of an argument, or a function "
    "of which NumPy's and xform's values differ"
)

Arrays = Sequence[np.ndarray[Any, Any]]


def determinism(m: Measurements) -> Outcome:
    """Traced and called twice, the function is the same."""
    subject = m.subject
    findings = []
    if subject.text() != subject.text():
        findings.append(
            Finding(
                "traced twice, the function is not the same program",
                "it reads or changes a Python object that outlives the call, or NumPy's "
                "global random numbers",
            )
        )
    for name, call in (("called directly", subject.direct), ("compiled", subject.value)):
        try:
            first, second = call(subject.point), call(subject.point)
        except Exception:
            # `jit` reports it.
            continue
        different = _different(m, first, second)
        if different:
            findings.append(
                Finding(
                    f"{name} and called twice, the output is not the same",
                    "it reads or changes a Python object that outlives the call, or draws "
                    "random numbers without a key",
                    **different,
                )
            )
    return Outcome("traced twice and called twice", findings)


def _different(m: Measurements, first: Arrays, second: Arrays) -> dict[str, Any]:
    paths = m.subject.output_paths
    if len(first) != len(second):
        return {"where": f"{len(first)} outputs, then {len(second)}"}
    for path, x, y in zip(paths, first, second, strict=True):
        if x.shape != y.shape or x.dtype != y.dtype:
            return {"where": f"{path} is {_kind(x)}, then {_kind(y)}"}
        unlike = (x != y) & ~((x != x) & (y != y))
        if unlike.any():
            position = int(np.flatnonzero(unlike)[0])
            place = Layout((path,), (x.shape,)).place(position)
            return {
                "output": place,
                "found": float(y.flat[position]),
                "expected": float(x.flat[position]),
            }
    return {}


def _kind(x: np.ndarray[Any, Any]) -> str:
    return f"{x.dtype.name}[{','.join(map(str, x.shape))}]"


# Other programs ---------------------------------------------------------------------------------


def jit(m: Measurements) -> Outcome:
    """The compiled function against another compiled one, and against Python's call of it."""
    subject = m.subject
    compiled = m.own_value
    paths = list(subject.output_paths)
    tolerance = m.options.tolerance or subject.roundoff(None) ** 0.4
    told, notes = "compiled against called by Python", []
    try:
        direct = subject.direct(subject.point)
    except Exception as error:
        told = "compiled"
        notes = [f"called by Python, it raises {type(error).__name__}: {first_line(error)}"]
    else:
        shapes = _other_shapes(paths, compiled, direct)
        if shapes is not None:
            return Outcome(told, [shapes])
        apart, _ = values_apart(m, compiled, direct, tolerance)
        if apart is not None:
            return Outcome(told, [Finding("compiled, the value", _STATE, **apart)])
    elsewhere = subject.on_oldest_processor(subject.point)
    if elsewhere is None:
        if notes:
            raise SkippedError(notes[0])
        return Outcome(told)
    told += ", and for an old processor"
    apart, _ = values_apart(m, compiled, elsewhere, tolerance)
    if apart is None:
        return Outcome(told, notes=notes)
    meaning = "a formula so unstable that each rounding counts, or a fault of xform"
    finding = Finding("compiled for two processors, the value", meaning, **apart)
    return Outcome(told, [finding], notes)


def _other_shapes(paths: Sequence[str], compiled: Arrays, direct: Arrays) -> Finding | None:
    if len(direct) != len(compiled):
        what = f"compiled, it returns {len(compiled)} arrays; called by Python, {len(direct)}"
        return Finding(what, _STATE)
    for path, x, y in zip(paths, compiled, direct, strict=True):
        if x.shape != y.shape:
            what = f"compiled, {path} is {_kind(x)}; called by Python, it is {_kind(y)}"
            return Finding(what, _STATE)
    return None


def values_apart(
    m: Measurements, found: Arrays, expected: Arrays, tolerance: float
) -> tuple[dict[str, Any] | None, float]:
    """The entry in which two outputs differ most, None if in none by more than roundings."""
    worst, place, pair = 0.0, None, (0.0, 0.0)
    for path, x, y in zip(m.subject.output_paths, found, expected, strict=True):
        wide_x, wide_y = x.astype(np.float64), y.astype(np.float64)
        with np.errstate(all="ignore"):
            same = (wide_x == wide_y) | (np.isnan(wide_x) & np.isnan(wide_y))
            gap = np.where(same, 0.0, np.abs(wide_x - wide_y))
            size = np.maximum(np.abs(wide_x), np.abs(wide_y))
            if is_floating(x):
                allowed = tolerance * size
            else:
                allowed = np.zeros_like(size)
            excess = np.where(same, 0.0, gap / (allowed + np.finfo(float).tiny))
            if is_floating(x) and excess.max(initial=0.0) > 1:
                # Only now is it worth the derivative that tells how roundings grow.
                sensitivity = _sensitivity_of(m, path, x.shape)
                excess = np.where(same, 0.0, gap / (allowed + tolerance * sensitivity))
        excess = np.where(np.isnan(excess), np.inf, excess)
        if excess.max(initial=0.0) > worst:
            position = int(excess.argmax())
            worst = float(excess.max())
            place = Layout((path,), (x.shape,)).place(position)
            pair = float(wide_x.flat[position]), float(wide_y.flat[position])
    if worst <= 1 or place is None:
        return None, worst
    return {"output": place, "found": pair[0], "expected": pair[1]}, worst


def _sensitivity_of(m: Measurements, path: str, shape: tuple[int, ...]) -> Floats:
    parts = m.outputs.unpacked(m.sensitivity)
    for name, part in zip(m.outputs.paths, parts, strict=True):
        if name == path and part.shape == shape:
            return part + np.finfo(float).tiny
    return np.full(shape, np.finfo(float).tiny)
