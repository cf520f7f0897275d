"""Weights beside modules, in programs that IREE compiles: globals that it loads as parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from xform_runtime.signature import SIGNATURE_KEY, Signature

if TYPE_CHECKING:
    from iree.compiler import ir


def has_weights(text: str) -> bool:
    """Whether the signature of a program's entry may name weights."""
    return r"\22weights\22: [{" in text or r"\22weights\22:[{" in text


def weights_as_globals(text: str) -> str:
    """A module of linalg operations whose entries read their weights from globals.

    Up to here these are the last arguments of the entries, as their signatures tell. The globals
    are initialized with parameters, which IREE's runtime looks up by their keys.

    Args:
        text: the module as MLIR text.
    """
    from iree.compiler import ir

    with ir.Context(), ir.Location.unknown():
        module = ir.Module.parse(text)
        known: dict[str, str] = {}
        for function in list(module.body.operations):
            signature = _signature(function)
            if signature is not None and signature.weights:
                keys = [leaf.path for leaf in signature.weights]
                _read_globals(module, function, keys, known)
        return str(module)


def _signature(operation: Any) -> Signature | None:
    attributes = operation.operation.attributes
    if "iree.reflection" not in attributes:
        return None
    reflection = attributes["iree.reflection"]
    if SIGNATURE_KEY not in reflection:
        return None
    return Signature.from_json(reflection[SIGNATURE_KEY].value)


def _read_globals(module: ir.Module, function: Any, keys: list[str], known: dict[str, str]) -> None:
    """Replaces the last arguments of a function by globals; `known` has those that there are."""
    from iree.compiler import ir

    block = function.regions[0].blocks[0]
    first = len(block.arguments) - len(keys)
    for position, key in enumerate(keys, first):
        argument = block.arguments[position]
        if key not in known:
            known[key] = f"weight_{key}"
            _declare(module, known[key], key, argument.type)
        symbol = ir.Attribute.parse(f"@{known[key]}")
        with ir.InsertionPoint.at_block_begin(block):
            read = ir.Operation.create(
                "util.global.load", results=[argument.type], attributes={"global": symbol}
            )
        argument.replace_all_uses_with(read.result)
    for position in reversed(range(first, first + len(keys))):
        block.erase_argument(position)
    kind = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
    function.attributes["function_type"] = ir.TypeAttr.get(
        ir.FunctionType.get(_first(kind.inputs, first), kind.results)
    )
    if "arg_attrs" in function.attributes:
        given = ir.ArrayAttr(function.attributes["arg_attrs"])
        function.attributes["arg_attrs"] = ir.ArrayAttr.get(_first(given, first))


def _declare(module: ir.Module, symbol: str, key: str, kind: ir.Type) -> None:
    from iree.compiler import ir

    with ir.InsertionPoint.at_block_begin(module.body):
        ir.Operation.create(
            "util.global",
            attributes={
                "sym_name": ir.StringAttr.get(symbol),
                "sym_visibility": ir.StringAttr.get("private"),
                "type": ir.TypeAttr.get(kind),
                "initial_value": ir.Attribute.parse(f'#flow.parameter.named<"{key}"> : {kind}'),
            },
        )


def _first(items: Iterable[Any], count: int) -> list[Any]:
    return list(items)[:count]


__all__ = ["has_weights", "weights_as_globals"]
