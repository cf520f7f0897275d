"""Batches against the function row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .layout import Layout
from .measurements import Measurements, Outcome, SkippedError
from .repetition import Arrays, values_apart
from .report import Finding


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
        finding, excess = values_apart(
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
