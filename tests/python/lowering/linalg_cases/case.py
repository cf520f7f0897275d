"""What a test program is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

NUMPY = {
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
    "i1": np.bool_,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
    "ui8": np.uint8,
    "ui16": np.uint16,
    "ui32": np.uint32,
    "ui64": np.uint64,
}
MLIR = {np.dtype(numpy_type): name for name, numpy_type in NUMPY.items()}


def element(array: Array) -> str:
    """MLIR name of an array's element type."""
    return MLIR[array.dtype]


def tensor(array: Array) -> str:
    """MLIR type of an array."""
    return "tensor<" + "".join(f"{size}x" for size in array.shape) + element(array) + ">"


@dataclass
class Case:
    """One function: its text, arguments and expected results.

    Args:
        name: name of the function, unique in the module.
        body: operations on %0, %1, ... that define %r0, %r1, ...
        args: the arguments.
        wants: the expected results.
        ulps: allowed error in units in the last place; 0 for exact results.
        arg_types: MLIR types of the arguments, where they are not those of `args`.
        result_types: the same for the results.
        functions: text of private functions that the body refers to.
    """

    name: str
    body: str
    args: list[Array]
    wants: list[Array]
    ulps: float = 0
    arg_types: list[str] = field(default_factory=list)
    result_types: list[str] = field(default_factory=list)
    functions: str = ""

    def text(self) -> str:
        """The function as MLIR text."""
        types = self.arg_types or [tensor(array) for array in self.args]
        arguments = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(types))
        results = ", ".join(self.result_types or [tensor(array) for array in self.wants])
        values = ", ".join(f"%r{i}" for i in range(len(self.wants)))
        return self.functions + (
            f"func.func @{self.name}({arguments}) -> ({results}) {{\n"
            f"  {self.body}\n  return {values} : {results}\n}}\n"
        )


class Cases(list[Case]):
    """The programs of one family."""

    def add(
        self,
        name: str,
        body: str,
        args: list[Array],
        want: Array | list[Array],
        *,
        ulps: float = 0,
        arg_types: list[str] | None = None,
        result_types: list[str] | None = None,
        functions: str = "",
    ) -> None:
        """Append a program; the arguments are those of `Case`."""
        wants = [np.asarray(w) for w in (want if isinstance(want, list) else [want])]
        self.append(
            Case(name, body, args, wants, ulps, arg_types or [], result_types or [], functions)
        )


def sample(name: str, size: int = 37, seed: int = 0) -> Array:
    """Random numbers: integers over their whole range, floats with special values."""
    generator = np.random.default_rng(seed)
    dtype = np.dtype(NUMPY[name])
    if dtype.kind == "f":
        values = generator.normal(size=size) * 3
        special = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5]
        values[: len(special)] = np.roll(special, seed)
        return values.astype(dtype)
    if dtype.kind == "b":
        return generator.integers(0, 2, size).astype(np.bool_)
    bounds = np.iinfo(dtype.name)
    values = generator.integers(bounds.min, bounds.max, size, dtype=dtype, endpoint=True)
    edges = np.array([bounds.max, bounds.min, 0, 1, bounds.max - 1], dtype)
    values[: len(edges)] = edges
    values[len(edges) : 15] %= 7
    return values
