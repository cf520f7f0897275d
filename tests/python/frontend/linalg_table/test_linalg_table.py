"""Values of all functions of linear algebra, at all kinds of matrices, against NumPy's and SciPy's.

Factors that are not unique are compared by their laws.
"""

from __future__ import annotations

import numpy as np
import pytest
from xform.numpy import linalg as numpy_linalg
from xform.scipy import linalg as scipy_linalg

from .kinds import NOT_FINITE, Array, kinds
from .table import CELLS, ROWS, Cell, expected, others, read, results, rounding

_OF_VECTORS = "takes vectors"
_OF_SIZES = "takes sizes, and is not traced"
_BY_LAWS = "has a table of its own, in test_linalg_general and test_general"
LEFT_OUT = {
    **{f"numpy.{name}": _BY_LAWS for name in ("eig", "eigvals")},
    **{f"scipy.{name}": _BY_LAWS for name in (
        "eig", "eigvals", "fractional_matrix_power", "funm", "schur")},
    **{f"numpy.{name}": _OF_VECTORS for name in ("cross", "outer", "vecdot", "vector_norm")},
    **{f"scipy.{name}": _OF_VECTORS for name in (
        "circulant", "companion", "convolution_matrix", "fiedler", "hankel", "leslie",
        "matmul_toeplitz", "solve_circulant", "solve_toeplitz", "toeplitz")},
    **{f"scipy.{name}": _OF_SIZES for name in (
        "hadamard", "helmert", "hilbert", "invhilbert", "invpascal", "pascal")},
}  # fmt: skip


def test_every_public_function_has_a_row() -> None:
    public = {f"numpy.{name}" for name in numpy_linalg.__all__}
    public |= {f"scipy.{name}" for name in scipy_linalg.__all__}
    covered = {row.covers for row in ROWS}
    assert not covered & LEFT_OUT.keys()
    assert covered | LEFT_OUT.keys() == public
    assert len({str(row) for row in ROWS}) == len(ROWS), "two rows of one name"


def difference(result: Array, wanted: Array, error: Array) -> str:
    """What is wrong with a result, if anything is."""
    with np.errstate(all="ignore"):
        wanted = wanted.astype(result.dtype)
        same = (result == wanted) | (np.isnan(result) & np.isnan(wanted))
        if result.dtype.kind != "f":
            return "" if same.all() else f"{result.tolist()} instead of {wanted.tolist()}"
        off = np.abs(result.astype(np.float64) - wanted.astype(np.float64))
        bad = ~(same | (off <= error))
    if not bad.any():
        return ""
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    return f"{result[at]} instead of {wanted[at]} at {at}, error {off[at]} > {error[at]}"


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_values(cell: Cell) -> None:
    row, shape, dtype = cell
    found = results(cell)
    names, stack, _ = kinds(row.form, *shape, dtype)
    reference = row.expected(stack[0], *others(row, shape, dtype))
    assert reference is not None
    assert [(x.dtype, x.shape) for x in row.determined([x[0] for x in found])] == [
        (y.dtype, y.shape) for y in reference
    ]
    wrong, certain = [], 0
    for k, name in enumerate(names):
        if name in row.without:
            continue
        own = [y[k] for y in found]
        if name in NOT_FINITE and row.not_finite != "same":
            if row.not_finite == "all" and not all(
                np.isnan(y).all() for y in own if y.dtype.kind == "f"
            ):
                wrong.append(f"{name}: not all is NaN: {own}")
            some = row.not_finite == "some" or (row.not_finite, name) == ("NaN", "NaN")
            if some and all(np.isfinite(y).all() for y in own):
                wrong.append(f"{name}: all is finite: {own}")
            continue
        wanted = expected(cell, k)
        if wanted is None:
            if all(np.isfinite(y).all() for y in own):
                wrong.append(f"{name}: {own} instead of what is not finite")
            continue
        for got, (result, error) in zip(row.determined(own), wanted, strict=bool(wanted)):
            if error is not None:
                certain += 1
                if told := difference(np.asarray(got), result, error):
                    wrong.append(f"{name}: {told}")
    assert not wrong, "\n".join(wrong)
    assert certain >= 1, "nothing is determined"


LAWFUL = [cell for cell in CELLS if cell.row.laws is not None and all(cell.shape)]


@pytest.mark.parametrize("cell", LAWFUL, ids=str)
def test_laws(cell: Cell) -> None:
    row, shape, dtype = cell
    names, stack, _ = kinds(row.form, *shape, dtype)
    chosen = [
        k for k, name in enumerate(names)
        if name not in NOT_FINITE and expected(cell, k) is not None
    ]  # fmt: skip
    wide = [x[chosen].astype(np.float64) for x in results(cell)]
    with np.errstate(all="ignore"):
        laws = row.laws(stack[chosen].astype(np.float64), *wide)
    limit = rounding(row, shape, dtype)
    wrong = []
    for law, (off, scale) in laws.items():
        worst = np.abs(off).max(tuple(range(1, off.ndim)), initial=0.0)
        for k in np.flatnonzero(~(worst <= limit * scale)):
            wrong.append(f"{law}: {names[chosen[k]]}, off by {worst[k]} of {scale[k]}")
    assert not wrong, "\n".join(wrong)


def test_unread() -> None:
    """The other triangle is filled with what would be seen."""
    row = next(row for row in ROWS if row.reads == "upper")
    assert np.isnan(read(row, np.ones((1, 2, 2)))).tolist() == [[[False, False], [True, False]]]
