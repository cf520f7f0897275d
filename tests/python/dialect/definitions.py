"""What each primitive of the dialect computes, on NumPy arrays, by its name and attributes.

The rows of the table compute their references by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import cumulative_rows
import indexing_rows
import linear_algebra_rows
import numpy as np
import ordering_rows
import random_rows
import scipy.special
import special_rows
import structural_rows
import threefry
import windows_rows
from elementwise_rows import integer_power
from primitive_table import ROWS
from table_row import Array, Shape
from windows_rows import Places
from xform._xform import PRIMITIVES
from xform.primitives import Indexing


@dataclass(frozen=True)
class Applied:
    """A primitive applied to arrays.

    Attributes:
        operands: the arrays.
        attributes: by name, as plain values.
        shape: the shape of the result; of the first one if there are several.
        dtype: and its dtype.
    """

    operands: Sequence[Any]
    attributes: Mapping[str, Any]
    shape: Shape
    dtype: np.dtype[Any]

    def __getitem__(self, name: str) -> Any:
        return self.attributes[name]

    def into(self, function: Callable[..., Any], **options: Any) -> Any:
        """What a function makes of the operands."""
        return function(*self.operands, **options)

    @property
    def x(self) -> Array:
        """The first operand."""
        array: Array = self.operands[0]
        return array

    @property
    def places(self) -> Places:
        """Where windows lie."""
        return Places(**{name: self[name] for name in PRIMITIVES["conv"]["attributes"]})

    @property
    def indexing(self) -> Indexing:
        """How index vectors are used."""
        return Indexing(**self.attributes)


Definition: TypeAlias = Callable[[Applied], Any]


def of_operands(function: Callable[..., Any]) -> Definition:
    """A function of the operands alone."""
    return lambda op: op.into(function)


def reduction(function: Callable[..., Any]) -> Definition:
    return lambda op: structural_rows.reduced(function, op.x, op["axes"])


def cumulative(ufunc: np.ufunc) -> Definition:
    return lambda op: cumulative_rows.accumulated(op.x, ufunc, op["axis"], op["reverse"])


def place_of_extreme(largest: bool) -> Definition:
    return lambda op: ordering_rows.place_of(op.x, largest, op["axis"], op.dtype)


def window_reduction(mnemonic: str) -> Definition:
    return lambda op: windows_rows.reduced(op.x, mnemonic, op["window"], op.places)


def window_place(sign: int) -> Definition:
    return lambda op: windows_rows.extreme_places(op.x, sign, op["window"], op.places)


def scatter(combine: Callable[..., Any]) -> Definition:
    return lambda op: op.into(partial(indexing_rows.scattered, combine), how=op.indexing)


def sort(op: Applied) -> tuple[Array, ...]:
    return tuple(
        ordering_rows.sorted_by(*op.operands, axis=op["axis"], keys=op["num_keys"], chosen=chosen)
        for chosen in range(len(op.operands))
    )


DEFINITIONS: dict[str, Definition] = {
    # What the rows of elementwise primitives refer to computes operands of any shape and dtype.
    **{
        row.primitive: of_operands(row.reference)
        for row in ROWS
        if row.family in ("unary", "binary") and not PRIMITIVES[row.primitive]["attributes"]
    },
    # Their references go element by element.
    "erf": of_operands(scipy.special.erf),
    "erfc": of_operands(scipy.special.erfc),
    "integer_pow": lambda op: integer_power(op["exponent"], op.x),
    "polygamma": lambda op: scipy.special.polygamma(op["order"], op.x),
    "sinc": lambda op: special_rows.sinc(op["order"], op.x),
    "sinc_of_root": lambda op: special_rows.sinc_of_root(op["order"], op.x),
    "half_pow": lambda op: special_rows.half_pow(op["exponent"], op.x),
    "checkpoint_name": of_operands(np.array),
    "convert": lambda op: op.x.astype(op.dtype),
    "bitcast": lambda op: op.x.view(op.dtype),
    "unit_float": lambda op: random_rows.unit_float(op.x, op.dtype),
    "rng_bits": lambda op: threefry.bits(op.x, op.shape[op.x.ndim - 1 :], op.dtype),
    "fold_in": of_operands(threefry.fold_in),
    "constant": lambda op: op["value"],
    "iota": lambda op: structural_rows.indices(op.shape, op.dtype, op["axis"]),
    "reshape": lambda op: op.x.reshape(op.shape),
    "broadcast_in_dim": lambda op: structural_rows.broadcast(op.x, op.shape, op["dims"]),
    "transpose": lambda op: np.transpose(op.x, op["permutation"]),
    "reverse": lambda op: np.flip(op.x, op["axes"]),
    "slice": lambda op: op.x[tuple(map(slice, op["starts"], op["limits"], op["strides"]))],
    "pad": lambda op: op.into(structural_rows.padded, **op.attributes),
    "concatenate": lambda op: np.concatenate(op.operands, op["axis"]),
    **{name: reduction(function) for name, _, function, _ in structural_rows.REDUCTIONS},
    **{name: cumulative(ufunc) for name, _, ufunc in cumulative_rows.PRIMITIVES},
    "argmax": place_of_extreme(largest=True),
    "argmin": place_of_extreme(largest=False),
    "sort": sort,
    "dot_general": lambda op: structural_rows.Axes(**op.attributes).contract(*op.operands),
    "cholesky": of_operands(np.linalg.cholesky),
    "lu": of_operands(linear_algebra_rows.factored),
    "lu_solve": lambda op: op.into(linear_algebra_rows.solved_by_lu, **op.attributes),
    "qr": lambda op: op.into(linear_algebra_rows.orthonormal, **op.attributes),
    "eig": of_operands(linear_algebra_rows.general_eigenpairs),
    "eigh": of_operands(linear_algebra_rows.eigenpairs),
    "schur": of_operands(linear_algebra_rows.schur_factors),
    "svd": lambda op: op.into(linear_algebra_rows.singular, **op.attributes),
    "triangular_solve": lambda op: op.into(linear_algebra_rows.solved, **op.attributes),
    "conv": lambda op: op.into(windows_rows.convolved, windows=op.places),
    **{name: window_reduction(name) for name in windows_rows.STEPS},
    "window_argmax": window_place(1),
    "window_argmin": window_place(-1),
    "window_gather": lambda op: op.into(
        windows_rows.gathered, window=op["window"], windows=op.places
    ),
    "window_scatter": lambda op: op.into(
        windows_rows.scattered, sizes=op["sizes"], window=op["window"], windows=op.places
    ),
    "gather": lambda op: op.into(indexing_rows.gathered, how=op.indexing),
    **{name: scatter(combine) for name, _, combine, _ in indexing_rows.SCATTERS},
    "dynamic_slice": lambda op: op.into(indexing_rows.sliced, sizes=op["sizes"]),
    "dynamic_update_slice": of_operands(indexing_rows.updated),
}
