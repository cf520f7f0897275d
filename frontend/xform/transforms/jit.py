"""`jit`: a function compiled once for each signature, and called through compiled code."""

from __future__ import annotations

import functools
import inspect
import os
import threading
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias, overload

import numpy as np
from xform_runtime import Array
from xform_runtime.devices import DEVICE_NAMES

from .. import pytrees
from ..compiling import workers
from ..compiling.lowered import Compiled, Lowered, shown_program
from ..compiling.plainly import plainly
from ..compiling.selftests import Call, Original, SelfTestInputs
from ..compiling.shown import Shown, jitted_html
from ..compiling.targets import Target, as_target
from ..errors import XformTypeError, XformValueError, at_user_line
from ..pickling import Named
from ..source import entrance, keep_users_frames
from ..tracing import traces
from ..tracing.avals import Spec
from ..tracing.open_sizes import fixed_leaves, open_leaves, trace_open
from ..tracing.program import Inputs, TracedProgram, inputs_of, trace_program
from .jit_arguments import (
    Chosen,
    StaticArguments,
    arguments_like,
    donated_arguments,
    parameters,
)
from .jit_open_sizes import OpenArguments, OpenSizes
from .selection import entering, require_callable

_Key: TypeAlias = tuple[Hashable, Hashable, tuple[Hashable, ...]]

_INT_LIMIT: Final = 2**63

NO_OPEN_SIZES: Final[OpenSizes] = MappingProxyType({})


class _NotGiven:
    """The function of a `jit` that is used as a decorator with options."""


@overload
def jit(
    func: Callable[..., Any],
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    donate_argnames: str | Sequence[str] = (),
    device: str | None = None,
    open_sizes: OpenSizes = ...,
) -> Jitted: ...


@overload
def jit(
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    donate_argnames: str | Sequence[str] = (),
    device: str | None = None,
    open_sizes: OpenSizes = ...,
) -> Callable[[Callable[..., Any]], Jitted]: ...


def jit(
    func: Callable[..., Any] | type[_NotGiven] = _NotGiven,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    donate_argnames: str | Sequence[str] = (),
    device: str | None = None,
    open_sizes: OpenSizes = NO_OPEN_SIZES,
) -> Jitted | Callable[[Callable[..., Any]], Jitted]:
    """Compiles a function: traced once for each signature, run as machine code afterwards.

    A signature is the shapes, dtypes and structure of the arguments and the static values, told
    apart by whatever the function could tell apart: types at every depth, 0.0 and -0.0, the order
    of dicts, the identity of callables.

    Args:
        func: a function of pytrees of arrays and numbers. Without it, `jit` with the options is a
            decorator: `@jit(static_argnums=1)`.
        static_argnums: positional arguments whose values are part of the signature; they must be
            hashable and reach the function as they are.
        static_argnames: the same by name.
        donate_argnums: positional arguments that the caller does not need after a call, so that
            results of the same shape and dtype may be made in their memory, as in a training
            step. That is a permission, not a promise: an `Array` whose memory was taken has no
            values any more (`is_donated`), others and NumPy arrays stay as they are.
        donate_argnames: the same by name.
        device: "cpu", "vulkan" or "cuda"; None is "cpu".
        open_sizes: by the names of arguments, shapes with open sizes, as `spec` has them; `...` at
            the end stands for what is fixed by a call. One program serves all of these sizes.
            `{"x": "batch"}` is short for `{"x": ("batch", ...)}`.

    Returns:
        A function with the same arguments whose results are device arrays.

    Raises:
        XformTypeError: `func` is not callable, or an option of the wrong type.
        XformValueError: an unknown device, a name that is not a parameter, or an argument both
            static and donated.
        XformIndexError: a number out of range.

    >>> import numpy as np
    >>> jit(lambda x: x + 1)(np.arange(3.0)).numpy()
    array([1., 2., 3.])
    >>> @jit(static_argnums=1)
    ... def power(x, n):
    ...     return x**n
    >>> power(np.arange(3.0), 2).numpy()
    array([0., 1., 4.])
    """
    if device is not None and not isinstance(device, str):
        raise XformTypeError(
            at_user_line(f"jit: device must be a name or None, got {type(device).__name__}")
        )
    if device is not None and device not in DEVICE_NAMES:
        expected = ", ".join(map(repr, DEVICE_NAMES))
        raise XformValueError(
            at_user_line(f"jit: unknown device {device!r}: expected one of {expected}")
        )
    if func is _NotGiven:
        return functools.partial(
            jit,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            donate_argnums=donate_argnums,
            donate_argnames=donate_argnames,
            device=device,
            open_sizes=open_sizes,
        )
    require_callable("jit", func)
    static = StaticArguments(func, static_argnums, static_argnames)
    donated = donated_arguments(func, static.chosen, donate_argnums, donate_argnames)
    workers.start()
    return Jitted(func, static, donated, device or "cpu", OpenArguments(func, open_sizes))


class Jitted(Named):
    """What `jit` returns.

    A pickle has the function and the options, but no compiled programs.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        static: StaticArguments,
        donated: Chosen,
        device: str,
        opened: OpenArguments,
    ) -> None:
        self._func = func
        self._static = static
        self._donated = donated
        self._device = device
        self._open = opened
        self._programs = _programs_of(func, (static.chosen, donated, device, opened.key))
        # By the shapes and dtypes of plain arguments, for calls that need no pytrees.
        self._plain = self._programs.plain
        self._takes_plain = not static and not opened
        functools.update_wrapper(self, func, updated=())
        self.__name__: str = getattr(func, "__name__", traces.function_name(func))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the compiled function, after tracing and compiling it for a new signature.

        Raises:
            XformTypeError: an argument that is not an array and not static.
            Whatever the function raises while it is traced.
        """
        if traces.current_trace() is not None:
            return self._inline(args, kwargs)
        if plainly.is_on:
            return self._by_python(args, kwargs)
        try:
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
                        self._programs.last = compiled
                        return compiled.run_plain(args)
                    compiled, leaves = self._compiled(args, kwargs)
                    if all(getattr(kind, "isnative", True) for kind in key):
                        self._plain[plain] = compiled
                    return compiled.run(leaves)
            compiled, leaves = self._compiled(args, kwargs)
            return compiled.run(leaves)
        except Exception as error:
            keep_users_frames(error)
            raise

    @entrance
    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """Traces the function without compiling it.

        Args:
            args: arrays, numbers, or `spec(shape, dtype)` in their place; static arguments as in
                a call. Sizes of specs may be open: the program serves all of them then. The
                function is traced for some.
            kwargs: the same by keyword.

        Raises:
            As a call, while tracing.
        """
        leaves, spec = pytrees.flatten((args, kwargs))
        if open_leaves(leaves):
            return self._lower_open(leaves, spec)
        trace, original = self._call(args, kwargs)
        return Lowered(trace(False), Target(self._device), trace, original)

    def _call(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Callable[[bool], TracedProgram], Original]:
        """What traces a call, with closed-over arrays as constants or not, and the call."""
        function, dynamic, named, _ = self._static.split(self._func, args, kwargs)
        inputs, leaves = self._inputs(args, dynamic, named)
        inputs = replace(inputs, parameters=self._parameters(len(args)))

        def trace(bake: bool) -> TracedProgram:
            return self._trace(function, inputs, leaves, bake)

        rebound = functools.partial(self._rebound, args, kwargs)
        return trace, Original(function, inputs, leaves, rebound, _doc(self._func))

    def _lower_open(self, leaves: Sequence[Any], spec: pytrees.TreeSpec) -> Lowered:
        """`lower` for arguments some of whose sizes are open."""

        def at(
            fixed: Sequence[Any],
        ) -> tuple[Callable[[bool], TracedProgram], Original]:
            args, kwargs = pytrees.unflatten(spec, list(fixed))
            return self._call(args, kwargs)

        # What it closes over is in the program: it may be another array for each size.
        found = trace_open(leaves, lambda fixed: at(fixed)[0](True))
        _, original = at(fixed_leaves(leaves, found.samples[0]))
        traced = replace(found.instances[0], open=found)
        return Lowered(traced, Target(self._device), lambda bake: traced, original)

    def save(
        self,
        path: str | os.PathLike[str],
        *args: Any,
        target: Target | str | Sequence[Target | str] | None = None,
        selftest: SelfTestInputs = False,
        **kwargs: Any,
    ) -> None:
        """Compiles the function for one signature into a file that `xform.runtime.load` reads.

        Args:
            path: the file.
            args: as for `lower`.
            target: what to compile for, such as "cpu", "cpu:x86-64-v3" or "vulkan"; a list of such
                makes a folder, as `targets` of `Lowered.save`; None for the device that `jit` was
                given.
            selftest: whether the file keeps inputs and results to test it with wherever it is
                loaded, or the inputs; as for `Lowered.save`.
            kwargs: as for `lower`.

        Raises:
            As `lower` and `Lowered.save`.
        """
        one: Target | None = None
        several: Sequence[Target | str] | None = None
        if isinstance(target, Sequence) and not isinstance(target, str):
            several = [as_target(text) for text in target]
        elif target is not None:
            one = as_target(target)
        self._require_known(kwargs)
        self.lower(*args, **kwargs).save(path, one, targets=several, selftest=selftest)

    def _rebound(self, args: Sequence[Any], kwargs: Mapping[str, Any], call: Call) -> Sequence[Any]:
        """The leaves of another call of the types that a call was lowered for.

        Raises:
            XformTypeError, XformValueError: its types, structure or static arguments are others.
        """
        positional, named = arguments_like(self._func, args, kwargs, call)
        wanted = self._static.split(self._func, args, kwargs)
        found = self._static.split(self._func, positional, named)
        inputs, _ = self._inputs(args, wanted[1], wanted[2])
        others, leaves = self._inputs(positional, found[1], found[2])
        if found[3] != wanted[3] or pytrees.exact_structure(
            others.spec, order=False
        ) != pytrees.exact_structure(inputs.spec, order=False):
            raise XformValueError(
                at_user_line(
                    "save: a call of selftest has static arguments or a structure other than what "
                    f"{self.__name__!r} was lowered for"
                )
            )
        for path, given, kind in zip(inputs.paths, others.avals, inputs.avals, strict=True):
            # As in a call, an int will do for a float.
            is_number = given.weak and kind.weak and kind.is_inexact and given.dtype.kind in "if"
            if given[:2] != kind[:2] and not is_number:
                raise XformTypeError(
                    at_user_line(f"save: {path} of a call of selftest is {given}, expected {kind}")
                )
        return leaves

    def _require_known(self, kwargs: Mapping[str, Any]) -> None:
        """Refuses what is neither an option of `save` nor a parameter of the function."""
        found = parameters(self._func)
        if found is None or any(p.kind is p.VAR_KEYWORD for p in found):
            return
        names = [p.name for p in found if p.kind not in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)]
        for name in kwargs:
            if name not in names:
                raise XformTypeError(
                    at_user_line(
                        f"save: unknown keyword {name!r}: it is no option of save, which are "
                        f"'path', 'target' and 'selftest', and {self.__name__!r} has no such "
                        "parameter"
                    )
                )

    def _inline(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Inside another trace, the function becomes part of that one."""
        static, names = self._static, self._static.chosen.names
        return self._func(
            *(arg if static.has(i, len(args)) else entering(arg) for i, arg in enumerate(args)),
            **{name: x if name in names else entering(x) for name, x in kwargs.items()},
        )

    def _by_python(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function as it is, of copies of arrays, as it may write into them."""
        static, names = self._static, self._static.chosen.names
        return self._func(
            *(arg if static.has(i, len(args)) else _copied(arg) for i, arg in enumerate(args)),
            **{name: x if name in names else _copied(x) for name, x in kwargs.items()},
        )

    def _inputs(
        self, args: Sequence[Any], dynamic: Sequence[Any], named: Mapping[str, Any]
    ) -> tuple[Inputs, list[Any]]:
        def names() -> list[str]:
            found, count = pytrees.argument_paths(self._func, args, named), len(args)
            return [
                name for i, name in enumerate(found) if i >= count or not self._static.has(i, count)
            ]

        try:
            inputs, leaves = inputs_of(dynamic, named, _keeps_nothing, names)
        except XformTypeError as error:
            raise XformTypeError(
                at_user_line(
                    f"jit: {error}; a value that is no array must be static: name it in "
                    "static_argnums or static_argnames"
                )
            ) from None
        return replace(inputs, donated=self._donated_leaves(inputs.spec, len(args))), leaves

    def _parameters(self, count: int) -> tuple[str, ...]:
        """The names of the positional arguments that are not static."""
        names = pytrees.parameter_names(self._func, count)
        return tuple(name for i, name in enumerate(names) if not self._static.has(i, count))

    def _donated_leaves(self, spec: pytrees.TreeSpec, count: int) -> tuple[int, ...]:
        """The leaves of donated arguments in a call with so many positional ones, by number."""
        of_args, of_kwargs = spec.children()
        positions = [i for i in range(count) if not self._static.has(i, count)]
        parts = [
            *zip(of_args.children(), (self._donated.has(i, count) for i in positions), strict=True),
            *zip(
                of_kwargs.children(),
                (name in self._donated.names for name in of_kwargs.entries()),
                strict=True,
            ),
        ]
        flags = [is_donated for part, is_donated in parts for _ in range(part.num_leaves)]
        return tuple(i for i, is_donated in enumerate(flags) if is_donated)

    def _trace(
        self, function: Callable[..., Any], inputs: Inputs, leaves: Sequence[Any], bake: bool
    ) -> TracedProgram:
        return trace_program(
            function,
            inputs,
            leaves,
            name=traces.function_name(self._func),
            transform="jit",
            bake=bake,
        )

    def _compiled(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Compiled, list[Any]]:
        """The program for a call's signature, and the call's array leaves."""
        function, dynamic, named, static = self._static.split(self._func, args, kwargs)
        if self._open:
            program = self._compiled_open(args, kwargs, static)
            self._programs.last = program
            return program, program.leaves(tuple(dynamic), named)
        leaves, spec = pytrees.flatten((tuple(dynamic), named))
        programs = self._programs
        key = _key(static, spec, leaves)
        compiled = programs.compiled.get(key)
        if compiled is None:
            inputs, leaves = self._inputs(args, dynamic, named)
            with programs.lock:
                compiled = programs.compiled.get(key)
                if compiled is None:
                    traced = self._trace(function, inputs, leaves, False)
                    compiled = Compiled(traced, Target(self._device), None)
                    programs.compiled[key] = compiled
                    programs.shown[key] = self._shown(traced, args, kwargs)
        programs.last = compiled
        return compiled, leaves

    def _shown(
        self, traced: TracedProgram, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[Shown, list[tuple[str, Any]]]:
        """What notebooks show of a program, and the static arguments that it is for."""
        inputs = replace(traced.inputs, parameters=self._parameters(len(args)))
        shown = shown_program(replace(traced, inputs=inputs), Target(self._device))
        return shown, self._static.values(self._func, args, kwargs)

    def _compiled_open(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], static: Hashable
    ) -> Compiled:
        """The program for all sizes of a call's arguments."""
        args, kwargs = self._open.specs(args, kwargs)
        _, dynamic, named, _ = self._static.split(self._func, args, kwargs)
        leaves, spec = pytrees.flatten((tuple(dynamic), named))
        kinds = [leaf if isinstance(leaf, Spec) else traces.aval(leaf, "") for leaf in leaves]
        key = static, pytrees.exact_structure(spec), tuple(kinds)
        programs = self._programs
        with programs.lock:
            if key not in programs.compiled:
                lowered = self.lower(*args, **kwargs)
                programs.compiled[key] = lowered.compile()
                programs.shown[key] = self._shown(lowered.traced, args, kwargs)
            return programs.compiled[key]

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        """A jitted function in a class body is a method; its `self` must be a pytree or static."""
        return self if instance is None else functools.partial(self, instance)

    def _inner(self) -> Callable[..., Any]:
        return self._func

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "func": self._func,
            "device": self._device,
            "open_sizes": self._open.patterns,
        }
        for option, chosen in ("static", self._static.chosen), ("donate", self._donated):
            state[f"{option}_argnums"] = chosen.numbers
            state[f"{option}_argnames"] = tuple(sorted(chosen.names))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(jit(**state).__dict__)

    def _repr_html_(self) -> str:
        """The programs that were compiled, and pictures of the one that was called last."""
        programs = self._programs
        rows = [(programs.compiled[key], *shown) for key, shown in [*programs.shown.items()]]
        return jitted_html(repr(self), rows, programs.last)

    def __repr__(self) -> str:
        return f"<jitted {self.__name__} on {self._device!r}>"


class _Programs:
    """The compiled programs of one function under one set of options."""

    def __init__(self) -> None:
        self.compiled: dict[_Key | None, Compiled] = {}
        self.plain: dict[tuple[Any, ...], Compiled] = {}
        self.shown: dict[_Key | None, tuple[Shown, list[tuple[str, Any]]]] = {}
        # That which was called last.
        self.last: Compiled | None = None
        self.lock = threading.RLock()


# By the identity of the function, as long as it lives: what is only equal may compute otherwise.
_all_programs: dict[int, tuple[weakref.ref[Any], dict[Any, _Programs]]] = {}
_all_programs_lock = threading.Lock()


def _programs_of(func: Callable[..., Any], options: Hashable) -> _Programs:
    """Two jits of one function with the same options share its programs."""
    number = id(func)

    def forget(_: object) -> None:
        # Without the lock, which the thread may hold; the number is not given away before.
        _all_programs.pop(number, None)

    with _all_programs_lock:
        known = _all_programs.get(number)
        if known is None:
            try:
                known = weakref.ref(func, forget), {}
            except TypeError:
                return _Programs()
            _all_programs[number] = known
        return known[1].setdefault(options, _Programs())


def _doc(func: Callable[..., Any]) -> str:
    """What a function's own docstring says, and not that of its class."""
    own = getattr(func, "__doc__", None)
    return inspect.cleandoc(own) if isinstance(own, str) and own != type(func).__doc__ else ""


def _key(static: Hashable, spec: pytrees.TreeSpec, leaves: Sequence[Any]) -> _Key | None:
    """The signature of a call; None if a leaf is not an array, which is then reported elsewhere."""
    kinds: list[Hashable] = []
    try:
        for leaf in leaves:
            if type(leaf) is np.ndarray or type(leaf) is Array:
                kinds.append((leaf.shape, leaf.dtype))
            else:
                found = traces.aval(leaf, "")
                kinds.append(found if found.weak else found[:2])
    except XformTypeError:
        return None
    return static, pytrees.exact_structure(spec), tuple(kinds)


def _copied(tree: Any) -> Any:
    """An argument with arrays that a function may write into."""
    return pytrees.map_leaves(lambda x: x.copy() if type(x) is np.ndarray else x, tree)


def _keeps_nothing(leaf: Any, argument: int | None) -> bool:
    return False
