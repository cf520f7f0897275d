"""Pictures of dataflow: well-formed, with all there is to say, and nothing outside of its box."""

from __future__ import annotations

import re
import time
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from xform._xform import Module
from xform.explanation.dataflow import Edge, Graph, Node, dataflow_of
from xform.explanation.drawing import draw, legend_html, story, summary, svg_of
from xform.explanation.drawing_style import LETTER, SMALL_LETTER, shortened, width_of
from xform.explanation.kinds import MEANINGS
from xform.explanation.structure import Function, Place, Program, Work, read_program
from xform.frontend import cond, grad, jit, scan, spec, vmap

SVG = "{http://www.w3.org/2000/svg}"


def loss(params: Any, x: Any) -> Any:
    w, b = params
    y = np.tanh(x @ w + b)
    y = y - np.log(np.sum(np.exp(y), axis=1, keepdims=True))
    return -np.mean(y)


def running(x: Any) -> Any:
    y = scan(lambda c, _: (c * 0.5, None), x, None, length=7)[0]
    return cond(np.sum(y) > 0, np.sin, np.cos, y)


@cache
def program_of(name: str) -> tuple[Program, Function]:
    w, b, x = spec((4, 3), "float32"), spec(3, "float32"), spec((5, 4), "float32")
    lowered = {
        "loss": lambda: jit(loss).lower((w, b), x),
        "grad": lambda: jit(grad(loss)).lower((w, b), x),
        "loops": lambda: jit(vmap(running)).lower(spec((2, 3), "float32")),
        "many": lambda: jit(repeated).lower(spec(3, "float32")),
    }[name]()
    program = read_program(lowered._traced.program.module.structure())
    return program, next(f for f in program.values() if f.is_public)


def repeated(x: Any) -> Any:
    for _ in range(60):
        y = np.sin(x)
        x = np.cos(y) * x + y
    return x


def picture(name: str, *, alone: bool = True) -> ElementTree.Element:
    program, function = program_of(name)
    return ElementTree.fromstring(draw(dataflow_of(function, program), alone=alone))


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [part for part in root.iter() if name in part.get("class", "").split()]


def said(part: ElementTree.Element) -> str:
    title = part.find(f"{SVG}title")
    assert title is not None
    assert title.text is not None
    return title.text


@pytest.mark.parametrize("name", ["loss", "grad", "loops", "many"])
@pytest.mark.parametrize("alone", [True, False])
def test_pictures_are_well_formed_and_complete(name: str, alone: bool) -> None:
    program, function = program_of(name)
    graph = dataflow_of(function, program)
    root = picture(name, alone=alone)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == f"Dataflow of {graph.title}: {summary(graph)}"
    nodes = of_class(root, "xdf-node")
    assert [part.get("class") for part in nodes] == [f"xdf-node xdf-{n.kind}" for n in graph.nodes]
    assert [said(part).partition(" - ")[0] for part in nodes] == [n.label for n in graph.nodes]
    assert len(of_class(root, "xdf-way")) == len({edge[:3] for edge in graph.edges})
    assert bool(of_class(root, "xdf-legend")) is alone
    assert bool([*root.iter(f"{SVG}style")]) is alone
    # Nothing that is referred to by a name, or loaded from elsewhere, or run.
    text = draw(graph, alone=alone)
    assert not re.search(r"<script|\bhref|url\(|\bid=|@import", text)


@pytest.mark.parametrize("name", ["loss", "grad", "loops", "many"])
def test_texts_stay_within_their_boxes(name: str) -> None:
    for node in of_class(picture(name), "xdf-node"):
        box = next(part for part in node if part.tag == f"{SVG}rect")
        width, height = float(box.get("width", 0)), float(box.get("height", 0))
        lines = [part for part in node if part.tag == f"{SVG}text"]
        assert len(lines) >= 2
        for line in lines:
            letter = LETTER if line.get("class") == "xdf-label" else SMALL_LETTER
            assert float(line.get("x", 0)) + width_of(line.text or "", letter) <= width
            assert float(line.get("y", 0)) <= height


def test_all_is_within_the_picture() -> None:
    root = picture("grad")
    width = float(root.get("width", 0))
    for part in root.iter(f"{SVG}rect"):
        assert float(part.get("x", 0)) + float(part.get("width", 0)) <= width
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_the_same_program_has_the_same_picture() -> None:
    program, function = program_of("loss")
    names = ["w", "b", "x"]
    text = svg_of(function, program, names)
    assert text == svg_of(function, program, names)
    again = read_program(jit(loss).lower(
        (spec((4, 3), "float32"), spec(3, "float32")), spec((5, 4), "float32")
    )._traced.program.module.structure())  # fmt: skip
    assert svg_of(again[function.name], again, names) == text


def test_nodes_tell_their_story() -> None:
    program, function = program_of("loss")
    graph = dataflow_of(function, program, ["w", "b", "x"])
    (product,) = (node for node in graph.nodes if node.kind == "product")
    line = loss.__code__.co_firstlineno + 2
    assert story(product, 0.25).splitlines()[:7] == [
        "dot_general - sum of products",
        "gives float32[5, 3]",
        "reads x: float32[5, 4], w: float32[4, 3]",
        f"{__file__}:{line} in loss",
        "    y = np.tanh(x @ w + b)",
        "120 flop, 188 B moved, 25% of the work",
        "lhs_batch = ",
    ]


def node(label: str, flops: float = 1.0, **more: Any) -> Node:
    return Node("elementwise", label, work=Work(flops, flops, 0), operations=1, **more)


def graph_of(*nodes: Node, edges: tuple[Edge, ...] = ()) -> Graph:
    return Graph("f", "f", None, nodes, edges, len(nodes), Work())


def test_colours_are_stronger_for_more_work() -> None:
    root = ElementTree.fromstring(draw(graph_of(node("a", 90), node("b", 8), node("c", 2))))
    strengths = [float(part.get("fill-opacity", 0)) for part in of_class(root, "xdf-work")]
    assert strengths[0] > strengths[1] > strengths[2] > 0
    texts = [part.text for part in of_class(root, "xdf-node")[0].iter(f"{SVG}text")]
    assert "90% of the work" in texts
    # What is little is not worth a line.
    assert len([*of_class(root, "xdf-node")[2].iter(f"{SVG}text")]) == 2


def test_texts_of_users_are_escaped() -> None:
    evil = "</title><script>&\"'\x00\x1b\ud800"
    one = node(
        evil, place=Place(f"{evil}.py", 3, evil), source=evil, details=(evil,), types=(evil,),
        reads=(evil,), attributes=((evil, evil),),
    )  # fmt: skip
    graph = Graph(evil, evil, Place(evil, 1, evil), (one, one), (Edge(0, 1, 0, evil),), 2, Work())
    text = draw(graph)
    root = ElementTree.fromstring(text)
    assert "<script" not in text
    assert text.isprintable() or "\n" in text
    assert "</title><script>&\"'" in said(of_class(root, "xdf-node")[0])
    assert text.encode()


def test_long_texts_are_cut() -> None:
    root = ElementTree.fromstring(draw(graph_of(node("a" * 500, details=("計算" * 300,)))))
    assert float(root.get("width", 0)) < 700
    assert "a" * 500 in said(of_class(root, "xdf-node")[0])
    assert shortened("a  b\n c", 20) == "a b c"
    assert width_of("計算") == 2 * width_of("ab")


def test_many_values_between_two_nodes_are_one_line() -> None:
    edges = tuple(Edge(0, 1, port, "float32[3]") for port in range(9))
    root = ElementTree.fromstring(draw(graph_of(node("a"), node("b"), edges=edges)))
    (line,) = of_class(root, "xdf-way")
    assert said(line) == "9 arrays from a to b"
    assert "xdf-many" in line.get("class", "")
    few = ElementTree.fromstring(draw(graph_of(node("a"), node("b"), edges=edges[:3])))
    assert [said(part) for part in of_class(few, "xdf-way")] == ["float32[3] from a to b"] * 3


def test_functions_of_nothing() -> None:
    for text in ("func.func @f() { return }", "func.func private @f(tensor<2xf32>)"):
        (function,) = read_program(Module.parse(text).structure()).values()
        root = ElementTree.fromstring(svg_of(function))
        assert root.get("aria-label") == "Dataflow of f: 0 operations"


def test_legends_have_all_kinds() -> None:
    text = legend_html([*MEANINGS])
    assert all(meaning in text for meaning in MEANINGS.values())


def test_drawing_a_large_program_is_fast(capfd: pytest.CaptureFixture[str]) -> None:
    def large(x: Any) -> Any:
        for i in range(1000):
            y = np.sin(x) * (i + 2)
            x = np.cos(y) * x + y
        return x

    module = jit(large).lower(spec(3, "float32"))._traced.program.module
    (function,) = read_program(module.structure()).values()
    assert len(function.body.ops) > 5000
    start = time.perf_counter()
    text = svg_of(function)
    assert time.perf_counter() - start < 2
    root = ElementTree.fromstring(text)
    assert "5,000 operations" in root.get("aria-label", "")
    assert len(of_class(root, "xdf-node")) <= 42
    assert capfd.readouterr() == ("", "")
