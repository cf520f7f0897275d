"""Many rows of the table as one compiled program, and the comparison of its results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from primitive_table import ROWS
from table_row import Array, Operands, Row
from xform import frontend, pytrees
from xform._xform import PRIMITIVES

# How many arrays the rows of one compiled module read.
PIECE = 600

Program = Callable[[Mapping[str, Any]], dict[str, Any]]


def rows_of(family: str) -> list[Row]:
    """The rows that are compiled together."""
    return [row for row in ROWS if row.family == family]


# The evaluator tries every row. IREE, which takes tens of milliseconds a loop, compiles a few of
# each primitive.
_FEW = 3
# One primitive with many attributes.
_SEVERAL = {"contraction": 7}
_SLOWEST = frozenset({"linear algebra", "scatter_op"})
# Elementwise, so batched by the rule that all of them share, and loops over one element each, which
# IREE compiles for seconds.
_SCALAR_HEAVY = frozenset({"floor_div", "floor_rem", "gcd", "wrapping_pow"})


def rows_to_compile(family: str) -> list[Row]:
    """The rows whose derivatives and batches are compiled, spread over a family's primitives."""
    rows = rows_of(family)
    chosen: list[Row] = []
    for primitive in dict.fromkeys(row.primitive for row in rows):
        if primitive in _SCALAR_HEAVY:
            continue
        own = [row for row in rows if row.primitive == primitive]
        count = 1 if family in _SLOWEST else _SEVERAL.get(family, _FEW)
        places = {round(i * (len(own) - 1) / max(count - 1, 1)) for i in range(count)}
        chosen += [own[i] for i in sorted(places)]
    return chosen


def is_differentiable(row: Row) -> bool:
    """Whether the row is a function from float64 to float64; its derivative may be zero."""
    return bool(row.floating) and row.result_dtype == np.float64


def is_locally_constant(row: Row) -> bool:
    """Whether the row's rule says that it has no tangent."""
    return PRIMITIVES[row.primitive]["jvp"] == "Zero"


def program(rows: Sequence[Row], build: Callable[..., Any]) -> Program:
    """A few compiled functions for all rows.

    Args:
        rows: the rows.
        build: called with a row and the traced inputs of that row; returns a pytree.

    Returns:
        A function from the inputs of each row, by name, to the results as NumPy arrays.
    """

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for row in rows:
            if row.name not in inputs:
                continue
            try:
                results[row.name] = build(row, *inputs[row.name])
            except Exception as error:
                error.add_note(f"in the row {row.name!r}")
                raise
        return results

    compiled = frontend.jit(run)

    def call(inputs: Mapping[str, Any]) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for piece in pieces(inputs):
            results |= pytrees.map_leaves(np.asarray, compiled(piece))
        return results

    return call


def pieces(inputs: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The inputs of several rows at a time: a module costs some time, a large one far more."""
    piece: dict[str, Any] = {}
    count = 0
    for name, given in inputs.items():
        size = len(pytrees.leaves(given))
        if piece and count + size > PIECE:
            yield piece
            piece, count = {}, 0
        piece[name] = given
        count += size
    yield piece


# What a row computes ----------------------------------------------------------------------------


def value(row: Row, operands: Sequence[Any]) -> Any:
    """The primitive."""
    return row.emit(*operands)


def closed_over(row: Row, operands: Sequence[Any]) -> tuple[Callable[..., Any], list[Any]]:
    """The primitive as a function of its floating operands, and those."""
    floating = row.floating

    def function(*xs: Any) -> Any:
        whole = list(operands)
        for i, x in zip(floating, xs, strict=True):
            whole[i] = x
        return row.emit(*whole)

    return function, [operands[i] for i in floating]


def tangent(row: Row, operands: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The primitive's jvp: the tangent of the result."""
    function, xs = closed_over(row, operands)
    return frontend.jvp(function, tuple(xs), tuple(tangents))[1]


def cotangents(row: Row, operands: Sequence[Any], cotangent: Any) -> tuple[Any, ...]:
    """The primitive's vjp: the cotangents of its floating operands."""
    function, xs = closed_over(row, operands)
    pulled: tuple[Any, ...] = frontend.vjp(function, *xs)[1](cotangent)
    return pulled


# Samples ----------------------------------------------------------------------------------------


def directions(like: Sequence[Array], seed: int) -> Operands:
    """Random arrays of the given arrays' shapes and dtypes."""
    generator = np.random.default_rng([seed, 7])
    return tuple(np.asarray(generator.normal(size=x.shape)).astype(x.dtype) for x in like)


def floating_operands(row: Row, operands: Operands) -> Operands:
    """Those operands that have derivatives."""
    return tuple(operands[i] for i in row.floating)


# Comparison -------------------------------------------------------------------------------------


def mismatch(got: Array, want: Array, tolerance: Array | float) -> str:
    """What differs between two arrays; "" if nothing does.

    Args:
        got: what was computed.
        want: the truth.
        tolerance: the allowed absolute error.
    """
    if got.shape != want.shape or got.dtype != want.dtype:
        return f"got {got.dtype}{got.shape}, expected {want.dtype}{want.shape}"
    if want.dtype.kind in "iub":
        wrong = got != want
    else:
        a, b = got.astype(np.float64), want.astype(np.float64)
        with np.errstate(invalid="ignore"):
            wrong = ~((a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= tolerance))
    if not np.any(wrong):
        return ""
    place = tuple(int(i[0]) for i in np.nonzero(wrong)) if want.shape else ()
    return f"at {place} of {want.shape} got {got[place]!r}, expected {want[place]!r}"


def near(got: Array, want: Array, relative: float, absolute: float) -> str:
    """`mismatch` with a tolerance relative to each element, and a floor for it."""
    with np.errstate(invalid="ignore"):
        return mismatch(got, want, np.nan_to_num(relative * np.abs(want)) + absolute)


def inner(xs: Sequence[Array], ys: Sequence[Array]) -> float:
    """The inner product of two lists of arrays."""
    return float(sum(np.sum(x * y) for x, y in zip(xs, ys, strict=True)))


def report(failures: Sequence[str]) -> None:
    """Fails with all of the failures."""
    assert not failures, "\n".join([f"{len(failures)} wrong:", *failures])
