"""Values: computed twice, by other programs, in other precisions, and whether they are finite."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ..errors import TracedRandomWarning, XformError
from . import diagnosis
from .layout import Floats, Layout
from .measurements import Measurements, Outcome, SkippedError, first_line
from .report import Finding
from .subject import is_floating

Arrays = Sequence[np.ndarray[Any, Any]]

_NARROW: Final = np.dtype(np.float32)
# Errors of so many float32 roundings of a value are no matter, nor so many of each argument.
_ROUNDINGS: Final = 1000.0
_ARGUMENT_ROUNDINGS: Final = 30.0


def determinism(m: Measurements) -> Outcome:
    """Traced and called twice, the function is the same."""
    subject = m.subject
    findings = []
    with warnings.catch_warnings():
        # What it warns of is what is looked for.
        warnings.simplefilter("ignore", TracedRandomWarning)
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
    """The compiled function against the function called with NumPy's arrays."""
    subject = m.subject
    compiled = m.own_value
    paths = list(subject.output_paths)
    try:
        direct = subject.direct(subject.point)
    except Exception as error:
        raise SkippedError(
            f"called directly, it raises {type(error).__name__}: {first_line(error)}"
        ) from None
    state = "a Python object that it reads or changes, or a branch on the type of an argument"
    if len(direct) != len(compiled):
        what = f"compiled, it returns {len(compiled)} arrays; directly, {len(direct)}"
        return Outcome("", [Finding(what, state)])
    for path, x, y in zip(paths, compiled, direct, strict=True):
        if x.shape != y.shape:
            what = f"compiled, {path} is {_kind(x)}; directly, it is {_kind(y)}"
            return Outcome("", [Finding(what, state)])
    roundoff = subject.roundoff(None)
    finding, worst = _apart(m, compiled, direct, m.options.tolerance or roundoff**0.4)
    summary = f"compiled against called directly, within {worst:.1g} of what is allowed"
    if finding is None:
        return Outcome(summary)
    return Outcome(
        "compiled against called directly",
        [Finding("compiled, the value", state, **finding)],
    )


def _apart(
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


def vmap(m: Measurements) -> Outcome:
    """Batches of the arguments, and of some of them, against the function row by row."""
    subject = m.subject
    batch = _Batch(m)
    groups = batch.groups()
    if not groups:
        raise SkippedError("no argument is an array")
    findings = []
    worst = 0.0
    for group in groups:
        names = ", ".join(subject.argument_names[i] for i in group)
        floats, integers, dims = batch.arguments(group)
        expected = [
            np.stack(rows)
            for rows in zip(
                *(subject.value_at(*batch.row(group, r)) for r in batch.rows), strict=True
            )
        ]
        found = subject.batched(dims, floats, integers)
        finding, excess = _apart_in_rows(m, found, expected)
        worst = max(worst, excess)
        if finding:
            where = f"batched: {names}; {finding.pop('row')}"
            findings.append(Finding("the vmap", _batching(m), where=where, **finding))
            break
    told = f"vmap against a loop over {len(batch.rows)} rows, {len(groups)} ways to batch"
    if not findings and m.outputs.size and subject.inputs.size and not m.no_reverse:
        findings += _gradients_of_rows(m, batch, groups[0])
        told += ", and of the vjp"
    return Outcome(told, findings)


def _batching(m: Measurements) -> str:
    return f"batching is wrong: {m.rule}" if m.rule else "batching is wrong"


class _Batch:
    """Rows around the arguments."""

    def __init__(self, m: Measurements) -> None:
        self._m = m
        generator = m.random(6)
        self.rows = range(m.options.batch_size)
        subject = m.subject
        points = [subject.point + 0.02 * row * m.random_direction(generator) for row in self.rows]
        self.floats = [subject.leaves_at(point, m.wide) for point in points]
        # Elements change places, so that they stay what indices and labels may be.
        self.integers = [
            [np.roll(x, row).reshape(x.shape) for x in subject.integers] for row in self.rows
        ]

    def groups(self) -> list[tuple[int, ...]]:
        """Which arguments to batch: all, then for up to three each alone, else by halves."""
        of_floats, of_integers = self._m.subject.owners
        arguments = sorted({*of_floats, *of_integers})
        if not arguments:
            return []
        count = len(arguments)
        groups = [tuple(arguments)]
        if 1 < count <= 3:
            groups += [(argument,) for argument in arguments]
        elif count > 3:
            groups += [tuple(arguments[0::2]), tuple(arguments[1::2])]
        return groups

    def _is_batched(self, owner: int, group: Sequence[int], leaf: Any) -> bool:
        # As an array, a Python number would be of another dtype.
        is_number = type(leaf) is float and self._m.wide is None
        return owner in group and not (
            is_number and not self._m.subject.are_all(np.dtype(np.float64))
        )

    def row(self, group: Sequence[int], row: int) -> tuple[list[Any], list[Any]]:
        """The arguments of a row: those of row 0 where they are not batched."""
        of_floats, of_integers = self._m.subject.owners
        return (
            [
                own if self._is_batched(owner, group, own) else first
                for owner, own, first in zip(
                    of_floats, self.floats[row], self.floats[0], strict=True
                )
            ],
            [
                own if owner in group else first
                for owner, own, first in zip(
                    of_integers, self.integers[row], self.integers[0], strict=True
                )
            ],
        )

    def arguments(self, group: Sequence[int]) -> tuple[list[Any], list[Any], list[Any]]:
        """The batched arguments and their in_dims; rows lie last where not all are batched."""
        of_floats, of_integers = self._m.subject.owners
        axis = 0 if group == self.groups()[0] else -1
        rows = [self.row(group, row) for row in self.rows]
        stacked: list[list[Any]] = [[], []]
        dims: list[list[int | None]] = [[], []]
        for kind, owners in enumerate((of_floats, of_integers)):
            for i, owner in enumerate(owners):
                parts = [row[kind][i] for row in rows]
                if self._is_batched(owner, group, parts[0]):
                    stacked[kind].append(np.stack(parts, axis))
                    dims[kind].append(axis)
                else:
                    stacked[kind].append(parts[0])
                    dims[kind].append(None)
        return stacked[0], stacked[1], dims


def _apart_in_rows(
    m: Measurements, found: Arrays, expected: Arrays
) -> tuple[dict[str, Any] | None, float]:
    worst, result = 0.0, None
    for row in range(m.options.batch_size):
        finding, excess = _apart(
            m, [x[row] for x in found], [x[row] for x in expected], m.tolerance
        )
        if excess > worst:
            worst = excess
            if finding:
                result = {**finding, "row": f"row {row}"}
    return result, worst


def _gradients_of_rows(m: Measurements, batch: _Batch, group: Sequence[int]) -> list[Finding]:
    subject = m.subject
    if any(type(x) is float for x in batch.floats[0]) and m.wide is None:
        return []
    floats, integers, _ = batch.arguments(group)
    generator = m.random(7)
    us = [generator.normal(size=m.outputs.size) for _ in batch.rows]
    rows = [m.cotangents(u, m.value) for u in us]
    found = subject.batched_pullback(
        floats, integers, [np.stack(parts) for parts in zip(*rows, strict=True)]
    )
    for row in batch.rows:
        expected = subject.pullback_at(*batch.row(group, row), rows[row])
        floors = subject.inputs.unpacked(m.negligible_gradient(us[row]))
        for path, x, y, floor in zip(subject.inputs.paths, found, expected, floors, strict=True):
            with np.errstate(all="ignore"):
                same = (x[row] == y) | (np.isnan(x[row]) & np.isnan(y))
                gap = np.abs(x[row] - y)
                size = np.abs(y) + np.abs(y).max(initial=0.0, where=np.isfinite(y))
                wrong = ~same & ~(gap <= m.tolerance * size + floor + np.finfo(float).tiny)
            if wrong.any():
                position = int(np.argmax(np.where(wrong, np.nan_to_num(gap, nan=np.inf), -1)))
                return [
                    Finding(
                        "the vmap of the vjp",
                        _batching(m),
                        Layout((path,), (y.shape,)).place(position),
                        None,
                        float(x[row].flat[position]),
                        float(y.flat[position]),
                        f"row {row}",
                    )
                ]
    return []


# Finite numbers ---------------------------------------------------------------------------------


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


# Precision --------------------------------------------------------------------------------------


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
        subject.point * (1 + generator.uniform(-0.05, 0.05, subject.point.size)) for _ in range(2)
    ]
    worst: tuple[float, Callable[[], Finding]] | None = None
    most = 0.0
    unit = 2.0**-23
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
            allowed = unit * (_ROUNDINGS * size + _ARGUMENT_ROUNDINGS * m.sensitivity)
            excess = np.where(representable, gap / (allowed + np.finfo(np.float32).tiny), 0.0)
            excess = np.where(bad, np.inf, excess)
            roundings = np.where(representable & ~bad & (size > 0), gap / (unit * size), 0.0)
        most = max(most, float(roundings.max(initial=0.0)))
        largest = float(excess.max(initial=0.0))
        if largest > 1 and (worst is None or largest > worst[0]):
            entry = int(excess.argmax())
            worst = largest, _narrow_finding(m, start, entry, narrow[entry], wide[entry])
    told = f"float32 against float64, at most {most:.3g} roundings of float32 apart"
    return Outcome(told, [] if worst is None else [worst[1]()])


def _narrow_finding(
    m: Measurements, start: Floats, entry: int, found: float, expected: float
) -> Callable[[], Finding]:
    def finding() -> Finding:
        place = m.outputs.place(entry)
        said = _input_of(m, start, place.index, m.outputs.shapes[_array_of(m.outputs, entry)])
        if np.isfinite(found) and expected:
            apart = abs(found - expected) / (2.0**-23 * abs(expected))
            said += f", {apart:.3g} roundings of float32 apart"
        return Finding(
            "in float32 the value",
            diagnosis.of_values_in_float32(bool(np.isfinite(found))),
            None,
            place,
            float(found),
            float(expected),
            said,
        )

    return finding


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
