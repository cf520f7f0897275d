"""Functions of linear algebra under vmap, of strided views, and on Vulkan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from batch import flat
from xform import frontend

from .kinds import Array, kinds
from .table import CELLS, Cell, expected, others, read, results

# At the last size of each row.
MAIN = [
    cell for cell in CELLS if cell.dtype == "float64" and cell.shape == cell.row.shapes[-1]
]  # fmt: skip
MAPPED = [cell for cell in MAIN if cell.row.twice and "broadcast" not in cell.row.options]


def strided(x: Array) -> Array:
    """The same numbers, of which every other axis and element is skipped, backwards."""
    inside = np.full((*x.shape, 2), np.nan, x.dtype).swapaxes(0, -2)[..., ::-1, :]
    inside[..., 0] = x.swapaxes(0, -1)
    return inside[..., 0].swapaxes(0, -1)


@pytest.mark.parametrize("cell", MAPPED, ids=str)
def test_strided_views(cell: Cell) -> None:
    row, shape, dtype = cell
    stack = strided(read(row, kinds(row.form, *shape, dtype).stack))
    assert not stack.flags.c_contiguous
    found = frontend.jit(row.of_batch)(stack, *map(strided, others(row, shape, dtype)))
    for one, other in zip(found, results(cell), strict=True):
        np.testing.assert_array_equal(np.asarray(one), other)


@pytest.mark.parametrize("cell", MAPPED, ids=str)
def test_vmap_is_a_loop(cell: Cell) -> None:
    """Along an axis in the middle; and one matrix after the other, of one program."""
    row, shape, dtype = cell
    beside = others(row, shape, dtype)
    known = kinds(row.form, *shape, dtype)
    chosen = known.index(row.smooth)
    stack = read(row, known.stack[chosen])
    one = frontend.jit(lambda *xs: flat(row.ours(*xs)))
    dims = (1, *[None] * len(beside))
    mapped = frontend.jit(frontend.vmap(lambda *xs: flat(row.ours(*xs)), dims))(
        np.moveaxis(stack, 0, 1), *beside
    )
    for k in range(len(chosen)):
        alone = [np.asarray(x) for x in one(stack[k], *beside)]
        for whole, wanted in zip(mapped, alone, strict=True):
            _close(np.asarray(whole)[k], wanted)
        if not row.vmapped:
            for whole, wanted in zip(results(cell), alone, strict=True):
                _close(whole[chosen[k]], wanted)


def _close(found: Array, wanted: Array) -> None:
    scale = np.abs(wanted).max(initial=0.0)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12 * scale)


# One of each primitive but eigh and svd, whose many small steps take long there.
ON_VULKAN = ("numpy.solve columns", "numpy.cholesky upper=False", "numpy.qr mode=reduced",
             "scipy.lu_solve trans=0",
             "scipy.solve_triangular trans=0, lower=True, unit=False")  # fmt: skip


@pytest.mark.vulkan
def test_on_vulkan() -> None:
    """Of matrices of a few kinds, in one program."""
    cells = {str(cell.row): cell for cell in CELLS if cell.dtype == "float32"
             and cell.shape == cell.row.shapes[-1] and str(cell.row) in ON_VULKAN}  # fmt: skip
    assert set(cells) == set(ON_VULKAN)
    chosen = {name: kinds(cell.row.form, *cell.shape, "float32").index(("general", "identity"))
              for name, cell in cells.items()}  # fmt: skip

    def everything(args: dict[str, Any]) -> dict[str, Any]:
        return {name: cell.row.of_batch(*args[name]) for name, cell in cells.items()}

    args = {
        name: (read(row, kinds(row.form, *shape, dtype).stack[chosen[name]]),
               *others(row, shape, dtype))
        for name, (row, shape, dtype) in cells.items()
    }  # fmt: skip
    found = frontend.jit(everything, device="vulkan")(args)
    for name, cell in cells.items():
        for i, k in enumerate(chosen[name]):
            own = cell.row.determined([np.asarray(x)[i] for x in found[name]])
            for got, (wanted, error) in zip(own, expected(cell, k), strict=True):
                if error is not None:
                    assert (np.abs(got - wanted) <= error).all(), (name, k, got, wanted)
