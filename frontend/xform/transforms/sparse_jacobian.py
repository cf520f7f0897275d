"""`jacobian`: all partial derivatives, by the cheaper mode, and as few products as they need."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from .. import pytrees
from ..compiling.build import after_passes
from ..compiling.split import split_pass
from ..errors import XformTypeError, XformValueError, at_user_line
from ..family import family
from ..primitives import Indexing, full, gather, reshape
from ..source import user_location, user_site
from ..sparse.colouring import Ints
from ..sparse.csr import CsrBlock, CsrStructure, index_vectors
from ..sparse.pattern import ColouredPattern, SparsityPattern
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.traces import Callee, trace_callee
from .basis import vmap_in_chunks
from .calls import call, call_jvp, call_vjp, call_vmap, reporting
from .derivative import TracedOutput
from .jacobian import forward_blocks, reverse_blocks
from .selection import (
    Selection,
    checked_argnums,
    checked_rows,
    require_callable,
    require_real,
)
from .transformed import Transformed

if TYPE_CHECKING:
    from ..tracing.array import TracedArray

Mode: TypeAlias = Literal["auto", "forward", "reverse"]


@family
def _jacobian(
    transform: str,
    with_value: bool,
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    mode: Mode = "auto",
    sparsity: Any = None,
    chunk_size: int | None = None,
    *,
    dense: bool = False,
) -> Callable[..., Any]:
    require_callable(transform, func)
    numbers = checked_argnums(transform, argnums)
    chunk = checked_rows(transform, "chunk_size", chunk_size)
    if mode not in ("auto", "forward", "reverse"):
        raise XformValueError(
            at_user_line(f"{transform}: mode must be 'auto', 'forward' or 'reverse', got {mode!r}")
        )
    if isinstance(sparsity, str) and sparsity != "auto":
        raise XformValueError(
            at_user_line(
                f"{transform}: sparsity must be None, 'auto' or a pattern, got {sparsity!r}"
            )
        )

    def blocks(selection: Selection, traced: TracedOutput) -> Any:
        if sparsity is not None:
            pattern = _pattern(selection, traced, sparsity)
            return _Compressed(selection, traced, pattern, mode, chunk).blocks(dense)
        forward = mode == "forward" or (
            mode == "auto" and _edges(selection.avals)[-1] <= _edges(traced.output.avals)[-1]
        )
        by_mode = forward_blocks if forward else reverse_blocks
        return by_mode(func, selection, traced, chunk)

    def run(*args: Any, **kwargs: Any) -> Any:
        selection = Selection(transform, func, args, numbers)
        require_real(transform, selection.paths, selection.avals)
        traced = TracedOutput(transform, func, selection, False, kwargs)
        require_real(transform, traced.output.paths, traced.output.avals)
        if not with_value:
            return blocks(selection, traced)
        value = traced.split(call(traced.callee, selection.lifted()))[0]
        return value, blocks(selection, traced)

    made = functools.partial(
        value_and_jacobian if with_value else jacobian,
        func,
        argnums,
        mode,
        sparsity,
        chunk_size,
        dense=dense,
    )
    return Transformed(made, transform, func, run, numbers)


@_jacobian(False)
def jacobian() -> None:
    """The Jacobian of a function, by the cheaper mode and, if it is sparse, compressed.

    Args:
        func: the function; outputs are floating arrays in any pytree.
        argnums: the positional arguments to differentiate by.
        mode: "forward" (a product for each input element), "reverse" (for each output element), or
            "auto", the one that needs fewer products.
        sparsity: None for a dense Jacobian; "auto" to find in the program which elements of the
            output can depend on which of the input; or a boolean pattern, dense or of
            scipy.sparse, of shape (out.size, in.size), that has all of them.
        chunk_size: how many products to compute at once; None for all.
        dense: whether a compressed Jacobian is returned as dense arrays.

    Returns:
        A function that returns what `jacrev` does; with `sparsity`, each block of it is a
        scipy.sparse.csr_array of shape (out.size, in.size). While it is traced, under jit for
        example, such a block is a `CsrBlock`, which is a csr_array again where jit returns it;
        vmap stacks the entries of blocks, which share their structure.

    Raises:
        XformTypeError: an integer, bool or complex array among the chosen arguments or the outputs.
        XformValueError: an unknown mode or sparsity, a pattern of another shape, or chunk_size
            below 1.

    >>> import numpy as np
    >>> difference = lambda x: x[1:] - x[:-1]
    >>> jacobian(difference, sparsity="auto")(np.arange(3.0)).toarray()
    array([[-1.,  1.,  0.],
           [ 0., -1.,  1.]])
    """


@_jacobian(True)
def value_and_jacobian() -> None:
    """The value of a function and its Jacobian, from one pass.

    Args:
        func: as for `jacobian`, and so the other arguments.
        argnums: the positional arguments to differentiate by.
        mode: "auto", "forward" or "reverse".
        sparsity: None, "auto" or a pattern.
        chunk_size: how many products to compute at once.
        dense: whether a compressed Jacobian is returned as dense arrays.

    Returns:
        A function that returns (value, jacobian).

    Raises:
        As `jacobian`.

    >>> import numpy as np
    >>> value, slopes = value_and_jacobian(lambda x: x * x, sparsity="auto")(np.array([1.0, 3.0]))
    >>> value.numpy(), slopes.diagonal()
    (array([1., 9.]), array([2., 6.]))
    """


def _pattern(selection: Selection, traced: TracedOutput, sparsity: Any) -> SparsityPattern:
    rows, columns = (_edges(x.avals)[-1] for x in (traced.output, selection))
    if isinstance(sparsity, str):
        return _found(traced.callee, len(selection.avals), rows, columns)
    given = _csr(selection.transform, sparsity)
    if given.shape != (rows, columns):
        raise XformValueError(
            at_user_line(
                f"{selection.transform}: the sparsity pattern has shape {given.shape}, but the "
                f"Jacobian has {rows} rows (elements of the output) and {columns} columns "
                "(elements of the chosen arguments)"
            )
        )
    return SparsityPattern(given.indptr.astype(np.int64), given.indices.astype(np.int32), columns)


# The patterns that were found in functions, with their colours, by the functions' text.
_LIMIT = 128
_patterns: OrderedDict[bytes, SparsityPattern] = OrderedDict()
_lock = threading.Lock()


def _found(callee: Callee, own: int, rows: int, columns: int) -> SparsityPattern:
    """The pattern of a function's derivative by its own arguments."""
    if not rows or not columns:
        return SparsityPattern(np.zeros(rows + 1, np.int64), np.zeros(0, np.int32), columns)
    module = callee.function.extract()
    integers = _closed_over_integers(callee, own)
    # Functions of one text may close over what others take as arguments.
    key = _key(f"{callee.function.name} {own} {module.text()}", integers)
    with _lock:
        if key in _patterns:
            _patterns.move_to_end(key)
            return _patterns[key]
    name, results = callee.function.name, range(len(callee.results))
    asks = split_pass(name, own, results, transpose=False, asks=True)
    custom = traces.require_trace("jacobian").program.custom
    if custom.is_needed and custom.completed(module, [asks]) is not None:
        # A derivative rule is missing. The product below asks for it too, and all is traced again
        # with it; any pattern with an entry will do for now.
        first = np.minimum(np.arange(rows + 1), 1)
        return SparsityPattern(first, np.zeros(1, np.int32), columns)
    with reporting("jacobian"):
        module = after_passes(module, split_pass(name, own, results, transpose=False), name)
        pushforward = module.lookup(f"{name}.pushforward")
        held = len(pushforward.argument_types) - own
        known = {place: x.ravel().tolist() for place, x in integers.items()}
        # Indices that are computed are residuals, and so the linear map's next arguments.
        given = own + len(callee.captures)
        for place, x in module.lookup(f"{name}.forward").known_results(known).items():
            if place >= len(callee.results):
                known[given + place - len(callee.results)] = x
        parts = pushforward.sparsity([False] * held + [True] * own, known)
    offsets = [np.zeros(1, np.int64)]
    for part, _ in parts:
        offsets.append(part[1:] + offsets[-1][-1])
    indices = np.concatenate([part for _, part in parts])
    with _lock:
        pattern = _patterns[key] = SparsityPattern(np.concatenate(offsets), indices, columns)
        while len(_patterns) > _LIMIT:
            _patterns.popitem(last=False)
    return pattern


def _closed_over_integers(callee: Callee, own: int) -> dict[int, Ints]:
    """The integers and bools that a function closes over, by the number of its argument."""
    found = {}
    for place, x in enumerate(callee.captures, own):
        if x.dtype.kind in "biu":
            content = traces.closed_over(x)
            if content is not None:
                found[place] = np.asarray(content)
    return found


def _key(text: str, integers: Mapping[int, Ints]) -> bytes:
    """What a pattern is kept under: the function, and the indices that are no part of its text."""
    digest = hashlib.sha256(text.encode())
    for place, x in integers.items():
        digest.update(f" {place} {x.dtype} {x.shape} ".encode())
        digest.update(x.tobytes())
    return digest.digest()


class _Compressed:
    """The entries of a Jacobian, from a product for each colour of its pattern."""

    def __init__(
        self,
        selection: Selection,
        traced: TracedOutput,
        pattern: SparsityPattern,
        mode: Mode,
        chunk: int | None,
    ) -> None:
        self._selection = selection
        self._traced = traced
        self._pattern = pattern
        self._forward = mode == "forward"
        if mode == "auto":
            self._forward = _count(pattern.column_colours) <= _count(pattern.row_colours)
        file, line, _ = user_site()
        place = f"{file.rpartition('/')[2]}:{line}"
        program = traces.require_trace(selection.transform).program
        program.pictures.append(ColouredPattern(pattern, self._forward, place))
        self._products = self._computed(chunk) if len(pattern.indices) else []

    def _computed(self, chunk: int | None) -> list[TracedArray]:
        """For each output, or argument in reverse, its tangents or cotangents of all colours."""
        callee, primals = self._traced.callee, self._selection.lifted()
        seeded, colours = self._selection.avals, self._pattern.column_colours
        if not self._forward:
            seeded, colours = self._traced.output.avals, self._pattern.row_colours

        def product(seeds: Sequence[TracedArray]) -> list[TracedArray]:
            if self._forward:
                return call_jvp(callee, primals, seeds, range(len(primals)))[1]
            return call_vjp(callee, primals, seeds)[1]

        name = f"{callee.function.name}_product"
        transform = self._selection.transform
        row = trace_callee(name, transform, seeded, product, user_location())
        seeds = [traces.traced(x) for x in _seeds(colours, seeded)]
        count, dims = _count(colours), [0] * len(seeds)
        out_dims: list[int | None] = [0] * len(row.results)
        if chunk is None or chunk >= count:
            return call_vmap(row, seeds, dims, out_dims)
        return vmap_in_chunks(row, seeds, dims, out_dims, count, chunk, transform)

    def blocks(self, dense: bool) -> Any:
        """A block for each output and argument, as dense arrays or compressed by rows."""
        outputs, arguments = self._traced.output, self._selection
        blocks = []
        for i, vertical in enumerate(pairwise(_edges(outputs.avals))):
            row = []
            for j, horizontal in enumerate(pairwise(_edges(arguments.avals))):
                block = self._block(i, j, vertical, horizontal)
                shape = (*outputs.avals[i].shape, *arguments.avals[j].shape)
                row.append(reshape(block.toarray(), shape) if dense else block)
            blocks.append(arguments.rebuild(row))
        return pytrees.unflatten(outputs.spec, blocks)

    def _block(
        self, output: int, argument: int, vertical: tuple[int, int], horizontal: tuple[int, int]
    ) -> CsrBlock:
        pattern = self._pattern
        (top, bottom), (left, right) = vertical, horizontal
        inside = np.arange(pattern.offsets[top], pattern.offsets[bottom])
        inside = inside[(left <= pattern.indices[inside]) & (pattern.indices[inside] < right)]
        rows, columns = pattern.row_of[inside], pattern.indices[inside]
        if self._forward:
            colours, places, size = pattern.column_colours[columns], rows - top, bottom - top
        else:
            colours, places, size = pattern.row_colours[rows], columns - left, right - left
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows - top, minlength=bottom - top))])
        structure = CsrStructure(offsets, columns - left, (bottom - top, right - left))
        if not len(inside):
            kind = (self._traced.output.avals[output] if self._forward
                    else self._selection.avals[argument])  # fmt: skip
            return CsrBlock(full((0,), kind.dtype, 0), structure)
        products = self._products[output if self._forward else argument]
        flat = reshape(products, (products.shape[0] * size,))
        vectors = index_vectors(colours * size + places)
        return CsrBlock(gather(flat, vectors, Indexing((0,), (), unique=True)), structure)


def _edges(avals: Sequence[Aval]) -> list[int]:
    """Where each array begins when all are laid end to end, and where the last one ends."""
    edges = [0]
    for kind in avals:
        edges.append(edges[-1] + prod(kind.shape))
    return edges


def _count(colours: Ints) -> int:
    return int(colours.max(initial=-1)) + 1


def _seeds(colours: Ints, avals: Sequence[Aval]) -> list[Any]:
    """For each array, a row for each colour: 1 at the elements of that colour."""
    count = _count(colours)
    seeds = []
    for kind, (start, end) in zip(avals, pairwise(_edges(avals)), strict=True):
        part = np.zeros((count, end - start), kind.dtype)
        part[colours[start:end], np.arange(end - start)] = 1
        seeds.append(part.reshape(count, *kind.shape))
    return seeds


def _csr(transform: str, pattern: Any) -> Any:
    """A pattern as a scipy.sparse array with sorted columns."""
    from scipy.sparse import csr_array, issparse

    if not issparse(pattern):
        pattern = np.asarray(pattern)
        if pattern.ndim != 2 or pattern.dtype != np.bool_:
            raise XformTypeError(
                at_user_line(
                    f"{transform}: a sparsity pattern is a bool array of two dimensions or one of "
                    f"scipy.sparse, got dtype {pattern.dtype} and shape {pattern.shape}"
                )
            )
    found = csr_array(pattern)
    found.sum_duplicates()
    return found
