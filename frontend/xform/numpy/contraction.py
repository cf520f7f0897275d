"""Sums of products: matmul, dot, tensordot, einsum and their relatives, on dot_general.

Axes carry labels. Two operands contract the labels that nothing later needs, run together along
those they share, and keep the others; the order of the operands is chosen so that the result
needs a transpose only when neither order gives the wanted one.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from ..tracing.operations import OPERATORS, UFUNCS
from . import ufuncs
from .axes import normalized_axis
from .complex_parts import is_complex
from .dispatch import function
from .joining import stack
from .manipulation import diagonal, moveaxis
from .promotion import BOOL, INT32, align, array, flat, operand, result_type
from .reductions import sum as sum_
from .views import write_whole

Label: TypeAlias = str | int
Labels: TypeAlias = tuple[Label, ...]


def _promoted(*arrays: ArrayLike) -> list[TracedArray]:
    operands = [operand(x) for x in arrays]
    common = result_type(*operands)
    return [array(x, common) for x in arrays]


def _conjugate(x: TracedArray) -> TracedArray:
    return ufuncs.conjugate(x) if is_complex(x) else x


def _dot_general(x: TracedArray, y: TracedArray, *dims: Sequence[int]) -> TracedArray:
    """dot_general, for bool as the disjunction of conjunctions."""
    if x.dtype != BOOL:
        return primitives.dot_general(x, y, *dims)
    counts = primitives.dot_general(
        primitives.convert(x, INT32), primitives.convert(y, INT32), *dims
    )
    return primitives.convert(counts, BOOL)


def _written(out: Any, result: TracedArray) -> TracedArray:
    """The result, or `out` with it, which NumPy's ufuncs hand over in a tuple."""
    target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    return result if target is None else write_whole(target, result)


# Pairs of labelled operands --------------------------------------------------


def _ordered(x: TracedArray, labels: Labels, wanted: Labels) -> TracedArray:
    if labels == wanted:
        return x
    return primitives.transpose(x, [labels.index(label) for label in wanted])


def _spread(x: TracedArray, labels: Labels, wanted: Labels, sizes: dict[Label, int]) -> TracedArray:
    """`x` with its axes in the order of `wanted`, repeated along the labels it lacks."""
    own = tuple(label for label in wanted if label in labels)
    x = _ordered(x, labels, own)
    shape = tuple(sizes[label] for label in wanted)
    if x.shape == shape:
        return x
    return primitives.broadcast_in_dim(x, shape, [wanted.index(label) for label in own])


def contract(
    x: TracedArray, x_labels: Labels, y: TracedArray, y_labels: Labels, wanted: Labels
) -> TracedArray:
    """The product of two labelled operands, summed over labels of both that are not wanted.

    Args:
        x, y: of one dtype.
        x_labels, y_labels: one label an axis, different ones; a label has one size.
        wanted: the labels of the result, all of them among the operands'.
    """
    shared = [label for label in x_labels if label in y_labels]
    summed = [label for label in shared if label not in wanted]
    if not summed:
        sizes: dict[Label, int] = dict(zip(x_labels, x.shape, strict=True))
        sizes.update(zip(y_labels, y.shape, strict=True))
        return ufuncs.multiply.apply(
            (_spread(x, x_labels, wanted, sizes), _spread(y, y_labels, wanted, sizes))
        )
    batch = [label for label in wanted if label in shared]
    x_free = [label for label in x_labels if label not in shared]
    y_free = [label for label in y_labels if label not in shared]
    if wanted == (*batch, *y_free, *x_free):
        x, x_labels, x_free, y, y_labels, y_free = y, y_labels, y_free, x, x_labels, x_free
    result = _dot_general(
        x,
        y,
        [x_labels.index(label) for label in batch],
        [y_labels.index(label) for label in batch],
        [x_labels.index(label) for label in summed],
        [y_labels.index(label) for label in summed],
    )
    return _ordered(result, (*batch, *x_free, *y_free), wanted)


# Products of matrices and vectors --------------------------------------------


def _mismatch(name: str, x: TracedArray, y: TracedArray, reason: str) -> XformValueError:
    return XformValueError(
        at_user_line(f"{name}: shapes {x.shape} and {y.shape} do not fit: {reason}")
    )


def _stacked(
    x: TracedArray, y: TracedArray, x_core: Labels, y_core: Labels, core: Labels, name: str
) -> TracedArray:
    """A product on the last axes, repeated over the axes before them, which broadcast."""
    sizes: dict[Label, int] = {}
    depth = max(x.ndim - len(x_core), y.ndim - len(y_core))
    labelled = []
    for a, own in ((x, x_core), (y, y_core)):
        loop = a.ndim - len(own)
        labels: Labels = (*range(depth - loop, depth), *own)
        labelled.append((a, labels))
        for label, size in zip(labels, a.shape, strict=True):
            known = sizes.get(label, 1 if isinstance(label, int) else size)
            if size != known and (isinstance(label, str) or 1 not in (size, known)):
                what = f"{known} and {size}" + (
                    "" if isinstance(label, str) else " do not broadcast"
                )
                raise _mismatch(name, x, y, what)
            sizes[label] = size if known == 1 or isinstance(label, str) else known
    (a, a_labels), (b, b_labels) = [_without_ones(*pair, sizes) for pair in labelled]
    wanted: Labels = (*range(depth), *core)
    present = tuple(label for label in wanted if label in a_labels or label in b_labels)
    result = contract(a, a_labels, b, b_labels, present)
    if present == wanted:
        return result
    return primitives.reshape(result, [sizes[label] for label in wanted])


def _without_ones(
    x: TracedArray, labels: Labels, sizes: dict[Label, int]
) -> tuple[TracedArray, Labels]:
    """Without the axes of size 1 along which the other operand is larger."""
    kept = [i for i, label in enumerate(labels) if x.shape[i] == sizes[label]]
    if len(kept) == len(labels):
        return x, labels
    return (
        primitives.reshape(x, [x.shape[i] for i in kept]),
        tuple(labels[i] for i in kept),
    )


@function(np.matmul)
def matmul(x1: ArrayLike, x2: ArrayLike, /, out: Any = None, *, dtype: Any = None) -> TracedArray:
    """The matrix product over the last two axes; a vector counts as a row or a column.

    Raises:
        XformValueError: the inner sizes differ, the axes before do not broadcast, or an operand
            is 0-d.
    """
    x, y = _promoted(x1, x2)
    if not x.ndim or not y.ndim:
        raise _mismatch("matmul", x, y, "a 0-d operand; use * for a number")
    x_core: Labels = ("i", "k") if x.ndim > 1 else ("k",)
    y_core: Labels = ("k", "j") if y.ndim > 1 else ("k",)
    if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
        reason = f"{x.shape[-1]} columns against {y.shape[-2 if y.ndim > 1 else 0]} rows"
        raise _mismatch("matmul", x, y, reason)
    if x.ndim <= 2 and y.ndim <= 2:
        result = _dot_general(x, y, [], [], [x.ndim - 1], [0])
    else:
        core = tuple(label for label in (*x_core, *y_core) if label != "k")
        result = _stacked(x, y, x_core, y_core, core, "matmul")
    return _written(out, array(result, dtype))


@function(np.vecdot)
def vecdot(x1: ArrayLike, x2: ArrayLike, /, out: Any = None, *, axis: int = -1) -> TracedArray:
    """The products of conjugate vectors and others along an axis, the other axes broadcasting."""
    x, y = _promoted(x1, x2)
    x = _conjugate(x)
    if not x.ndim or not y.ndim:
        raise _mismatch("vecdot", x, y, "a 0-d operand")
    if axis != -1:
        x, y = moveaxis(x, axis, -1), moveaxis(y, axis, -1)
    return _written(out, _stacked(x, y, ("k",), ("k",), (), "vecdot"))


@function(np.matvec)
def matvec(x1: ArrayLike, x2: ArrayLike, /, out: Any = None) -> TracedArray:
    """The products of matrices and vectors, the axes before broadcasting."""
    x, y = _promoted(x1, x2)
    if x.ndim < 2 or not y.ndim:
        raise _mismatch("matvec", x, y, "expected a matrix and a vector")
    return _written(out, _stacked(x, y, ("i", "k"), ("k",), ("i",), "matvec"))


@function(np.vecmat)
def vecmat(x1: ArrayLike, x2: ArrayLike, /, out: Any = None) -> TracedArray:
    """The products of conjugate vectors and matrices, the axes before broadcasting."""
    x, y = _promoted(x1, x2)
    x = _conjugate(x)
    if not x.ndim or y.ndim < 2:
        raise _mismatch("vecmat", x, y, "expected a vector and a matrix")
    return _written(out, _stacked(x, y, ("k",), ("k", "j"), ("j",), "vecmat"))


UFUNCS.update({np.matmul: matmul, np.vecdot: vecdot, np.matvec: matvec, np.vecmat: vecmat})
OPERATORS[np.matmul] = matmul


@function(np.dot)
def dot(a: ArrayLike, b: ArrayLike, out: Any = None) -> TracedArray:
    """The sum of products over the last axis of `a` and the last but one of `b`."""
    x, y = _promoted(a, b)
    if not x.ndim or not y.ndim:
        return _written(out, ufuncs.multiply(x, y))
    inner = max(y.ndim - 2, 0)
    if x.shape[-1] != y.shape[inner]:
        raise _mismatch("dot", x, y, f"{x.shape[-1]} and {y.shape[inner]} elements to sum over")
    return _written(out, _dot_general(x, y, [], [], [x.ndim - 1], [inner]))


@function(np.inner)
def inner(a: ArrayLike, b: ArrayLike, /) -> TracedArray:
    """The sum of products over the last axes."""
    x, y = _promoted(a, b)
    if not x.ndim or not y.ndim:
        return ufuncs.multiply(x, y)
    if x.shape[-1] != y.shape[-1]:
        raise _mismatch("inner", x, y, f"{x.shape[-1]} and {y.shape[-1]} elements to sum over")
    return _dot_general(x, y, [], [], [x.ndim - 1], [y.ndim - 1])


@function(np.vdot)
def vdot(a: ArrayLike, b: ArrayLike, /) -> TracedArray:
    """The sum of products of all elements, those of `a` conjugate."""
    x, y = _promoted(a, b)
    x = _conjugate(x)
    if x.size != y.size:
        raise _mismatch("vdot", x, y, f"{x.size} and {y.size} elements")
    return _dot_general(flat(x), flat(y), [], [], [0], [0])


@function(np.outer)
def outer(a: ArrayLike, b: ArrayLike, out: Any = None) -> TracedArray:
    """The products of every element of `a` with every one of `b`."""
    x, y = _promoted(a, b)
    return _written(out, contract(flat(x), ("i",), flat(y), ("j",), ("i", "j")))


@function(np.tensordot)
def tensordot(a: ArrayLike, b: ArrayLike, axes: Any = 2) -> TracedArray:
    """The sum of products over given axes, or over so many last ones of `a` and first of `b`."""
    x, y = _promoted(a, b)
    if isinstance(axes, Sequence | np.ndarray):
        if len(axes) != 2:
            raise XformValueError(at_user_line(f"tensordot: axes is a pair, got {axes!r}"))
        left, right = (
            list(side) if isinstance(side, Sequence | np.ndarray) else [side] for side in axes
        )
    else:
        count = operator.index(axes)
        if not 0 <= count <= min(x.ndim, y.ndim):
            raise _mismatch("tensordot", x, y, f"{count} axes to sum over")
        left, right = list(range(x.ndim - count, x.ndim)), list(range(count))
    left = [normalized_axis(axis, x.ndim, "tensordot") for axis in left]
    right = [normalized_axis(axis, y.ndim, "tensordot") for axis in right]
    if [x.shape[i] for i in left] != [y.shape[i] for i in right]:
        raise _mismatch("tensordot", x, y, f"axes {left} against {right}")
    if not left:
        x_labels: Labels = tuple(range(x.ndim))
        y_labels: Labels = tuple(range(x.ndim, x.ndim + y.ndim))
        return contract(x, x_labels, y, y_labels, (*x_labels, *y_labels))
    return _dot_general(x, y, [], [], left, right)


@function(np.kron)
def kron(a: ArrayLike, b: ArrayLike) -> TracedArray:
    """Blocks of `b`, each times one element of `a`."""
    x, y = _promoted(a, b)
    rank = max(x.ndim, y.ndim)
    x_shape = (1,) * (rank - x.ndim) + x.shape
    y_shape = (1,) * (rank - y.ndim) + y.shape
    pairs = tuple(n for pair in zip(x_shape, y_shape, strict=True) for n in pair)
    x = primitives.broadcast_in_dim(
        primitives.reshape(x, x_shape), pairs, [2 * i for i in range(rank)]
    )
    y = primitives.broadcast_in_dim(
        primitives.reshape(y, y_shape), pairs, [2 * i + 1 for i in range(rank)]
    )
    shape = [n * m for n, m in zip(x_shape, y_shape, strict=True)]
    return primitives.reshape(ufuncs.multiply(x, y), shape)


@function(np.trace)
def trace(
    a: ArrayLike,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
    out: Any = None,
) -> TracedArray:
    """The sum of the elements whose indices along two axes differ by `offset`."""
    return sum_(diagonal(a, offset, axis1, axis2), -1, dtype, out)


@function(np.cross)
def cross(
    a: ArrayLike,
    b: ArrayLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> TracedArray:
    """The vector product of three-dimensional vectors."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = _promoted(a, b)
    x, y = moveaxis(x, axisa, -1), moveaxis(y, axisb, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise _mismatch("cross", x, y, "vectors of 3 elements are needed")
    x, y = align(x, y)
    u, v = [[x[..., i] for i in range(3)], [y[..., i] for i in range(3)]]
    parts = [u[i] * v[j] - u[j] * v[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return stack(parts, axisc)


# Einstein's convention -------------------------------------------------------


@function(np.einsum)
def einsum(
    *operands: Any,
    out: Any = None,
    dtype: Any = None,
    order: str = "K",
    casting: str = "safe",
    optimize: Any = False,
) -> TracedArray:
    """The sum of products over the axes whose letters the output lacks.

    Takes subscripts, with or without output and ellipsis, or NumPy's form with lists of ints.
    The order of contraction is always optimised, and `order` means nothing to a traced array.

    Raises:
        XformValueError: the subscripts are malformed or do not fit the operands.
    """
    subscripts, arrays = _subscripts(operands)
    xs = _promoted(*arrays)
    if dtype is not None:
        wide = np.dtype(dtype)
        for x in xs:
            if not np.can_cast(x.dtype, wide, casting):  # type: ignore[arg-type]
                raise XformTypeError(
                    at_user_line(f"einsum: cannot cast {x.dtype} to {wide} by casting={casting!r}")
                )
        xs = [array(x, wide) for x in xs]
    labels, wanted, sizes = _labelled(subscripts, xs)
    terms = [_diagonal_free(x, own, sizes) for x, own in zip(xs, labels, strict=True)]
    for pair in _path(terms, wanted, sizes):
        chosen = [terms[i] for i in pair]
        terms = [term for i, term in enumerate(terms) if i not in pair]
        needed = set(wanted).union(*(own for _, own in terms))
        terms.append(_combined(chosen, wanted if not terms else None, needed))
    ((result, own),) = terms
    if own != wanted:
        result = _ordered(*_summed(result, own, set(wanted)), wanted)
    result = result.copy() if any(result is x for x in arrays) else result
    return _written(out, result)


_Term: TypeAlias = tuple[TracedArray, Labels]


def _combined(chosen: list[_Term], wanted: Labels | None, needed: set[Label]) -> _Term:
    """Two terms contracted to one; `wanted` is the order of labels, if it matters."""
    (x, x_labels), (y, y_labels) = chosen
    x, x_labels = _summed(x, x_labels, needed.union(y_labels))
    y, y_labels = _summed(y, y_labels, needed.union(x_labels))
    if wanted is None:
        shared = [label for label in x_labels if label in y_labels and label in needed]
        free = [label for label in (*x_labels, *y_labels) if label in needed]
        wanted = tuple(dict.fromkeys([*shared, *free]))
    return contract(x, x_labels, y, y_labels, wanted), wanted


def _summed(x: TracedArray, labels: Labels, needed: set[Label]) -> _Term:
    """Without the labels that nothing needs."""
    axes = [i for i, label in enumerate(labels) if label not in needed]
    if not axes:
        return x, labels
    kept = tuple(label for label in labels if label in needed)
    reduce = primitives.reduce_or if x.dtype == BOOL else primitives.reduce_sum
    return reduce(x, axes), kept


def _diagonal_free(x: TracedArray, labels: Labels, sizes: dict[Label, int]) -> _Term:
    """One axis for each label: diagonals of repeated ones, without broadcast axes of size 1."""
    x, labels = _without_ones(x, labels, sizes)
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = diagonal(x, 0, first, second)
            rest = (own for i, own in enumerate(labels) if i not in (first, second))
            labels = (*rest, label)
    return x, labels


def _path(terms: list[_Term], wanted: Labels, sizes: dict[Label, int]) -> list[tuple[int, ...]]:
    """Which two terms to contract, in turn."""
    if len(terms) <= 2:
        return [(0, 1)] if len(terms) == 2 else []
    names = {label: i for i, label in enumerate(sizes)}
    arguments: list[Any] = []
    for x, labels in terms:
        arguments += [
            np.broadcast_to(np.float32(0), x.shape),
            [names[label] for label in labels],
        ]
    arguments.append([names[label] for label in wanted])
    found = np.einsum_path(*arguments, optimize="greedy")[0]
    pairs: list[tuple[int, ...]] = []
    for step in found[1:]:
        # A step of more than two terms, which NumPy proposes when nothing is gained, is split.
        several = sorted(step)
        count = len(terms) - len(pairs)
        pairs.append((several[0], several[1]) if len(several) > 1 else (0, count - 1))
        for taken in range(2, len(several)):
            pairs.append((several[taken] - taken, len(terms) - len(pairs) - 1))
    return pairs


def _subscripts(operands: tuple[Any, ...]) -> tuple[tuple[list[Any], Any], list[Any]]:
    """The terms and the output, None if implicit, each a list of labels; and the operands."""
    if operands and isinstance(operands[0], str):
        text = operands[0].replace(" ", "")
        inputs, arrow, output = text.partition("->")
        terms = [_term(part, text) for part in inputs.split(",")]
        wanted = _term(output, text) if arrow else None
        arrays = list(operands[1:])
    else:
        pairs = len(operands) // 2
        arrays = list(operands[: 2 * pairs : 2])
        terms = [list(labels) for labels in operands[1 : 2 * pairs : 2]]
        wanted = list(operands[-1]) if len(operands) % 2 else None
    if not arrays or len(terms) != len(arrays):
        raise XformValueError(
            at_user_line(f"einsum: {len(terms)} terms for {len(arrays)} operands")
        )
    return (terms, wanted), arrays


def _term(part: str, text: str) -> list[Any]:
    before, dots, after = part.partition("...")
    if not (before + after).isalpha() and before + after:
        raise XformValueError(
            at_user_line(f"einsum: expected letters, commas, '...' and '->' in {text!r}")
        )
    return [*before, Ellipsis, *after] if dots else list(before)


def _labelled(
    subscripts: tuple[list[Any], Any], xs: list[TracedArray]
) -> tuple[list[Labels], Labels, dict[Label, int]]:
    """Each operand's labels, the output's, and the size of each label."""
    terms, output = subscripts
    sizes: dict[Label, int] = {}
    labels: list[Labels] = []
    hidden = 0
    for x, term in zip(xs, terms, strict=True):
        dots = x.ndim - len(term) + 1 if Ellipsis in term else 0
        if len(term) + (dots - 1 if Ellipsis in term else 0) != x.ndim or dots < 0:
            raise XformValueError(
                at_user_line(
                    f"einsum: subscripts {_text(term)!r} do not fit an operand of shape {x.shape}"
                )
            )
        hidden = max(hidden, dots)
        own: list[Label] = []
        for label in term:
            # The axes of an ellipsis are counted from its end.
            own += [f"...{i}" for i in range(dots, 0, -1)] if label is Ellipsis else [label]
        for label, size in zip(own, x.shape, strict=True):
            known = sizes.setdefault(label, size)
            if known == 1:
                sizes[label] = size
            elif size not in (1, known):
                raise XformValueError(
                    at_user_line(f"einsum: {_text([label])!r} has sizes {known} and {size}")
                )
        labels.append(tuple(own))
    dotted: list[Label] = [f"...{i}" for i in range(hidden, 0, -1)]
    if output is None:
        every = [label for own in labels for label in own if label not in dotted]
        once = sorted({label for label in every if every.count(label) == 1}, key=str)
        return labels, (*dotted, *once), sizes
    wanted: list[Label] = []
    for label in output:
        wanted += dotted if label is Ellipsis else [label]
    unknown = [label for label in wanted if label not in sizes]
    if unknown or len(set(wanted)) != len(wanted):
        reason = "is in no operand" if unknown else "has a letter twice"
        raise XformValueError(at_user_line(f"einsum: output {_text(output)!r} {reason}"))
    return labels, tuple(wanted), sizes


def _text(term: Sequence[Any]) -> str:
    return "".join("..." if label is Ellipsis else str(label) for label in term)


__all__ = [
    "cross",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "trace",
    "vdot",
    "vecdot",
    "vecmat",
]
