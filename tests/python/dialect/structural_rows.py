"""The rows of primitives that move, reduce, contract and create elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from table_row import (
    BITS,
    EVERY,
    NUMBERS,
    Array,
    Function,
    Operands,
    Row,
    Shape,
    integers,
    normal,
    truths,
)
from xform import primitives
from xform.source import user_location
from xform.tracing import traces

ROWS: list[Row] = []


def typed_cases(shapes: Sequence[Shape], dtypes: Iterable[Any]) -> Iterable[Operands]:
    """Operands of given shapes in each dtype."""
    generator = np.random.default_rng(1)
    for dtype in dtypes:
        kind = np.dtype(dtype).kind
        yield tuple(
            np.asarray(generator.normal(size=shape)).astype(dtype)
            if kind not in "iub"
            else integers(dtype, math.prod(shape) + 7, i)[7:].reshape(shape)
            for i, shape in enumerate(shapes)
        )


_seen: set[str] = set()


def structural(
    primitive: str,
    emit: Function,
    reference: Function,
    *shapes: Shape,
    family: str,
    label: str,
    dtypes: Iterable[Any] = EVERY,
    ulps: float = 0,
    magnitude: Function | None = None,
    floating: bool = True,
) -> None:
    """Add a row for operands of given shapes; a primitive's first row tries every dtype."""
    first = primitive not in _seen
    _seen.add(primitive)
    few = [d for d in dtypes if d in (np.float32, np.float64, np.int32, np.bool_)]
    draws = tuple(normal(shape) if floating else truths(shape) for shape in shapes)
    cases = tuple(typed_cases(shapes, dtypes if first else few))
    name = f"{primitive} {label}"
    ROWS.append(Row(name, primitive, family, emit, reference, draws, cases, ulps, magnitude))


shape = partial(structural, family="shape")

RESHAPED: tuple[tuple[Shape, Shape], ...] = (
    ((2, 3), (3, 2)),
    ((6,), (2, 1, 3)),
    ((), (1, 1)),
    ((1,), ()),
    ((0, 3), (2, 0)),
)
for source_shape, target_shape in RESHAPED:
    shape(
        "reshape",
        partial(primitives.reshape, shape=target_shape),
        partial(np.reshape, shape=target_shape),
        source_shape,
        label=f"{source_shape} to {target_shape}",
    )


def broadcast(x: Array, target: Shape, dims: Shape) -> Array:
    """Axis i of x as axis dims[i] of the result."""
    sizes = [1] * len(target)
    for axis, dim in enumerate(dims):
        sizes[dim] = x.shape[axis]
    return np.broadcast_to(x.reshape(sizes), target)


BROADCAST: tuple[tuple[Shape, Shape, Shape], ...] = (
    ((3,), (2, 3), (1,)),
    ((3,), (3, 2), (0,)),
    ((), (2, 3), ()),
    ((1, 3), (2, 3), (0, 1)),
    ((2, 1), (2, 4, 3), (0, 2)),
    ((2, 3), (2, 3), (0, 1)),
    ((0,), (2, 0), (1,)),
    ((1,), (0,), (0,)),
)
for source_shape, target_shape, dims in BROADCAST:
    shape(
        "broadcast_in_dim",
        partial(primitives.broadcast_in_dim, shape=target_shape, dims=dims),
        partial(broadcast, target=target_shape, dims=dims),
        source_shape,
        label=f"{source_shape} to {target_shape} by {dims}",
    )

TRANSPOSED: tuple[tuple[Shape, Shape], ...] = (
    ((2, 3), (1, 0)),
    ((2, 3, 4), (2, 0, 1)),
    ((2, 3, 4), (1, 2, 0)),
    ((), ()),
    ((0, 2), (1, 0)),
)
for source_shape, permutation in TRANSPOSED:
    shape(
        "transpose",
        partial(primitives.transpose, permutation=permutation),
        partial(np.transpose, axes=permutation),
        source_shape,
        label=f"{source_shape} by {permutation}",
    )

REVERSED: tuple[tuple[Shape, Shape], ...] = (
    ((5,), (0,)),
    ((2, 3, 4), (0, 2)),
    ((2, 3), ()),
    ((1,), (0,)),
    ((0, 2), (0, 1)),
)
for source_shape, axes in REVERSED:
    shape(
        "reverse",
        partial(primitives.reverse, axes=axes),
        partial(np.flip, axis=axes),
        source_shape,
        label=f"{source_shape} along {axes}",
    )


def sliced(x: Array, window: tuple[slice, ...]) -> Array:
    """Basic indexing that keeps 0-d arrays arrays."""
    return np.array(x[window])


SLICED: tuple[tuple[Shape, tuple[slice, ...]], ...] = (
    ((7,), (slice(1, 6, 2),)),
    ((7,), (slice(0, 7, 3),)),
    ((4, 5), (slice(1, 4, 1), slice(0, 5, 1))),
    ((4, 5), (slice(3, 4, 1), slice(1, 5, 2))),
    ((3,), (slice(2, 2, 1),)),
    ((3,), (slice(3, 3, 1),)),
    ((), ()),
    ((0, 3), (slice(0, 0, 1), slice(1, 3, 1))),
)
for source_shape, window in SLICED:
    shape(
        "slice",
        partial(
            primitives.slice,
            starts=[w.start for w in window],
            limits=[w.stop for w in window],
            strides=[w.step for w in window],
        ),
        partial(sliced, window=window),
        source_shape,
        label=f"{source_shape} {window}",
    )


def padded(
    x: Array, value: Array, low: Sequence[int], high: Sequence[int], interior: Sequence[int]
) -> Array:
    """x with `value` around and between its elements; negative amounts cut."""
    spread = [n + max(n - 1, 0) * gap for n, gap in zip(x.shape, interior, strict=True)]
    before, after = np.maximum(low, 0).astype(int), np.maximum(high, 0).astype(int)
    whole = np.full([b + n + a for b, n, a in zip(before, spread, after, strict=True)], value)
    starts = zip(before, spread, interior, strict=True)
    whole[tuple(slice(b, b + n, gap + 1) for b, n, gap in starts)] = x
    cuts = zip(low, high, whole.shape, strict=True)
    return np.array(whole[tuple(slice(max(-a, 0), n - max(-b, 0)) for a, b, n in cuts)])


PADDED: tuple[tuple[Shape, Shape, Shape, Shape], ...] = (
    ((2, 3), (1, 0), (2, 1), (0, 0)),
    ((3,), (0,), (0,), (2,)),
    ((4,), (-1,), (2,), (1,)),
    ((2, 3), (-1, 1), (-1, 0), (1, 2)),
    ((4,), (-2,), (-1,), (0,)),
    ((2,), (-3,), (4,), (0,)),
    ((), (), (), ()),
    ((0,), (2,), (1,), (3,)),
    ((0,), (1,), (0,), (0,)),
    ((2, 0), (0, 1), (1, 2), (0, 0)),
    ((1,), (1,), (0,), (5,)),
)
for source_shape, low, high, interior in PADDED:
    shape(
        "pad",
        partial(primitives.pad, low=low, high=high, interior=interior),
        partial(padded, low=low, high=high, interior=interior),
        source_shape,
        (),
        label=f"{source_shape} by {low}, {high}, {interior}",
    )


def joined(*xs: Array, axis: int) -> Array:
    """Arrays one after another."""
    return np.concatenate(xs, axis)


def concatenate(*xs: Any, axis: int) -> Any:
    """The primitive, with its operands one by one."""
    return primitives.concatenate(xs, axis)


JOINED: tuple[tuple[tuple[Shape, ...], int], ...] = (
    (((2, 3), (1, 3)), 0),
    (((2, 3), (2, 1), (2, 2)), 1),
    (((3,),), 0),
    (((2,), (0,)), 0),
    (((0,), (0,)), 0),
)
for shapes, axis in JOINED:
    shape(
        "concatenate",
        partial(concatenate, axis=axis),
        partial(joined, axis=axis),
        *shapes,
        label=f"{shapes} along {axis}",
    )

# Reductions -------------------------------------------------------------------------------------

REDUCED: tuple[tuple[Shape, Shape], ...] = (
    ((2, 3, 4), (1,)),
    ((2, 5), (0, 1)),
    ((3, 2, 4), (0, 2)),
    ((3,), (0,)),
    ((2, 3), ()),
    ((), ()),
    ((1,), (0,)),
    ((0, 3), (1,)),
)
EMPTY: tuple[tuple[Shape, Shape], ...] = (((0, 3), (0,)), ((2, 0), (0, 1)))


def reduced(function: Function, x: Array, axes: Shape) -> Array:
    """A NumPy reduction that does not widen integers."""
    return np.asarray(function(x, axis=axes)).astype(x.dtype)


def total_magnitude(x: Array, axes: Shape) -> Array:
    """What the rounding errors of a sum are relative to."""
    return np.asarray(np.sum(np.abs(x), axis=axes))


REDUCTIONS: tuple[tuple[str, Function, Function, tuple[Any, ...]], ...] = (
    ("reduce_sum", primitives.reduce_sum, np.sum, NUMBERS),
    ("reduce_prod", primitives.reduce_prod, np.prod, NUMBERS),
    ("reduce_max", primitives.reduce_max, np.max, NUMBERS),
    ("reduce_min", primitives.reduce_min, np.min, NUMBERS),
    ("reduce_and", primitives.reduce_and, np.all, (np.bool_,)),
    ("reduce_or", primitives.reduce_or, np.any, (np.bool_,)),
)
for mnemonic, emit, function, dtypes in REDUCTIONS:
    has_order = mnemonic in ("reduce_max", "reduce_min")
    for source_shape, axes in REDUCED if has_order else (*REDUCED, *EMPTY):
        structural(
            mnemonic,
            partial(emit, axes=axes),
            partial(reduced, function, axes=axes),
            source_shape,
            family="reduction",
            label=f"{source_shape} over {axes}",
            dtypes=dtypes,
            ulps={"reduce_sum": 4, "reduce_prod": 16}.get(mnemonic, 0),
            magnitude=partial(total_magnitude, axes=axes) if mnemonic == "reduce_sum" else None,
            floating=np.bool_ not in dtypes,
        )

# Contractions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axes:
    """The axes of a dot_general."""

    lhs_batch: Shape = ()
    rhs_batch: Shape = ()
    lhs_contracting: Shape = ()
    rhs_contracting: Shape = ()

    def contract(self, lhs: Array, rhs: Array) -> Array:
        """The contraction by einsum."""
        letters = iter("abcdefghijklmnop")
        left, right = [next(letters) for _ in lhs.shape], [next(letters) for _ in rhs.shape]
        for i, j in zip(
            self.lhs_batch + self.lhs_contracting,
            self.rhs_batch + self.rhs_contracting,
            strict=True,
        ):
            right[j] = left[i]
        used = {*self.lhs_batch, *self.lhs_contracting}
        result = [left[i] for i in self.lhs_batch]
        result += [left[i] for i in range(lhs.ndim) if i not in used]
        used = {*self.rhs_batch, *self.rhs_contracting}
        result += [right[j] for j in range(rhs.ndim) if j not in used]
        return np.asarray(
            np.einsum(f"{''.join(left)},{''.join(right)}->{''.join(result)}", lhs, rhs)
        )

    def emit(self, lhs: Any, rhs: Any) -> Any:
        """The primitive."""
        return primitives.dot_general(
            lhs, rhs, self.lhs_batch, self.rhs_batch, self.lhs_contracting, self.rhs_contracting
        )

    def magnitude(self, lhs: Array, rhs: Array) -> Array:
        """What the rounding errors are relative to."""
        return self.contract(np.abs(lhs), np.abs(rhs))


CONTRACTIONS: tuple[tuple[str, Shape, Shape, Axes], ...] = (
    ("matrix and matrix", (2, 3), (3, 4), Axes((), (), (1,), (0,))),
    ("transposed matrices", (3, 2), (4, 3), Axes((), (), (0,), (1,))),
    ("matrix and vector", (2, 3), (3,), Axes((), (), (1,), (0,))),
    ("vector and matrix", (3,), (3, 4), Axes((), (), (0,), (0,))),
    ("vectors", (3,), (3,), Axes((), (), (0,), (0,))),
    ("outer product", (2,), (3,), Axes()),
    ("batch of matrices", (2, 3, 4), (2, 4, 5), Axes((0,), (0,), (2,), (1,))),
    ("batch axes inside", (3, 2, 4), (4, 5, 2), Axes((1,), (2,), (2,), (0,))),
    ("axes in another order", (2, 3, 4), (4, 5, 3), Axes((), (), (1, 2), (2, 0))),
    ("batch and vectors", (2, 3), (2, 3), Axes((0,), (0,), (1,), (1,))),
    ("two batch axes", (2, 3, 4), (3, 2), Axes((0, 1), (1, 0), (), ())),
    ("scalars", (), (), Axes()),
    ("nothing to sum", (2, 0), (0, 3), Axes((), (), (1,), (0,))),
    ("no rows", (0, 3), (3, 2), Axes((), (), (1,), (0,))),
    ("one of each", (1, 1), (1, 1), Axes((), (), (1,), (0,))),
)
for label, lhs_shape, rhs_shape, contraction in CONTRACTIONS:
    structural(
        "dot_general",
        contraction.emit,
        contraction.contract,
        lhs_shape,
        rhs_shape,
        family="contraction",
        label=label,
        dtypes=NUMBERS,
        ulps=4,
        magnitude=contraction.magnitude,
    )

# Creation ---------------------------------------------------------------------------------------


def constant(array: Array) -> Any:
    """A constant of the traced function."""
    trace = traces.require_trace("constant")
    return traces.wrap(trace.function.constant(array, user_location()), trace)


def itself(array: Array) -> Array:
    """What a constant holds."""
    return array


def indices(target: Shape, dtype: Any, axis: int) -> Array:
    """Each element's index along an axis."""
    return np.asarray(np.indices(target)[axis].astype(dtype))


def creation(
    primitive: str, emit: Callable[[], Any], reference: Callable[[], Array], label: str
) -> None:
    """Add a row without operands."""
    ROWS.append(Row(f"{primitive} {label}", primitive, "shape", emit, reference, (), ((),)))


for array in (
    np.array([[1.5, -0.0, math.inf], [math.nan, 1e-300, 2.0]]),
    np.array([0.1, 0.2], np.float32),
    np.full((2, 3), 2.5),
    np.array(3.5),
    np.zeros((0, 2)),
    *(integers(dtype, 9, 0) for dtype in BITS),
):
    creation("constant", partial(constant, array), partial(itself, array), f"{array!r}")

IOTAS: tuple[tuple[Shape, Any, int], ...] = (
    ((5,), np.float64, 0),
    ((2, 3), np.float32, 1),
    ((2, 3), np.int32, 0),
    ((4,), np.int64, 0),
    ((3,), np.uint8, 0),
    ((0, 2), np.int32, 1),
    ((1,), np.int16, 0),
)
for target_shape, dtype, axis in IOTAS:
    creation(
        "iota",
        partial(primitives.iota, target_shape, dtype, axis),
        partial(indices, target_shape, dtype, axis),
        f"{np.dtype(dtype).name}{target_shape} along {axis}",
    )
