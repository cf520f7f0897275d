"""Which arguments a transform acts on, and what messages call them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from xform_runtime import Array

from .. import pytrees
from ..errors import XformIndexError, XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.avals import Aval, is_array

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


RANDOMNESS = ("error", "same", "different")


def require_callable(transform: str, function: object) -> None:
    """Raises an XformTypeError unless `function` can be called."""
    if not callable(function):
        raise XformTypeError(
            at_user_line(f"{transform}: expected a function, got {type(function).__name__}")
        )


def require_randomness(transform: str, randomness: object) -> None:
    """Raises an XformValueError unless `randomness` is one of those that vmap knows."""
    if randomness not in RANDOMNESS:
        raise XformValueError(
            at_user_line(
                f"{transform}: randomness must be one of {', '.join(map(repr, RANDOMNESS))}, "
                f"got {randomness!r}"
            )
        )


def checked_argnums(transform: str, argnums: Any) -> int | tuple[int, ...]:
    """`argnums` as an int or a tuple of ints.

    Raises:
        XformTypeError: it is neither.
        XformValueError: an empty tuple.
    """
    if isinstance(argnums, tuple | list):
        if not argnums:
            raise XformValueError(at_user_line(f"{transform}: argnums is empty"))
        return tuple(_checked_int(transform, n) for n in argnums)
    return _checked_int(transform, argnums)


def _checked_int(transform: str, number: Any) -> int:
    if not isinstance(number, bool):
        try:
            return operator.index(number)
        except TypeError:
            pass
    raise XformTypeError(
        at_user_line(f"{transform}: argnums must be an int or a tuple of ints, got {number!r}")
    )


def checked_rows(transform: str, option: str, rows: Any) -> int | None:
    """How many rows to compute at once: `rows` if it is None or a positive int.

    Raises:
        XformTypeError: it is not an int.
        XformValueError: it is below 1.
    """
    if rows is None:
        return None
    if isinstance(rows, bool) or not hasattr(rows, "__index__"):
        raise XformTypeError(
            at_user_line(f"{transform}: {option} must be an int or None, got {rows!r}")
        )
    if rows < 1:
        raise XformValueError(at_user_line(f"{transform}: {option} must be at least 1, got {rows}"))
    return int(rows)


def resolved_argnums(transform: str, argnums: int | tuple[int, ...], count: int) -> tuple[int, ...]:
    """The argument numbers of a call, all counted from the start.

    Raises:
        XformIndexError: one is out of range.
        XformValueError: one comes twice.
    """
    given = argnums if isinstance(argnums, tuple) else (argnums,)
    resolved: list[int] = []
    for number in given:
        position = number + count if number < 0 else number
        if not 0 <= position < count:
            raise XformIndexError(
                at_user_line(
                    f"{transform}: argnums {number} is out of range: the function was called "
                    f"with {count} positional argument{'s' * (count != 1)}"
                )
            )
        if position in resolved:
            raise XformValueError(
                at_user_line(f"{transform}: argnums {given} names argument {position} twice")
            )
        resolved.append(position)
    return tuple(resolved)


class Selection:
    """The differentiable leaves of some positional arguments of a call, by default of all.

    Attributes:
        leaves: the leaves of the chosen arguments.
        avals: their avals.
        paths: their paths for messages.
        specs: the structure of each chosen argument.
    """

    def __init__(
        self,
        transform: str,
        function: Callable[..., Any],
        args: Sequence[Any],
        argnums: int | tuple[int, ...] | None = None,
    ) -> None:
        argnums = tuple(range(len(args))) if argnums is None else argnums
        self.transform = transform
        self._args = tuple(args)
        self._single = not isinstance(argnums, tuple)
        self._positions = resolved_argnums(transform, argnums, len(args))
        names = pytrees.argument_paths(function, args, {})
        self.leaves: list[Any] = []
        self.paths: list[str] = []
        self.specs: list[pytrees.TreeSpec] = []
        for position in self._positions:
            leaves, spec = pytrees.flatten(args[position])
            self.leaves += leaves
            self.paths += pytrees.paths(spec, names[position])
            self.specs.append(spec)
        self.avals = [
            differentiable(transform, leaf, path)
            for leaf, path in zip(self.leaves, self.paths, strict=True)
        ]

    def lifted(self) -> list[TracedArray]:
        """The leaves as traced arrays of the innermost trace."""
        return [
            traces.traced(leaf, path) for leaf, path in zip(self.leaves, self.paths, strict=True)
        ]

    def arguments(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The call's arguments with other leaves; arrays among the rest enter the trace."""
        chosen = self._split(leaves)
        return tuple(
            chosen[self._positions.index(i)] if i in self._positions else entering(arg)
            for i, arg in enumerate(self._args)
        )

    def rebuild(self, leaves: Sequence[Any]) -> Any:
        """The structure of the chosen arguments with other leaves; a tuple if argnums is one."""
        parts = self._split(leaves)
        return parts[0] if self._single else tuple(parts)

    def _split(self, leaves: Sequence[Any]) -> list[Any]:
        parts: list[Any] = []
        start = 0
        for spec in self.specs:
            parts.append(pytrees.unflatten(spec, leaves[start : start + spec.num_leaves]))
            start += spec.num_leaves
        return parts


def differentiable(transform: str, leaf: Any, path: str) -> Aval:
    """The aval of a leaf that can be differentiated.

    Raises:
        XformTypeError: it is not a floating array; the message has its path.
    """
    try:
        kind = traces.aval(leaf, path)
    except XformTypeError as error:
        raise XformTypeError(at_user_line(f"{transform}: {error}")) from None
    if not kind.is_inexact:
        advice = "pass a float" if kind.weak else "convert it to a floating dtype"
        raise XformTypeError(
            at_user_line(
                f"{transform}: {path} is {kind}, and only floating arrays can be differentiated; "
                f"{advice}, or leave it out of the differentiated arguments"
            )
        )
    return kind


def require_complex(transform: str, paths: Sequence[str], avals: Sequence[Aval]) -> None:
    """What a holomorphic function takes and returns.

    Raises:
        XformTypeError: an array is not complex.
    """
    for path, kind in zip(paths, avals, strict=True):
        if not kind.is_complex:
            raise XformTypeError(
                at_user_line(
                    f"{transform}: with holomorphic=True all that is differentiated is complex, "
                    f"but {path} is {kind}; convert it, or leave holomorphic=True out"
                )
            )


def require_real(transform: str, paths: Sequence[str], avals: Sequence[Aval]) -> None:
    """What a Jacobian of real numbers is made of.

    Raises:
        XformTypeError: an array is complex.
    """
    for path, kind in zip(paths, avals, strict=True):
        if kind.is_complex:
            raise XformTypeError(
                at_user_line(
                    f"{transform}: {path} is {kind}, and a Jacobian is one of real numbers, except "
                    "that jacrev, jacfwd and hessian take holomorphic=True: differentiate by real "
                    "and imaginary parts, or use jvp or vjp"
                )
            )


def entering(tree: Any) -> Any:
    """A pytree whose arrays are new traced arrays of the innermost trace; other leaves stay.

    A function that writes into such an array changes its own value only.
    """
    return pytrees.map_leaves(_entering_leaf, tree)


def _entering_leaf(leaf: Any) -> Any:
    if traces.is_traced(leaf):
        return traces.traced(leaf)
    if isinstance(leaf, np.ndarray | Array) and leaf.dtype.kind != "O" and leaf.ndim > 0:
        return traces.traced(leaf)
    return leaf


def entering_kwargs(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """`entering` for keyword arguments."""
    return {key: entering(value) for key, value in kwargs.items()}


def kept(leaf: Any) -> Any:
    """A leaf that the caller can no longer write into."""
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


class Auxiliary:
    """The aux output of a function: traced leaves become results, the others stay as they are."""

    def __init__(self) -> None:
        self._spec: pytrees.TreeSpec | None = None
        self._leaves: list[Any] = []
        self._positions: list[int] = []

    def split(self, tree: Any) -> list[Any]:
        """Remembers a pytree and returns its traced leaves."""
        self._leaves, self._spec = pytrees.flatten(tree)
        self._positions = [i for i, leaf in enumerate(self._leaves) if traces.is_traced(leaf)]
        return [self._leaves[i] for i in self._positions]

    def join(self, results: Iterable[Any]) -> Any:
        """The pytree with its traced leaves replaced."""
        leaves = list(self._leaves)
        for position, result in zip(self._positions, results, strict=True):
            leaves[position] = result
        assert self._spec is not None, "split comes before join"
        return pytrees.unflatten(self._spec, leaves)


def output_and_aux(transform: str, result: Any) -> tuple[Any, Any]:
    """A function's result under has_aux=True as output and aux.

    Raises:
        XformTypeError: it is not a tuple of two.
    """
    if isinstance(result, tuple) and len(result) == 2:
        return result
    got = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
    raise XformTypeError(
        at_user_line(
            f"{transform}: with has_aux=True the function must return a tuple (output, aux), "
            f"got {got}"
        )
    )


class Output:
    """A function's output whose leaves are all floating arrays.

    Args:
        transform: the transform's name.
        tree: what the function returned.
        floating: whether integer and bool arrays are refused.

    Raises:
        XformTypeError: a leaf is not an array, or of a dtype that is refused.
        XformValueError: there is no leaf.
    """

    def __init__(self, transform: str, tree: Any, *, floating: bool = True) -> None:
        self.leaves, self.spec = pytrees.flatten(tree)
        self.paths = pytrees.paths(self.spec, "output")
        if not self.leaves:
            raise XformValueError(
                at_user_line(f"{transform}: the function returned no array, got {tree!r}")
            )
        self.avals: list[Aval] = []
        for leaf, path in zip(self.leaves, self.paths, strict=True):
            kind = output_aval(transform, leaf, path)
            if floating and not kind.is_inexact:
                raise XformTypeError(
                    at_user_line(
                        f"{transform}: {path} is {kind}, and only floating outputs have a "
                        "derivative; return it as aux with has_aux=True"
                    )
                )
            self.avals.append(kind)


def output_aval(transform: str, leaf: Any, path: str) -> Aval:
    """The aval of a leaf that a transformed function returned.

    Raises:
        XformTypeError: it is neither an array nor a number, or of a dtype that cannot be compiled.
    """
    try:
        return traces.aval(leaf, path)
    except XformTypeError as error:
        if is_array(leaf) or isinstance(leaf, complex):
            raise XformTypeError(at_user_line(f"{transform}: {error}")) from None
        raise XformTypeError(
            at_user_line(
                f"{transform}: the function must return arrays or numbers, but {path} is of type "
                f"{type(leaf).__name__}"
            )
        ) from None
