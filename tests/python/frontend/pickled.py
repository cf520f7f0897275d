"""Functions of a module that other processes import, and what transforms make of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xform
from xform import random
from xform.frontend import (
    Function,
    checkpoint,
    checkpoint_policies,
    custom_jvp,
    custom_vjp,
    functionalize,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    value_and_jacobian,
    vmap,
)


def tanh(x: Any) -> Any:
    return np.tanh(x) * 2.0


def energy(x: Any) -> Any:
    return (np.tanh(x) * x).sum()


def power(x: Any, n: int) -> Any:
    return x**n


@jit
def decorated(x: Any) -> Any:
    return x * 3.0


@jit(static_argnums=1)
def raised(x: Any, n: int = 2) -> Any:
    return x**n


@vmap
def by_rows(x: Any) -> Any:
    return x * 2.0


@jit
@grad
def slope(x: Any) -> Any:
    return (x * x).sum()


@custom_jvp
def rounded(x: Any) -> Any:
    return np.round(x)


@rounded.defjvp
def _straight_through(primals: Any, tangents: Any) -> Any:
    return rounded(*primals), tangents[0]


@custom_vjp
def clipped(x: Any) -> Any:
    return x


def _kept(x: Any) -> Any:
    return x, None


def _clip(_: Any, cotangent: Any) -> Any:
    return (np.clip(cotangent, -1.0, 1.0),)


clipped.defvjp(_kept, _clip)


def _thrice(tangent: Any, output: Any, x: Any) -> Any:
    return 3.0 * tangent


own_rule = custom_jvp(tanh)
own_rule.defjvps(_thrice)

own_pullback = custom_vjp(tanh, nondiff_argnums=())
own_pullback.defvjp(_kept, _clip)


class Doubled(Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return 2.0 * x

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        return 5.0 * cotangent


class Model:
    """Something with jitted functions of its own."""

    def __init__(self, scale: float) -> None:
        self.scale = np.array(scale)
        self.fast = jit(self.slow)

    def slow(self, x: Any) -> Any:
        return x * self.scale

    @staticmethod
    @jit
    def halved(x: Any) -> Any:
        return x / 2.0

    @vmap
    def rows(x: Any) -> Any:  # type: ignore[misc]
        return x + 1.0


@dataclass
class Pair:
    first: Any
    second: Any


# What is called with one array of three elements, and found by its name or made anew.
FOUND: dict[str, Any] = {
    "decorated": decorated,
    "decorated, with options": raised,
    "decorated twice": slope,
    "vmap as a decorator": by_rows,
    "custom_jvp": rounded,
    "custom_vjp": clipped,
    "of a class": Model.halved,
    "transform of a class": Model.rows,
    "a ufunc": xform.numpy.tanh,
}
MADE: dict[str, Any] = {
    "jit": jit(tanh),
    "jit of NumPy's": jit(np.tanh),
    "jit of a ufunc": jit(xform.numpy.tanh),
    "jit of a found one": jit(decorated),
    "jit of a method": Model(2.0).fast,
    "vmap": vmap(np.tanh),
    "grad": grad(energy),
    "grad_and_value": grad_and_value(energy),
    "jit of vmap of grad": jit(vmap(grad(np.tanh))),
    "jacrev": jacrev(tanh, chunk_size=2),
    "jacfwd": jacfwd(tanh, randomness="same"),
    "hessian": hessian(energy),
    "jacobian": jacobian(tanh, sparsity="auto", dense=True),
    "value_and_jacobian": value_and_jacobian(tanh, mode="forward"),
    "checkpoint": checkpoint(tanh, policy=checkpoint_policies.save_at_most(8)),
    "functionalize": functionalize(tanh),
    "custom_jvp by defjvps": own_rule,
    "custom_vjp of another": own_pullback,
    "Function": Doubled.apply,
    "grad of a partial": grad(partial(energy)),
    "partial": partial(raised, n=3),
    "jit of a partial": jit(partial(power, n=3)),
    "vmap of a partial": vmap(partial(power, n=2)),
    "random": partial(random.uniform, random.key(7)),
}


def called(function: Any) -> list[Any]:
    """The leaves of what a function of `FOUND` or `MADE` gives."""
    size = 3 if isinstance(function, partial) and function.func is random.uniform else None
    result = function(size if size else np.array([1.0, 2.0, 3.0]))
    return [np.asarray(x) for x in xform.tree.leaves(result)]


def all_called(functions: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: called(function) for name, function in functions.items()}


def found_again(functions: dict[str, Any]) -> list[str]:
    """Those that a pickle has brought back as the objects of this module."""
    return [name for name, function in functions.items() if function is FOUND[name]]


def failing(x: Any) -> Any:
    """Cannot be traced; its error has the traced array."""
    return jit(lambda y: np.linspace(0.0, 1.0, y))(x)
