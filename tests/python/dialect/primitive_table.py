"""The table of primitives: how each is emitted, what it takes and what NumPy says it computes.

A new primitive gets one row, or several where its attributes matter. The tests beside this file
check every row's values, derivatives, batching and the closure of its rules.
"""

from __future__ import annotations

import bits_rows
import cumulative_rows
import elementwise_rows
import indexing_rows
import linear_algebra_rows
import ordering_rows
import random_rows
import special_rows
import structural_rows
import windows_rows

ROWS = [
    *bits_rows.ROWS,
    *cumulative_rows.ROWS,
    *elementwise_rows.ROWS,
    *indexing_rows.ROWS,
    *linear_algebra_rows.ROWS,
    *ordering_rows.ROWS,
    *random_rows.ROWS,
    *special_rows.ROWS,
    *structural_rows.ROWS,
    *windows_rows.ROWS,
]
FAMILIES = tuple(dict.fromkeys(row.family for row in ROWS))
