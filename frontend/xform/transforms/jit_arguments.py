"""The arguments that the options of jit choose, and how static ones are told from the others."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import pytrees
from ..errors import XformIndexError, XformTypeError, XformValueError, at_user_line
from ..identity import exact
from ..tracing.avals import is_array


@dataclass(frozen=True)
class Chosen:
    """Arguments of a function, however they are passed.

    Attributes:
        numbers: their positions; those of a function with `*args` may count from the end.
        names: their names.
    """

    numbers: tuple[int, ...]
    names: frozenset[str]

    def has(self, position: int, count: int) -> bool:
        """Whether the positional argument of a call with so many is one of them."""
        return position in self.numbers or position - count in self.numbers


def chosen_arguments(option: str, func: Callable[..., Any], argnums: Any, argnames: Any) -> Chosen:
    """The arguments that two options choose, such as static_argnums and static_argnames.

    Args:
        option: what they begin with, such as "static".
        func: the function.
        argnums: an int or a sequence of ints.
        argnames: a name or a sequence of names.

    Raises:
        XformTypeError: one is neither.
        XformIndexError: a number out of range.
        XformValueError: a name that is not a parameter.
    """
    numbers = _numbers(f"{option}_argnums", argnums)
    names = _names(f"{option}_argnames", argnames)
    found = parameters(func)
    if found is not None:
        numbers, names = _completed(option, numbers, names, found)
    return Chosen(numbers, frozenset(names))


def donated_arguments(
    func: Callable[..., Any], static: Chosen, argnums: Any, argnames: Any
) -> Chosen:
    """The arguments that the options donate_argnums and donate_argnames choose.

    Raises:
        XformTypeError, XformIndexError, XformValueError: as `chosen_arguments`, or an argument that
            is static too.
    """
    donated = chosen_arguments("donate", func, argnums, argnames)
    twice = [*sorted(donated.names & static.names), *sorted({*donated.numbers} & {*static.numbers})]
    if twice:
        raise XformValueError(
            at_user_line(f"jit: argument {twice[0]!r} is both static and donated; it has no memory")
        )
    return donated


class StaticArguments:
    """Which arguments of a function are static."""

    def __init__(self, func: Callable[..., Any], argnums: Any, argnames: Any) -> None:
        self._func = func
        self.chosen = chosen_arguments("static", func, argnums, argnames)

    def __bool__(self) -> bool:
        return bool(self.chosen.numbers or self.chosen.names)

    def has(self, position: int, count: int) -> bool:
        """Whether the positional argument of a call with so many is static."""
        return self.chosen.has(position, count)

    @functools.cached_property
    def _sees_order(self) -> bool:
        """Whether the function might look at the order in which keyword arguments are passed."""
        try:
            # Not of what it wraps: the wrapper may take any keywords.
            found = inspect.signature(self._func, follow_wrapped=False).parameters.values()
        except (TypeError, ValueError):
            return True
        return any(p.kind is p.VAR_KEYWORD for p in found)

    def split(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Callable[..., Any], list[Any], dict[str, Any], Hashable]:
        """A function of the other arguments, those arguments, and a key for the static ones.

        Raises:
            XformTypeError: a static value that is not hashable.
        """
        if len(kwargs) > 1 and not self._sees_order:
            kwargs = dict(sorted(kwargs.items()))
        if not self:
            return func, list(args), dict(kwargs), ()
        fixed = {i: arg for i, arg in enumerate(args) if self.has(i, len(args))}
        named = {name: value for name, value in kwargs.items() if name in self.chosen.names}
        paths = pytrees.argument_paths(func, args, {})
        for path, value in [
            *((paths[i], value) for i, value in fixed.items()),
            *((f"keyword argument {name!r}", value) for name, value in named.items()),
        ]:
            _require_hashable(path, value)
        count = len(args)

        @functools.wraps(func)
        def partial(*rest: Any, **others: Any) -> Any:
            remaining = iter(rest)
            full = [fixed[i] if i in fixed else next(remaining) for i in range(count)]
            ordered = {name: named[name] if name in named else others[name] for name in kwargs}
            return func(*full, **ordered)

        values = [(where, exact(value)) for where, value in [*fixed.items(), *named.items()]]
        dynamic = [arg for i, arg in enumerate(args) if i not in fixed]
        others = {name: value for name, value in kwargs.items() if name not in named}
        return partial, dynamic, others, (tuple(kwargs), *values)

    def values(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> list[tuple[str, Any]]:
        """The static arguments of a call, each after its name."""
        if not self:
            return []
        count = len(args)
        names = pytrees.parameter_names(func, count)
        return [
            *((names[i] or f"args[{i}]", args[i]) for i in range(count) if self.has(i, count)),
            *((name, value) for name, value in kwargs.items() if name in self.chosen.names),
        ]


def parameters(func: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """The parameters of a function; None if it does not tell."""
    try:
        return list(inspect.signature(func).parameters.values())
    except (TypeError, ValueError):
        return None


def arguments_like(
    func: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    call: Sequence[Any] | Mapping[str, Any],
) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """The positional and keyword arguments of a call like another one, for a self-test.

    Args:
        func: the function.
        args, kwargs: those of the other call.
        call: the positional ones, where the others stay; or all of them by their names.

    Raises:
        XformValueError: they are more, fewer or others.
    """
    if not isinstance(call, Mapping):
        if len(call) != len(args):
            raise XformValueError(
                at_user_line(
                    f"save: a call of selftest has {len(call)} positional "
                    f"argument{'s' * (len(call) != 1)}, expected {len(args)}"
                )
            )
        return call, kwargs
    names = pytrees.parameter_names(func, len(args))
    if {*call} != {*names, *kwargs}:
        raise XformValueError(
            at_user_line(
                f"save: a call of selftest has the arguments {', '.join(map(repr, call))}, "
                f"expected {', '.join(map(repr, [*names, *kwargs]))}"
            )
        )
    return [call[name] for name in names], {name: call[name] for name in kwargs}


def _numbers(option: str, given: Any) -> tuple[int, ...]:
    values = given if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    found = tuple(values)
    if any(isinstance(v, bool) or not hasattr(v, "__index__") for v in found):
        raise XformTypeError(
            at_user_line(f"jit: {option} must be an int or a sequence of ints, got {given!r}")
        )
    return tuple(map(operator.index, found))


def _names(option: str, given: Any) -> tuple[str, ...]:
    values = (given,) if isinstance(given, str) else given
    if isinstance(values, Iterable):
        found = tuple(values)
        if all(isinstance(v, str) for v in found):
            return found
    raise XformTypeError(
        at_user_line(f"jit: {option} must be a name or a sequence of names, got {given!r}")
    )


def _completed(
    option: str,
    numbers: tuple[int, ...],
    names: tuple[str, ...],
    found: list[inspect.Parameter],
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Numbers and names such that an argument is chosen however it is passed."""
    by_position = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    variable = any(p.kind is p.VAR_POSITIONAL for p in found)
    keywords = any(p.kind is p.VAR_KEYWORD for p in found)
    known = {p.name for p in found}
    count = len(by_position)
    all_numbers, all_names = list(numbers), list(names)
    for number in numbers:
        if -count <= number < count and (number >= 0 or not variable):
            all_numbers.append(number % count)
            all_names.append(by_position[number])
        elif not variable:
            raise XformIndexError(
                at_user_line(
                    f"jit: {option}_argnums {number} is out of range: the function has {count} "
                    f"positional parameter{'s' * (count != 1)}"
                )
            )
    for name in names:
        if name in by_position:
            all_numbers.append(by_position.index(name))
        elif name not in known and not keywords:
            raise XformValueError(
                at_user_line(
                    f"jit: {option}_argnames has {name!r}, but the parameters are "
                    f"{', '.join(map(repr, sorted(known)))}"
                )
            )
    if not variable:
        all_numbers = [n for n in all_numbers if n >= 0]
    return tuple(sorted(set(all_numbers))), tuple(sorted(set(all_names)))


def _require_hashable(path: str, value: Any) -> None:
    try:
        hash(value)
    except TypeError:
        advice = "; pass an array as an ordinary argument" if is_array(value) else ""
        raise XformTypeError(
            at_user_line(
                f"jit: {path} is static, so its value must be hashable, got "
                f"{type(value).__name__}{advice}"
            )
        ) from None
