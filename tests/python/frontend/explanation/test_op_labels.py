"""What pictures call types, constants, operations and functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform._xform import Module
from xform.explanation.callees import argument_names, result_names, role_of
from xform.explanation.labels import (
    constant_text,
    function_title,
    numbers_of,
    op_label,
    run_details,
    run_label,
    shape_of,
    type_text,
)
from xform.explanation.structure import Function, Op, Program, read_program
from xform.frontend import grad, jit, scan, spec, switch, vmap, while_loop


def parsed(body: str) -> Function:
    (function,) = read_program(Module.parse(body).structure()).values()
    return function


def traced(function: Any, *specs: Any) -> tuple[Program, Function]:
    program = read_program(jit(function).lower(*specs)._traced.program.module.structure())
    return program, next(f for f in program.values() if f.is_public)


def op_of(function: Function, name: str) -> Op:
    return next(op for op in function.body.ops if op.short_name == name)


@pytest.mark.parametrize(
    ("type", "text"),
    [
        ("tensor<f32>", "float32[]"),
        ("tensor<3x?xbf16>", "bfloat16[3, ?]"),
        ("tensor<2xui32>", "uint32[2]"),
        ("tensor<0x7xi64>", "int64[0, 7]"),
        ("memref<4xf32>", "memref<4xf32>"),
    ],
)
def test_types(type: str, text: str) -> None:
    assert type_text(type) == text


def test_sizes_that_are_known() -> None:
    assert shape_of("tensor<3x4xf32>") == (3, 4)
    assert shape_of("tensor<3x?xf32>") is None
    assert shape_of("index") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("dense<5.000000e-01> : tensor<8xf32>", "0.5"),
        ("dense<10> : tensor<64xi32>", "10"),
        ("dense<-3> : tensor<i64>", "-3"),
        ("dense<true> : tensor<i1>", "True"),
        ("dense<0xFF800000> : tensor<2xf32>", "-inf"),
        ("dense<0x7FF8000000000000> : tensor<f64>", "nan"),
        ("dense<0x7F80> : tensor<bf16>", "inf"),
        ("dense<[1.0, 2.5]> : tensor<2xf32>", None),
    ],
)
def test_constants(value: str, text: str | None) -> None:
    type = value.partition(" : ")[2]
    function = parsed(
        f"func.func @f() -> {type} {{ %0 = xform.constant {value} return %0 : {type} }}"
    )
    assert constant_text(function.body.ops[0]) == text


def test_constant_operands_are_part_of_the_label() -> None:
    _, function = traced(
        lambda x: (2.0 * x, x - 3.0, 1.0 / x, np.where(x > 0, x, 0.0)), spec(3, "float32")
    )
    constants = {
        op.results[0].number: text
        for op in function.body.ops
        if op.short_name == "constant" and (text := constant_text(op))
    }
    labels = [op_label(op, constants) for op in function.body.ops if op.short_name != "constant"]
    assert labels[:-1] == ["mul 2.0", "sub 3.0", "div(1.0, ·)", "gt 0.0", "select(·, ·, 0.0)"]


def test_attributes_are_part_of_the_label() -> None:
    _, function = traced(
        lambda x: (np.sum(x, 1), np.sum(x), x.T, np.cumsum(x, 0), x**3), spec((2, 3), "float32")
    )
    labels = [op_label(op, {}) for op in function.body.ops]
    assert labels[:-1] == [
        "reduce_sum axis 1", "reduce_sum axes 0, 1", "transpose 1, 0", "cumsum axis 0",
        "integer_pow 3",
    ]  # fmt: skip


def loss(w: Any, x: Any) -> Any:
    return np.sum(np.sin(w * x))


def test_transforms_say_what_they_run_and_by_what() -> None:
    program, entry = traced(
        vmap(grad(loss), in_dims=(None, 1)), spec(4, "float32"), spec((4, 6), "float32")
    )
    (batched, _) = entry.body.ops
    types = {value.number: value.type for value in entry.body.arguments}
    w, x = types
    assert run_details(batched, program, types, {}, {}) == ["6 rows"]
    inner = program[batched.runs[0].function]
    given = argument_names(batched, inner.name, {w: "w", x: "x"})
    assert dict(zip(batched.operands, given, strict=True)) == {w: "w", x: "x[i]"}
    gradient = inner.body.ops[0]
    assert run_label(gradient, program) == "grad of loss"
    names = dict(zip((v.number for v in inner.body.arguments), given, strict=True))
    assert run_details(gradient, program, {}, names, {}) == ["by w"]
    assert run_details(gradient, program, {}, {}, {}) == ["by argument 0"]


def running(x: Any, ys: Any, k: Any) -> Any:
    def step(c: Any, y: Any) -> Any:
        return c * k + y, c

    return scan(step, x, ys, reverse=True)


def test_loops_say_how_often_they_run_and_what_is_carried() -> None:
    program, entry = traced(
        running, spec(3, "float32"), spec((5, 3), "float32"), spec(3, "float32")
    )
    loop = op_of(entry, "scan")
    assert run_label(loop, program) == "scan of step"
    assert run_details(loop, program, {}, {}, {}) == ["5 turns, the last first"]
    names = dict(zip((v.number for v in entry.body.arguments), ("x", "ys", "k"), strict=True))
    (run,) = loop.runs
    assert argument_names(loop, run.function, names) == ["carried x", "ys[i]", "k"]
    assert result_names(loop, run.function, names) == ["next x"]
    assert argument_names(loop, run.function, {}) == ["carried 0", "", ""]


def test_while_loops_and_branches() -> None:
    def body(c: Any) -> Any:
        return c / 2

    def f(x: Any, n: Any) -> Any:
        y = while_loop(lambda c: np.max(c) > n, body, x)
        return switch(n.astype("int32"), [np.sin, np.cos], y)

    program, entry = traced(f, spec(3, "float32"), spec((), "float32"))
    x, n = (value.number for value in entry.body.arguments)
    loop, branch = op_of(entry, "while"), op_of(entry, "switch")
    assert run_label(loop, program) == "while loop of body"
    (until,) = run_details(loop, program, {}, {}, {})
    assert until.startswith("as long as lambda in line ")
    cond, repeated = loop.attributes["cond"][1:], loop.attributes["body"][1:]
    names = {x: "x", n: "n"}
    assert argument_names(loop, cond, names) == ["carried x", "n"]
    assert argument_names(loop, repeated, names) == ["carried x"]
    assert result_names(loop, cond, names) == []
    assert result_names(loop, repeated, names) == ["next x"]
    assert [role_of(loop, cond), role_of(loop, repeated)] == [
        "as its condition", "as what it repeats",
    ]  # fmt: skip
    first, second = (run.function for run in branch.runs)
    assert [role_of(branch, first), role_of(branch, second)] == ["as branch 0", "as branch 1"]
    assert run_label(branch, program).startswith("switch")


def renamed(name: str) -> str:
    function = parsed(f"func.func @{name}() {{ return }}")
    return function_title(function)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("step_0", "step_0"),
        ("step.jvp.step.primal.step.pruned", "step, forward pass"),
        ("step.jvp.step.linear.step_1.transpose", "step, backward pass"),
        ("step.vmap.step.jvp101.step.linear", "step, batched, tangents alone"),
        ("f.fresh_draws", "f"),
    ],
)
def test_derived_functions(name: str, title: str) -> None:
    assert renamed(name) == title


def test_functions_have_the_users_names() -> None:
    def twice(x: Any) -> Any:
        return grad(loss)(x, x) + grad(loss)(x, 2.0)

    program, _ = traced(twice, spec((), "float32"))
    titles = [function_title(function) for function in program.values()]
    assert titles == ["twice", "loss", "loss"]


def test_lists_that_are_cut_are_read_as_far_as_they_go() -> None:
    function = parsed("func.func @f() { return }")
    op = function.body.ops[0]
    cut = Op(**{**op.__dict__, "attributes": {"argnums": "array<i64: 0, 1, 12..."}})
    assert numbers_of(cut, "argnums") == [0, 1]
