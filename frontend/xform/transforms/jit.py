"""jit: a function compiled once for each signature, and called through compiled code."""

from __future__ import annotations

import functools
import inspect
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from xform_runtime import Array

from .. import pytrees, tracing
from ..avals import Aval, is_array
from ..compiler import Target, as_target
from ..errors import XformIndexError, XformTypeError, XformValueError, at_user_line
from ..lowered import Compiled, Lowered
from ..program import Inputs, TracedProgram, inputs_of, trace_program
from .selection import entering, entering_kwargs, require_callable

_Key: TypeAlias = tuple[tuple[Any, ...], pytrees.TreeSpec, tuple[Aval, ...]]

_INT_LIMIT: Final = 2**63

DEVICES: Final = ("cpu", "vulkan", "cuda")


def jit(
    func: Callable[..., Any],
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    device: str | None = None,
) -> Jitted:
    """Compiles a function: traced once for each signature, run as machine code afterwards.

    Args:
        func: a function of pytrees of arrays and numbers.
        static_argnums: positional arguments whose values are part of the signature; they must be
            hashable and reach the function as they are.
        static_argnames: the same by name.
        device: "cpu", "vulkan" or "cuda"; None is "cpu".

    Returns:
        A function with the same arguments whose results are device arrays.

    Raises:
        XformTypeError: `func` is not callable, or an option of the wrong type.
        XformValueError: an unknown device, or a static name that is no parameter.
        XformIndexError: a static argnum out of range.

    >>> import numpy as np
    >>> jit(lambda x: x + 1)(np.arange(3.0)).numpy()
    array([1., 2., 3.])
    """
    require_callable("jit", func)
    if device is not None and device not in DEVICES:
        raise XformValueError(
            at_user_line(
                f"jit: unknown device {device!r}: expected one of {', '.join(map(repr, DEVICES))}"
            )
        )
    return Jitted(func, _Static(func, static_argnums, static_argnames), device or "cpu")


class Jitted:
    """What `jit` returns."""

    def __init__(self, func: Callable[..., Any], static: _Static, device: str) -> None:
        self._func = func
        self._static = static
        self._device = device
        self._programs = _programs_of(func, static, device)
        # By the shapes and dtypes of plain arguments, for calls that need no pytrees.
        self._plain = self._programs.plain
        self._takes_plain = not static.numbers and not static.names
        functools.update_wrapper(self, func, updated=())
        self.__name__: str = getattr(func, "__name__", tracing.function_name(func))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the compiled function, after tracing and compiling it for a new signature.

        Raises:
            XformTypeError: an argument that is no array and not static.
            Whatever the function raises while it is traced.
        """
        if tracing.current_trace() is not None:
            return self._inline(args, kwargs)
        if not kwargs and self._takes_plain:
            key: list[Any] = []
            for arg in args:
                kind = type(arg)
                if kind is np.ndarray or kind is Array:
                    key.append(arg.shape)
                    key.append(arg.dtype)
                elif kind is float or kind is bool or (kind is int and abs(arg) < _INT_LIMIT):
                    key.append(kind)
                else:
                    break
            else:
                plain = tuple(key)
                compiled = self._plain.get(plain)
                if compiled is not None:
                    return compiled.run_plain(args)
                compiled, leaves = self._compiled(args, kwargs)
                if all(getattr(kind, "isnative", True) for kind in key):
                    self._plain[plain] = compiled
                return compiled.run(leaves)
        compiled, leaves = self._compiled(args, kwargs)
        return compiled.run(leaves)

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """Traces the function without compiling it.

        Args:
            args: arrays, numbers, or `spec(shape, dtype)` in their place; static arguments as in
                a call.
            kwargs: the same by keyword.

        Raises:
            As a call, while tracing.
        """
        function, dynamic, named, _ = self._static.split(self._func, args, kwargs)
        inputs, leaves = self._inputs(args, dynamic, named)

        def trace(bake: bool) -> TracedProgram:
            return self._trace(function, inputs, leaves, bake)

        return Lowered(trace(False), Target(self._device), trace)

    def save(
        self,
        path: str | os.PathLike[str],
        *args: Any,
        target: Target | str | None = None,
        **kwargs: Any,
    ) -> None:
        """Compiles the function for one signature into a file that `xform.runtime.load` reads.

        Args:
            path: the file.
            args: as for `lower`.
            target: what to compile for, such as "cpu", "cpu:x86-64-v3" or "vulkan"; None for the
                device that `jit` was given.
            kwargs: as for `lower`.

        Raises:
            As `lower` and `Lowered.save`.
        """
        chosen = None if target is None else as_target(target)
        self.lower(*args, **kwargs).save(path, chosen)

    def _inline(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Inside another trace, the function becomes part of that one."""
        numbers, names = self._static.numbers, self._static.names
        return self._func(
            *(
                arg if _is_static(i, len(args), numbers) else entering(arg)
                for i, arg in enumerate(args)
            ),
            **entering_kwargs({k: v for k, v in kwargs.items() if k not in names}),
            **{k: v for k, v in kwargs.items() if k in names},
        )

    def _inputs(
        self, args: Sequence[Any], dynamic: Sequence[Any], named: Mapping[str, Any]
    ) -> tuple[Inputs, list[Any]]:
        def names() -> list[str]:
            found = pytrees.argument_paths(self._func, args, named)
            numbers = self._static.numbers
            return [
                name
                for i, name in enumerate(found)
                if i >= len(args) or not _is_static(i, len(args), numbers)
            ]

        try:
            return inputs_of(dynamic, named, _keeps_nothing, names)
        except XformTypeError as error:
            raise XformTypeError(
                at_user_line(
                    f"jit: {error}; a value that is no array must be static: name it in "
                    "static_argnums or static_argnames"
                )
            ) from None

    def _trace(
        self, function: Callable[..., Any], inputs: Inputs, leaves: Sequence[Any], bake: bool
    ) -> TracedProgram:
        return trace_program(
            function,
            inputs,
            leaves,
            name=tracing.function_name(self._func),
            transform="jit",
            bake=bake,
        )

    def _compiled(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Compiled, list[Any]]:
        """The program for a call's signature, and the call's array leaves."""
        function, dynamic, named, static = self._static.split(self._func, args, kwargs)
        leaves, spec = pytrees.flatten((tuple(dynamic), named))
        programs = self._programs
        key = _key(static, spec, leaves)
        compiled = programs.compiled.get(key)
        if compiled is None:
            inputs, leaves = self._inputs(args, dynamic, named)
            key = (static, spec, inputs.avals)
            with programs.lock:
                compiled = programs.compiled.get(key)
                if compiled is None:
                    traced = self._trace(function, inputs, leaves, False)
                    compiled = Compiled(traced, Target(self._device), None)
                    programs.compiled[key] = compiled
        return compiled, leaves

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        """A jitted function in a class body is a method; its `self` must be a pytree or static."""
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<jitted {self.__name__} on {self._device!r}>"


class _Programs:
    """The compiled programs of one function under one set of options."""

    def __init__(self) -> None:
        self.compiled: dict[_Key | None, Compiled] = {}
        self.plain: dict[tuple[Any, ...], Compiled] = {}
        self.lock = threading.RLock()


_all_programs: weakref.WeakKeyDictionary[Any, dict[Any, _Programs]] = weakref.WeakKeyDictionary()
_all_programs_lock = threading.Lock()


def _programs_of(func: Callable[..., Any], static: _Static, device: str) -> _Programs:
    """Two jits of one function share its programs."""
    options = (static.numbers, static.names, device)
    with _all_programs_lock:
        try:
            by_options = _all_programs.setdefault(func, {})
        except TypeError:
            return _Programs()
        return by_options.setdefault(options, _Programs())


class _Static:
    """Which arguments of a function are static."""

    def __init__(self, func: Callable[..., Any], argnums: Any, argnames: Any) -> None:
        numbers = _tuple_of(argnums, int, "static_argnums must be an int or a sequence of ints")
        names = _tuple_of(argnames, str, "static_argnames must be a name or a sequence of names")
        parameters = _parameters(func)
        if parameters is not None:
            numbers, names = _completed(numbers, names, parameters)
        self.numbers: tuple[int, ...] = numbers
        self.names: frozenset[str] = frozenset(names)

    def split(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Callable[..., Any], list[Any], dict[str, Any], tuple[Any, ...]]:
        """A function of the other arguments, those arguments, and a key for the static ones.

        Raises:
            XformTypeError: a static value that is not hashable.
        """
        if not self.numbers and not self.names:
            return func, list(args), dict(kwargs), ()
        fixed = {i: arg for i, arg in enumerate(args) if _is_static(i, len(args), self.numbers)}
        named = {name: value for name, value in kwargs.items() if name in self.names}
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
            return func(*full, **others, **named)

        key = tuple(
            (where, type(value), value) for where, value in [*fixed.items(), *sorted(named.items())]
        )
        dynamic = [arg for i, arg in enumerate(args) if i not in fixed]
        others = {name: value for name, value in kwargs.items() if name not in named}
        return partial, dynamic, others, key


def _key(static: tuple[Any, ...], spec: pytrees.TreeSpec, leaves: Sequence[Any]) -> _Key | None:
    """The signature of a call; None if a leaf is no array, which is then reported elsewhere.

    Raises:
        XformTypeError: static fields of the arguments cannot be hashed.
    """
    try:
        hash(spec)
    except TypeError as error:
        raise XformTypeError(
            at_user_line(f"jit: the static fields of an argument must be hashable: {error}")
        ) from None
    try:
        return static, spec, tuple(tracing.aval(leaf, "") for leaf in leaves)
    except XformTypeError:
        return None


def _keeps_nothing(leaf: Any, keyword: bool) -> bool:
    return False


def _is_static(position: int, count: int, numbers: tuple[int, ...]) -> bool:
    return position in numbers or position - count in numbers


def _tuple_of(given: Any, kind: type[Any], expected: str) -> tuple[Any, ...]:
    values = (given,) if isinstance(given, kind) else given
    if isinstance(values, Iterable) and not isinstance(values, str):
        found = tuple(values)
        if all(isinstance(v, kind) and not isinstance(v, bool) for v in found):
            return found
    raise XformTypeError(at_user_line(f"jit: {expected}, got {given!r}"))


def _parameters(func: Callable[..., Any]) -> list[inspect.Parameter] | None:
    try:
        return list(inspect.signature(func).parameters.values())
    except (TypeError, ValueError):
        return None


def _completed(
    numbers: tuple[int, ...], names: tuple[str, ...], parameters: list[inspect.Parameter]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Numbers and names such that an argument is static however it is passed."""
    by_position = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    variable = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    keywords = any(p.kind is p.VAR_KEYWORD for p in parameters)
    known = {p.name for p in parameters}
    count = len(by_position)
    found_numbers, found_names = list(numbers), list(names)
    for number in numbers:
        if variable:
            continue
        if not -count <= number < count:
            raise XformIndexError(
                at_user_line(
                    f"jit: static_argnums {number} is out of range: the function has {count} "
                    f"positional parameter{'s' * (count != 1)}"
                )
            )
        found_numbers.append(number % count)
        found_names.append(by_position[number])
    for name in names:
        if name in by_position:
            found_numbers.append(by_position.index(name))
        elif name not in known and not keywords:
            raise XformValueError(
                at_user_line(
                    f"jit: static_argnames has {name!r}, but the parameters are "
                    f"{', '.join(map(repr, sorted(known)))}"
                )
            )
    if not variable:
        found_numbers = [n for n in found_numbers if n >= 0]
    return tuple(sorted(set(found_numbers))), tuple(sorted(set(found_names)))


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
