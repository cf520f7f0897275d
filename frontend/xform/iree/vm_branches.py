"""A fault of IREE's virtual machine, and how compiled modules are kept from it.

A branch hands references (buffers, fences) to the arguments of a block. Where it hands one to two
arguments, and the register of the first is the one in which the reference already lies, IREE 3.13
moves it into the other: the first is left null. A loop that carries two parts of one buffer then
fails or, where it was a fence, no longer waits. Which arguments share a register is luck.

So each further mention of a reference becomes one of its own, by an operation that nothing folds.
"""

from __future__ import annotations

from typing import Any

_FIRST_ARGUMENT = {"vm.br": 0, "vm.cond_br": 1}


def separate_references(module: Any) -> int:
    """Makes the references that a branch hands to a block different values.

    Args:
        module: an operation of IREE's, a module of functions of the dialect "vm".

    Returns:
        How many were not.
    """
    changed = 0
    for inner in _operations(module):
        for function in _operations(inner) if inner.name == "vm.module" else ():
            if function.name != "vm.func" or not len(function.regions[0].blocks):
                continue
            for block in function.regions[0].blocks:
                changed += _separate(block.operations[len(block.operations) - 1].operation)
    return changed


def _operations(operation: Any) -> list[Any]:
    return [inner.operation for block in operation.regions[0].blocks for inner in block.operations]


def _separate(branch: Any) -> int:
    position = _FIRST_ARGUMENT.get(branch.name)
    if position is None:
        return 0
    changed = 0
    for successor in branch.successors:
        latest: dict[Any, Any] = {}
        for _ in range(len(successor.arguments)):
            given = branch.operands[position]
            if str(given.type).startswith("!vm.ref"):
                if given in latest:
                    # From the copy before this one: two equal operations would become one again.
                    latest[given] = branch.operands[position] = _copy(latest[given], branch)
                    changed += 1
                else:
                    latest[given] = given
            position += 1
    return changed


def _copy(reference: Any, branch: Any) -> Any:
    """The same reference by a choice between it and null, depending on whether it is null."""
    from iree.compiler import ir

    with ir.InsertionPoint(branch), branch.location:
        truth = ir.IntegerType.get_signless(32)
        exists = ir.Operation.create("vm.cmp.nz.ref", [truth], [reference]).result
        null = ir.Operation.create("vm.const.ref.zero", [reference.type]).result
        chosen = ir.Operation.create("vm.select.ref", [reference.type], [exists, reference, null])
        return chosen.result
