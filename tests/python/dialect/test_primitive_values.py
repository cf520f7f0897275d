"""Every primitive's values against NumPy: each dtype it takes, edge shapes, kinks, infinities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from primitive_table import FAMILIES, ROWS
from row_programs import mismatch, program, report, rows_of
from table_row import Array, Operands, Row
from xform._xform import PRIMITIVES

# Where NumPy itself leaves the sign of a zero open.
UNSIGNED_ZEROS = {
    *("max", "min", "reduce_max", "reduce_min", "cummax", "cummin", "reduce_sum", "dot_general")
}


def test_every_primitive_has_a_row() -> None:
    assert {row.primitive for row in ROWS} == set(PRIMITIVES)


def test_rows_have_names_of_their_own() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


def all_cases(row: Row, cases: list[list[Any]]) -> list[Any]:
    return [row.emit(*operands) for operands in cases]


def tolerance(row: Row, operands: Operands, want: Array) -> Array | float:
    if not row.ulps or want.dtype.kind != "f":
        return 0.0
    if row.magnitude is not None:
        wide = [x.astype(np.float64) for x in operands]
        return np.asarray(row.ulps * np.finfo(want.dtype).eps * row.magnitude(*wide))
    size = np.abs(np.where(np.isfinite(want), want, 0)).astype(np.float64)
    spacing = np.spacing(size.astype(want.dtype)).astype(np.float64)
    # IREE's workers run with subnormal numbers flushed to zero.
    tiny = float(np.finfo(want.dtype).smallest_normal)
    return np.where(size < tiny, tiny, row.ulps * spacing)


def wrong_signs(row: Row, got: Array, want: Array) -> str:
    if row.primitive in UNSIGNED_ZEROS or want.dtype.kind != "f":
        return ""
    wrong = (want == 0) & (got == 0) & (np.signbit(got) != np.signbit(want))
    if not np.any(wrong):
        return ""
    place = tuple(int(i[0]) for i in np.nonzero(wrong)) if want.shape else ()
    return f"at {place} of {want.shape} got {got[place]!r}, expected {want[place]!r}"


@pytest.mark.parametrize("family", FAMILIES)
def test_values(family: str) -> None:
    rows = rows_of(family)
    inputs = {row.name: ([list(case) for case in row.cases],) for row in rows}
    results = program(rows, all_cases)(inputs)
    failures: list[str] = []
    for row in rows:
        for operands, got in zip(row.cases, results[row.name], strict=True):
            want = row.expected(operands)
            wrong = mismatch(got, want, tolerance(row, operands, want))
            wrong = wrong or wrong_signs(row, got, want)
            if wrong:
                given = ", ".join(f"{x.dtype}{x.shape}" for x in operands)
                failures.append(f"{row.name}({given}) {wrong}")
    report(failures)
