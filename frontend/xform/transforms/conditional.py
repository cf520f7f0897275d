"""`cond` and `switch`: only the chosen one of some functions runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import pytrees
from ..compiling import direct
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import convert, full, min_, ne
from ..source import entrance
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.traces import Callee, definition_site, function_name, trace_callee
from .calls import call_switch
from .carry import common_aval, with_dtype
from .rows import leaf_aval
from .selection import entering, output_aval, require_callable

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


@entrance
def cond(
    pred: Any,
    true_fun: Callable[..., Any],
    false_fun: Callable[..., Any],
    *operands: Any,
) -> Any:
    """`true_fun(*operands)` where `pred` is true, otherwise `false_fun(*operands)`.

    Only the chosen function runs, unless `pred` differs from row to row under vmap.

    Args:
        pred: a bool or a 0-d array; a number is true unless it is 0.
        true_fun: returns arrays in any pytree.
        false_fun: returns the same structure, shapes and dtypes.
        operands: what both are given.

    Returns:
        What the chosen function returns.

    Raises:
        XformValueError: `pred` is not 0-d, or the functions return different structures or shapes.
        XformTypeError: `pred` is not an array, the functions return different dtypes, or something
            that is not an array.

    >>> cond(2.0 > 1.0, lambda x: x + 1, lambda x: x - 1, 5.0).item()
    6.0
    """
    require_callable("cond", true_fun)
    require_callable("cond", false_fun)

    def run(pred: Any, *operands: Any) -> Any:
        return _traced_switch("cond", _truth(pred), (false_fun, true_fun), operands, _COND_NAMES)

    if traces.current_trace() is None:
        name = function_name(true_fun)
        return direct.call(run, (pred, *operands), {}, name=name, transform="cond", traced={0})
    return run(pred, *operands)


@entrance
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """`branches[index](*operands)`, where an index out of range takes the nearest branch.

    Only the chosen function runs, unless `index` differs from row to row under vmap.

    Args:
        index: an int or a 0-d array of an integer dtype.
        branches: functions that return the same structure, shapes and dtypes.
        operands: what each is given.

    Returns:
        What the chosen function returns.

    Raises:
        XformValueError: there is no branch, `index` is not 0-d, or the functions return different
            structures or shapes.
        XformTypeError: `index` is not an integer, or the functions return different dtypes or
            something that is not an array.

    >>> switch(7, [lambda x: x, lambda x: -x, lambda x: x * x], 3.0).item()
    9.0
    """
    if not isinstance(branches, Sequence) or not branches:
        raise XformValueError(
            at_user_line("switch: branches must be a sequence of at least one function")
        )
    functions = tuple(branches)
    for function in functions:
        require_callable("switch", function)
    names = [f"branches[{i}]" for i in range(len(functions))]

    def run(index: Any, *operands: Any) -> Any:
        chosen = _index(index, len(functions))
        return _traced_switch("switch", chosen, functions, operands, names)

    if traces.current_trace() is None:
        name = function_name(functions[0])
        return direct.call(run, (index, *operands), {}, name=name, transform="switch", traced={0})
    return run(index, *operands)


_COND_NAMES = ("false_fun", "true_fun")


def _scalar(transform: str, what: str, x: Any) -> tuple[TracedArray, Aval]:
    kind = leaf_aval(transform, x, what)
    if kind.shape:
        raise XformValueError(
            at_user_line(f"{transform}: {what} must be a scalar, got {kind}; inside vmap it is one")
        )
    return traces.traced(x), kind


def _truth(pred: Any) -> TracedArray:
    x, kind = _scalar("cond", "pred", pred)
    return x if kind.dtype == np.bool_ else ne(x, full((), kind.dtype, 0))


def _index(index: Any, count: int) -> TracedArray:
    x, kind = _scalar("switch", "index", index)
    if kind.dtype.kind not in "biu":
        raise XformTypeError(at_user_line(f"switch: index must be an integer, got {kind}"))
    if kind.dtype == np.uint64:
        # Above the largest int64 it would become negative.
        x = min_(x, full((), kind.dtype, count - 1))
    return convert(x, np.dtype(np.int64)) if kind.dtype != np.int64 else x


class _Branch:
    """A function of a switch, traced.

    Attributes:
        callee: takes nothing but captures.
        spec: the structure of its output.
        avals: the avals of the output's leaves.
    """

    def __init__(
        self,
        transform: str,
        function: Callable[..., Any],
        operands: tuple[Any, ...],
        captured: Sequence[TracedArray],
        wanted: Sequence[Aval] | None,
    ) -> None:
        def body(_: list[Any]) -> list[Any]:
            leaves, self.spec = pytrees.flatten(function(*entering(operands)))
            self.avals = [
                output_aval(transform, leaf, path)
                for leaf, path in zip(leaves, pytrees.paths(self.spec, "output"), strict=True)
            ]
            if wanted is None:
                return leaves
            return [with_dtype(leaf, kind.dtype) for leaf, kind in zip(leaves, wanted, strict=True)]

        name, place = function_name(function), definition_site(function)
        self.callee: Callee = trace_callee(name, transform, [], body, place, captured)


def _traced_switch(
    transform: str,
    index: TracedArray,
    functions: Sequence[Callable[..., Any]],
    operands: tuple[Any, ...],
    names: Sequence[str],
) -> Any:
    branches = _trace_branches(transform, functions, operands, None)
    wanted = _common_output(transform, branches, names)
    if any(
        was.dtype != kind.dtype
        for branch in branches
        for was, kind in zip(branch.avals, wanted, strict=True)
    ):
        for branch in branches:
            branch.callee.function.erase()
        branches = _trace_branches(transform, functions, operands, wanted)
    captures = branches[-1].callee.captures
    for branch in branches[:-1]:
        branch.callee.capture_too(captures[len(branch.callee.captures) :])
    results = call_switch(transform, index, [branch.callee for branch in branches])
    return pytrees.unflatten(branches[0].spec, results)


def _trace_branches(
    transform: str,
    functions: Sequence[Callable[..., Any]],
    operands: tuple[Any, ...],
    wanted: Sequence[Aval] | None,
) -> list[_Branch]:
    """Each branch captures what those before it do, and more."""
    branches: list[_Branch] = []
    captured: Sequence[TracedArray] = ()
    for function in functions:
        branches.append(_Branch(transform, function, operands, captured, wanted))
        captured = branches[-1].callee.captures
    return branches


def _common_output(transform: str, branches: Sequence[_Branch], names: Sequence[str]) -> list[Aval]:
    """The avals of the output, to which all branches agree.

    Raises:
        XformValueError: they return different structures or shapes.
        XformTypeError: different dtypes.
    """
    first = branches[0]
    for branch, name in zip(branches, names, strict=True):
        if branch.spec != first.spec:
            raise XformValueError(
                at_user_line(
                    f"{transform}: the branches must return one structure: {names[0]} returned "
                    f"{pytrees.show(first.spec)}, {name} returned {pytrees.show(branch.spec)}"
                )
            )
    found: list[Aval] = []
    for i, path in enumerate(pytrees.paths(first.spec, "output")):
        kinds = [branch.avals[i] for branch in branches]
        kind = common_aval(kinds)
        if kind is None:
            lines = [f"  {name} returned {k}" for name, k in zip(names, kinds, strict=True)]
            text = "\n".join([f"{transform}: the branches differ in {path}:", *lines])
            shapes = {k.shape for k in kinds}
            error = XformValueError if len(shapes) > 1 else XformTypeError
            raise error(at_user_line(text))
        found.append(kind)
    return found
