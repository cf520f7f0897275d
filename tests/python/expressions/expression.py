"""Random array expressions that NumPy, xform and torch all compute.

An expression is a list of steps, each of which applies an operation to earlier values. Values stay
tame (bounded, away from poles), so that a difference between two libraries is a mistake and not the
rounding of an ill-conditioned formula. Operations that jump (floor, comparisons, conversions to
integers, sorting orders) are applied to exact values only: sums and products of small dyadic
numbers, which every library computes without rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from hypothesis import strategies as st

Shape: TypeAlias = tuple[int, ...]
Function: TypeAlias = Callable[..., Any]

SHAPES: tuple[Shape, ...] = ((), (1,), (3,), (2, 3), (3, 1), (1, 3), (2, 1, 3), (0, 3))


@dataclass(frozen=True)
class Value:
    """What is known of a value while an expression is drawn.

    Attributes:
        shape: its shape.
        bits: how many bits its exact value needs; None for a rounded one.
    """

    shape: Shape
    bits: int | None


@dataclass(frozen=True)
class Step:
    """An operation on earlier values.

    Attributes:
        name: the operation, for messages.
        operands: the numbers of the values.
        numpy: the operation on NumPy's or traced arrays.
        torch: the same on tensors.
    """

    name: str
    operands: tuple[int, ...]
    numpy: Function
    torch: Function

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'v{i}' for i in self.operands)})"


@dataclass(frozen=True)
class Expression:
    """Inputs, steps, and the value that is the result: the last one."""

    inputs: tuple[Shape, ...]
    seed: int
    steps: tuple[Step, ...]

    def arrays(self, dtype: Any) -> list[np.ndarray[Any, Any]]:
        """The inputs: multiples of 1/8 between -2 and 2, none of them 0, in this dtype."""
        generator = np.random.default_rng(self.seed)
        drawn = []
        for shape in self.inputs:
            numbers = generator.integers(1, 17, shape) * generator.choice([-1, 1], shape)
            drawn.append((numbers / 8).astype(dtype))
        return drawn

    def __call__(self, *inputs: Any) -> Any:
        """The result for NumPy's or traced arrays."""
        values = list(inputs)
        for step in self.steps:
            values.append(step.numpy(*(values[i] for i in step.operands)))
        return values[-1]

    def in_torch(self, *inputs: Any) -> Any:
        """The result for tensors."""
        values = list(inputs)
        for step in self.steps:
            values.append(step.torch(*(values[i] for i in step.operands)))
        return values[-1]


def tame(x: Any) -> Any:
    return np.clip(x, -9.0625, 9.0625)


def tame_torch(x: Any) -> Any:
    return torch.clamp(x, -9.0625, 9.0625)


@dataclass(frozen=True)
class Elementwise:
    """An operation on values of broadcast shapes.

    Attributes:
        numpy: on NumPy's or traced arrays.
        torch: on tensors.
        arity: how many operands.
        needs_exact: whether it jumps, so that its operands must be exact.
        bits: the bits of its result from those of exact operands; None where it rounds.
    """

    numpy: Function
    torch: Function
    arity: int = 1
    needs_exact: bool = False
    bits: Callable[..., int] | None = None


def keep(*bits: int) -> int:
    return max(bits)


ELEMENTWISE: dict[str, Elementwise] = {
    "neg": Elementwise(lambda x: -x, lambda x: -x, bits=keep),
    "abs": Elementwise(np.abs, torch.abs, bits=keep),
    "add": Elementwise(np.add, torch.add, 2, bits=lambda a, b: max(a, b) + 1),
    "sub": Elementwise(np.subtract, torch.sub, 2, bits=lambda a, b: max(a, b) + 1),
    "mul": Elementwise(
        lambda x, y: tame(x * y), lambda x, y: tame_torch(x * y), 2, bits=lambda a, b: a + b
    ),
    "square": Elementwise(
        lambda x: tame(np.square(x)), lambda x: tame_torch(torch.square(x)), bits=lambda a: 2 * a
    ),
    "cube": Elementwise(lambda x: tame(x**3), lambda x: tame_torch(x**3), bits=lambda a: 3 * a),
    "maximum": Elementwise(np.maximum, torch.maximum, 2, bits=keep),
    "minimum": Elementwise(np.minimum, torch.minimum, 2, bits=keep),
    "div": Elementwise(lambda x, y: x / (1 + y * y), lambda x, y: x / (1 + y * y), 2),
    "pow": Elementwise(
        lambda x, y: tame(np.power(np.abs(x) + 0.5, np.clip(y, -2.0, 2.0))),
        lambda x, y: tame_torch(torch.pow(torch.abs(x) + 0.5, torch.clamp(y, -2.0, 2.0))),
        2,
    ),
    "atan2": Elementwise(
        lambda x, y: np.arctan2(x, np.abs(y) + 0.5),
        lambda x, y: torch.atan2(x, torch.abs(y) + 0.5),
        2,
    ),
    "hypot": Elementwise(
        lambda x, y: np.hypot(x, y + 20), lambda x, y: torch.hypot(x, y + 20) - 0.0, 2
    ),
    "logaddexp": Elementwise(np.logaddexp, torch.logaddexp, 2),
    "exp": Elementwise(lambda x: np.exp(np.clip(x, -3, 2)), lambda x: torch.exp(x.clamp(-3, 2))),
    "expm1": Elementwise(
        lambda x: np.expm1(np.clip(x, -3, 2)), lambda x: torch.expm1(x.clamp(-3, 2))
    ),
    "log": Elementwise(lambda x: np.log(x * x + 0.25), lambda x: torch.log(x * x + 0.25)),
    "log1p": Elementwise(lambda x: np.log1p(np.abs(x)), lambda x: torch.log1p(torch.abs(x))),
    "sqrt": Elementwise(lambda x: np.sqrt(x * x + 0.25), lambda x: torch.sqrt(x * x + 0.25)),
    "sin": Elementwise(np.sin, torch.sin),
    "cos": Elementwise(np.cos, torch.cos),
    "tan": Elementwise(lambda x: np.tan(np.clip(x, -1, 1)), lambda x: torch.tan(x.clamp(-1, 1))),
    "arctan": Elementwise(np.arctan, torch.atan),
    "arcsin": Elementwise(lambda x: np.arcsin(x / 10), lambda x: torch.asin(x / 10)),
    "sinh": Elementwise(lambda x: np.sinh(np.clip(x, -2, 2)), lambda x: torch.sinh(x.clamp(-2, 2))),
    "cosh": Elementwise(lambda x: np.cosh(np.clip(x, -2, 2)), lambda x: torch.cosh(x.clamp(-2, 2))),
    "tanh": Elementwise(np.tanh, torch.tanh),
    "arcsinh": Elementwise(np.arcsinh, torch.asinh),
    "where": Elementwise(
        lambda c, x, y: np.where(c > 0.3, x, y),
        lambda c, x, y: torch.where(c > 0.3, x, y),
        3,
        needs_exact=True,
        bits=lambda c, x, y: max(x, y),
    ),
    "floor": Elementwise(np.floor, torch.floor, needs_exact=True, bits=keep),
    "ceil": Elementwise(np.ceil, torch.ceil, needs_exact=True, bits=keep),
    "rint": Elementwise(np.rint, torch.round, needs_exact=True, bits=keep),
    "sign": Elementwise(np.sign, torch.sign, needs_exact=True, bits=keep),
    "less": Elementwise(
        lambda x, y: np.where(x < y, x, 1.0),
        lambda x, y: torch.where(x < y, x, 1.0),
        2,
        needs_exact=True,
        bits=keep,
    ),
    "remainder": Elementwise(
        lambda x, y: np.remainder(x, np.abs(y) + 0.5),
        lambda x, y: torch.remainder(x, torch.abs(y) + 0.5),
        2,
        needs_exact=True,
        bits=lambda a, b: max(a, b) + 2,
    ),
    "floor_divide": Elementwise(
        lambda x, y: np.floor_divide(x, np.abs(y) + 0.5),
        lambda x, y: torch.floor(torch.div(x, torch.abs(y) + 0.5)).detach(),
        2,
        needs_exact=True,
        bits=lambda a, b: max(a, b) + 4,
    ),
}

# Exact values need fewer bits than float32 has.
_MOST_BITS = 20


@st.composite
def expressions(draw: st.DrawFn) -> Expression:
    """An expression of a few steps on one to three inputs."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    values = [Value(shape, 5) for shape in shapes]
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(("elementwise", "elementwise", "reduce", "shape", "product")))
        step, value = _STEPS[kind](draw, values)
        steps.append(step)
        values.append(value)
    return Expression(tuple(shapes), draw(st.integers(0, 2**16)), tuple(steps))


def _elementwise(draw: st.DrawFn, values: Sequence[Value]) -> tuple[Step, Value]:
    name = draw(st.sampled_from(sorted(ELEMENTWISE)))
    operation = ELEMENTWISE[name]
    usable = [
        i
        for i, value in enumerate(values)
        if not operation.needs_exact or (value.bits is not None and value.bits < _MOST_BITS)
    ]
    first = draw(st.sampled_from(usable))
    chosen = [first]
    shape = values[first].shape
    for _ in range(operation.arity - 1):
        fitting = [i for i in usable if _broadcast(shape, values[i].shape) is not None]
        chosen.append(draw(st.sampled_from(fitting)))
        joined = _broadcast(shape, values[chosen[-1]].shape)
        assert joined is not None
        shape = joined
    bits = [values[i].bits for i in chosen]
    total = None
    if operation.bits is not None and all(b is not None for b in bits):
        total = operation.bits(*bits)
        if total > _MOST_BITS:
            total = None
    return Step(name, tuple(chosen), operation.numpy, operation.torch), Value(shape, total)


def _reduce(draw: st.DrawFn, values: Sequence[Value]) -> tuple[Step, Value]:
    i = draw(st.integers(0, len(values) - 1))
    shape, bits = values[i].shape, values[i].bits
    rank = len(shape)
    axes = tuple(
        draw(st.lists(st.integers(0, rank - 1), unique=True, max_size=rank)) if rank else ()
    )
    name = draw(st.sampled_from(("sum", "mean", "max", "min", "prod", "cumsum", "norm")))
    keepdims = draw(st.booleans())
    count = math.prod(shape[a] for a in axes)
    kept = tuple(1 if a in axes else n for a, n in enumerate(shape) if keepdims or a not in axes)
    if name in ("max", "min") and count > 0:
        function = np.max if name == "max" else np.min
        in_torch = torch.amax if name == "max" else torch.amin
        if not axes:
            return Step("identity", (i,), lambda x: +x, lambda x: +x), values[i]
        return (
            Step(
                f"{name}{axes}",
                (i,),
                lambda x: function(x, axis=axes, keepdims=keepdims),
                lambda x: in_torch(x, axes, keepdims),
            ),
            Value(kept, bits),
        )
    if name == "cumsum" and rank:
        axis = draw(st.integers(0, rank - 1))
        grown = None if bits is None or bits + 2 > _MOST_BITS else bits + 2
        return (
            Step(
                f"cumsum({axis})",
                (i,),
                lambda x: np.cumsum(x, axis=axis),
                lambda x: torch.cumsum(x, axis),
            ),
            Value(shape, grown),
        )
    if name == "prod" and rank:
        axis = draw(st.integers(0, rank - 1))
        return (
            Step(
                f"prod({axis})",
                (i,),
                lambda x: tame(np.prod(x, axis=axis)),
                lambda x: tame_torch(torch.prod(x, axis)),
            ),
            Value(tuple(n for a, n in enumerate(shape) if a != axis), None),
        )
    if not axes:
        return Step("identity", (i,), lambda x: +x, lambda x: +x), values[i]
    is_mean = name == "mean" and count > 0
    of_numpy, of_torch = (np.mean, torch.mean) if is_mean else (np.sum, torch.sum)
    is_exact = not is_mean and bits is not None and bits + 4 <= _MOST_BITS
    return (
        Step(
            f"{'mean' if is_mean else 'sum'}{axes}",
            (i,),
            lambda x: of_numpy(x, axis=axes, keepdims=keepdims),
            lambda x: of_torch(x, axes, keepdim=keepdims),
        ),
        Value(kept, bits + 4 if is_exact else None),
    )


def _shape(draw: st.DrawFn, values: Sequence[Value]) -> tuple[Step, Value]:
    i = draw(st.integers(0, len(values) - 1))
    shape, bits = values[i].shape, values[i].bits
    rank = len(shape)
    of_axes = ("transpose", "flip", "slice", "roll") if rank else ()
    name = draw(st.sampled_from(("reshape", "broadcast", "stack", *of_axes)))
    if name == "reshape":
        new = draw(st.sampled_from([(-1,) if shape else (1,), (1, *shape), (*shape, 1)]))
        size = math.prod(shape)
        result = tuple(size if n == -1 else n for n in new)
        return (
            Step(f"reshape{result}", (i,), lambda x: np.reshape(x, result),
                 lambda x: torch.reshape(x, result)),
            Value(result, bits),
        )  # fmt: skip
    if name == "broadcast":
        result = (2, *(3 if n == 1 else n for n in shape))
        return (
            Step(f"broadcast{result}", (i,), lambda x: np.broadcast_to(x, result),
                 lambda x: torch.broadcast_to(x, result)),
            Value(result, bits),
        )  # fmt: skip
    if name == "stack":
        axis = draw(st.integers(0, rank)) if rank else 0
        result = (*shape[:axis], 2, *shape[axis:])
        return (
            Step(f"stack({axis})", (i, i), lambda x, y: np.stack([x, y], axis),
                 lambda x, y: torch.stack([x, y], axis)),
            Value(result, bits),
        )  # fmt: skip
    if name == "transpose":
        order = tuple(draw(st.permutations(range(rank))))
        return (
            Step(f"transpose{order}", (i,), lambda x: np.transpose(x, order),
                 lambda x: torch.permute(x, order)),
            Value(tuple(shape[a] for a in order), bits),
        )  # fmt: skip
    axis = draw(st.integers(0, rank - 1))
    if name == "flip":
        return (
            Step(
                f"flip({axis})", (i,), lambda x: np.flip(x, axis), lambda x: torch.flip(x, [axis])
            ),
            Value(shape, bits),
        )
    if name == "roll":
        return (
            Step(f"roll({axis})", (i,), lambda x: np.roll(x, 1, axis),
                 lambda x: torch.roll(x, 1, axis)),
            Value(shape, bits),
        )  # fmt: skip
    step = draw(st.sampled_from((1, 2)))
    start = draw(st.integers(0, max(shape[axis] - 1, 0)))
    index = (*(slice(None) for _ in range(axis)), slice(start, None, step))
    size = len(range(start, shape[axis], step))
    return (
        Step(f"slice({axis}, {start}::{step})", (i,), lambda x: x[index], lambda x: x[index]),
        Value((*shape[:axis], size, *shape[axis + 1 :]), bits),
    )


def _product(draw: st.DrawFn, values: Sequence[Value]) -> tuple[Step, Value]:
    """A matrix product, or an outer one, of two values."""
    i = draw(st.integers(0, len(values) - 1))
    left = values[i].shape
    fitting = [
        j
        for j, value in enumerate(values)
        if left and value.shape and len(value.shape) <= 2 and len(left) <= 2
        and value.shape[0] == left[-1]
    ]  # fmt: skip
    if not fitting:
        flat = math.prod(left)
        return (
            Step("outer", (i, i), lambda x, y: tame(np.outer(x, y)),
                 lambda x, y: tame_torch(torch.outer(x.reshape(-1), y.reshape(-1)))),
            Value((flat, flat), None),
        )  # fmt: skip
    j = draw(st.sampled_from(fitting))
    right = values[j].shape
    return (
        Step("matmul", (i, j), lambda x, y: tame(x @ y), lambda x, y: tame_torch(x @ y)),
        Value((*left[:-1], *right[1:]), None),
    )


_STEPS = {"elementwise": _elementwise, "reduce": _reduce, "shape": _shape, "product": _product}


def _broadcast(a: Shape, b: Shape) -> Shape | None:
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        return None
