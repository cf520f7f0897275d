"""Functions before and after their transforms, nested by who runs whom."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from xform._xform import Module
from xform.explanation import expansions
from xform.explanation.dataflow_page import dataflow_html, parts_html
from xform.explanation.equal_functions import Forms
from xform.explanation.expansions import Part, expansions_of
from xform.explanation.structure import Block, Function, Op, Typed, Work, read_program
from xform.frontend import custom_vjp, grad, jit, scan, spec, vmap, while_loop


def loss(w: Any, x: Any) -> Any:
    return np.sum(np.sin(w * x))


def gradients(w: Any, x: Any) -> Any:
    return vmap(grad(loss), in_dims=(None, 0))(w, x)


def module_of(function: Any, *specs: Any) -> Module:
    return jit(function).lower(*specs)._traced.program.module


def tree(part: Part) -> list[tuple[int, str, str, int | None]]:
    return [(depth, p.graph.title, p.run_by, p.same_as) for depth, p in part.walk()]


def test_before_and_after() -> None:
    module = module_of(gradients, spec(3, "float32"), spec((8, 3), "float32"))
    text = module.text()
    entry = expansions_of(module, ["w", "x"], ["g"])
    assert module.text() == text
    assert [(depth, by) for depth, _, by, _ in tree(entry)] == [
        (0, ""), (1, "vmap of loss"), (2, "grad of loss"),
    ]  # fmt: skip
    assert entry.graph.title == "gradients"
    assert entry.transforms == ("vmap of loss",)
    assert [node.label for node in entry.graph.nodes] == ["w", "x", "vmap of loss", "g"]
    assert entry.expanded is not None
    kinds = {node.kind for node in entry.expanded.nodes}
    assert kinds == {"argument", "movement", "elementwise", "result"}
    assert "cos" in [node.label for node in entry.expanded.nodes]
    (batched,) = entry.runs
    assert batched.transforms == ("grad of loss",)
    assert batched.expanded is not None
    names = {node.label for node in batched.graph.nodes if node.kind == "argument"}
    assert names == {"w", "x[i]"}
    (plain,) = batched.runs
    assert (plain.transforms, plain.expanded, plain.refusal) == ((), None, "")
    assert [node.label for node in plain.graph.nodes][2:] == [
        "mul", "sin", "reduce_sum axis 0", "result",
    ]  # fmt: skip


def running(x: Any) -> Any:
    def step(c: Any, _: Any) -> Any:
        return np.sin(c) * 0.5, None

    return np.sum(scan(step, x, None, length=7)[0])


def both(x: Any) -> Any:
    return running(x), grad(running)(x)


def test_equal_functions_are_shown_once_and_loops_of_derivatives_too() -> None:
    entry = expansions_of(module_of(both, spec(3, "float32")))
    assert tree(entry) == [
        (0, "both", "", None),
        (1, "step", "scan of step", None),
        (1, "running", "grad of running", None),
        (2, "step", "scan of step", 1),
        (1, "step, forward pass", "scan of step, forward pass", None),
        (1, "step, backward pass", "scan of step, backward pass", None),
    ]
    assert [part.graph.title for part in entry.runs] == ["step", "running"]
    assert len(entry.expanded_runs) == 2
    step = entry.runs[0].graph
    assert [node.label for node in step.nodes] == ["carried 0", "sin", "mul 0.5", "next 0"]


@custom_vjp
def halved(x: Any) -> Any:
    return np.sin(x)


halved.defvjp(lambda x: (np.sin(x), x), lambda x, ct: (np.cos(x) * ct / 2,))


def test_rules_are_functions_of_their_calls() -> None:
    def f(x: Any) -> Any:
        return vmap(grad(lambda x: np.sum(halved(x))))(x)

    entry = expansions_of(module_of(f, spec((4, 3), "float32")), ["x"])
    parts = [part for _, part in entry.walk()]
    assert all(part.refusal == "" for part in parts)
    assert [part.run_by for part in parts if "custom" in part.run_by] == [
        "custom call of halved",
        "custom call of halved, as its forward rule",
        "custom call of halved, as its backward rule",
    ]
    assert entry.expanded is not None
    assert all(node.kind != "custom" for node in entry.expanded.nodes)


def test_transforms_that_cannot_be_expanded(capfd: pytest.CaptureFixture[str]) -> None:
    def until(x: Any) -> Any:
        return np.sum(while_loop(lambda c: np.max(c) > 1, lambda c: c / 2, x))

    module = module_of(lambda x: grad(until)(x), spec(3, "float32"))
    entry = expansions_of(module)
    assert entry.expanded is None
    assert "while" in entry.refusal
    assert [part.graph.title for part in entry.runs] == ["until"]
    text = parts_html(entry)
    assert "Its transforms cannot be replaced here" in text
    assert capfd.readouterr() == ("", "")


def test_only_so_many_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansions, "_MOST_EXPANDED", 1)
    entry = expansions_of(module_of(gradients, spec(3, "float32"), spec((8, 3), "float32")))
    assert entry.expanded is not None
    (batched,) = entry.runs
    assert batched.expanded is None
    assert batched.refusal == "only the first 1 functions with transforms are expanded"


def test_programs_without_transforms() -> None:
    entry = expansions_of(module_of(loss, spec(3, "float32"), spec(3, "float32")))
    assert (entry.transforms, entry.expanded, entry.runs) == ((), None, ())


def forms(text: str) -> list[int]:
    program = read_program(Module.parse(text).structure())
    known = Forms()
    return [known.of(function, program) for function in program.values()]


def function(name: str, body: str) -> str:
    return f"func.func @{name}(%x: tensor<2xf32>) -> tensor<2xf32> {{ {body} }}"


def test_equal_functions() -> None:
    # One place for all: parsed operations have the lines of the text.
    texts = [
        "%0 = xform.sin %x : tensor<2xf32> return %0 : tensor<2xf32>",
        "%0 = xform.sin %x : tensor<2xf32> return %0 : tensor<2xf32>",
        "%0 = xform.cos %x : tensor<2xf32> return %0 : tensor<2xf32>",
        "%0 = func.call @f0(%x) : (tensor<2xf32>) -> tensor<2xf32> return %0 : tensor<2xf32>",
        "%0 = func.call @f1(%x) : (tensor<2xf32>) -> tensor<2xf32> return %0 : tensor<2xf32>",
        "%0 = func.call @f2(%x) : (tensor<2xf32>) -> tensor<2xf32> return %0 : tensor<2xf32>",
    ]
    functions = [function(f"f{i}", text) for i, text in enumerate(texts)]
    assert forms(" ".join(functions)) == [0, 0, 1, 2, 2, 3]


def test_functions_with_other_constants_are_not_equal() -> None:
    def body(value: str) -> str:
        return (
            f"%c = xform.constant dense<{value}> : tensor<2xf32> "
            "%0 = xform.mul %x, %c : tensor<2xf32> return %0 : tensor<2xf32>"
        )

    values = ["2.0", "2.0", "3.0", "[1.0, 2.0]", "[1.0, 3.0]"]
    functions = [function(f"f{i}", body(value)) for i, value in enumerate(values)]
    assert forms(" ".join(functions)) == [0, 0, 1, 2, 3]


def test_functions_that_run_themselves() -> None:
    # No program that is traced has one.
    call = {"callee": "@f"}
    ops = (
        Op("func.call", (0,), (Typed(1, "tensor<f32>"),), call, None, Work(), (), None, ()),
        Op("func.return", (1,), (), {}, None, Work(), (), None, ()),
    )
    looping = Function("f", True, {}, Block((Typed(0, "tensor<f32>"),), ops))
    assert Forms().of(looping, {"f": looping}) == 0


class Checked(HTMLParser):
    """Whether tags are closed in their order; what is open, and the texts of summaries."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.folded: list[bool] = []
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "details":
            self.folded.append("open" not in found)
            self.anchors.append(f"#{found['id']}")
        if tag == "a":
            self.links.append(str(found["href"]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_pages() -> None:
    text = dataflow_html(module_of(both, spec(3, "float32")), ["<x>"], ["a", "b"])
    page = Checked()
    page.feed(text)
    assert page.open == []
    # The entry is open, and what it runs folded, without a script.
    assert page.folded == [False, True, True, True, True]
    assert page.links == ["#dataflow-1"]
    assert set(page.links) <= set(page.anchors)
    assert "script" not in page.tags
    assert "As it is written: 3 operations" in text
    assert "After grad of running is replaced by what it computes: " in text
    assert "&lt;x&gt;" in text
    assert "<x>" not in text
    assert text.count("<svg") == 6
    again = parts_html(expansions_of(module_of(both, spec(3, "float32"))), prefix="other")
    assert 'id="other-0"' in again
    assert 'href="#other-1"' in again
