"""`custom_jvp`: a function with a forward-mode rule of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import full
from .custom_call import Derivative, naming, spread, tangent_or_zeros
from .custom_rules import NondiffArguments, RuledCall, RuledFunction
from .derivative import with_zeros
from .selection import require_callable


class custom_jvp(RuledFunction):  # noqa: N801 - JAX's name
    """A function whose derivative along tangents is given by `defjvp` or `defjvps`.

    Reverse mode transposes it, so it must be linear in the tangents.

    >>> import numpy as np
    >>> from xform.frontend import custom_jvp, grad
    >>> @custom_jvp
    ... def rounded(x):
    ...     return np.round(x)
    >>> @rounded.defjvp
    ... def straight_through(primals, tangents):
    ...     return rounded(*primals), tangents[0]
    >>> grad(lambda x: 3.0 * rounded(x))(0.7).item()
    3.0
    """

    _givers = "defjvp(jvp) or defjvps"

    def defjvp(self, jvp: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Gives the function its rule, which is used where a derivative is asked for.

        Args:
            jvp: takes the nondiff arguments, a tuple of the other ones and a tuple of their
                tangents, zeros where there are none; returns (output, tangents of it). The
                tangents of integers are zeros.
            symbolic_zeros: must be False; tangents are always arrays.

        Returns:
            `jvp`, so that this can be a decorator.

        Raises:
            XformTypeError: `jvp` is not callable.
            XformValueError: symbolic_zeros is True.
        """
        require_callable("defjvp", jvp)
        if symbolic_zeros:
            raise XformValueError(
                at_user_line("defjvp: symbolic_zeros=True is not supported; tangents are arrays")
            )
        self._rules = (jvp,)
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Gives the function a rule for each argument; the tangent is the sum of what they return.

        Args:
            jvps: each takes the tangent of its argument, the output and all arguments, and returns
                the tangent of the output; None for an argument on which it does not depend.

        Raises:
            XformTypeError: the function has nondiff arguments, or a rule is not callable.
        """
        if self._function.nondiff:
            raise XformTypeError(
                at_user_line(
                    "defjvps: cannot be used with nondiff_argnums; use defjvp for the whole rule"
                )
            )
        for rule in jvps:
            if rule is not None:
                require_callable("defjvps", rule)

        self._rules = (partial(_sum_of_rules, self, jvps),)

    def _bound(self, args: tuple[Any, ...], rules: tuple[Callable[..., Any], ...]) -> RuledCall:
        return _Call(self._function, args, *rules)


def _sum_of_rules(
    function: custom_jvp,
    jvps: Sequence[Callable[..., Any] | None],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
) -> tuple[Any, Any]:
    """The rule of a function that was given one for each argument."""
    if len(jvps) != len(primals):
        raise XformValueError(
            at_user_line(
                f"defjvps: {len(jvps)} rules were given, but {function._function.name!r} was "
                f"called with {len(primals)} arguments"
            )
        )
    output = function(*primals)
    leaves, spec = pytrees.flatten(output)
    sums = [full(x.shape, x.dtype, 0) for x in leaves]
    for rule, tangent in zip(jvps, tangents, strict=True):
        if rule is not None:
            terms = spread(rule(tangent, output, *primals), output, "tangent")
            sums = [s if term is None else s + term for s, term in zip(sums, terms, strict=True)]
    return output, pytrees.unflatten(spec, sums)


class _Call(RuledCall):
    def __init__(
        self, function: NondiffArguments, args: tuple[Any, ...], rule: Callable[..., Any]
    ) -> None:
        super().__init__(function, args)
        self._rule = rule

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        return Derivative(jvp=self._jvp)

    def _jvp(self, values: list[Any]) -> list[Any]:
        arguments = self.arguments
        count = len(arguments.avals)
        primals = arguments.differentiated(values[:count])
        tangents = arguments.differentiated(with_zeros(arguments.avals, values[count:]))
        result = self._rule(*arguments.nondiff, primals, tangents)
        tree, tangent_out = self.pair(result, "the jvp rule", "(output, tangents)")
        output = self.returned(tree, f"the jvp rule of {self.name}")
        self.require_same_output(output, "the jvp rule")
        name = f"custom_jvp: the jvp rule of {self.name!r}"
        with naming(name):
            leaves = spread(tangent_out, tree, "tangents")
        paths = pytrees.paths(output.spec, "tangents")
        return output.leaves + [
            tangent_or_zeros(name, leaf, path, "output", kind)
            for leaf, path, kind in zip(leaves, paths, self.output.avals, strict=True)
            if kind.is_inexact
        ]
