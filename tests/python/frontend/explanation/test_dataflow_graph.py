"""Graphs of functions: which nodes and edges there are, also where operations are put together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from xform._xform import Module
from xform.explanation.dataflow import Graph, as_arguments, dataflow_of
from xform.explanation.segments import segments_of
from xform.explanation.structure import Function, Op, Place, Program, Run, Typed, Work, read_program
from xform.frontend import grad, jit, scan, spec


def graph_of(function: Any, *specs: Any, names: Sequence[str] = (), most: int = 100) -> Graph:
    program = read_program(jit(function).lower(*specs)._traced.program.module.structure())
    entry = next(f for f in program.values() if f.is_public)
    return dataflow_of(entry, program, names, most=most)


def labels(graph: Graph) -> list[str]:
    return [node.label for node in graph.nodes]


def arrows(graph: Graph) -> list[tuple[str, str]]:
    return [(graph.nodes[e.source].label, graph.nodes[e.target].label) for e in graph.edges]


def affine(x: Any, w: Any) -> Any:
    return np.tanh(x @ w * 2.0)


def test_nodes_and_edges() -> None:
    graph = graph_of(affine, spec((64, 8), "float32"), spec((8, 16), "float32"), names=["x", "w"])
    assert [(node.kind, node.label, node.types) for node in graph.nodes] == [
        ("argument", "x", ("float32[64, 8]",)),
        ("argument", "w", ("float32[8, 16]",)),
        ("product", "dot_general", ("float32[64, 16]",)),
        ("elementwise", "mul 2.0", ("float32[64, 16]",)),
        ("elementwise", "tanh", ("float32[64, 16]",)),
        ("result", "result", ("float32[64, 16]",)),
    ]
    assert [edge[:2] for edge in graph.edges] == [(0, 2), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert graph.edges[0].type == "float32[64, 8]"
    assert (graph.title, graph.operations) == ("affine", 3)
    product = graph.nodes[2]
    line = affine.__code__.co_firstlineno + 1
    assert product.place == Place(__file__, line, "affine")
    assert product.source == "return np.tanh(x @ w * 2.0)"
    assert (product.work.flops, product.operations) == (2 * 64 * 8 * 16, 1)
    assert product.reads == ("x: float32[64, 8]", "w: float32[8, 16]")
    assert ("rhs_contracting", "0") in product.attributes
    assert graph.nodes[3].reads == ("dot_general: float32[64, 16]", "2.0")


def test_what_is_read_twice_has_one_edge() -> None:
    graph = graph_of(lambda x: x * x, spec(3, "float32"))
    assert [edge[:2] for edge in graph.edges] == [(0, 1), (1, 2)]
    assert len(graph.nodes[1].reads) == 2


def test_each_value_of_an_operation_has_a_port() -> None:
    graph = graph_of(
        lambda x, w: grad(lambda x, w: np.sum(x * w), argnums=(0, 1))(x, w),
        spec(3, "float32"), spec(3, "float32"),
        names=["x", "w"],
    )  # fmt: skip
    (transform,) = (i for i, node in enumerate(graph.nodes) if node.kind == "transform")
    assert [e.port for e in graph.edges if e.source == transform] == [0, 1]
    node = graph.nodes[transform]
    assert node.label.startswith("grad of lambda in line ")
    assert node.details == ("by x, w",)
    assert len(node.runs) == 1


def test_arguments_that_are_returned_or_not_read_and_results_that_are_constants() -> None:
    graph = graph_of(lambda x, y: (x, np.float32(2)), spec(3, "float32"), spec((), "float32"))
    assert labels(graph) == ["argument 0", "argument 1", "result 0", "result 1"]
    assert [edge[:2] for edge in graph.edges] == [(0, 2)]
    assert graph.nodes[3].details == ("= 2.0",)
    assert graph.operations == 0


def test_constants_of_many_numbers_are_nodes() -> None:
    text = """func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = xform.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %1 = xform.mul %x, %0 : tensor<2xf32>
      return %1 : tensor<2xf32>
    }"""
    program = read_program(Module.parse(text).structure())
    graph = dataflow_of(program["f"], program)
    assert arrows(graph) == [("argument", "mul"), ("constant", "mul"), ("mul", "result")]
    assert graph.nodes[1].kind == "constant"


def test_functions_that_are_declared_only() -> None:
    program = read_program(Module.parse("func.func private @f(tensor<2xf32>)").structure())
    graph = dataflow_of(program["f"], program)
    assert (graph.nodes, graph.edges, graph.title, graph.place) == ((), (), "f", None)


def test_functions_without_arguments_and_results() -> None:
    program = read_program(Module.parse("func.func @f() { return }").structure())
    assert dataflow_of(program["f"], program).nodes == ()


def test_many_arguments_are_drawn_as_their_trees() -> None:
    paths = [f"params[{i}][{key!r}]" for i in range(8) for key in "bw"] + ["x"]
    graph = graph_of(lambda *xs: sum(xs), *[spec(3, "float32")] * 17, names=paths)
    ends = [node for node in graph.nodes if node.kind == "argument"]
    # As deep as there are at most ten.
    assert [node.label for node in ends] == [f"params[{i}]" for i in range(8)] + ["x"]
    assert ends[0].details == ("2 arrays",)
    assert {e.port for e in graph.edges if e.source == 0} == {0}
    unnamed = graph_of(lambda *xs: sum(xs), *[spec(3, "float32")] * 17)
    assert labels(unnamed)[0] == "arguments"
    assert unnamed.nodes[0].details == ("17 arrays",)


def test_names_of_an_entrys_arguments() -> None:
    paths = ["args[0]['w']", "args[0]['b']", "args[1]", "kwargs['n'][0]"]
    assert as_arguments(paths, ("params", "")) == ["params['w']", "params['b']", "args[1]", "n[0]"]
    assert as_arguments([], (), 2) == ["closed over 0", "closed over 1"]


def repeated(x: Any, n: int) -> Any:
    for _ in range(n):
        y = np.sin(x)
        y = y * x
        x = np.cos(y) + x
    return x


def test_turns_of_a_loop_in_python_are_nodes() -> None:
    graph = graph_of(lambda x: repeated(x, 30), spec(3, "float32"))
    boxes = [node for node in graph.nodes if node.kind == "several"]
    assert len(boxes) == 30
    first = repeated.__code__.co_firstlineno + 2
    assert {node.label for node in boxes} == {f"lines {first} to {first + 2} of repeated"}
    assert {node.details for node in boxes} == {("4 operations",)}
    assert boxes[0].contents == (("sin", 1), ("mul", 1), ("cos", 1), ("add", 1))
    assert sum(node.operations for node in graph.nodes) == graph.operations == 120
    assert [edge[:2] for edge in graph.edges] == [(i, i + 1) for i in range(31)]


def test_operations_of_a_line_are_a_node() -> None:
    graph = graph_of(lambda x: repeated(x, 2), spec(3, "float32"), most=9)
    assert [(node.label, node.operations) for node in graph.nodes[1:-1]] == [
        ("sin", 1), ("mul", 1), ("x = np.cos(y) + x", 2),
        ("sin", 1), ("mul", 1), ("x = np.cos(y) + x", 2),
    ]  # fmt: skip
    box = graph.nodes[3]
    assert box.types == ("float32[3]",)
    assert box.place is not None
    assert box.source == box.label


def test_turns_of_a_loop_in_one_line_are_nodes() -> None:
    def chained(x: Any) -> Any:
        for _ in range(30):
            x = np.cos(np.sin(x) * x) + x
        return x

    graph = graph_of(chained, spec(3, "float32"))
    assert [node.operations for node in graph.nodes] == [0, *[4] * 30, 0]
    assert graph.nodes[1].label == "x = np.cos(np.sin(x) * x) + x"


def test_operations_abreast_are_a_node() -> None:
    graph = graph_of(lambda x: [np.sin(x) * i for i in range(2, 32)], spec(3, "float32"))
    assert graph.operations == 60
    assert [node.operations for node in graph.nodes] == [0, 60, 0]
    assert graph.nodes[1].details == ("60 operations",)
    few = graph_of(lambda x: [np.sin(x) * i for i in range(2, 8)], spec(3, "float32"))
    assert len(few.nodes) == 1 + few.operations + 6


def test_a_line_of_very_many_operations_is_several_nodes() -> None:
    generator = np.random.default_rng(1)
    names = generator.choice(["xform.sin", "xform.cos", "xform.exp"], 300)
    ops = [replace(op(i, 1, *([i - 1] * (i > 0))), name=name) for i, name in enumerate(names)]
    assert [len(segment) for segment in segments_of(ops, 90)] == [24] * 12 + [12]


def test_operations_that_run_functions_stay_alone() -> None:
    def running(x: Any) -> Any:
        for i in range(150):
            x = np.sin(x) * 2
            if i == 70:
                x = scan(lambda c, _: (c * 0.5, None), x, None, length=7)[0]
        return x

    graph = graph_of(running, spec(3, "float32"))
    (loop,) = (node for node in graph.nodes if node.kind == "control")
    assert loop.details == ("7 turns",)
    assert len(graph.nodes) < 50


def op(number: int, line: int, *operands: int, runs: tuple[Run, ...] = ()) -> Op:
    place = Place("f.py", line, "f") if line else None
    type = Typed(number, "tensor<f32>")
    return Op("xform.sin", operands, (type,), {}, place, Work(1, 1, 1), runs, None, ())


def test_segments_keep_the_order_and_every_operation() -> None:
    generator = np.random.default_rng(1)
    for count in (1, 30, 250, 2000):
        lines = generator.integers(0, 12, count)
        ops = [op(i, int(line), *([i - 1] * (i > 0))) for i, line in enumerate(lines)]
        segments = segments_of(ops, 90)
        assert [o for segment in segments for o in segment] == ops
        assert len(segments) <= 90


def test_segments_without_places() -> None:
    ops = [op(i, 0, *([i - 1] * (i > 0))) for i in range(200)]
    assert 1 < len(segments_of(ops, 90)) <= 40


def test_many_operations_that_run_functions() -> None:
    ops = [op(i, 1 + i % 7, i - 1, runs=(Run("f", "once", 1),)) for i in range(500)]
    assert len(segments_of(ops, 90)) <= 40


@pytest.mark.parametrize("most", [3, 20, 100])
def test_edges_lead_on(most: int) -> None:
    graph = graph_of(lambda x: repeated(x, 40), spec(3, "float32"), most=most)
    assert all(edge.source < edge.target for edge in graph.edges)


def test_a_program_of_thousands_of_operations() -> None:
    module = jit(lambda x: repeated(x, 1300)).lower(spec(3, "float32"))._traced.program.module
    program: Program = read_program(module.structure())
    (function,) = program.values()
    assert isinstance(function, Function)
    start = time.perf_counter()
    graph = dataflow_of(function, program)
    assert time.perf_counter() - start < 1
    assert graph.operations == 5200
    assert len(graph.nodes) <= 42
