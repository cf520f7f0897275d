"""What people call the types, numbers and functions of a program."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from xform_runtime.dtypes import numpy_dtype

from .structure import Function, Op, Program

_TENSOR: Final = re.compile(r"tensor<((?:[\d?]+x)*)(\w+)>")
_SPLAT: Final = re.compile(r"dense<([^\[\]\"<>]+)> : tensor<(?:[\d?]+x)*(\w+)>")
_SMALL: Final = re.compile(r"dense<(\[[^\"<>]{1,18}\])> : ")
_NUMBERS: Final = re.compile(r"array<i\d+(?:: (.*))?>")
_NUMBER: Final = re.compile(r"(-?\d+)(?: : \w+)?")
_COPY: Final = re.compile(r"_\d+$")
_COMMUTATIVE: Final = frozenset(
    {"add", "mul", "max", "min", "eq", "ne", "and", "or", "xor", "hypot", "gcd", "log_add_exp"}
)
# Attributes that belong to what an operation is called.
_TOLD: Final = {
    "axis": "axis {}",
    "axes": "axes {}",
    "permutation": "{}",
    "exponent": "{}",
    "order": "of order {}",
    "name": "{}",
}
# Parts of the names of derived functions that tell nobody anything.
_SILENT: Final = frozenset({"step", "pruned"})


def dtype_name(element: str) -> str:
    """NumPy's name of an element type of MLIR's; another one stays as it is.

    >>> dtype_name("f32"), dtype_name("bf16"), dtype_name("i1"), dtype_name("ui8")
    ('float32', 'bfloat16', 'bool', 'uint8')
    """
    if element == "i1":
        return "bool"
    for short, long in (("ui", "uint"), ("bf", "bfloat"), ("f", "float"), ("i", "int")):
        if element.startswith(short) and element[len(short) :].isdecimal():
            return long + element[len(short) :]
    return element


def type_text(type: str) -> str:
    """A type as people write it; one that is no tensor stays as it is.

    >>> type_text("tensor<64x16xf32>"), type_text("tensor<i1>")
    ('float32[64, 16]', 'bool[]')
    """
    found = _TENSOR.fullmatch(type)
    if found is None:
        return type
    sizes, element = found.groups()
    return f"{dtype_name(element)}[{', '.join(sizes.split('x')[:-1])}]"


def shape_of(type: str) -> tuple[int, ...] | None:
    """The sizes of a tensor type; None if it has none or they are not known."""
    found = _TENSOR.fullmatch(type)
    if found is None or "?" in found.group(1):
        return None
    return tuple(map(int, found.group(1).split("x")[:-1]))


def constant_text(op: Op) -> str | None:
    """The number that a constant has everywhere, or its few ones; None if it has more.

    >>> from xform.explanation.structure import Work
    >>> value = {"value": "dense<5.000000e-01> : tensor<8xf32>"}
    >>> constant_text(Op("xform.constant", (), (), value, None, Work(), (), None, (), ()))
    '0.5'
    """
    text = op.attributes.get("value", "")
    if found := _SPLAT.match(text):
        return _number(*found.groups())
    if found := _SMALL.match(text):
        element = dtype_name(text.rpartition("x")[2].rstrip(">"))
        return re.sub(r"[^\[\], ]+", lambda number: _number(number.group(), element), found[1])
    return None


def _number(text: str, element: str) -> str:
    if text in ("true", "false"):
        return text.capitalize()
    if text.startswith("0x"):
        # What is not finite is written as bits.
        bits = np.array(int(text, 16), f"uint{''.join(filter(str.isdecimal, element))}")
        return str(float(bits.view(numpy_dtype(dtype_name(element)))))
    return text if text.lstrip("-").isdecimal() else str(float(text))


def attribute_text(text: str) -> str:
    """The numbers or the text of an attribute, without its type.

    >>> attribute_text("array<i64: 0, 1>"), attribute_text("3 : i64"), attribute_text('"clip"')
    ('0, 1', '3', 'clip')
    """
    if found := _NUMBERS.fullmatch(text):
        return found.group(1) or ""
    if found := _NUMBER.fullmatch(text):
        return found.group(1)
    return text.strip('"')


def numbers_of(op: Op, attribute: str) -> list[int]:
    """The numbers of an attribute; none if the operation does not have it."""
    text = attribute_text(op.attributes.get(attribute, ""))
    return [int(number) for number in text.split(",")] if text else []


def function_title(function: Function) -> str:
    """What the user calls a function; lambdas are told apart by their lines.

    Functions that a transform made of another one have its name in front of theirs.
    """
    first, *derived = function.name.split(".")
    ops = function.body.ops
    place = ops[-1].place if ops else None
    title = first
    if place is not None:
        bare = _COPY.sub("", first)
        if bare == place.function:
            title = bare
        elif bare == "main" and place.function == "<lambda>":
            title = f"lambda in line {place.line}"
    said = [word for word in derived if word not in _SILENT and _COPY.sub("", word) != title]
    return f"{title} ({', '.join(said)})" if said else title


def op_label(op: Op, constants: Mapping[int, str]) -> str:
    """What an operation that runs no functions is called, with its constant operands.

    Args:
        op: the operation.
        constants: the texts of the values that are.

    >>> from xform.explanation.structure import Work
    >>> def op(name, *operands):
    ...     return Op("xform." + name, operands, (), {}, None, Work(), (), None, (), ())
    >>> known = {1: "2.0"}
    >>> op_label(op("sub", 0, 1), known), op_label(op("sub", 1, 0), known)
    ('sub 2.0', 'sub(2.0, ·)')
    """
    name = op.short_name
    given = [constants.get(operand) for operand in op.operands]
    known = [text for text in given if text is not None]
    if known:
        is_plain = len(known) == 1 and len(given) <= 2
        if is_plain and (given[-1] is not None or name in _COMMUTATIVE):
            name = f"{name} {known[0]}"
        else:
            name = f"{name}({', '.join('·' if text is None else text for text in given)})"
    for attribute, form in _TOLD.items():
        if text := attribute_text(op.attributes.get(attribute, "")):
            if attribute == "axes" and "," not in text:
                form = _TOLD["axis"]
            name = f"{name} {form.format(text)}"
    return name


def run_label(op: Op, program: Program) -> str:
    """What an operation is called that runs functions: `vmap of loss`."""
    runs = _titles([run.function for run in op.runs], program)
    if "callee" in op.attributes:
        return f"{op.short_name} of {_titles([_callee(op, 'callee')], program)[0]}"
    if "cond" in op.attributes:
        cond, body = _titles([_callee(op, "cond"), _callee(op, "body")], program)
        return f"while {cond}: {body}"
    return f"{op.short_name}: {' or '.join(runs)}" if runs else op.short_name


def run_details(
    op: Op, types: Mapping[int, str], names: Mapping[int, str], constants: Mapping[int, str]
) -> list[str]:
    """How an operation runs its functions: how often, over how many rows, or by what.

    Args:
        op: the operation.
        types, names: of the values that it reads.
        constants: the texts of those that are.
    """
    details = []
    for dim, operand in zip(numbers_of(op, "in_dims"), op.operands, strict=False):
        shape = shape_of(types.get(operand, ""))
        if dim >= 0 and shape is not None:
            details.append(counted(shape[dim], "row"))
            break
    by = numbers_of(op, "argnums")
    if by:
        said = [names.get(op.operands[i], f"argument {i}") for i in by]
        details.append(f"by {listed(said)}")
    turns = op.turns if op.turns is not None else max((r.turns or 1 for r in op.runs), default=1)
    if any(run.frequency == "steps" for run in op.runs):
        order = ", the last first" if "reverse" in op.attributes else ""
        details.append(f"{counted(turns, 'turn')}{order}")
    told = [constants[operand] for operand in op.operands if operand in constants]
    if told:
        details.append(f"given {listed(told)}")
    return details


def callee_names(op: Op, function: str, names: Mapping[int, str]) -> list[str]:
    """The names of what a function is given by an operation that runs it; "" where it has none.

    Functions take the operands in their order, but for those that are told otherwise.
    """
    given = [names.get(operand, "") for operand in op.operands]
    if op.short_name == "switch":
        return given[1:]
    if op.short_name == "while":
        groups = numbers_of(op, "operandSegmentSizes")
        carried, of_cond = groups[0], groups[1]
        if function == _callee(op, "cond"):
            return given[: carried + of_cond]
        return given[:carried] + given[carried + of_cond :]
    return given if function == _callee(op, "callee") else []


def listed(texts: Sequence[str], most: int = 3) -> str:
    """Some texts, the first of them if they are many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d"])
    ('a, b', 'a, b and 2 more')
    """
    if len(texts) <= most:
        return ", ".join(texts)
    return f"{', '.join(texts[: most - 1])} and {len(texts) - most + 1} more"


def counted(count: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "row"), counted(1000, "row")
    ('1 row', '1,000 rows')
    """
    return f"{count:,} {what}{'s' * (count != 1)}"


def _callee(op: Op, attribute: str) -> str:
    return op.attributes.get(attribute, "").removeprefix("@")


def _titles(functions: Sequence[str], program: Program) -> list[str]:
    return [
        function_title(program[name]) if name in program else name for name in functions if name
    ]
