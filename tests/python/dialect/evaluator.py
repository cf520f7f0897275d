"""Programs after xform's own passes, evaluated by NumPy operation by operation.

IREE takes tens of milliseconds for each loop that it compiles, and says nothing about the rules of
the dialect. This takes a program when only primitives are left and computes each of them by its
definition, so that thousands of derivatives and batches are tried in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
from definitions import DEFINITIONS, Applied
from iree.compiler import ir
from table_row import Array, Shape
from xform import pytrees
from xform._xform import PRIMITIVES
from xform.tracing.program import inputs_of, trace_program

PASSES = "xform-expand-transforms,xform-simplify"
WIDTHS = (8, 16, 32, 64)
DTYPES: dict[str, np.dtype[Any]] = {
    "i1": np.dtype(np.bool_),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    **{f"f{width}": np.dtype(f"float{width}") for width in WIDTHS[1:]},
    **{f"i{width}": np.dtype(f"int{width}") for width in WIDTHS},
    **{f"ui{width}": np.dtype(f"uint{width}") for width in WIDTHS},
}


@dataclass(frozen=True)
class Step:
    """An operation of a function, whose values have numbers.

    Attributes:
        name: the operation's name without its dialect; a function's name for a call of it.
        operands: the numbers of its operands.
        results: and of its results.
        types: the shapes and dtypes of the results.
        attributes: its attributes.
        is_call: whether it calls a function of the program.
    """

    name: str
    operands: tuple[int, ...]
    results: tuple[int, ...]
    types: tuple[tuple[Shape, np.dtype[Any]], ...]
    attributes: dict[str, Any]
    is_call: bool


@dataclass(frozen=True)
class Body:
    """A function.

    Attributes:
        arguments: how many it has; their numbers are the first ones.
        steps: its operations in order.
        returned: the numbers of what it returns.
    """

    arguments: int
    steps: tuple[Step, ...]
    returned: tuple[int, ...]


class Evaluated:
    """A function traced for the types of some arguments and brought to primitives.

    Args:
        function: from pytrees of arrays to a pytree of arrays.
        args: arguments of the types that it is called with.
    """

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        inputs, leaves = inputs_of(args, {}, lambda leaf, keyword: False, lambda: ["argument"])
        traced = trace_program(
            function, inputs, leaves, name="main", transform="evaluate", bake=True
        )
        module = traced.program.module
        module.run(PASSES)
        self._build = traced.outputs.build
        self._functions = parsed(module.text(generic=True))

    def __call__(self, *args: Any) -> Any:
        """The function's result."""
        with np.errstate(all="ignore"):
            arrays = [np.asarray(x) for x in pytrees.leaves(args)]
            return self._build(run(self._functions, "main", arrays))


def run(functions: Mapping[str, Body], name: str, arguments: Sequence[Array]) -> list[Array]:
    """The results of one of a program's functions."""
    body = functions[name]
    if len(arguments) != body.arguments:
        raise TypeError(f"{name} takes {body.arguments} arguments, not {len(arguments)}")
    values = dict(enumerate(arguments))
    for step in body.steps:
        operands = [values[i] for i in step.operands]
        results = run(functions, step.name, operands) if step.is_call else applied(step, operands)
        values.update(zip(step.results, results, strict=True))
    return [values[i] for i in body.returned]


def applied(step: Step, operands: Sequence[Array]) -> list[Array]:
    """The results of a primitive, which are of the types that the program says."""
    found = DEFINITIONS[step.name](Applied(operands, step.attributes, *step.types[0]))
    results: list[Array] = []
    for result, (shape, dtype) in zip(
        found if isinstance(found, tuple) else (found,), step.types, strict=True
    ):
        array = np.asarray(result)
        if array.shape != shape:
            raise ValueError(f"{step.name} has shape {array.shape}, the program says {shape}")
        results.append(array.astype(dtype, copy=False))
    return results


# Reading ----------------------------------------------------------------------------------------


@cache
def context() -> ir.Context:
    """One for all programs: to make it takes longer than to read most of them."""
    made = ir.Context()
    made.allow_unregistered_dialects = True
    return made


def parsed(text: str) -> dict[str, Body]:
    """The functions of a module in generic form."""
    with context():
        module = ir.Module.parse(text)
        return {
            ir.StringAttr(function.attributes["sym_name"]).value: body_of(function.operation)
            for function in module.body.operations
        }


def body_of(function: ir.Operation) -> Body:
    (block,) = function.regions[0].blocks
    numbers: dict[Any, int] = {}

    def enter(values: Any) -> tuple[int, ...]:
        for value in values:
            numbers[value] = len(numbers)
        return tuple(numbers[value] for value in values)

    enter(block.arguments)
    steps: list[Step] = []
    for view in block.operations:
        op = view.operation
        operands = tuple(numbers[x] for x in op.operands)
        if op.name == "func.return":
            return Body(len(block.arguments), tuple(steps), operands)
        steps.append(step_of(op, operands, enter(op.results)))
    raise ValueError("a function that returns nothing")


def step_of(op: ir.Operation, operands: tuple[int, ...], results: tuple[int, ...]) -> Step:
    types = tuple(map(type_of, op.results))
    if op.name == "func.call":
        callee = ir.FlatSymbolRefAttr(op.attributes["callee"]).value
        return Step(callee, operands, results, types, {}, is_call=True)
    name = op.name.removeprefix("xform.")
    if name not in DEFINITIONS:
        raise ValueError(f"{op.name} is no primitive")
    # All of them are properties, which a dialect that is not registered does not list.
    attributes = {key: plain(op.attributes[key]) for key in PRIMITIVES[name]["attributes"]}
    return Step(name, operands, results, types, attributes, is_call=False)


def type_of(value: ir.Value) -> tuple[Shape, np.dtype[Any]]:
    tensor = ir.RankedTensorType(value.type)
    return tuple(tensor.shape), DTYPES[str(tensor.element_type)]


def plain(attribute: ir.Attribute) -> Any:
    """An attribute as a value of Python or NumPy."""
    if isinstance(attribute, ir.DenseI64ArrayAttr):
        return tuple(attribute)
    if isinstance(attribute, ir.IntegerAttr | ir.BoolAttr | ir.StringAttr):
        return attribute.value
    if isinstance(attribute, ir.DenseFPElementsAttr) and "bf16" in str(attribute.type):
        # The bindings have no buffers of it.
        shape = ir.RankedTensorType(attribute.type).shape
        return np.array(list(attribute), ml_dtypes.bfloat16).reshape(shape)
    if isinstance(attribute, ir.DenseElementsAttr):
        # A view of what lives as long as the context.
        return np.array(attribute, copy=True)
    raise TypeError(f"an attribute of no known kind: {attribute}")
