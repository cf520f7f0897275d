"""What the functions that an operation runs are given, what they give, and what they are for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from .labels import numbers_of, symbol
from .structure import Op

SYMBOL: Final = re.compile(r"@([\w$.]+)")
_CARRIED: Final = "carried "
_NEXT: Final = "next "


def callees_of(op: Op) -> list[str]:
    """The functions that an operation runs."""
    if op.runs:
        return [run.function for run in op.runs]
    return SYMBOL.findall(op.attributes.get("callee", ""))


def role_of(op: Op, callee: str) -> str:
    """What an operation runs one of its functions for; empty where it has no others."""
    if op.short_name == "while":
        return "as its condition" if callee == symbol(op, "cond") else "as what it repeats"
    if op.short_name == "switch":
        return f"as branch {callees_of(op).index(callee)}"
    if op.short_name in ("custom", "pushforward") and callee != symbol(op, "callee"):
        for rule in ("jvp", "forward", "backward"):
            if callee == symbol(op, rule):
                return f"as its {rule} rule"
        return "as a vmap rule"
    return ""


def argument_names(op: Op, callee: str, names: Mapping[int, str]) -> list[str]:
    """What a function may call what it is given by an operation that runs it.

    Functions take the operands in their order, but for those that are told otherwise. Of an array
    whose rows are taken one by one, a row is `x[i]`.

    Args:
        op: the operation.
        callee: one of its functions.
        names: of the values that have one.

    Returns:
        The names of the function's arguments; "" or too few where they are not known.
    """
    given = [names.get(operand, "") for operand in op.operands]
    groups = numbers_of(op, "operandSegmentSizes")
    match op.short_name:
        case "switch":
            return given[1:]
        case "while":
            of_body = groups[0] + groups[1]
            carried = _carried(given[: groups[0]])
            if callee == symbol(op, "cond"):
                return carried + given[groups[0] : of_body]
            return carried + given[of_body:]
        case "scan":
            whole = groups[0] + groups[1]
            carried = _carried(given[: groups[0]])
            return [*carried, *_rows(given[groups[0] : whole]), *given[whole:]]
        case "map":
            return [*_rows(given[: groups[0]]), *given[groups[0] :]]
        case "vmap":
            dims = numbers_of(op, "in_dims")
            return [
                _row(name) if dim >= 0 else name for name, dim in zip(given, dims, strict=False)
            ]
    return given if callee == symbol(op, "callee") else []


def result_names(op: Op, callee: str, names: Mapping[int, str]) -> list[str]:
    """What is carried on by the functions of a loop: the first of their results."""
    is_condition = op.short_name == "while" and callee == symbol(op, "cond")
    if op.short_name not in ("scan", "while") or is_condition:
        return []
    count = numbers_of(op, "operandSegmentSizes")[0]
    given = [names.get(operand, "") for operand in op.operands[:count]]
    return [name.replace(_CARRIED, _NEXT, 1) for name in _carried(given)]


def _carried(names: Sequence[str]) -> list[str]:
    return [f"{_CARRIED}{name.removeprefix(_CARRIED) or i}" for i, name in enumerate(names)]


def _rows(names: Sequence[str]) -> list[str]:
    return [_row(name) for name in names]


def _row(name: str) -> str:
    return name and f"{name}[i]"
