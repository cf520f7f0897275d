"""What custom_vjp and custom_jvp share: their arguments and the call itself."""

from __future__ import annotations

import functools
import inspect
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from .. import pytrees
from ..compiling import direct
from ..errors import XformRuntimeError, XformTypeError, XformValueError, at_user_line
from ..pickling import Named
from ..source import entrance
from ..tracing import traces
from .custom_call import CustomFunction, call_custom
from .rows import leaf_aval
from .selection import Output, require_callable

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


class RuledFunction(Named):
    """A function that is given its derivative rules once it has been made.

    A pickle has the function and the rules that it has been given until then.
    """

    # How messages say what gives the rules.
    _givers: ClassVar[str]

    def __init__(
        self,
        fun: Callable[..., Any],
        nondiff_argnums: Sequence[int] = (),
        nondiff_argnames: Sequence[str] = (),
    ) -> None:
        """A function without rules.

        Args:
            fun: the function; all arguments can be given by position.
            nondiff_argnums: positions of arguments that are passed on as they are, of any type.
            nondiff_argnames: their names.

        Raises:
            XformTypeError: `fun` is not callable.
            XformValueError: a number or name that is no argument of it.
        """
        kind = type(self).__name__
        require_callable(kind, fun)
        # First, as it copies the attributes of the function, which may be one of this class.
        functools.update_wrapper(self, fun)
        self._function = NondiffArguments(kind, fun, nondiff_argnums, nondiff_argnames)
        self._rules: tuple[Callable[..., Any], ...] | None = None
        self._made = functools.partial(type(self), fun, nondiff_argnums, nondiff_argnames)

    @entrance
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's output.

        Raises:
            XformRuntimeError: no rules have been given.
            XformTypeError: the arguments do not fit, or a rule returns no tuple or other dtypes.
            XformValueError: a rule returns other structures or shapes.
        """
        function = self._function
        if self._rules is None:
            raise XformRuntimeError(
                at_user_line(
                    f"{function.kind} {function.name!r}: no rule was given; call {self._givers}"
                )
            )
        return self._bound(function.positional(args, kwargs), self._rules).call()

    @abstractmethod
    def _bound(self, args: tuple[Any, ...], rules: tuple[Callable[..., Any], ...]) -> RuledCall:
        """The function and its rules at one call."""

    def _inner(self) -> Callable[..., Any]:
        return self._function.fun

    def __getstate__(self) -> dict[str, Any]:
        return {"made": self._made, "rules": self._rules}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["made"]().__dict__)
        self._rules = state["rules"]

    def __repr__(self) -> str:
        return f"<{self._function.kind} {self._function.name}>"


class NondiffArguments:
    """A function whose arguments are differentiated but for some.

    Args:
        kind: how messages call the decorator.
        fun: the function.
        argnums: the positions of the arguments that are passed as they are.
        argnames: their names.

    Raises:
        XformTypeError: `fun` is not callable.
        XformValueError: a number or name that is no argument of it.
    """

    def __init__(
        self,
        kind: str,
        fun: Callable[..., Any],
        argnums: Sequence[int],
        argnames: Sequence[str],
    ) -> None:
        self.kind = kind
        self.fun = fun
        self.name = traces.function_name(fun)
        self._signature = inspect.signature(fun)
        parameters = list(self._signature.parameters)
        names = (argnames,) if isinstance(argnames, str) else tuple(argnames)
        for name in names:
            if name not in parameters:
                raise XformValueError(
                    at_user_line(
                        f"{kind}: nondiff_argnames has {name!r}, but the parameters of "
                        f"{self.name!r} are {', '.join(map(repr, parameters))}"
                    )
                )
        numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        self.nondiff = frozenset({*numbers, *(parameters.index(name) for name in names)})
        if any(number < 0 for number in self.nondiff):
            raise XformValueError(
                at_user_line(f"{kind}: nondiff_argnums must not be negative, got {argnums!r}")
            )

    def positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, defaults included.

        Raises:
            XformTypeError: they do not fit the function, or one can only be given by name.
            XformValueError: there is no argument of a nondiff number.
        """
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise XformTypeError(at_user_line(f"{self.kind} {self.name!r}: {error}")) from None
        bound.apply_defaults()
        if bound.kwargs:
            raise XformTypeError(
                at_user_line(
                    f"{self.kind} {self.name!r}: the arguments {list(bound.kwargs)} can only be "
                    "given by name, but its rules take all arguments by position"
                )
            )
        if self.nondiff and max(self.nondiff) >= len(bound.args):
            raise XformValueError(
                at_user_line(
                    f"{self.kind}: nondiff_argnums {max(self.nondiff)} is out of range: "
                    f"{self.name!r} was called with {len(bound.args)} arguments"
                )
            )
        return bound.args


class DiffArguments:
    """The differentiated arguments of a call, with all others.

    Attributes:
        nondiff: the other arguments, in order.
        spec: the structure of the tuple of the differentiated ones.
        leaves: their leaves.
        avals: the avals of these.
        paths: how messages call them.
    """

    def __init__(self, function: NondiffArguments, args: tuple[Any, ...]) -> None:
        self._args = args
        self._positions = [i for i in range(len(args)) if i not in function.nondiff]
        self.nondiff = [args[i] for i in sorted(function.nondiff)]
        self.leaves, self.spec = pytrees.flatten(tuple(args[i] for i in self._positions))
        names = pytrees.argument_paths(function.fun, args, {})
        self.paths = [
            path
            for i in self._positions
            for path in pytrees.paths(pytrees.structure(args[i]), names[i])
        ]
        where = f"{function.kind} {function.name!r}"
        self.avals = [
            leaf_aval(where, leaf, path) for leaf, path in zip(self.leaves, self.paths, strict=True)
        ]

    def differentiated(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The differentiated arguments with other leaves."""
        arguments: tuple[Any, ...] = pytrees.unflatten(self.spec, leaves)
        return arguments

    def all(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """All arguments, the differentiated ones with other leaves."""
        args = list(self._args)
        for position, arg in zip(self._positions, self.differentiated(leaves), strict=True):
            args[position] = arg
        return tuple(args)


class RuledCall(CustomFunction):
    """What the calls of custom_vjp and custom_jvp share: the function itself.

    Attributes:
        arguments: the arguments.
        output: what the function returned, once it has been traced.
    """

    def __init__(self, function: NondiffArguments, args: tuple[Any, ...]) -> None:
        self.function = function
        self.arguments = DiffArguments(function, args)
        self.output: Output

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        """The output's leaves."""
        self.output = self.returned(self.function.fun(*self.arguments.all(leaves)), self.name)
        return self.output.leaves

    def returned(self, tree: Any, by: str) -> Output:
        """What the function or one of its rules returned as output."""
        return Output(f"{self.function.kind} {by!r}", tree, floating=False)

    def require_same_output(self, output: Output, by: str) -> None:
        """Raises unless a rule returned an output of the function's structure and avals."""
        where = f"{self.function.kind}: {by} of {self.name!r}"
        if output.spec != self.output.spec:
            raise XformValueError(
                at_user_line(
                    f"{where} returned an output of structure {pytrees.show(output.spec)}, the "
                    f"function one of {pytrees.show(self.output.spec)}"
                )
            )
        for path, kind, wanted in zip(output.paths, output.avals, self.output.avals, strict=True):
            if (kind.shape, kind.dtype) != (wanted.shape, wanted.dtype):
                error = XformValueError if kind.shape != wanted.shape else XformTypeError
                raise error(
                    at_user_line(
                        f"{where} returned {kind} as {path}, the function returned {wanted}"
                    )
                )

    def pair(self, result: Any, by: str, expected: str) -> tuple[Any, Any]:
        """The two values that a rule returned.

        Raises:
            XformTypeError: it did not return a pair.
        """
        if isinstance(result, tuple | list) and len(result) == 2:
            return result[0], result[1]
        raise XformTypeError(
            at_user_line(
                f"{self.function.kind}: {by} of {self.name!r} must return a pair {expected}, got "
                f"{type(result).__name__}"
            )
        )

    def call(self) -> Any:
        """The output of the call, in a trace or outside of one."""
        if traces.current_trace() is not None:
            return self._traced([traces.traced(x) for x in self.arguments.leaves])
        return direct.call(
            lambda *leaves: self._traced([traces.traced(x) for x in leaves]),
            self.arguments.leaves,
            {},
            name=self.name,
            transform=self.function.kind,
        )

    def _traced(self, inputs: Sequence[TracedArray]) -> Any:
        results = call_custom(self, inputs)
        return pytrees.unflatten(self.output.spec, results)
