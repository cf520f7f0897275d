"""The plan of memory, against the text that it is read from."""

from __future__ import annotations

from itertools import combinations

import pytest
from explained import explained
from xform._xform import Module
from xform.explanation.memory import Buffer, Plan, plan_of
from xform.explanation.structure import read_program

TEXT = """
func.func @main(%x: memref<4xf32>, %memory: memref<192xi8>) attributes {xform.scratch = 192 : i64} {
  %0 = arith.constant 0 : index
  %1 = arith.constant 1 : index
  %4 = arith.constant 4 : index
  %64 = arith.constant 64 : index
  %128 = arith.constant 128 : index
  %a = memref.view %memory[%0][] : memref<192xi8> to memref<4xf32>
  %b = memref.view %memory[%64][] : memref<192xi8> to memref<17xf64>
  %c = memref.view %memory[%0][] : memref<192xi8> to memref<i1>
  scf.for %i = %0 to %4 step %1 {
    %v = memref.load %x[%i] : memref<4xf32>
    memref.store %v, %a[%i] : memref<4xf32>
  }
  %part = memref.subview %b[0] [4] [1] : memref<17xf64> to memref<4xf64, strided<[1]>>
  scf.for %i = %0 to %4 step %1 {
    %v = memref.load %a[%i] : memref<4xf32>
    %w = arith.extf %v : f32 to f64
    memref.store %w, %part[%i] : memref<4xf64, strided<[1]>>
  }
  %true = arith.constant true
  memref.store %true, %c[] : memref<i1>
  return
}
"""


def test_a_plan_by_hand() -> None:
    plan = plan_of(read_program(Module.parse(TEXT).structure()), "main")
    assert plan is not None
    assert plan.bytes == 192
    assert len(plan.steps) == 3
    assert [(b.type, b.offset, b.bytes, b.first, b.last) for b in plan.buffers] == [
        ("4xf32", 0, 64, 0, 1),
        ("17xf64", 64, 192, 1, 1),
        ("i1", 0, 64, 2, 2),
    ]
    assert plan.in_use() == [64, 256, 64]
    assert plan.unshared == 320


@pytest.mark.parametrize("name", ["step", "orbit", "branches"])
def test_buffers_in_use_at_once_lie_apart(name: str) -> None:
    explanation = explained(name)
    plan, memory = explanation.plan, explanation.memory
    assert plan is not None
    assert plan.bytes <= memory.scratch
    for first, second in combinations(plan.buffers, 2):
        is_apart = first.last < second.first or second.last < first.first
        assert is_apart or not overlap(first, second), (first, second)
    ends = [buffer.offset + buffer.bytes for buffer in plan.buffers]
    assert max(ends) <= plan.bytes
    assert max(plan.in_use()) <= plan.bytes
    assert all(0 <= b.first <= b.last < len(plan.steps) for b in plan.buffers)


def overlap(first: Buffer, second: Buffer) -> bool:
    return first.offset < second.offset + second.bytes and (
        second.offset < first.offset + first.bytes
    )


WRITTEN = """
func.func @main(%x: memref<4xf32>, %memory: memref<192xi8>) attributes {xform.scratch = 128 : i64} {
  %0 = arith.constant 0 : index
  %64 = arith.constant 64 : index
  %a = memref.view %memory[%0][] : memref<192xi8> to memref<4xf32>
  %b = memref.view %memory[%64][] : memref<192xi8> to memref<4xf32>
  func.call @chunks(%x, %a, %b) : (memref<4xf32>, memref<4xf32>, memref<4xf32>) -> () loc(#last)
  return
}
func.func private @chunks(memref<4xf32>, memref<4xf32>, memref<4xf32>)
  attributes {xform.chunk = @chunk, xform.chunks = 4 : i64}
func.func private @chunk(%k: index, %a: memref<4xf32>, %b: memref<4xf32>) {
  %v = memref.load %a[%k] : memref<4xf32> loc(#last)
  %part = memref.subview %a[0] [4] [1] : memref<4xf32> to memref<4xf32, strided<[1]>>
  memref.store %v, %part[%k] : memref<4xf32, strided<[1]>> loc(#first)
  memref.store %v, %b[%k] : memref<4xf32> loc(#last)
  return
}
#first = loc("model.py":1:1)
#last = loc("model.py":9:1)
"""


def test_arrays_have_the_line_that_is_written_into_them() -> None:
    plan = plan_of(read_program(Module.parse(WRITTEN).structure()), "main")
    assert plan is not None
    assert [b.place and b.place.line for b in plan.buffers] == [1, 9]
    assert [b.array for b in plan.buffers] == ["float32[4]", "float32[4]"]


def test_what_needs_no_memory() -> None:
    assert explained("nothing").plan is None
    assert Plan(64, (None,), ()).in_use() == [0]
