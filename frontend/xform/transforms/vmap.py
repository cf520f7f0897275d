"""`vmap`: a function of one row becomes a function of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import pytrees
from ..errors import XformError, XformRuntimeError, XformTypeError, XformValueError, at_user_line
from ..primitives import iota
from ..tracing import traces
from ..tracing.avals import Aval, is_array, real_avals
from ..tracing.complex_values import any_part
from ..tracing.traces import Callee, definition_site, function_name, trace_callee
from .basis import vmap_in_chunks
from .calls import call_vmap
from .selection import (
    checked_rows,
    entering,
    entering_kwargs,
    output_aval,
    require_callable,
    require_randomness,
)
from .transformed import Transformed


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that computes `func` for every row of its arguments.

    Args:
        func: the function of one row.
        in_dims: the axis along which an argument's rows lie; None for an argument that all rows
            share. An int or None for all positional arguments, or a tuple with one for each,
            which may be nested like the arguments. Keyword arguments are shared by all rows.
        out_dims: the axis along which the rows of an output are put; None for an output that does
            not depend on the row, which need not be an array. One for all, or nested like the
            output; (n,) is also n for an output that is a single array.
        randomness: what random draws inside do that use a key which all rows share: "error"
            raises, "same" draws once for all rows, "different" anew for each row, the same
            numbers whatever the chunk size.
        chunk_size: how many rows to compute at once; None for all.

    Returns:
        A function with the same arguments, each batched one with its rows along its in_dim.

    Raises:
        XformValueError: in_dims or out_dims of another structure or out of range, rows of
            different number, or a wrong option.
        XformTypeError: an output that has an out_dim and is neither an array nor a number.
        XformRuntimeError: with randomness "error", a random draw with a key that all rows share.

    >>> import numpy as np
    >>> vmap(np.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([1., 4.])
    """
    require_callable("vmap", func)
    require_randomness("vmap", randomness)
    chunk = checked_rows("vmap", "chunk_size", chunk_size)

    def run(*args: Any, **kwargs: Any) -> Any:
        batch = _Batch(func, args, in_dims)
        outputs: list[_RowOutput] = []

        def body(rows: list[Any]) -> list[Any]:
            traces.require_trace("vmap").rows = batch.size, randomness
            result = func(*batch.arguments(rows), **entering_kwargs(kwargs))
            outputs.append(_RowOutput(result, out_dims))
            return outputs[0].arrays

        callee = trace_callee(function_name(func), "vmap", batch.avals, body, definition_site(func))
        (output,) = outputs
        dims = output.dims
        own = [True] * len(real_avals(batch.avals)) + [False] * len(callee.captures)
        if randomness == "error":
            _require_own_keys(callee, own)
        is_fresh = randomness == "different"
        marks = callee.function.dependent_results(own, rows=True, fresh_draws=is_fresh)
        _require_unbatched(any_part(marks, callee.results), output)
        rows = [traces.traced(x) for x in batch.leaves]
        numbers = iota((batch.size,), np.uint32, 0) if is_fresh else None
        if chunk is None or chunk >= batch.size:
            results = call_vmap(callee, rows, batch.dims, dims, numbers)
        else:
            results = vmap_in_chunks(
                callee, rows, batch.dims, dims, batch.size, chunk, "vmap", numbers
            )
        return output.tree(results)

    made = partial(vmap, func, in_dims, out_dims, randomness, chunk_size=chunk_size)
    return Transformed(made, "vmap", func, run)


class _Batch:
    """The batched leaves of a call's arguments.

    Attributes:
        leaves: those leaves.
        dims: their batch dims, not negative.
        avals: their avals without the batch dim.
        size: the number of rows.
    """

    def __init__(self, func: Callable[..., Any], args: tuple[Any, ...], in_dims: Any) -> None:
        if not args:
            raise XformValueError(
                at_user_line(
                    "vmap: the function was called without positional arguments, so there is "
                    "nothing to map over"
                )
            )
        self._leaves, self._spec = pytrees.flatten(args)
        dims = _in_dims(in_dims, args)
        names = pytrees.argument_paths(func, args, {})
        paths = [
            path
            for name, arg in zip(names, args, strict=True)
            for path in pytrees.paths(pytrees.structure(arg), name)
        ]
        if all(dim is None for dim in dims):
            raise XformValueError(
                at_user_line(
                    f"vmap: in_dims={in_dims!r} maps over no array; give an axis for at least one"
                )
            )
        self._positions = [i for i, dim in enumerate(dims) if dim is not None]
        self.leaves: list[Any] = []
        self.dims: list[int] = []
        self.avals: list[Aval] = []
        sizes: list[tuple[str, Aval, int, int]] = []
        for position in self._positions:
            leaf, path, dim = self._leaves[position], paths[position], dims[position]
            kind = _batched_aval(leaf, path)
            axis = _in_dim(dim, kind, path)
            sizes.append((path, kind, axis, kind.shape[axis]))
            self.leaves.append(leaf)
            self.dims.append(axis)
            self.avals.append(
                Aval(kind.shape[:axis] + kind.shape[axis + 1 :], kind.dtype, kind.weak)
            )
        _require_equal_sizes(sizes)
        self.size = sizes[0][3]

    def arguments(self, rows: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with a row in place of each batched leaf."""
        leaves = list(self._leaves)
        for position, row in zip(self._positions, rows, strict=True):
            leaves[position] = row
        shared = set(range(len(leaves))) - set(self._positions)
        for position in shared:
            leaves[position] = entering(leaves[position])
        arguments: tuple[Any, ...] = pytrees.unflatten(self._spec, leaves)
        return arguments


def _is_dim(value: Any) -> bool:
    return value is None or (hasattr(value, "__index__") and not isinstance(value, bool))


def _in_dims(in_dims: Any, args: tuple[Any, ...]) -> list[Any]:
    if not (_is_dim(in_dims) or isinstance(in_dims, tuple)):
        raise XformValueError(
            at_user_line(
                "vmap: in_dims must be an int, None, or a tuple with one entry for each "
                f"positional argument, got {in_dims!r} of type {type(in_dims).__name__}"
            )
        )
    if isinstance(in_dims, tuple) and len(in_dims) != len(args):
        raise XformValueError(
            at_user_line(
                f"vmap: in_dims has {len(in_dims)} entries, but the function was called with "
                f"{len(args)} positional argument{'s' * (len(args) != 1)}"
            )
        )
    return _prefix(in_dims, args, "in_dims")


def _prefix(dims: Any, tree: Any, name: str) -> list[Any]:
    try:
        return pytrees.prefix_leaves(dims, tree, name, _is_dim, "an int or None")
    except XformError as error:
        raise XformValueError(at_user_line(f"vmap: {error}")) from None


def _batched_aval(leaf: Any, path: str) -> Aval:
    try:
        return traces.aval(leaf, path)
    except XformTypeError as error:
        raise XformValueError(
            at_user_line(f"vmap: {error}; its in_dim is not None, which needs an array")
        ) from None


def _in_dim(dim: Any, kind: Aval, path: str) -> int:
    if not kind.shape:
        raise XformValueError(
            at_user_line(
                f"vmap: {path} is a scalar ({kind}) and cannot be mapped over with in_dim "
                f"{dim.__index__()}; give it None in in_dims"
            )
        )
    return _axis("in_dim", dim, len(kind.shape), f"{path} of shape {kind.shape}")


def _axis(option: str, dim: Any, rank: int, array: str) -> int:
    """A batch dim as an axis counted from the front; `array` is what messages call its array."""
    axis = dim.__index__()
    if not -rank <= axis < rank:
        raise XformValueError(
            at_user_line(
                f"vmap: {option} {axis} is out of range for {array}: expected -{rank} to {rank - 1}"
            )
        )
    return int(axis % rank)


def _require_equal_sizes(sizes: Sequence[tuple[str, Aval, int, int]]) -> None:
    if len({size for *_, size in sizes}) > 1:
        lines = [
            f"  {path} has shape {kind.shape} and size {size} along axis {axis}"
            for path, kind, axis, size in sizes
        ]
        raise XformValueError(
            at_user_line("\n".join(["vmap: the mapped axes have different sizes:", *lines]))
        )


class _RowOutput:
    """What the function of one row returned.

    What is not traced and has None in out_dims is not a result: it is returned as it is.

    Attributes:
        arrays: the results.
        dims: the axis of each along which its rows are put.
        paths: how messages call them.
    """

    def __init__(self, tree: Any, out_dims: Any) -> None:
        self._leaves, self._spec = pytrees.flatten(tree)
        if self._spec.is_leaf() and isinstance(out_dims, tuple) and len(out_dims) == 1:
            (out_dims,) = out_dims
        dims = _prefix(out_dims, tree, "out_dims")
        self._positions = [
            i
            for i, (leaf, dim) in enumerate(zip(self._leaves, dims, strict=True))
            if dim is not None or traces.is_traced(leaf)
        ]
        paths = pytrees.paths(self._spec, "output")
        self.arrays = [self._leaves[i] for i in self._positions]
        self.paths = [paths[i] for i in self._positions]
        self.dims = [_out_dim(dims[i], self._leaves[i], paths[i]) for i in self._positions]

    def tree(self, results: Sequence[Any]) -> Any:
        """The output, with other values for the results."""
        leaves = list(self._leaves)
        for position, result in zip(self._positions, results, strict=True):
            leaves[position] = result
        return pytrees.unflatten(self._spec, leaves)


def _out_dim(dim: Any, leaf: Any, path: str) -> int | None:
    if dim is None:
        return None
    try:
        kind = output_aval("vmap", leaf, path)
    except XformTypeError as error:
        if is_array(leaf):
            raise
        message = str(error).split("\n  at ")[0]
        raise XformTypeError(
            at_user_line(f"{message}; with None in out_dims it is returned as it is")
        ) from None
    rows = f"{path}, whose rows have shape {kind.shape}"
    return _axis("out_dim", dim, len(kind.shape) + 1, rows)


def _require_own_keys(callee: Callee, own: Sequence[bool]) -> None:
    """Raises unless every random draw's key depends on the row."""
    draw = callee.function.shared_draw(own)
    if draw is None:
        return
    file, line = draw
    place = f" at {file}:{line}" if file else ""
    raise XformRuntimeError(
        at_user_line(
            f"vmap: random numbers are drawn{place} with a key that all rows share; pass "
            'randomness="different" to draw anew for each row, randomness="same" to draw once for '
            "all, or map over keys made by random.split"
        )
    )


def _require_unbatched(marks: Sequence[bool], output: _RowOutput) -> None:
    for dim, batched, path in zip(output.dims, marks, output.paths, strict=True):
        if dim is None and batched:
            raise XformValueError(
                at_user_line(
                    f"vmap: {path} has None in out_dims, but differs from row to row; give it an "
                    "axis"
                )
            )
