"""`Lowered.explain`: the report as data, as text and as a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from explained import explained, of
from xform.errors import XformIndexError, XformTypeError
from xform.explanation.line_colours import LineColours
from xform.explanation.plan_picture import plan_svg
from xform.frontend import jit, spec

NAMES = ("step", "orbit", "jacobians", "branches", "nothing")
VOID = ("meta", "br")


@pytest.mark.parametrize("name", NAMES)
def test_stages_lead_to_a_module(name: str) -> None:
    explanation = explained(name)
    assert [stage.name for stage in explanation.stages] == [
        "traced", "primitives", "linalg", "loops", "llvm", "assembly", "module",
    ]  # fmt: skip
    assert all(stage.seconds > 0 for stage in explanation.stages)
    assert explanation.seconds == sum(stage.seconds for stage in explanation.stages)
    for stage in explanation.stages[:-1]:
        assert stage.text
        # What its passes took is what it took.
        if stage.passes:
            assert stage.seconds == pytest.approx(sum(done.seconds for done in stage.passes))
    assert explanation.stages[-1].size > 1000
    assert explanation.compiler == "xform"


def test_transforms_are_traced_and_gone() -> None:
    explanation = explained("step")
    traced, primitives = explanation.stage("traced"), explanation.stage("primitives")
    assert traced.ops["xform.grad"] == 1
    assert "xform.grad" in traced.text
    assert "xform.grad" not in primitives.ops
    assert primitives.ops["xform.dot_general"] == 2
    assert "linalg.matmul" in explanation.stage("linalg").text
    assert "scf.for" in explanation.stage("loops").text
    assert "define" in explanation.stage("llvm").text
    assert explanation.arguments == ("w: float32[512,256]", "x: float32[1024,512]")
    assert explanation.results == ("output: float32[512,256]",)


def test_numbers_are_those_of_the_compiled_program() -> None:
    lowered = jit(lambda x: np.cumsum(np.sin(x) @ x)).lower(of(64, 64))
    explanation, compiled = lowered.explain(), lowered.compile()
    assert explanation.memory == compiled.memory()
    assert (int(explanation.work.flops), int(explanation.work.bytes)) == (
        compiled.cost().flops,
        compiled.cost().bytes,
    )
    assert explanation.stage("linalg").ops == lowered.op_names("linalg")
    assert explanation.stage("primitives").ops == lowered.op_names("expanded")


def test_what_iree_compiles() -> None:
    explanation = explained("step", "vulkan")
    assert explanation.compiler == "IREE"
    assert [stage.name for stage in explanation.stages] == [
        "traced", "primitives", "linalg", "module",
    ]  # fmt: skip
    assert explanation.dispatches >= 2
    assert any("matmul" in name for name in explanation.kernels)
    assert explanation.loops is explanation.plan is None
    # The product, which the gradient reads.
    assert explanation.memory.arguments == 4 * (512 * 256 + 1024 * 512)
    assert explanation.memory.results == 4 * 512 * 256
    assert explanation.memory.scratch >= 4 * 1024 * 256
    text = str(explanation)
    assert f"{explanation.dispatches} dispatches on the device" in text
    assert "Kernels" in text
    assert "<h2>Kernels</h2>" in explanation.html()


def test_stages_that_there_are_not() -> None:
    with pytest.raises(XformIndexError, match="no stage 'loops'; there are traced, primitives, "):
        explained("step", "vulkan").stage("loops")


@pytest.mark.parametrize("name", NAMES)
def test_text(name: str) -> None:
    text = str(explained(name))
    assert not re.search(r"\bNone\b", re.sub(r"explained\.py:.*", "", text))
    assert not re.search(r"\bnan\b", text)
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert "  takes     " in text
    assert "  computes  " in text


def test_text_of_a_step() -> None:
    text = str(explained("step"))
    first, *_ = text.split("\n")
    assert first == "step, compiled for cpu:host by xform"
    assert re.search(r"your function, traced +[\d.]+ .?s  #+ +\d+ operations: 1 grad, ", text)
    assert re.search(r"\n  100% +539 Mflop  explained.py:\d+  return np.mean\(np.tanh", text)
    assert re.search(r"\d+ chunks, shared by cores  explained.py:\d+", text)
    assert "Memory between arguments and results: " in text


class Checked(HTMLParser):
    """Whether all that is opened is closed, and nothing is asked of a network."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag not in ("script", "link", "img", "iframe")
        for name, value in attrs:
            assert name != "src"
            # Within the page only.
            assert name != "href" or value.startswith("#")
            assert not name.startswith("on")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_needs_nothing_but_itself(name: str) -> None:
    explanation = explained(name)
    page = explanation.html()
    checked = Checked()
    checked.feed(page)
    assert checked.open == []
    text = "".join(checked.text)
    assert explanation.stage("linalg").text[:500] in text
    for line in explanation.lines:
        assert line.source in text
    assert explanation._repr_html_() in page
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", page)


def test_what_users_write_is_escaped() -> None:
    def f(x: Any) -> Any:
        return x * (x < 2) + len("<script>&amp;")

    page = jit(f).lower(of(3)).explain().html()
    assert "<script>" not in page
    assert "len(&quot;&lt;script&gt;&amp;amp;&quot;)" in page


def test_long_texts_are_cut_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from xform.explanation import page

    monkeypatch.setattr(page, "_MOST_TEXT", 1000)
    explanation = explained("step")
    assert "characters more: explanation.stage(&#x27;loops&#x27;).text has all." in (
        explanation.html()
    )


def test_the_picture_of_memory() -> None:
    explanation = explained("step")
    plan = explanation.plan
    assert plan is not None
    picture = ElementTree.fromstring(plan_svg(plan, LineColours(explanation.lines)))
    boxes = picture.findall("{*}rect")
    assert len(boxes) == len(plan.buffers)
    height = float(picture.attrib["height"])
    for box, buffer in zip(boxes, plan.buffers, strict=True):
        x, w = (float(box.attrib[name].rstrip("%")) for name in ("x", "width"))
        y, h = (float(box.attrib[name]) for name in ("y", "height"))
        assert 0 <= x <= x + w <= 100.001
        assert w == pytest.approx(100 * (buffer.last - buffer.first + 1) / len(plan.steps))
        assert 0 <= y <= y + h <= height
        title = box.find("{*}title")
        assert title is not None
        assert title.text


def test_data_is_json() -> None:
    for name in NAMES:
        data = json.loads(json.dumps(explained(name).data(), allow_nan=False))
        assert data["stages"][0]["name"] == "traced"
        assert data["memory"]["peak"] == sum(
            data["memory"][part] for part in ("arguments", "results", "scratch")
        )
    step = explained("step").data()
    assert step["lines"][0]["source"].startswith("return np.mean")
    assert step["loops"]["inner"]
    assert step["scratch"]["arrays"][0]["bytes"] > 0


def test_saved(tmp_path: Path) -> None:
    file = tmp_path / "step.html"
    explained("step").save(file)
    assert file.read_text() == explained("step").html()
    with pytest.raises(IsADirectoryError):
        explained("step").save(tmp_path)


def inner_double(x: Any) -> Any:
    return np.sum(x.astype("float64") * 2).astype("float32")


def test_what_cannot_be_compiled() -> None:
    with pytest.raises(XformTypeError, match="float64"):
        jit(lambda x: x * 2).lower(spec(3, "float64")).explain("vulkan")
    with pytest.raises(XformTypeError, match=r"a value inside 'inner_double'.*float64"):
        jit(inner_double).lower(of(3)).explain("vulkan")


def test_closed_over_arrays_and_donated_arguments() -> None:
    weights = np.ones((3, 3), np.float32)
    lowered = jit(lambda x: x @ weights + x, donate_argnums=0).lower(of(3, 3))
    explanation, compiled = lowered.explain(), lowered.compile()
    assert explanation.memory == compiled.memory()
    assert explanation.arguments == ("x: float32[3,3]", "closed over 0: float32[3,3]")
