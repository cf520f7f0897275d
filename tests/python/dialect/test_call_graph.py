"""Functions that call others: deep, often, in a circle; and Ctrl-C while passes go through them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from signals import alarm
from xform._xform import Diagnostic, Module
from xform.compiling import backend, workers
from xform.frontend import grad, jit, spec

HEAD = "(%x: tensor<f32>) -> tensor<f32>"
CALL = ": (tensor<f32>) -> tensor<f32>"


def chain(length: int, calls: int) -> str:
    """Functions each of which calls the next, so often, and the vmap of the first."""
    lines = []
    for i in range(length):
        lines.append(f"func.func private @f{i}{HEAD} {{")
        for j in range(calls if i + 1 < length else 0):
            operand = f"%{j - 1}" if j else "%x"
            lines.append(f"  %{j} = call @f{i + 1}({operand}) {CALL}")
        if i + 1 == length:
            lines.append(f"  %{calls - 1} = xform.sin %x : tensor<f32>")
        lines.append(f"  return %{calls - 1} : tensor<f32>\n}}")
    lines.append(
        "func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {\n"
        "  %0 = xform.vmap @f0(%x) in_dims = [0] out_dims = [0] "
        ": (tensor<3xf32>) -> tensor<3xf32>\n"
        "  return %0 : tensor<3xf32>\n}"
    )
    return "\n".join(lines)


def test_deep_calls() -> None:
    module = Module.parse(chain(900, calls=1))
    module.run("xform-expand-transforms")
    assert module.op_names()["xform.sin"] == 1
    with pytest.raises(
        Diagnostic, match=r"'xform.vmap' op runs functions that nest more than 1000"
    ):
        Module.parse(chain(10_000, calls=1))


def test_many_calls() -> None:
    """Each function is looked at once, and what would fill the memory is refused."""
    module = Module.parse(chain(40, calls=2))
    with pytest.raises(Diagnostic, match="becomes more than 2097152 operations"):
        module.run("xform-expand-transforms")
    module = Module.parse(chain(8, calls=2))
    module.run("xform-expand-transforms")
    assert module.op_names()["xform.sin"] == 128


def unrolled(x: Any) -> Any:
    for _ in range(1000):
        x = np.sin(x) * 1.01
    return x.sum()


PASSES = "xform-pipeline{target=cpu:haswell},xform-cpu-pipeline{target=cpu:haswell}"


def test_signals_end_passes() -> None:
    text = jit(grad(unrolled)).lower(spec(3)).as_text()

    def run() -> str:
        return workers.run(backend.rewrite, text, PASSES, "main")

    start = time.perf_counter()
    whole = run()
    needed = time.perf_counter() - start
    start = time.perf_counter()
    with pytest.raises(TimeoutError), alarm(0.1 * needed):
        run()
    # Not when the passes had come to their end.
    assert time.perf_counter() - start < needed
    assert run() == whole


def test_signals_end_expansions() -> None:
    """One pass, which takes long."""
    with pytest.raises(TimeoutError), alarm(0.3):
        workers.run(backend.rewrite, chain(40, calls=2), "xform-expand-transforms", "main")
