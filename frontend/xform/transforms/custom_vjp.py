"""`custom_vjp`: a function with a backward rule of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from .custom_call import Derivative, naming, spread, tangent_or_zeros
from .custom_rules import NondiffArguments, RuledCall, RuledFunction
from .derivative import with_zeros
from .selection import require_callable


class custom_vjp(RuledFunction):  # noqa: N801 - JAX's name
    """A function whose backward rule is given by `defvjp`.

    >>> import numpy as np
    >>> from xform.frontend import custom_vjp, grad
    >>> @custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, cotangent: (np.clip(cotangent, -1, 1),))
    >>> grad(lambda x: 5.0 * clipped(x))(3.0).item()
    1.0
    """

    _givers = "defvjp(fwd, bwd)"

    def defvjp(
        self,
        fwd: Callable[..., Any],
        bwd: Callable[..., Any],
        symbolic_zeros: bool = False,
        optimize_remat: bool = False,
    ) -> None:
        """Gives the function its rule, which is used where a derivative is asked for.

        Args:
            fwd: takes the function's arguments; returns (output, residuals).
            bwd: takes the nondiff arguments, the residuals and the cotangents of the output, zeros
                where it is not used; returns a tuple with a cotangent, or None, for each of the
                other arguments. In forward mode it is transposed, so it must be linear there.
            symbolic_zeros: must be False; cotangents are always arrays.
            optimize_remat: has no effect; what is not read is never computed.

        Raises:
            XformTypeError: a rule is not callable.
            XformValueError: symbolic_zeros is True.
        """
        require_callable("defvjp", fwd)
        require_callable("defvjp", bwd)
        if symbolic_zeros:
            raise XformValueError(
                at_user_line("defvjp: symbolic_zeros=True is not supported; cotangents are arrays")
            )
        self._rules = (fwd, bwd)

    def _bound(self, args: tuple[Any, ...], rules: tuple[Callable[..., Any], ...]) -> RuledCall:
        return _Call(self._function, args, *rules)


class _Call(RuledCall):
    has_backward = True

    def __init__(
        self,
        function: NondiffArguments,
        args: tuple[Any, ...],
        fwd: Callable[..., Any],
        bwd: Callable[..., Any],
    ) -> None:
        super().__init__(function, args)
        self._fwd = fwd
        self._bwd = bwd
        self._residuals: tuple[list[Any], pytrees.TreeSpec]

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        return Derivative(forward=self._forward, backward=self._backward)

    def _forward(self, leaves: list[Any]) -> list[Any]:
        result = self._fwd(*self.arguments.all(leaves))
        tree, residuals = self.pair(result, "fwd", "(output, residuals)")
        output = self.returned(tree, f"fwd of {self.name}")
        self.require_same_output(output, "fwd")
        kept, spec = pytrees.flatten(residuals)
        self._residuals = kept, spec
        return [*output.leaves, *(x for x in kept if traces.is_traced(x))]

    def _backward(self, values: list[Any]) -> list[Any]:
        kept, spec = self._residuals
        given = iter(values)
        # What is no value of the function is the same in both rules.
        residuals = pytrees.unflatten(
            spec, [next(given) if traces.is_traced(x) else x for x in kept]
        )
        cotangents = pytrees.unflatten(self.output.spec, with_zeros(self.output.avals, [*given]))
        result = self._bwd(*self.arguments.nondiff, residuals, cotangents)
        return self._cotangents(result)

    def _cotangents(self, result: Any) -> list[Any]:
        name = f"custom_vjp: bwd of {self.name!r}"
        count = len(self.arguments.spec.children())
        if not isinstance(result, tuple | list):
            raise XformTypeError(
                at_user_line(
                    f"{name} must return a tuple with a cotangent for each of {count} arguments, "
                    f"got {type(result).__name__}"
                )
            )
        if len(result) != count:
            raise XformValueError(
                at_user_line(
                    f"{name} must return one cotangent (or None) for each differentiated argument, "
                    f"{count} in all, got {len(result)}"
                )
            )
        tree = self.arguments.differentiated(self.arguments.leaves)
        with naming(name):
            leaves = spread(tuple(result), tree, "the result")
        paths = pytrees.paths(self.arguments.spec, "cotangents")
        return [
            tangent_or_zeros(name, leaf, path, "argument", kind)
            for leaf, path, kind in zip(leaves, paths, self.arguments.avals, strict=True)
            if kind.is_inexact
        ]
