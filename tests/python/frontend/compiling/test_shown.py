"""What notebooks show of lowered, compiled and jitted functions."""

from __future__ import annotations

import pickle
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from xform.compiling.lowered import shown_program
from xform.compiling.refusal import Refused
from xform.compiling.targets import Target
from xform.explanation import explain
from xform.frontend import grad, jit, spec, vmap

VOID = ("meta", "br")


class Page(HTMLParser):
    """The text of a page, in which all that is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.words: list[str] = []
        self.anchors: list[str] = []
        self.feed(html)
        assert self.open == []
        self.text = "".join(self.words)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag not in ("script", "link", "img")
        self.anchors += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def loss(w: Any, x: Any) -> Any:
    return np.mean(np.tanh(x @ w) ** 2)


def step(w: Any, x: Any) -> Any:
    return w - 0.1 * grad(loss)(w, x)


def of(*shape: int) -> Any:
    return spec(shape, "float32")


def test_lowered_programs_show_what_is_computed_from_what() -> None:
    lowered = jit(step).lower(of(4, 3), of(5, 4))
    html = lowered._repr_html_()
    assert "Lowered(step(float32[4,3], float32[5,4])" in Page(html).text
    assert html.count("<svg") >= 3
    assert "Loops of the machine code" not in html
    assert lowered._repr_html_() == html


def test_compiled_programs_show_loops_and_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = jit(step).lower(of(64, 32), of(100, 64))
    compiled = lowered.compile()
    looked = []
    look = explain.machine_code_of
    monkeypatch.setattr(
        explain, "machine_code_of", lambda *args: looked.append(args) or look(*args)
    )
    html = compiled._repr_html_()
    page = Page(html)
    assert re.search(r"flop, [\d.]+ KiB moved, [\d.]+ KiB of memory a call", page.text)
    assert "Loops of the machine code" in page.text
    assert "Memory between arguments and results" in page.text
    # As explaining finds them, which compiles the program as a whole.
    explanation = lowered.explain()
    assert explanation.loops is not None
    for _, nest in explanation.loops.walk():
        assert nest.what in page.text
    code = look(*looked[0])
    assert code is not None
    assert (code.lines, code.loops, code.plan) == (
        explanation.lines,
        explanation.loops,
        explanation.plan,
    )
    # What is drawn once is kept.
    assert compiled._repr_html_() == html
    assert len(looked) == 1


def test_several_programs_on_a_page_have_anchors_of_their_own() -> None:
    pages = [
        Page(shown._repr_html_()).anchors
        for shown in (
            jit(step).lower(of(4, 3), of(5, 4)),
            jit(step).lower(of(6, 3), of(5, 6)),
            jit(vmap(loss)).lower(of(2, 4, 3), of(2, 5, 4)).explain(),
        )
    ]
    anchors = [anchor for page in pages for anchor in page]
    assert len(anchors) > 3
    assert len(anchors) == len(set(anchors))


def test_pickled_programs_show_what_they_have() -> None:
    compiled = jit(step).lower(of(4, 3), of(5, 4)).compile()
    compiled._repr_html_()
    again = pickle.loads(pickle.dumps(compiled))
    assert "Compiled(step(float32[4,3], float32[5,4])" in Page(again._repr_html_()).text


def test_what_cannot_be_shown_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = jit(step).lower(of(4, 3), of(5, 4)).compile()

    def refuse(*_: Any) -> Any:
        raise Refused("died", ("the compiler <ended>",))

    monkeypatch.setattr(explain, "machine_code_of", refuse)
    text = Page(compiled._repr_html_()).text
    assert "The loops of the machine code cannot be shown: the compiler <ended>" in text


def test_what_iree_compiles_has_no_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = jit(step).lower(of(4, 3), of(5, 4))
    shown = shown_program(lowered._traced, Target("vulkan"))
    assert shown.machine_code == ""
    assert "<svg" in shown.dataflow
    monkeypatch.setenv("XFORM_COMPILER", "iree")
    assert shown_program(lowered._traced, Target("cpu")).machine_code == ""


def test_a_program_without_loops() -> None:
    text = Page(jit(lambda x: x).lower(of(2)).compile()._repr_html_()).text
    assert "There are no loops" in text


def test_jitted_functions_say_that_they_were_not_called() -> None:
    jitted = jit(lambda x: x + 1)
    text = Page(jitted._repr_html_()).text
    assert "<jitted <lambda> on 'cpu'>" in text
    assert "Not called yet" in text


def test_jitted_functions_show_what_was_compiled() -> None:
    def shifted(x: Any, y: Any) -> Any:
        return np.tanh(x) + y

    jitted = jit(shifted)
    jitted(np.ones(3), 1.0)
    jitted(np.ones((2, 3), np.float32), 2.0)
    html = jitted._repr_html_()
    page = Page(html)
    rows = re.findall(r"<tr>.*?</tr>", html)[:3]
    assert "shifted(float64[3], " in rows[1]
    assert "called last" not in rows[1]
    assert "shifted(float32[2,3], " in rows[2]
    assert "called last" in rows[2]
    assert re.search(r"\d+ flop", rows[1])
    # Arguments have the user's names.
    assert ">x</text>" in html
    assert "args[0]" not in page.text
    assert "Loops of the machine code" in page.text
    # The first again: by the way for plain arrays, and by the other.
    jitted(np.ones(3), 1.0)
    assert "called last" in re.findall(r"<tr>.*?</tr>", jitted._repr_html_())[1]
    jitted(np.ones((2, 3), np.float32), y=2.0)
    assert "called last" in re.findall(r"<tr>.*?</tr>", jitted._repr_html_())[3]
    assert repr(jitted) == "<jitted shifted on 'cpu'>"


def test_jitted_functions_show_static_arguments() -> None:
    def power(x: Any, n: int, *, name: str) -> Any:
        return x**n

    jitted = jit(power, static_argnums=1, static_argnames="name")
    jitted(np.ones(3), 2, name="<b>")
    jitted(np.ones(3), 3, name="<b>")
    text = Page(jitted._repr_html_()).text
    assert "power(float64[3]) -> (float64[3]) with n=2, name='<b>'" in text
    assert "with n=3, name='<b>'" in text


def test_representations_stay_short() -> None:
    lowered = jit(lambda xs: xs).lower([of(2)] * 100)
    assert len(repr(lowered)) < 400
    assert "float32[2], ... 92 more) -> (" in repr(lowered)
    assert len(repr(lowered.compile())) < 400
