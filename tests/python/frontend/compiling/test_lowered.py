"""Lowered and Compiled: stages, timings, and calls with the wrong arguments."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from xform import frontend
from xform.compiling import backend
from xform.frontend import XformRuntimeError, grad, jacrev, jit, spec, vmap

X = np.array([0.5, 1.5, 2.0])


def loss(p: dict[str, Any], x: Any) -> Any:
    return (np.tanh(p["w"] @ x) ** 2).sum()


def test_stages() -> None:
    lowered = jit(vmap(jacrev(lambda x: np.sin(x) * x))).lower(spec((2, 3), "float32"))
    text = lowered.as_text("xform")
    assert "xform.vmap" in text
    assert "xform.vjp" in text
    assert lowered.as_text() == text
    expanded = lowered.as_text("expanded")
    assert "xform.vmap" not in expanded
    assert "xform.vjp" not in expanded
    assert "xform.cos" in expanded
    linalg = lowered.as_text("linalg")
    assert "xform." not in linalg.replace("xform.signature", "").replace("xform.cpu", "")
    assert "linalg.generic" in linalg
    assert lowered.op_names("expanded").get("xform.vjp", 0) == 0
    with pytest.raises(ValueError, match="unknown stage 'llvm'"):
        lowered.as_text("llvm")  # type: ignore[arg-type]


def test_module_of_iree() -> None:
    module = jit(lambda x: x + 1).lower(X).as_module()
    assert type(module).__module__.startswith("iree.compiler")
    assert module.operation.verify()
    assert "func.func @main" in str(module)


def test_lowering_does_not_change_the_program() -> None:
    lowered = jit(grad(loss)).lower({"w": spec((2, 3))}, spec(3))
    before = lowered.as_text()
    lowered.as_text("linalg")
    lowered.compile()
    assert lowered.as_text() == before


def test_compile_and_call() -> None:
    w = np.arange(6.0).reshape(2, 3) / 10
    compiled = jit(grad(loss)).lower({"w": spec((2, 3))}, x=spec(3)).compile()
    y = np.tanh(w @ X)
    expected = np.outer(2 * y * (1 - y * y), X)
    np.testing.assert_allclose(compiled({"w": w}, x=X)["w"], expected)
    timings = compiled.timings
    assert timings.trace > 0
    assert timings.passes > 0
    assert timings.iree > 0


def test_calls_with_other_arguments() -> None:
    compiled = jit(lambda p, n: p["w"] * n).lower({"w": spec(3)}, 2).compile()
    np.testing.assert_array_equal(compiled({"w": X}, 4), X * 4)
    with pytest.raises(ValueError, match=r"compiled for.*\{'w': \*\}.*got.*\{'v': \*\}"):
        compiled({"v": X}, 2)
    with pytest.raises(ValueError, match=r"args\[0\]\['w'\] has shape \(2,\).*\(3,\)"):
        compiled({"w": X[:2]}, 2)
    with pytest.raises(TypeError, match=r"args\[0\]\['w'\] has dtype float32.*float64"):
        compiled({"w": X.astype("float32")}, 2)
    with pytest.raises(TypeError, match=r"args\[1\] has dtype float64.*int64"):
        compiled({"w": X}, 2.5)
    with pytest.raises(ValueError, match="structure"):
        compiled({"w": X}, n=2)
    with pytest.raises(TypeError, match=r"args\[1\].*str"):
        compiled({"w": X}, "text")


def test_float64_on_vulkan_names_the_argument() -> None:
    with pytest.raises(TypeError, match=r"args\[0\]\['w'\].*float64.*vulkan"):
        jit(lambda p: p["w"] + 1).lower({"w": X}).compile("vulkan")
    with pytest.raises(TypeError, match=r"inside 'main'.*float64.*vulkan"):
        jit(lambda x: x.astype("float64").sum().astype("float32")).lower(
            X.astype("float32")
        ).compile("vulkan")


def test_spec() -> None:
    assert spec(3) == spec((3,), np.float64)
    assert spec([2, np.int64(3)], "bfloat16").dtype.name == "bfloat16"
    assert hash(spec(3)) == hash(spec((3,)))
    assert repr(spec((), "int8")) == "spec((), 'int8')"
    assert repr(spec(("batch", None, 3))) == "spec(('batch', None, 3), 'float64')"
    for bad in ((2.5,), 2.5, object()):
        with pytest.raises(TypeError, match="spec"):
            spec(bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative"):
        spec((-1,))
    assert spec(2, complex) == spec(2, "complex128") != spec(2, "complex64")
    with pytest.raises(TypeError, match="complex256 cannot be compiled"):
        spec((), np.clongdouble)
    with pytest.raises(TypeError, match="not a dtype"):
        spec((), "float99")


def test_representations() -> None:
    lowered = jit(lambda x: x + 1).lower(X)
    assert repr(lowered) == "Lowered(main(float64[3]) -> (float64[3]), target=cpu:host)"
    assert "Compiled(main(float64[3])" in repr(lowered.compile())
    assert repr(frontend.jit(loss)) == "<jitted loss on 'cpu'>"


def die(*_: Any) -> None:
    os.abort()


def test_a_crash_in_a_pass_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(backend, "lower", die)
        with pytest.raises(
            XformRuntimeError, match="cannot lower 'main': the compiler ended with signal SIGABRT"
        ):
            jit(lambda x: x * 3)(X)
    np.testing.assert_array_equal(jit(lambda x: x * 3)(X), X * 3)
