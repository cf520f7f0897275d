"""dialect/Work.h: what operations, and those that run functions, are estimated to cost."""

from __future__ import annotations

import pytest
from xform._xform import Module

DIVISION, TRANSCENDENTAL = 4, 20

FUNCTIONS = """
func.func private @layer(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = xform.tanh %x : tensor<8xf32>
  %1 = xform.add %0, %x : tensor<8xf32>
  return %1 : tensor<8xf32>
}
func.func private @cheap(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = xform.neg %x : tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @above(%x: tensor<8xf32>) -> tensor<i1> {
  %0 = xform.reduce_sum %x axes = [0] : tensor<8xf32>
  %1 = xform.lt %0, %0 : tensor<f32>
  return %1 : tensor<i1>
}
"""
LAYER = {"flops": 16, "additions": 8 * TRANSCENDENTAL + 8, "bytes": 5 * 32}
CHEAP = {"flops": 8, "additions": 8, "bytes": 64}


def module_of(arguments: str, ops: str) -> Module:
    text = f"func.func @main({arguments}) {{\n{ops}\n  return\n}}"
    return Module.parse(FUNCTIONS + text)


def work(arguments: str, ops: str) -> dict[str, float]:
    return module_of(arguments, ops).lookup("main").work()


def times(count: int, entries: dict[str, float]) -> dict[str, float]:
    return {name: count * value for name, value in entries.items()}


def plus(*all_entries: dict[str, float]) -> dict[str, float]:
    return {name: sum(entries[name] for entries in all_entries) for name in LAYER}


@pytest.mark.parametrize(
    ("op", "weight"),
    [
        ("add %x, %x", 1),
        ("neg %x", 1),
        ("max %x, %x", 1),
        ("div %x, %x", DIVISION),
        ("rem %x, %x", DIVISION),
        ("sqrt %x", DIVISION),
        ("exp %x", TRANSCENDENTAL),
        ("pow %x, %x", TRANSCENDENTAL),
        ("lgamma %x", TRANSCENDENTAL),
    ],
)
def test_elements(op: str, weight: int) -> None:
    found = work("%x: tensor<4x8xf32>", f"%0 = xform.{op} : tensor<4x8xf32>")
    operands = op.count("%")
    assert found == {"flops": 32, "additions": weight * 32, "bytes": (operands + 1) * 128}


@pytest.mark.parametrize(
    ("arguments", "op", "flops", "additions", "size"),
    [
        (
            "%x: tensor<4x8xf64>",
            "%0 = xform.transpose %x permutation = [1, 0] : tensor<4x8xf64>",
            0,
            32,
            512,
        ),
        (
            "%x: tensor<i1>",
            "%0 = xform.broadcast_in_dim %x dims = [] : tensor<i1> to tensor<9xi1>",
            0,
            9,
            10,
        ),
        (
            "%x: tensor<4x8xf32>",
            "%0 = xform.reduce_sum %x axes = [1] : tensor<4x8xf32>",
            32,
            32,
            144,
        ),
        (
            "%x: tensor<4x8xf32>, %y: tensor<8x2xf32>",
            "%0 = xform.dot_general %x, %y batch = [] x [] contracting = [1] x [0]"
            " : tensor<4x8xf32>, tensor<8x2xf32>",
            128,
            128,
            128 + 64 + 32,
        ),
        (
            "%x: tensor<1x3x9xf32>, %y: tensor<5x3x4xf32>",
            "%0 = xform.conv %x, %y strides = [1] low = [0] high = [0] base_dilation = [1]"
            " window_dilation = [1] : tensor<1x3x9xf32>, tensor<5x3x4xf32>",
            2 * 30 * 12,
            2 * 30 * 12,
            4 * (27 + 60 + 30),
        ),
        ("%x: tensor<6x6xf64>", "%0 = xform.cholesky %x : tensor<6x6xf64>", 72, 72, 576),
        (
            "%x: tensor<16xf32>",
            "%0 = xform.sort %x axis = 0 num_keys = 1 : tensor<16xf32>",
            64,
            128,
            128,
        ),
    ],
    ids=["transpose", "broadcast", "sum", "product", "convolution", "cholesky", "sort"],
)
def test_structural(arguments: str, op: str, flops: int, additions: int, size: int) -> None:
    assert work(arguments, op) == {"flops": flops, "additions": additions, "bytes": size}


def test_windows_count_their_elements() -> None:
    found = work(
        "%x: tensor<9xf32>",
        "%0 = xform.reduce_window_sum %x window = [3] strides = [1] low = [0] high = [0]"
        " base_dilation = [1] window_dilation = [1] : tensor<9xf32>",
    )
    assert found == {"flops": 21, "additions": 21, "bytes": 64}


T = "tensor<8xf32>"


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (f"%0 = func.call @layer(%x) : ({T}) -> {T}", LAYER),
        (
            f'%0 = xform.checkpoint @layer(%x) policy = "nothing_saveable" : ({T}) -> {T}',
            LAYER,
        ),
        (
            f"%0 = xform.scan @layer(%x) over() length = 50 : ({T}), (), () -> {T}",
            times(50, LAYER),
        ),
        (
            "%0 = xform.map @layer(%rows) : (tensor<3x8xf32>) -> tensor<3x8xf32>",
            times(3, LAYER),
        ),
        (
            f"%0 = xform.switch %i [@cheap, @layer](%x) : tensor<i32>, ({T}) -> {T}",
            LAYER,
        ),
        (
            f"%0 = xform.while(%x) cond @above() body @layer() : ({T}), (), () -> {T}",
            plus(LAYER, {"flops": 9, "additions": 9, "bytes": 36 + 9}),
        ),
        (
            f"%0 = xform.custom @cheap(%x) jvp @rule : ({T}), () -> {T}",
            CHEAP,
        ),
    ],
    ids=["call", "checkpoint", "scan", "map", "switch", "while", "custom"],
)
def test_what_is_run(op: str, expected: dict[str, float]) -> None:
    rule = f"""func.func private @rule(%x: {T}, %t: {T}) -> ({T}, {T}) {{
      %0 = xform.exp %x : {T}
      return %0, %t : {T}, {T}
    }}"""
    main = f"func.func @main(%x: {T}, %rows: tensor<3x8xf32>, %i: tensor<i32>) {{\n{op}\n return }}"
    assert Module.parse(FUNCTIONS + rule + main).lookup("main").work() == expected


def test_module_counts_each_op_once() -> None:
    module = module_of(
        f"%x: {T}", f"%0 = xform.scan @layer(%x) over() length = 50 : ({T}), (), () -> {T}"
    )
    own = LAYER["additions"] + CHEAP["additions"] + 9
    assert module.work() == own


def test_unknown_sizes_count_as_one() -> None:
    found = work("%x: tensor<?x8xf32>", "%0 = xform.add %x, %x : tensor<?x8xf32>")
    assert found["flops"] == 8
