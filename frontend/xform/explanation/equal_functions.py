"""Which functions are the same but for the names of values and functions."""

from __future__ import annotations

from typing import Final

from .callees import SYMBOL, callees_of
from .structure import Function, Program

# What stands for the numbers of a large constant.
_CUT: Final = "..."


class Forms:
    """Numbers for what functions compute: one where the same is written at the same place."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        # By the function's identity; the function is kept, so that no other one has it.
        self._known: dict[int, tuple[Function, int]] = {}

    def of(self, function: Function, program: Program) -> int:
        """The number of a function.

        Args:
            function: one of a program.
            program: the functions that it runs.
        """
        known = self._known.get(id(function))
        if known is None:
            # For a function that runs itself.
            self._known[id(function)] = function, -1
            form = self._form(function, program)
            known = function, self._numbers.setdefault(form, len(self._numbers))
            self._known[id(function)] = known
        return known[1]

    def _form(self, function: Function, program: Program) -> object:
        values: dict[int, object] = {v.number: i for i, v in enumerate(function.body.arguments)}
        ops = []
        count = len(values)
        for op in function.body.ops:
            types = tuple(value.type for value in op.results)
            attributes = tuple((k, SYMBOL.sub("@", text)) for k, text in op.attributes.items())
            if op.name == "xform.constant":
                # Where it stands does not matter.
                is_known = _CUT not in op.attributes.get("value", "")
                values[op.results[0].number] = attributes, types, None if is_known else id(op)
                continue
            operands = tuple(values[value] for value in op.operands)
            for value in op.results:
                values[value.number] = count
                count += 1
            inner = tuple(
                self.of(program[name], program) for name in callees_of(op) if name in program
            )
            ops.append((op.name, operands, types, attributes, op.place, op.turns, inner))
        return tuple(value.type for value in function.body.arguments), tuple(ops)
