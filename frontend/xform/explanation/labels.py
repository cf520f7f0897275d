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
_NUMBERS: Final = re.compile(r"array<i\d+(?:: (.*))?>")
_NUMBER: Final = re.compile(r"(-?\d+)(?: : \w+)?")
# The last one of a list that is cut is not whole.
_INTEGER: Final = re.compile(r"-?\d+(?=[,>])")
_COPY: Final = re.compile(r"_\d+$")
_WORD: Final = re.compile(r"[a-z]+")
_LINEAR: Final = re.compile(r"(.+)_(pullback|pushforward)")
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
# What derived functions are, by the words behind their names; the longer ones come first.
_DERIVED: Final = {
    "jvp linear transpose": "backward pass",
    "jvp primal": "forward pass",
    "jvp linear": "tangents alone",
    "jvp": "with tangents",
    "vmap": "batched",
    "transpose": "transposed",
}
_DERIVATIONS: Final = frozenset({"jvp", "vmap", "primal", "linear", "transpose"})


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
    """The number that a constant has everywhere; None if it has others.

    >>> from xform.explanation.structure import Work
    >>> value = {"value": "dense<5.000000e-01> : tensor<8xf32>"}
    >>> constant_text(Op("xform.constant", (), (), value, None, Work(), (), None, ()))
    '0.5'
    """
    text = op.attributes.get("value", "")
    found = _SPLAT.match(text)
    return None if found is None else _number(*found.groups())


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
    """The numbers of an attribute; none if the operation does not have it, the first of many."""
    text = op.attributes.get(attribute, "").partition(":")[2]
    return [int(number) for number in _INTEGER.findall(text)]


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
        elif found := _LINEAR.fullmatch(bare):
            of = "lambda" if found.group(1) == "main" else found.group(1)
            title = f"{found.group(2)} of {of}"
    said = " ".join(word for word in _WORD.findall(" ".join(derived)) if word in _DERIVATIONS)
    for words, meaning in _DERIVED.items():
        said = re.sub(rf"\b{words}\b", f",{meaning},", said)
    return ", ".join([title, *(part.strip() for part in said.split(",") if part.strip())])


def op_label(op: Op, constants: Mapping[int, str]) -> str:
    """What an operation that runs no functions is called, with its constant operands.

    Args:
        op: the operation.
        constants: the texts of the values that are.

    >>> from xform.explanation.structure import Work
    >>> def op(name, *operands):
    ...     return Op("xform." + name, operands, (), {}, None, Work(), (), None, ())
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
    if "callee" in op.attributes:
        name = "custom call" if op.short_name == "custom" else op.short_name
        return f"{name} of {_titles([symbol(op, 'callee')], program)[0]}"
    if "cond" in op.attributes:
        return f"while loop of {_titles([symbol(op, 'body')], program)[0]}"
    titles = [*dict.fromkeys(_titles([run.function for run in op.runs], program))]
    if len(titles) < len(op.runs):
        return f"{op.short_name} between {len(op.runs)} functions"
    return f"{op.short_name}: {' or '.join(titles)}" if titles else op.short_name


def run_details(
    op: Op,
    program: Program,
    types: Mapping[int, str],
    names: Mapping[int, str],
    constants: Mapping[int, str],
) -> list[str]:
    """How an operation runs its functions: how often, over how many rows, or by what.

    Args:
        op: the operation.
        program: the functions that it runs.
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
        if len(said) > 2:
            said = [*dict.fromkeys(tree_of(name) for name in said)]
        details.append(f"by {listed(said)}")
    turns = op.turns if op.turns is not None else max((r.turns or 1 for r in op.runs), default=1)
    if any(run.frequency == "steps" for run in op.runs):
        order = ", the last first" if "reverse" in op.attributes else ""
        details.append(f"{counted(turns, 'turn')}{order}")
    if "cond" in op.attributes:
        details.append(f"as long as {_titles([symbol(op, 'cond')], program)[0]}")
    told = [constants[operand] for operand in op.operands if operand in constants]
    if told:
        details.append(f"given {listed(told)}")
    return details


def tree_of(name: str) -> str:
    """What a path begins with.

    >>> tree_of("params[0]['w']")
    'params'
    """
    return re.split(r"[.\[]", name, maxsplit=1)[0]


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


def symbol(op: Op, attribute: str) -> str:
    """The function that an attribute names; empty if there is none."""
    return op.attributes.get(attribute, "").removeprefix("@")


def _titles(functions: Sequence[str], program: Program) -> list[str]:
    return [
        function_title(program[name]) if name in program else name for name in functions if name
    ]
