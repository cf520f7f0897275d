"""Every rule emits primitives only, which have all rules themselves, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from primitive_table import ROWS
from row_programs import closed_over, directions, floating_operands, is_differentiable
from table_row import Row
from xform import frontend
from xform._xform import PRIMITIVES, Module
from xform.frontend import jvp, vjp, vmap

ALLOWED = {f"xform.{name}" for name in PRIMITIVES} | {
    "builtin.module",
    "func.func",
    "func.call",
    "func.return",
}
RULES = {"operands", "jvp", "transpose", "batching"}


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_primitive_states_all_rules(name: str) -> None:
    assert set(PRIMITIVES[name]) >= RULES


def derivatives(row: Row, operands: Any, tangents: Any, ct: Any) -> Any:
    """All mixtures of two derivatives."""
    function, xs = closed_over(row, operands)

    def forward(*args: Any) -> Any:
        count = len(xs)
        return jvp(function, args[:count], args[count:])[1]

    def reverse(ct: Any, *xs: Any) -> Any:
        return vjp(function, *xs)[1](ct)

    back, both = (ct, *xs), (*xs, *tangents)
    return [
        jvp(forward, both, both)[1],
        vjp(forward, *both)[1](ct),
        jvp(reverse, back, back)[1],
        vjp(reverse, *back)[1](tuple(xs)),
    ]


def program(row: Row, operands: Any, tangents: Any, ct: Any) -> Any:
    """The row, its derivatives, all of them in a batch, and the derivatives of a batch."""
    if not is_differentiable(row):
        results = [row.emit(*operands)]
        return [results, vmap(lambda *xs: row.emit(*xs))(*operands)] if operands else results
    batched = vmap(lambda *args: derivatives(row, *args))(operands, tangents, ct)

    def of_batch(*xs: Any) -> Any:
        whole = list(operands)
        for i, x in zip(row.floating, xs, strict=True):
            whole[i] = x
        return vmap(row.emit)(*whole)

    floats = [operands[i] for i in row.floating]
    pulled = vjp(lambda *xs: vjp(of_batch, *xs)[1](ct), *floats)[1](tuple(tangents))
    return [batched, pulled]


def expanded(row: Row) -> set[str]:
    operands = row.sample(1)
    floats = floating_operands(row, operands)
    result = np.asarray(row.reference(*operands))
    rows = [[np.stack([x, x]) for x in xs] for xs in (operands, directions(floats, 1), [result])]
    lowered = frontend.jit(lambda *args: program(row, *args)).lower(rows[0], rows[1], rows[2][0])
    module = Module.parse(lowered.as_text("xform"))
    module.run("xform-expand-transforms")
    return set(module.op_names())


@pytest.mark.parametrize("primitive", sorted(PRIMITIVES))
def test_rules_emit_primitives_only(primitive: str) -> None:
    for row in ROWS:
        if row.primitive == primitive:
            names = expanded(row)
            assert names <= ALLOWED, f"{row.name} emits {sorted(names - ALLOWED)}"
