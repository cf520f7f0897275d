"""Linear maps, however they are given, as functions of one vector.

A map is a square matrix or a function. The functions of this package compute with vectors of one
axis in one dtype; a map that takes pytrees sees these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .... import primitives, pytrees
from ....errors import XformTypeError, XformValueError, at_user_line
from ....numpy import contraction, joining, ufuncs
from ....numpy.promotion import (
    FLOAT64,
    Operand,
    array,
    computed_dtype,
    constant,
    is_float,
    operand,
    result_type,
)
from ....sparse.colouring import rows_of
from ....sparse.csr import CsrBlock
from ....tracing import traces
from ....tracing.array import TracedArray
from ....tracing.avals import is_array
from ....transforms.vjp import vjp

Vector = TracedArray
Map = Callable[[Vector], Vector]


@dataclass(frozen=True)
class Entries:
    """A sparse matrix by its entries.

    Attributes:
        rows, columns: where they lie; fixed.
        values: the entries, traced or fixed.
        shape: that of the matrix.
    """

    rows: np.ndarray[Any, Any]
    columns: np.ndarray[Any, Any]
    values: Any
    shape: tuple[int, int]

    def times(self, x: TracedArray) -> TracedArray:
        """The matrix times a vector, or the columns of a matrix."""
        values = array(self.values, x.dtype)
        if x.ndim == 2:
            values = values[:, None]
        terms = values * x[self.columns]
        result = constant((self.shape[0], *x.shape[1:]), x.dtype, 0)
        ufuncs.add.at(result, self.rows, terms)
        return result


def entries_of(a: Any) -> Entries | None:
    """The entries of a sparse matrix of SciPy's or of a traced sparse Jacobian, else None."""
    if isinstance(a, CsrBlock):
        found = a.structure
        return Entries(rows_of(found.offsets), found.indices, a.entries, found.shape)
    if hasattr(a, "tocoo") and hasattr(a, "nnz"):
        coo = a.tocoo()
        if len(coo.shape) != 2:
            return None
        rows, columns = (np.asarray(x) for x in coo.coords)
        return Entries(rows, columns, np.asarray(coo.data), coo.shape)
    return None


def require_real(name: str, parameter: str, *operands: Operand | None) -> None:
    """Raises an XformTypeError if one of some operands is complex: iterations have real vectors."""
    for x in operands:
        if x is not None and result_type(x).kind == "c":
            shape = ",".join(map(str, x.shape))
            raise XformTypeError(
                at_user_line(
                    f"{name}: {parameter} is {result_type(x)}[{shape}], and vectors are real here: "
                    "give the map of real and imaginary parts together"
                )
            )


def matrix_dtype(a: Any) -> Operand | None:
    """What a matrix brings to the dtype of its product; None for a function."""
    found = entries_of(a)
    if found is not None:
        return operand(found.values)
    return operand(a) if _is_matrix(a) else None


def _is_matrix(a: Any) -> bool:
    return traces.is_traced(a) or is_array(a)


def times(a: Any, name: str, parameter: str, size: int | None) -> Callable[[Any], Any]:
    """A map as a function: of arrays if it is a matrix, else of what it takes.

    Args:
        a: a square matrix, a sparse one, or a function.
        name: the function that messages name.
        parameter: how they call the map.
        size: how many rows it must have, None for any number.

    Raises:
        XformTypeError: it is none of these.
        XformValueError: it is a matrix of another shape.
    """
    found = entries_of(a)
    if found is not None:
        _require_square(found.shape, name, parameter, size)
        return found.times
    if _is_matrix(a):
        matrix = array(a)
        _require_square(matrix.shape, name, parameter, size)
        return lambda x: contraction.matmul(array(matrix, array(x).dtype), x)
    # SciPy's operators can be called too, but compute with NumPy.
    if callable(a) and not (hasattr(a, "matvec") and hasattr(a, "rmatvec")):
        return a  # type: ignore[no-any-return]
    instead = "; pass its function, x -> A x" if hasattr(a, "matvec") else ""
    raise XformTypeError(
        at_user_line(
            f"{name}: {parameter} must be a matrix, a scipy.sparse matrix or a function of a "
            f"vector, got {type(a).__name__}{instead}"
        )
    )


def _require_square(shape: Sequence[int], name: str, parameter: str, size: int | None) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise XformValueError(
            at_user_line(f"{name}: {parameter} must be a square matrix, got shape {tuple(shape)}")
        )
    if size is not None and shape[0] != size:
        raise XformValueError(
            at_user_line(
                f"{name}: {parameter} has shape {tuple(shape)}, but the vectors have {size} "
                f"element{'s' * (size != 1)}"
            )
        )


class Space:
    """Pytrees of floating arrays as vectors of one axis.

    Args:
        tree: one of them; integers become float64.
        matrices: more that take part in the dtype.
        name: the function that messages name.
        parameter: how they call `tree`.

    Attributes:
        vector: `tree` as such a vector.
        size: how many elements it has.
        dtype: that of vectors.

    Raises:
        XformTypeError: a leaf is not an array, or it or a matrix is complex.
        XformValueError: there is none.
    """

    def __init__(
        self, tree: Any, matrices: Sequence[Operand | None], name: str, parameter: str
    ) -> None:
        leaves, self._spec = pytrees.flatten(tree)
        if not leaves:
            raise XformValueError(at_user_line(f"{name}: {parameter} has no arrays, got {tree!r}"))
        self._name = name
        arrays = [array(x) for x in leaves]
        require_real(name, parameter, *arrays)
        require_real(name, "a matrix", *matrices)
        others = [x for x in matrices if x is not None]
        kinds = [result_type(x, *others) for x in arrays]
        self._dtypes = [kind if is_float(kind) else FLOAT64 for kind in kinds]
        self._shapes = [x.shape for x in arrays]
        own = result_type(*(constant((), kind, 0) for kind in self._dtypes))
        self.dtype = computed_dtype(own)
        self.size = sum(math.prod(shape) for shape in self._shapes)
        self.vector = self._joined(arrays)

    def tree(self, vector: TracedArray) -> Any:
        """The pytree of a vector."""
        leaves: list[TracedArray] = []
        start = 0
        for shape, dtype in zip(self._shapes, self._dtypes, strict=True):
            stop = start + math.prod(shape)
            part = vector if stop - start == self.size else vector[start:stop]
            leaves.append(array(primitives.reshape(part, shape), dtype))
            start = stop
        return pytrees.unflatten(self._spec, leaves)

    def ravel(self, tree: Any, parameter: str) -> TracedArray:
        """The vector of a pytree.

        Raises:
            XformValueError: its structure or shapes are others.
            XformTypeError: an array is complex.
        """
        leaves, spec = pytrees.flatten(tree)
        if spec != self._spec:
            raise XformValueError(
                at_user_line(
                    f"{self._name}: {parameter} has the structure {pytrees.show(spec)}, but the "
                    f"vectors have {pytrees.show(self._spec)}"
                )
            )
        arrays = [array(x) for x in leaves]
        for x, shape, path in zip(arrays, self._shapes, pytrees.paths(spec, ""), strict=True):
            if x.shape != shape:
                raise XformValueError(
                    at_user_line(
                        f"{self._name}: {parameter}{path} has shape {x.shape}, but the vectors "
                        f"have {shape}"
                    )
                )
            require_real(self._name, parameter + path, x)
        return self._joined(arrays)

    def map(self, a: Any, parameter: str) -> Map:
        """A map of these as a function of a vector."""
        size = self.size if len(self._shapes) == 1 else None
        function = times(a, self._name, parameter, size)
        result = f"{parameter}(x)" if function is a else f"the product of {parameter}"
        return lambda x: self.ravel(function(self.tree(x)), result)

    def _joined(self, arrays: Sequence[TracedArray]) -> TracedArray:
        parts = [
            primitives.reshape(array(x, self.dtype), (math.prod(shape),))
            for x, shape in zip(arrays, self._shapes, strict=True)
        ]
        return parts[0] if len(parts) == 1 else joining.concatenate(parts)


def transposed(a: Map) -> Map:
    """The transposed map."""

    def pull(y: Vector) -> Vector:
        _, pullback = vjp(a, constant(y.shape, y.dtype, 0))
        result: Vector = pullback(y)[0]
        return result

    return pull
