"""Modules as data, and passes watched at their work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform._xform import Diagnostic, Module
from xform.explanation.structure import Place, Program, Run, Work, read_program
from xform.frontend import grad, jit, scan, spec, vmap


def loss(w: Any, x: Any) -> Any:
    return np.sum(np.sin(w * x))


def running(x: Any) -> Any:
    return scan(lambda c, _: (c * 0.5, None), x, None, length=7)[0]


def module_of(function: Any, *specs: Any) -> Module:
    return Module.parse(jit(function).lower(*specs).as_text(), "main")


def ops_of(program: Program, name: str) -> list[str]:
    return [op.name for op in program[name].body.ops]


def test_transforms_name_what_they_run() -> None:
    module = module_of(
        vmap(grad(loss), in_dims=(None, 0)), spec(16, "float32"), spec((64, 16), "float32")
    )
    program = read_program(module.structure())
    (entry,) = (f for f in program.values() if f.is_public)
    batched, _ = entry.body.ops
    assert batched.name == "xform.vmap"
    ((inner, frequency, turns),) = batched.runs
    assert (frequency, turns) == ("transformed", 1)
    assert [value.type for value in entry.body.arguments] == ["tensor<16xf32>", "tensor<64x16xf32>"]
    assert ops_of(program, inner) == ["xform.grad", "func.return"]
    assert ops_of(program, program[inner].body.ops[0].runs[0].function) == [
        "xform.mul", "xform.sin", "xform.reduce_sum", "func.return",
    ]  # fmt: skip


def test_work_and_values() -> None:
    module = module_of(lambda x: x @ x + 1, spec((8, 8), "float32"))
    (function,) = read_program(module.structure()).values()
    product = next(op for op in function.body.ops if op.name == "xform.dot_general")
    assert product.work == Work(2 * 8**3, 2 * 8**3, 3 * 8 * 8 * 4)
    assert product.operands == (function.body.arguments[0].number,) * 2
    (result,) = product.results
    assert result.type == "tensor<8x8xf32>"
    assert any(result.number in op.operands for op in function.body.ops)
    assert product.work.times(2).plus(Work(1, 1, 1)).flops == 2049


def test_loops_say_how_often_they_run() -> None:
    program = read_program(module_of(running, spec(3, "float32")).structure())
    (entry,) = (f for f in program.values() if f.is_public)
    loop = next(op for op in entry.body.ops if op.name == "xform.scan")
    assert loop.runs == (Run(loop.runs[0].function, "steps", 7),)


def test_places_are_the_users() -> None:
    module = jit(loss).lower(spec(2, "float32"), spec(2, "float32"))._traced.program.module
    (function,) = read_program(module.structure()).values()
    line = loss.__code__.co_firstlineno + 1
    assert {op.place for op in function.body.ops[:-1]} == {Place(__file__, line, "loss")}


def test_large_constants_are_cut() -> None:
    numbers = ", ".join(f"{i}.0" for i in range(100))
    text = f"""func.func @f() -> tensor<100xf32> {{
      %0 = xform.constant dense<[{numbers}]> : tensor<100xf32>
      return %0 : tensor<100xf32>
    }}"""
    (function,) = read_program(Module.parse(text).structure()).values()
    assert function.body.ops[0].attributes == {"value": "..."}


def test_passes_are_watched() -> None:
    module = module_of(grad(loss), spec(16, "float32"), spec(16, "float32"))
    runs = module.observe("xform-pipeline{target=cpu}", ["xform-simplify"])
    names = [run.name for run in runs]
    assert names[:2] == ["xform-expand-transforms", "xform-simplify"]
    assert all(run.seconds > 0 for run in runs)
    assert [run.name for run in runs if run.text or run.structure] == ["xform-simplify"]
    simplified = runs[1]
    assert simplified.ops["xform.cos"] == 1
    assert "xform.cos" in simplified.text
    assert {op.name for f in read_program(simplified.structure).values() for op in f.body.ops} == (
        set(simplified.ops) - {"builtin.module", "func.func"}
    )


def test_loops_of_machine_code() -> None:
    module = module_of(
        vmap(loss, in_dims=(None, 0)), spec(16, "float32"), spec((64, 16), "float32")
    )
    module.run("xform-pipeline{target=cpu:x86-64-v3}")
    runs = module.observe("xform-cpu-pipeline{target=cpu:x86-64-v3}", ["xform-cpu-loops"])
    # Passes over functions are one entry, with all their names.
    assert "canonicalize, cse" in [run.name for run in runs]
    (found,) = (run for run in runs if run.structure)
    (function,) = read_program(found.structure).values()
    assert function.number("xform.scratch") is not None
    loops = [op for op in function.body.ops if op.name == "scf.for"]
    assert loops[0].turns == 64
    sines = [op for op in loops[0].walk() if op.name == "math.sin"]
    assert [op.results[0].type for op in sines] == ["vector<8xf32>"]
    assert sines[0].work.additions == 8 * 20


def test_passes_that_fail() -> None:
    module = module_of(loss, spec(2, "float32"), spec(2, "float32"))
    with pytest.raises(Diagnostic, match="unknown pass"):
        module.observe("no-such-pass", [])


def test_functions_that_call_themselves() -> None:
    module = Module.parse("""
    func.func @f(%x: tensor<f32>) -> tensor<f32> {
      %0 = func.call @g(%x) : (tensor<f32>) -> tensor<f32>
      return %0 : tensor<f32>
    }
    func.func private @g(%x: tensor<f32>) -> tensor<f32> {
      %0 = func.call @f(%x) : (tensor<f32>) -> tensor<f32>
      return %0 : tensor<f32>
    }""")
    with pytest.raises(Diagnostic, match="@f, which calls itself"):
        module.structure()


def test_operations_of_other_dialects() -> None:
    module = Module.parse("""
    func.func @f(%x: tensor<f32>) -> tensor<f32> {
      %0 = "util.optimization_barrier"(%x) : (tensor<f32>) -> tensor<f32>
      return %0 : tensor<f32>
    }""")
    (function,) = read_program(module.structure()).values()
    assert [op.name for op in function.body.ops] == ["util.optimization_barrier", "func.return"]
