"""Functions with a mistake each, and what `verify` must say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from xform.frontend import Function, custom_jvp, custom_vjp, stop_gradient


@dataclass(frozen=True)
class Mistake:
    """A function that is wrong.

    Attributes:
        name: what is wrong with it.
        function: the function.
        args: its arguments.
        check: the check that must fail.
        says: what the finding must say.
        argument: the argument that must be blamed, with its index; "" if none.
    """

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    check: str
    says: tuple[str, ...]
    argument: str = ""


X = np.array([0.5, -1.5, 2.0])


def ruled(function: Callable[..., Any], rule: Callable[..., Any]) -> Callable[..., Any]:
    """A custom_jvp with a rule from primals and tangents to a tangent."""
    made = custom_jvp(function)
    made.defjvp(lambda primals, tangents: (made(*primals), rule(primals, tangents)))
    return made


def backed(function: Callable[..., Any], rule: Callable[..., Any]) -> Callable[..., Any]:
    """A custom_vjp with a rule from arguments and cotangent to cotangents."""
    made = custom_vjp(function)
    made.defvjp(lambda *args: (function(*args), args), rule)
    return made


def sine(x: Any) -> Any:
    return np.sin(x)


def cosine(x: Any) -> Any:
    return np.cos(x)


def product(x: Any, y: Any) -> Any:
    return x * y


MATRIX = np.array([[1.0, 2.0, -1.0], [0.5, 3.0, 1.0], [4.0, 0.0, 2.0]])


def rotated(x: Any) -> Any:
    return MATRIX @ x


class Untransposed(Function):
    """Its backward rule is not the transpose of its jvp."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return x**3

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        (ctx.x,) = inputs

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        return 3 * ctx.x * cotangent

    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        return 3 * ctx.x**2 * tangent


class WronglyBatched(Function):
    """Its vmap rule takes the first row's factor for all."""

    @staticmethod
    def forward(x: Any, y: Any) -> Any:
        return x * y

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.x, ctx.y = inputs

    @staticmethod
    def jvp(ctx: Any, dx: Any, dy: Any) -> Any:
        return ctx.y * dx + ctx.x * dy

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any, y: Any) -> Any:
        # Of y, when it is batched, the rows have lost their order.
        if in_dims[1] is not None:
            y = np.flip(y, in_dims[1])
        return x * y, 0


class Counter:
    """Multiplies by how often it was called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return x * self.calls


def branching_on_type(x: Any) -> Any:
    return x * 2 if isinstance(x, np.ndarray) else x * 3


def gradient_rule_of_second_order(x: Any) -> Any:
    return np.sin(x)


def cosine_held_fixed(primals: Any, tangents: Any) -> Any:
    return np.cos(stop_gradient(primals[0])) * tangents[0]


def unstable_softmax(x: Any) -> Any:
    powers = np.exp(x)
    return powers / powers.sum()


def quadratic_root(b: Any) -> Any:
    return -b + np.sqrt(b * b - 1.0)


MISTAKES = (
    Mistake(
        "custom_jvp with another derivative",
        ruled(sine, lambda p, t: np.cos(2 * p[0]) * t[0]),
        (X,),
        "derivatives",
        ("the formula is wrong", "rule of custom function `sine`"),
        "x",
    ),
    Mistake(
        "custom_vjp with another derivative",
        backed(sine, lambda args, ct: (np.cos(args[0] + 1) * ct,)),
        (X,),
        "derivatives",
        ("the formula is wrong", "rule of custom function `sine`"),
        "x",
    ),
    Mistake(
        "a missing factor",
        ruled(lambda x: 3 * x**2, lambda p, t: 2 * p[0] * t[0]),
        (X,),
        "derivatives",
        ("a factor of 1/3 too much",),
        "x",
    ),
    Mistake(
        "a wrong sign",
        ruled(cosine, lambda p, t: np.sin(p[0]) * t[0]),
        (X,),
        "derivatives",
        ("the sign is wrong",),
    ),
    Mistake(
        "a transposed Jacobian",
        ruled(rotated, lambda p, t: MATRIX.T @ t[0]),
        (X,),
        "derivatives",
        ("the Jacobian is transposed",),
        "x",
    ),
    Mistake(
        "the square of the tangent",
        ruled(sine, lambda p, t: np.cos(p[0]) * t[0] * t[0]),
        (X,),
        "linearity",
        ("not linear in the tangent", "takes the square of the tangent", "`sine`"),
    ),
    Mistake(
        "the magnitude of the tangent",
        ruled(sine, lambda p, t: np.cos(p[0]) * np.abs(t[0])),
        (X,),
        "linearity",
        ("takes the magnitude of the tangent", "`sine`"),
    ),
    Mistake(
        "a constant beside the tangent",
        ruled(sine, lambda p, t: np.cos(p[0]) * t[0] + 0.25),
        (X,),
        "linearity",
        ("a constant is added", "`sine`"),
    ),
    Mistake(
        "an ignored argument",
        ruled(product, lambda p, t: p[1] * t[0]),
        (X, np.array([3.0, 4.0, 5.0])),
        "derivatives",
        ("does not see the argument", "a rule that ignores the argument", "`product`"),
        "y",
    ),
    Mistake(
        "backward and jvp of different functions",
        Untransposed.apply,
        (X,),
        "transpose",
        ("not each other's transposes", "`Untransposed`"),
    ),
    Mistake(
        "a wrong vmap rule",
        WronglyBatched.apply,
        (X, np.array([3.0, 4.0, 5.0])),
        "vmap",
        ("batching is wrong", "`WronglyBatched`", "row"),
    ),
    Mistake(
        "a second derivative that is held fixed",
        ruled(gradient_rule_of_second_order, cosine_held_fixed),
        (X,),
        "second_order",
        ("the derivative of the gradient", "stop_gradient"),
    ),
    Mistake(
        "log(1 + exp(x))",
        lambda x: np.log(1 + np.exp(x)),
        (np.array([1.0, 20.0, 100.0]),),
        "float32",
        ("overflows", "x[2] = 100"),
    ),
    Mistake(
        "1 - cos(x) near 0",
        lambda x: 1 - np.cos(x),
        (np.array([0.5, 1e-3]),),
        "float32",
        ("digits cancel", "x[1] = 0.001", "roundings of float32"),
    ),
    Mistake(
        "a variance from the mean of squares",
        lambda x: (x**2).mean() - x.mean() ** 2,
        (1e4 + np.linspace(-1.0, 1.0, 16),),
        "float32",
        ("digits cancel", "x from "),
    ),
    Mistake(
        "softmax without the maximum",
        unstable_softmax,
        (np.array([100.0, 99.0, 0.0]),),
        "float32",
        ("overflows",),
    ),
    Mistake(
        "the small root of a quadratic equation",
        quadratic_root,
        (np.array([2.0, 1e4]),),
        "float32",
        ("digits cancel", "b[1] = 10000"),
    ),
    Mistake(
        "sqrt at 0",
        np.sqrt,
        (np.array([1.0, 0.0]),),
        "finite",
        ("not finite", "sqrt", "found inf"),
    ),
    Mistake(
        "sqrt of a sum of squares at 0",
        lambda x: np.sqrt((x * x).sum() + 0.0 * x[0]),
        (np.zeros(3),),
        "finite",
        ("not finite", "found nan"),
        "x",
    ),
    Mistake(
        "an entropy at 0",
        lambda p: -(p * np.log(p)).sum(),
        (np.array([0.5, 0.5, 0.0]),),
        "finite",
        ("the value is not finite", "found nan"),
    ),
    Mistake(
        "rounding to integers",
        lambda x: (x * 10).astype(np.int32).astype(np.float64) / 10,
        (X,),
        "steps",
        ("changes in steps", "rounding to integers"),
        "x",
    ),
    Mistake(
        "stop_gradient where it does not belong",
        lambda x, y: x * stop_gradient(y) + y,
        (X, X + 1),
        "derivatives",
        ("stop_gradient hides a part",),
        "y",
    ),
    Mistake(
        "state in Python",
        Counter(),
        (X,),
        "determinism",
        ("not the same", "outlives the call"),
    ),
    Mistake(
        "a branch on the type of an argument",
        branching_on_type,
        (X,),
        "jit",
        ("compiled, the value", "branch on the type"),
    ),
    Mistake(
        "one entry of a pytree",
        lambda w: ruled(lambda a, b: a @ b, lambda p, t: t[0] @ p[1] + p[0] @ (t[1] * WEIGHTS))(
            w["a"], w["b"][0]
        ),
        ({"a": np.ones((2, 3)), "b": [np.array([1.0, 2.0, 3.0])]},),
        "derivatives",
        ("a factor of 2 too much",),
        "w['b'][0][2]",
    ),
)

# Right for two of three elements.
WEIGHTS = np.array([1.0, 1.0, 2.0])
