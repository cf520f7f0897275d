"""Every primitive that takes floats, in float16 and bfloat16, against its reference in float64."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from primitive_table import FAMILIES
from row_programs import mismatch, program, report, rows_of, rows_to_compile, value
from table_row import Array, Row

HALVES = {"float16": np.dtype(np.float16), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
# How many roundings of its size a result may be off; sums round after every term.
ROUNDINGS = {"elementwise": 2.0, "sums": 8.0}
# All of their rows are compiled; a loop of these takes little time.
SIMPLE = ("unary", "binary", "shape", "reduction")
SUMS = ("reduction", "contraction", "cumulative", "windows", "linear algebra", "scatter_op")


def halved(row: Row, dtype: np.dtype[Any]) -> list[Array]:
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in row.sample(3)]


def half_rows(family: str) -> list[Row]:
    # What a conversion gives is another dtype than its operand's; test_values has them all.
    rows = rows_of(family) if family in SIMPLE else rows_to_compile(family)
    return [row for row in rows if row.floating and family != "convert"]


@pytest.mark.parametrize("family", [family for family in FAMILIES if half_rows(family)])
def test_values(family: str) -> None:
    rows = half_rows(family)
    run = program(rows, lambda row, *cases: [value(row, operands) for operands in cases])
    inputs = {row.name: tuple(halved(row, dtype) for dtype in HALVES.values()) for row in rows}
    results = run(inputs)
    failures: list[str] = []
    for row in rows:
        for dtype, operands, got in zip(
            HALVES.values(), inputs[row.name], results[row.name], strict=True
        ):
            wide = [x.astype(np.float64) if x.dtype == dtype else x for x in operands]
            exact = np.asarray(row.reference(*wide))
            want = exact.astype(dtype) if row.result_dtype == np.float64 else exact
            size = np.maximum(np.abs(exact.astype(np.float64)), 1.0)
            if row.magnitude is not None:
                size = np.maximum(size, row.magnitude(*wide))
            roundings = ROUNDINGS["sums" if family in SUMS else "elementwise"]
            tolerance = roundings * float(ml_dtypes.finfo(dtype).eps) * size
            wrong = mismatch(np.asarray(got), want, tolerance)
            if wrong:
                failures.append(f"{row.name}: {wrong}")
    report(failures)
