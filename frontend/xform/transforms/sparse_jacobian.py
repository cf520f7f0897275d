"""jacobian: all partial derivatives, by the cheaper mode, and as few products as they need."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any, Literal, TypeAlias

import numpy as np
from xform_runtime import Array, asarray

from .. import direct, pytrees, tracing
from .._xform import Location
from ..avals import Aval
from ..colouring import Ints, colour_columns, transposed
from ..errors import XformTypeError, XformValueError, at_user_line
from ..lowered import Compiled
from ..program import TracedProgram, trace_program
from ..split import Halves, avals_of, halves_of, split_pass
from ..tracing import Callee, Program, Trace, function_name, trace_callee
from .basis import vmap_in_chunks
from .calls import call, call_vmap
from .derivative import TracedOutput
from .jacobian import forward_blocks, reverse_blocks
from .selection import (
    Output,
    Selection,
    checked_argnums,
    checked_rows,
    entering_kwargs,
    require_callable,
)

Mode: TypeAlias = Literal["auto", "forward", "reverse"]


def jacobian(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    mode: Mode = "auto",
    sparsity: Any = None,
    chunk_size: int | None = None,
    *,
    dense: bool = False,
) -> Callable[..., Any]:
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
        scipy.sparse.csr_array of shape (out.size, in.size).

    Raises:
        XformTypeError: an integer or bool among the chosen arguments or the outputs; sparsity
            inside of a function that is being traced.
        XformValueError: an unknown mode or sparsity, a pattern of another shape, or chunk_size
            below 1.

    >>> import numpy as np
    >>> difference = lambda x: x[1:] - x[:-1]
    >>> jacobian(difference, sparsity="auto")(np.arange(3.0)).toarray()
    array([[-1.,  1.,  0.],
           [ 0., -1.,  1.]])
    """
    both = _value_and_jacobian(
        "jacobian", func, argnums, mode, sparsity, chunk_size, dense, with_value=False
    )
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def value_and_jacobian(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    mode: Mode = "auto",
    sparsity: Any = None,
    chunk_size: int | None = None,
    *,
    dense: bool = False,
) -> Callable[..., tuple[Any, Any]]:
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
    return _value_and_jacobian(
        "value_and_jacobian", func, argnums, mode, sparsity, chunk_size, dense, with_value=True
    )


def _value_and_jacobian(
    transform: str,
    func: Callable[..., Any],
    argnums: int | tuple[int, ...],
    mode: Mode,
    sparsity: Any,
    chunk_size: int | None,
    dense: bool,
    *,
    with_value: bool,
) -> Callable[..., tuple[Any, Any]]:
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

    def plain(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        selection = Selection(transform, func, args, numbers)
        traced = TracedOutput(transform, func, selection, False, kwargs)
        sizes = [sum(prod(a.shape) for a in x.avals) for x in (selection, traced.output)]
        forward = mode == "forward" or (mode == "auto" and sizes[0] <= sizes[1])
        blocks = forward_blocks if forward else reverse_blocks
        result = blocks(func, selection, traced, chunk)
        value = traced.split(call(traced.callee, selection.lifted()))[0] if with_value else None
        return value, result

    functools.update_wrapper(plain, func, updated=())

    def run(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if tracing.current_trace() is not None:
            if sparsity is not None:
                raise XformTypeError(
                    at_user_line(
                        f"{transform}: a sparse Jacobian has a structure that is found by calling "
                        "it, so it cannot be computed inside of jit or another transform; leave "
                        "sparsity out there"
                    )
                )
            return plain(*args, **kwargs)
        name = function_name(func)
        if sparsity is None:
            result: tuple[Any, Any] = direct.call(
                plain, args, kwargs, name=name, transform=transform
            )
            return result
        point = _Point(transform, func, numbers, args, kwargs)
        blocks = point.compressed(mode, sparsity, chunk, dense)
        return point.output, blocks

    return run


@dataclass(frozen=True)
class _Pattern:
    """Which elements of the output may depend on which of the inputs, and its colours.

    Attributes:
        offsets, indices: the columns of each row.
        columns: how many there are.
    """

    offsets: Ints
    indices: Ints
    columns: int

    @property
    def rows(self) -> int:
        return len(self.offsets) - 1

    @functools.cached_property
    def column_colours(self) -> Ints:
        return colour_columns(self.offsets, self.indices, self.columns)

    @functools.cached_property
    def row_colours(self) -> Ints:
        offsets, indices = transposed(self.offsets, self.indices, self.columns)
        return colour_columns(offsets, indices, self.rows)

    @functools.cached_property
    def row_of(self) -> Ints:
        """The row of each entry."""
        return np.repeat(np.arange(self.rows), np.diff(self.offsets))


# The patterns that were found in programs, with their colours.
_patterns: dict[Halves, _Pattern] = {}


class _Point:
    """A function at given arguments, about to be differentiated outside of a trace."""

    def __init__(
        self,
        transform: str,
        func: Callable[..., Any],
        argnums: int | tuple[int, ...],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        self._transform = transform
        self._selection = Selection(transform, func, args, argnums)
        outputs: list[Output] = []

        def function(*leaves: Any) -> Any:
            result = func(*self._selection.arguments(leaves), **entering_kwargs(kwargs))
            outputs.append(Output(transform, result))
            return result

        leaves = tuple(self._selection.leaves)
        inputs, found, self._device = direct.inputs(function, leaves, {}, transform)
        self._traced: TracedProgram = trace_program(
            function,
            inputs,
            found,
            name=function_name(func),
            transform=transform,
            any_output=True,
            expansions=lambda: [
                split_pass(
                    function_name(func),
                    len(inputs.avals),
                    range(len(outputs[0].avals)),
                    transpose,
                    asks=True,
                )
                for transpose in (False, True)
            ],
        )
        self._leaves = leaves
        self._output = outputs[0]
        self._values: list[Array] = []

    @property
    def output(self) -> Any:
        """The function's value, once a Jacobian has been computed."""
        count = len(self._output.avals)
        return self._traced.outputs.build(self._values[:count])

    def compressed(self, mode: Mode, sparsity: Any, chunk: int | None, dense: bool) -> Any:
        """The Jacobian's blocks."""
        pattern = self._pattern(sparsity)
        forward = mode == "forward"
        if mode == "auto":
            forward = _count(pattern.column_colours) <= _count(pattern.row_colours)
        halves = self._halves(transpose=not forward)
        seeded, read = self._selection.avals, self._output.avals
        colours = pattern.column_colours
        if not forward:
            seeded, read, colours = read, seeded, pattern.row_colours
        held = [*self._leaves, *self._traced.program.hidden]
        products, self._values = _products(halves, held, _seeds(colours, seeded), chunk)
        flat = [np.asarray(x).reshape(len(x), prod(a.shape))
                for x, a in zip(products, read, strict=True)]  # fmt: skip
        whole = np.concatenate(flat, axis=1) if flat else np.zeros((0, 0))
        if forward:
            entries = whole[colours[pattern.indices], pattern.row_of]
        else:
            entries = whole[colours[pattern.row_of], pattern.indices]
        return self._blocks(pattern, entries, dense)

    def _halves(self, *, transpose: bool) -> Halves:
        results = range(len(self._output.avals))
        return halves_of(self._traced, results, transpose, self._device)

    def _pattern(self, sparsity: Any) -> _Pattern:
        columns = sum(prod(a.shape) for a in self._selection.avals)
        rows = sum(prod(a.shape) for a in self._output.avals)
        if isinstance(sparsity, str):
            halves = self._halves(transpose=False)
            if halves not in _patterns:
                parts = halves.sparsity()
                offsets = [np.zeros(1, np.int64)]
                for part, _ in parts:
                    offsets.append(part[1:] + offsets[-1][-1])
                indices = [part for _, part in parts]
                _patterns[halves] = _Pattern(
                    np.concatenate(offsets), np.concatenate(indices), columns
                )
            return _patterns[halves]
        given = _csr(self._transform, sparsity)
        if given.shape != (rows, columns):
            raise XformValueError(
                at_user_line(
                    f"{self._transform}: the sparsity pattern has shape {given.shape}, but the "
                    f"Jacobian has {rows} rows (elements of the output) and {columns} columns "
                    "(elements of the chosen arguments)"
                )
            )
        return _Pattern(given.indptr.astype(np.int64), given.indices.astype(np.int32), columns)

    def _blocks(self, pattern: _Pattern, entries: Any, dense: bool) -> Any:
        from scipy.sparse import csr_array

        whole = csr_array(
            (entries, pattern.indices, pattern.offsets), shape=(pattern.rows, pattern.columns)
        )
        blocks = []
        for out, (top, bottom) in zip(
            self._output.avals, pairwise(_edges(self._output.avals)), strict=True
        ):
            row = []
            for kind, (left, right) in zip(
                self._selection.avals, pairwise(_edges(self._selection.avals)), strict=True
            ):
                block = whole[top:bottom, left:right]
                if dense:
                    block = block.toarray().reshape(*out.shape, *kind.shape)
                row.append(block)
            blocks.append(self._selection.rebuild(row))
        return pytrees.unflatten(self._output.spec, blocks)


# The programs that apply a derivative to several tangents or cotangents, by how many and the chunk.
_programs: dict[tuple[Halves, int, int | None], Compiled] = {}


def _products(
    halves: Halves, held: Sequence[Any], seeds: Sequence[Any], chunk: int | None
) -> tuple[list[Array], list[Array]]:
    """A derivative applied to many tangents or cotangents, and the function's results."""
    key = (halves, len(seeds[0]), chunk)
    if key not in _programs:
        _programs[key] = _compile_products(halves, seeds, chunk)
    values = [asarray(x, halves.device) for x in (*held, *seeds)]
    results = _programs[key].results(values, [])
    total = len(halves.traced.outputs.avals)
    return results[total:], results[:total]


def _compile_products(halves: Halves, seeds: Sequence[Any], chunk: int | None) -> Compiled:
    module, forward, linear = halves.module()
    primals = avals_of(forward.argument_types)
    batches = [Aval(x.shape, x.dtype) for x in seeds]
    name = f"{halves.traced.name}.products"
    place = Location("", 0)
    entry = module.function(name, [a.type for a in (*primals, *batches)], place, public=True)
    results = list(avals_of(linear.result_types))

    with tracing.tracing(Trace(Program(module), entry, None, "jacobian")) as trace:
        arguments = [tracing.wrap(value, trace) for value in entry.arguments]
        point, rows = arguments[: len(primals)], arguments[len(primals) :]
        values = call(Callee(forward, [], list(avals_of(forward.result_types))), point)
        total = len(halves.traced.outputs.avals)
        kept = [*point, *values[total:]]
        derivative = trace_callee(
            f"{name}.row",
            "jacobian",
            [Aval(x.shape[1:], x.dtype) for x in seeds],
            lambda xs: call(Callee(linear, [], results), [*kept, *xs]),
            place,
        )
        dims, count = [0] * len(rows), len(seeds[0])
        out_dims: list[int | None] = [0] * len(results)
        if chunk is None or chunk >= count:
            products = call_vmap(derivative, rows, dims, out_dims)
        else:
            products = vmap_in_chunks(derivative, rows, dims, out_dims, count, chunk, "jacobian")
        entry.set_return([x.value for x in (*values[:total], *products)], place)
    for function in (forward, linear):
        function.make_private()
    return halves.compiled(module, entry)


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
