"""What the user's lines cost."""

from __future__ import annotations

import inspect

import explained as functions
from explained import explained
from xform._xform import Module
from xform.explanation.lines import lines_of, source_of
from xform.explanation.structure import Place, read_program
from xform.frontend import jit


def line_number(text: str) -> int:
    """The number of the line of `explained.py` that has a text."""
    (found,) = (
        i for i, line in enumerate(inspect.getsource(functions).split("\n"), 1) if text in line
    )
    return found


def test_the_costliest_line_comes_first() -> None:
    lines = explained("step").lines
    products = lines[0]
    assert products.place.line == line_number("np.tanh(x @ w)")
    assert products.place.function == "loss"
    assert products.source == "return np.mean(np.tanh(x @ w) ** 2)"
    # The product, and those of its derivative by w: none by x is asked for.
    assert 2 * (2 * 1024 * 512 * 256) <= products.work.flops < 2.1 * (2 * 1024 * 512 * 256)
    assert products.ops["dot_general"] == 2
    assert sum(line.work.flops for line in lines) == explained("step").work.flops


def test_turns_of_loops_count() -> None:
    lines = {line.place.line: line for line in explained("orbit").lines}
    turn = lines[line_number("carry * np.cos(carry)")]
    # 500 turns of 3 numbers: a cosine and a product, and what their derivatives add.
    assert 500 * 3 * 2 <= turn.work.flops <= 500 * 3 * 10
    assert turn.work.additions >= 500 * 3 * 20


def test_a_function_that_two_call_counts_twice() -> None:
    text = """
    func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
      %0 = func.call @twice(%x) : (tensor<8xf32>) -> tensor<8xf32>
      %1 = func.call @once(%0) : (tensor<8xf32>) -> tensor<8xf32>
      return %1 : tensor<8xf32>
    }
    func.func private @twice(%x: tensor<8xf32>) -> tensor<8xf32> {
      %0 = func.call @once(%x) : (tensor<8xf32>) -> tensor<8xf32>
      %1 = func.call @once(%0) : (tensor<8xf32>) -> tensor<8xf32>
      return %1 : tensor<8xf32>
    }
    func.func private @once(%x: tensor<8xf32>) -> tensor<8xf32> {
      %0 = xform.neg %x : tensor<8xf32>
      return %0 : tensor<8xf32>
    }"""
    lines = lines_of(read_program(Module.parse(text, "f.mlir").structure()), "main")
    assert sum(line.work.flops for line in lines) == 3 * 8


def test_lambdas_of_one_line_are_one_line() -> None:
    places = [line.place[:2] for line in explained("branches").lines]
    assert len(places) == len({*places})


def test_sources_that_cannot_be_read() -> None:
    assert source_of(Place("<string>", 3, "f")) == ""
    names: dict[str, object] = {}
    exec("def f(x):\n    return x * 2\n", names)
    (line,) = jit(names["f"]).lower(functions.of(3)).explain().lines  # type: ignore[arg-type]
    assert line.source == ""
    assert line.ops["mul"] == 1
