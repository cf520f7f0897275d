"""Programs that become machine code here, at the borders of what does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import second_opinion
from xform.compiling import machine_code
from xform.compiling.targets import Target
from xform.frontend import XformValueError, cond, fori_loop, grad, jit, scan, spec, vmap, while_loop
from xform_runtime import load

X = np.arange(6.0).reshape(2, 3)


@pytest.fixture(autouse=True)
def no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of these are what IREE refuses, or dies of."""
    monkeypatch.setattr(second_opinion, "_SHARE", 0.0)


def is_compiled_here(function: Any, *args: Any) -> bool:
    return machine_code.is_compiled_here(jit(function).lower(*args).as_text("linalg"))


def test_what_is_compiled_here() -> None:
    small, large = spec((10, 10), "float32"), spec((3000, 3000), "float32")
    assert is_compiled_here(lambda x: np.tanh(x @ x).sum(0), small)
    assert is_compiled_here(lambda x: np.sort(x)[::-1], small)
    assert is_compiled_here(lambda x: while_loop(lambda v: v.sum() < 9, lambda v: v * 2, x), small)
    assert is_compiled_here(lambda x: np.exp(x).sum(0), large)
    assert is_compiled_here(lambda x: x + x, spec(3, "float16"))
    assert is_compiled_here(lambda x: x @ x, large)


def test_the_knob(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_COMPILER", "iree")
    assert not is_compiled_here(lambda x: x + 1, spec(3))
    monkeypatch.setenv("XFORM_COMPILER", "gcc")
    with pytest.raises(ValueError, match=r"XFORM_COMPILER is 'gcc': expected xform or iree"):
        jit(lambda x: x + 1).lower(spec(3)).as_text("linalg")


def test_results_that_share_a_beginning() -> None:
    """Two sums begin with one zero, and one result may be another or an argument."""

    @jit
    def f(x: Any) -> Any:
        y = x.sum()
        return x, y, (x * x).sum(), y, x

    for got, wanted in zip(f(X), (X, X.sum(), (X * X).sum(), X.sum(), X), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_more_buffers_than_bindings() -> None:
    leaves = [np.full(n % 5, n, "float32") for n in range(70)]
    for got, leaf in zip(jit(lambda xs: [x * 2 for x in xs])(leaves), leaves, strict=True):
        np.testing.assert_array_equal(got, leaf * 2)


def test_long_programs_are_cut() -> None:
    def f(x: Any) -> Any:
        for i in range(300):
            x = np.flip(np.cumsum(x)) * 0.5 + i
        return x

    wanted = f(np.arange(4.0))
    np.testing.assert_allclose(jit(f)(np.arange(4.0)), wanted, rtol=1e-12)


def test_constants_and_memory() -> None:
    mask = np.arange(2000) % 3 == 0
    table = np.linspace(0, 1, 2000)

    def f(x: Any) -> Any:
        return np.where(mask, np.cumsum(x * table), table), mask, mask.sum()

    x = np.arange(2000.0)
    for got, wanted in zip(jit(f)(x), f(x), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_loops_exchange_what_they_carry() -> None:
    def swap(i: Any, state: Any) -> Any:
        a, b, flag, count = state
        return b, a + b, ~flag, count + flag.sum()

    def loop(n: Any, x: Any) -> Any:
        return fori_loop(0, n, swap, (x, x * 2, x > 1, np.int64(0)))

    def expected(n: int, x: Any) -> Any:
        state = (x, x * 2, x > 1, np.int64(0))
        for i in range(n):
            state = swap(i, state)
        return state

    for n in (0, 1, 2, 7):
        for got, wanted in zip(jit(loop)(n, X), expected(n, X), strict=True):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("flag", [True, False])
def test_branches_of_views_in_loops(flag: bool) -> None:
    def f(x: Any, flag: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            c = cond(flag, lambda v: v[::-1], lambda v: np.roll(v, 1), c)
            return c, c[0]

        return scan(step, x, None, length=4)

    def expected(x: Any) -> Any:
        rows = []
        for _ in range(4):
            x = x[::-1] if flag else np.roll(x, 1)
            rows.append(x[0])
        return x, np.stack(rows)

    for got, wanted in zip(jit(f)(np.arange(5.0), flag), expected(np.arange(5.0)), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_another_processor() -> None:
    """Code for another machine has its format, and nothing of it runs here."""
    lowered = jit(vmap(grad(lambda x: np.sin(x) ** 2))).lower(spec(9))
    text = lowered.as_text("linalg")
    vmfb = machine_code.compile_here(text, Target.parse("cpu:aarch64-unknown-linux-gnu"), "main")
    assert b"embedded-elf-arm_64" in vmfb
    assert int.from_bytes(vmfb[vmfb.index(b"\x7fELF") + 18 :][:2], "little") == 183


def test_the_least_processor() -> None:
    """Rounding and fused products are functions there."""

    def f(x: Any) -> Any:
        return np.floor(x), np.rint(x), np.fmod(x, 0.7), np.exp(x)

    x = np.linspace(-3, 3, 13)
    for got, wanted in zip(jit(f).lower(x).compile("cpu:x86-64")(x), f(x), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-14)


def test_saved_programs_run_by_iree(tmp_path: Path) -> None:
    """A saved program is a module like any other."""
    path = tmp_path / "model.vmfb"
    jit(lambda x: np.cumsum(np.exp(x))).save(path, spec(3, "float32"))
    np.testing.assert_allclose(load(path)(np.zeros(3, "float32")), [1, 2, 3], rtol=1e-6)
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("iree-run-module"),
            f"--module={path}",
            "--device=local-sync",
            "--function=main",
            "--input=3xf32=0,0,0",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "3xf32=1 2 3" in ran.stdout


def test_import_does_not_load_the_back_ends() -> None:
    script = "import sys, xform.frontend; sys.exit('xform._codegen' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_targets_by_llvms_names() -> None:
    machine = "unknown-unknown-eabi-elf"
    assert Target.parse("cpu:x86-64-v3").llvm == (f"x86_64-{machine}", "x86-64-v3")
    target = Target.parse("cpu:aarch64-unknown-linux-gnu")
    assert target.llvm == (f"aarch64-{machine}", "generic")


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda x: np.exp(x - x.max()).sum(), (5,)),
        (lambda x: np.exp(x) @ np.cos(x) @ np.sin(x), (60, 60)),
        (lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True), (1001, 300)),
        (lambda x: np.zeros((0, 3)), (0, 3)),
        (lambda x: [x + i for i in range(40)], (11,)),
    ],
    ids=["stack", "one core", "all cores", "empty", "many results"],
)
def test_planned_memory_is_what_a_call_takes(function: Any, shape: tuple[int, ...]) -> None:
    x = np.ones(shape, "float32")
    compiled = jit(function).lower(x).compile()
    assert compiled.memory().arguments == x.nbytes
    # IREE counts the alignment of each buffer, too.
    assert compiled.memory().peak == pytest.approx(compiled.peak_memory(x), rel=0.05, abs=64)


def test_the_plan_of_iree_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_COMPILER", "iree")
    compiled = jit(lambda x: x + 1).lower(spec(3, "float32")).compile()
    with pytest.raises(XformValueError, match="compiled by IREE, and how much memory"):
        compiled.memory()
