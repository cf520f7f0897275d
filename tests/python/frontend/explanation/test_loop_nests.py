"""The loops of machine code and what they cost, against what programs are known to do."""

from __future__ import annotations

import pytest
from explained import explained
from xform._xform import Module
from xform.explanation.loops import Nest, nest_of
from xform.explanation.structure import read_program


def nest_in(body: str, *, more: str = "", arguments: str = "%m: memref<8xf32>, %n: index") -> Nest:
    text = f"module {{ func.func @main({arguments}) {{ {body} return }} {more} }}"
    return nest_of(read_program(Module.parse(text).structure()), "main")


BOUNDS = "%0 = arith.constant 0 : index %1 = arith.constant 1 : index %8 = arith.constant 8 : index"
COSINE = "%v = memref.load %m[%i] : memref<8xf32> %c = math.cos %v : f32"


def test_turns_multiply() -> None:
    nest = nest_in(
        f"""{BOUNDS} scf.for %j = %0 to %8 step %1 {{ scf.for %i = %0 to %8 step %1 {{
        {COSINE} }} }}"""
    )
    (outer,) = nest.inner
    (inner,) = outer.inner
    assert (outer.what, inner.what, inner.inner) == ("for 8", "for 8", ())
    # A load, a cosine and the end of a turn each, and the ends of the outer turns.
    assert inner.work == 8 * 8 * (1 + 20 + 1)
    assert outer.work == inner.work + 8
    assert outer.own == 8
    assert nest.is_bound
    assert [depth for depth, _ in nest.walk()] == [0, 1, 2]


def test_bounds_that_depend_on_a_chunk_or_a_turn() -> None:
    nest = nest_in(
        f"""{BOUNDS} scf.for %j = %0 to %8 step %1 {{
          %from = arith.muli %j, %8 : index
          %to = arith.addi %from, %8 : index
          scf.for %i = %from to %to step %1 {{ {COSINE} }} }}
        func.call @all(%m) : (memref<8xf32>) -> ()""",
        more="""func.func private @all(memref<8xf32>)
          attributes {xform.chunk = @one, xform.chunks = 4 : i64}
        func.func private @one(%k: index, %m: memref<8xf32>) {
          %1 = arith.constant 1 : index %2 = arith.constant 2 : index
          %from = arith.muli %k, %2 : index
          %to = arith.addi %from, %2 : index
          scf.for %i = %from to %to step %1 {
            %v = memref.load %m[%i] : memref<8xf32> %c = math.cos %v : f32 }
          return
        }""",
    )
    first, shared = nest.inner
    assert first.inner[0].what == "for 8"
    assert shared.what == "4 chunks, shared by cores"
    assert [inner.what for inner in shared.inner] == ["for 2"]
    assert shared.inner[0].work == 4 * 2 * 22


def test_bounds_that_a_function_is_given() -> None:
    nest = nest_in(
        f"""{BOUNDS}
        func.call @part(%m, %8) : (memref<8xf32>, index) -> ()
        func.call @part(%m, %n) : (memref<8xf32>, index) -> ()
        func.call @part(%m, %0) : (memref<8xf32>, index) -> ()
        func.call @part(%m, %8) : (memref<8xf32>, index) -> ()""",
        more=f"""func.func private @part(%m: memref<8xf32>, %to: index) {{
          %0 = arith.constant 0 : index %1 = arith.constant 1 : index
          scf.for %i = %0 to %to step %1 {{ {COSINE} }} return }}""",
    )
    assert [[inner.what for inner in call.inner] for call in nest.inner] == [
        ["for 8"], ["for"], ["for 0"], ["for 8"],
    ]  # fmt: skip
    assert [call.is_bound for call in nest.inner] == [True, False, True, True]


def test_what_has_one_turn_is_no_loop() -> None:
    nest = nest_in(
        f"""{BOUNDS} scf.for %j = %0 to %1 step %8 {{
          %a = vector.load %m[%j] : memref<8xf32>, vector<4xf32>
          %b = math.cos %a : vector<4xf32>
          scf.for %i = %0 to %8 step %1 {{ {COSINE} }} }}"""
    )
    (inner,) = nest.inner
    assert inner.what == "for 8"
    assert (nest.lanes, inner.lanes) == (4, 1)
    assert nest.work > inner.work == 8 * 22


def test_what_is_not_known_counts_as_one_turn() -> None:
    nest = nest_in(f"{BOUNDS} scf.for %i = %0 to %n step %1 {{ {COSINE} }}")
    assert not nest.is_bound
    assert (nest.inner[0].what, nest.inner[0].work) == ("for", 22)


def test_branches_cost_what_the_costliest_does() -> None:
    nest = nest_in(
        f"""{BOUNDS} %b = arith.cmpi eq, %n, %0 : index
        scf.if %b {{ scf.for %i = %0 to %8 step %1 {{ {COSINE} }} }} else {{
          %v = memref.load %m[%0] : memref<8xf32> }}"""
    )
    (branch,) = nest.inner
    assert branch.what == "if"
    assert branch.work == 8 * 22 + 1
    assert [inner.what for inner in branch.inner] == ["branch 0", "branch 1"]


@pytest.mark.parametrize(("text", "work"), [("2.0", 2.0), ("0x4142000000000000", 2359296.0)])
def test_functions_of_the_runtime_say_what_they_cost(text: str, work: float) -> None:
    nest = nest_in(
        f"func.call @f() {{xform.work = {text} : f64}} : () -> ()",
        more='func.func private @f() attributes {xform.runtime = "xform_lu_f32"}',
    )
    assert (nest.inner[0].what, nest.inner[0].work) == ("call xform_lu_f32", work)


def test_a_training_step() -> None:
    loops = explained("step").loops
    assert loops is not None
    assert loops.is_bound
    # Two products of 1024 x 512 x 256, one addition each where tiles are wide.
    assert loops.work >= 2 * 1024 * 512 * 256
    shared = [nest for _, nest in loops.walk() if "shared by cores" in nest.what]
    assert shared
    assert max(nest.work for nest in shared) > 0.2 * loops.work
    assert all(nest.place is not None and nest.place.file.endswith("explained.py")
               for nest in shared)  # fmt: skip


def test_loops_of_a_scan_and_of_branches() -> None:
    scan = explained("orbit").loops
    assert scan is not None
    assert [nest.what for nest in scan.inner].count("for 500") >= 2
    branches = explained("branches").loops
    assert branches is not None
    names = [nest.what for _, nest in branches.walk()]
    assert {"while", "if"} <= {*names}
    assert any(name.startswith("call xform_eigh") for name in names)
    assert not branches.is_bound
