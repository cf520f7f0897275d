"""The way through IREE: targets, diagnostics, float64, PTX, and compiling in threads."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from xform.compiling import build
from xform.compiling.forms import CompileError, compile_module, emit_ptx
from xform.compiling.targets import Target, check_dtypes
from xform.frontend import jit, save, spec
from xform.iree.flags import compile_flags
from xform_runtime import Executable, XformError, XformTypeError, XformValueError

DOUBLE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
"""
BAD_TYPE = DOUBLE.replace("addf %x, %x : tensor<4xf32>", "addf %x, %x : tensor<5xf32>")
# IREE parses a call of a function that it cannot link.
NO_SUCH_FUNCTION = """
func.func @main(%x: tensor<4xf64>) -> tensor<4xf64> {
  %y = math.sinh %x : tensor<4xf64>
  %z = math.atan %y : tensor<4xf64>
  return %z : tensor<4xf64>
}
"""


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("cpu", Target("cpu", "host")),
        ("cpu:x86-64-v3", Target("cpu", "x86-64-v3")),
        ("cpu:generic", Target("cpu", "generic")),
        ("cpu:aarch64-unknown-linux-gnu", Target("cpu", "generic", "aarch64-unknown-linux-gnu")),
        (
            "cpu:aarch64-unknown-linux-gnu/cortex-a76",
            Target("cpu", "cortex-a76", "aarch64-unknown-linux-gnu"),
        ),
        ("vulkan", Target("vulkan", "portable")),
        ("vulkan:rdna3", Target("vulkan", "rdna3")),
        ("cuda", Target("cuda", "sm_80")),
        ("cuda:sm_86", Target("cuda", "sm_86")),
    ],
)
def test_targets(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert Target.parse(str(target)) == target
    for kind in ("f64", "i64"):
        narrow = kind.replace("64", "32")
        assert f"--iree-input-demote-{kind}-to-{narrow}=false" in compile_flags(target)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "unknown device '': expected one of 'cpu', 'vulkan', 'cuda'"),
        ("gpu", "unknown device 'gpu'"),
        ("cpu:", "bad processor name ''"),
        ("cpu:a b", "bad processor name 'a b'"),
        ("cpu:--flag=1", "IREE does not know|bad"),
        ("cuda:ampere", "bad CUDA target 'ampere': expected a compute capability"),
        ("cuda:sm_35", "bad CUDA target 'sm_35': .* at least sm_60"),
        ("vulkan:spirv-unknown-unknown", "bad triple"),
        ("cpu:x86_64-linux-gnu/host", "bad triple"),
    ],
)
def test_bad_targets(text: str, says: str) -> None:
    with pytest.raises(XformValueError, match=says):
        compile_module(DOUBLE, text, name="main")


def test_a_processor_that_iree_does_not_know() -> None:
    with pytest.raises(XformValueError, match="does not know the target 'cpu:pentium9'"):
        compile_module(DOUBLE, "cpu:pentium9", name="main")
    with pytest.raises(XformValueError, match="does not know the target 'vulkan:none'"):
        compile_module(DOUBLE, "vulkan:none", name="main")
    # One that is not in our list, but in LLVM's.
    assert compile_module(DOUBLE, "cpu:haswell", name="main").startswith(b"PK")


@pytest.mark.parametrize(
    ("asked", "made"),
    [("sm_86", "sm_86"), ("sm_90", "sm_89"), ("sm_90a", "sm_89"), ("sm_61", "sm_60")],
)
def test_cuda_code_for_gpus_that_iree_has_no_settings_for(asked: str, made: str) -> None:
    # PTX is forward compatible: the driver compiles it for the GPU that is there.
    assert re.search(rf"^\.target {made}$", emit_ptx(DOUBLE, f"cuda:{asked}"), re.MULTILINE)


def test_cpu_features_of_a_target() -> None:
    assert Target("cpu", "x86-64").cpu_features == ()
    assert {"avx2", "fma"} <= set(Target("cpu", "x86-64-v3").cpu_features)
    assert "avx512f" in Target("cpu", "x86-64-v4").cpu_features
    assert Target("vulkan").cpu_features == Target("cuda").cpu_features == ()


def test_the_compiler_module_is_imported_alone() -> None:
    for module in (
        "xform.iree.compiler",
        "xform.compiling.forms",
        "xform.compiling.cache",
        "xform.knobs",
    ):
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


@pytest.mark.parametrize(
    ("text", "stage", "says"),
    [
        ("this is not MLIR", "parse", "custom op 'this' is unknown"),
        ("", "serialize", "empty|outer module"),
        ("func.func @main(", "parse", "expected"),
        ("\x00" + DOUBLE, "parse", "contains a NUL character"),
        ("\ufffe \u2603", "parse", "expected|unexpected"),
        (BAD_TYPE, "parse", "tensor<5xf32>"),
        ('"xform.tanh"() : () -> ()', "serialize", "xform.tanh"),
        ("linalg.generic " * 1000, "parse", "linalg.generic|expected"),
        (NO_SUCH_FUNCTION, "compile", "math|link|executable"),
    ],
)
def test_malformed_programs(
    text: str, stage: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(CompileError) as caught:
        compile_module(text, "cpu", name="my program/1")
    error = caught.value
    assert isinstance(error, XformError)
    assert isinstance(error, RuntimeError)
    assert error.stage == stage
    assert re.search(says, str(error))
    if "\x00" in text:
        return
    assert str(error).startswith(f"cannot compile 'my program/1' for cpu:host (stage {stage})\n")
    assert error.diagnostics
    assert error.reproducer is not None
    assert f"reproducer: {error.reproducer}" in str(error)
    program, script = sorted(error.reproducer.iterdir())
    assert re.fullmatch(r"my_program_1-\w{8}\.3-linalg\.mlir", program.name)
    assert program.read_text() == text
    assert script.name == program.name.replace("3-linalg.mlir", "sh")
    assert script.stat().st_mode & stat.S_IXUSR
    # The compiler still works after an error.
    assert compile_module(DOUBLE, "cpu", name="main").startswith(b"PK")


def test_the_reproducer_reproduces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_DUMP", str(tmp_path / "dump"))
    with pytest.raises(CompileError) as caught:
        compile_module(BAD_TYPE, "cpu", name="main")
    assert caught.value.reproducer == tmp_path / "dump"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        list((tmp_path / "dump").glob("main-*.sh")),
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert ran.returncode != 0
    said = "use of value '%x' expects different type than prior uses"
    assert said in str(caught.value)
    assert said in ran.stderr


def test_no_room_for_a_reproducer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(CompileError) as caught:
        compile_module(BAD_TYPE, "cpu", name="main")
    assert caught.value.reproducer is None
    assert "reproducer" not in str(caught.value)


def test_threads_compile_at_once() -> None:
    results: dict[int, Any] = {}

    def work(size: int) -> None:
        program = DOUBLE.replace("4xf32", f"{size}xf32")
        if size % 2:
            program = program.replace("addf", "nonsense")
        try:
            results[size] = compile_module(program, "cpu", name=f"main{size}")
        except CompileError as error:
            results[size] = error

    threads = [threading.Thread(target=work, args=(size,)) for size in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for size, result in results.items():
        if size % 2:
            assert "nonsense" in str(result)
            assert f"'main{size}'" in str(result)
        else:
            (y,) = Executable(result, "cpu").invoke("main", [np.ones(size, np.float32)])
            assert y.tolist() == [2] * size
    assert len(results) == 6


AFTER_A_FORK = """
import os, signal, sys
from xform.compiling.forms import CompileError, compile_module
before, after, bad = sys.argv[1:]
compile_module(before, "cpu", name="before")
if os.fork() == 0:
    signal.alarm(60)
    print(compile_module(after, "cpu", name="after")[:2])
    try:
        compile_module(bad, "cpu", name="bad")
    except CompileError as error:
        print(error)
    sys.stdout.flush()
    os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_a_forked_process_compiles() -> None:
    # The parent's workers stay with it.
    programs = DOUBLE, DOUBLE.replace("addf", "mulf"), BAD_TYPE
    ran = subprocess.run(
        [sys.executable, "-c", AFTER_A_FORK, *programs], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    said = ran.stdout.splitlines()
    assert said[0] == "b'PK'"
    assert said[1] == "cannot compile 'bad' for cpu:host (stage parse)"
    assert "expects different type than prior uses" in said[2]


def test_float64_stays_float64() -> None:
    x = np.linspace(-3, 3, 301)
    tanh, sin = jit(lambda x: (np.tanh(x), np.sin(x)))(x)
    assert tanh.dtype == sin.dtype == np.float64
    with mpmath.workdps(40):
        for got, function in ((tanh, mpmath.tanh), (sin, mpmath.sin)):
            exact = np.array([float(function(mpmath.mpf(float(v)))) for v in x])
            np.testing.assert_allclose(got, exact, rtol=1e-15, atol=0)


def test_int64_stays_int64() -> None:
    big = np.array([2**62, -(2**40), 3])
    result = jit(lambda n: n + 1)(big)
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result, big + 1)


def test_float64_on_vulkan_is_refused_before_compiling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_nothing(*args: Any, **kwargs: Any) -> bytes:
        raise AssertionError("IREE was called")

    monkeypatch.setattr(build, "compile_cached", compile_nothing)
    x = np.ones(3)
    with pytest.raises(XformTypeError, match=r"float64.*'vulkan' \(portable\).*astype\('float32'"):
        jit(lambda x: x + 1, device="vulkan")(x)
    with pytest.raises(XformTypeError, match="float64"):
        save(lambda x: x + 1, x, path=tmp_path / "f.vmfb", target="vulkan")
    with pytest.raises(XformTypeError, match="float64"):
        jit(lambda x: x.astype("float64").sum(), device="vulkan")(np.ones(3, np.float32))
    with pytest.raises(AssertionError, match="IREE was called"):
        jit(lambda x: x + 1, device="vulkan")(np.ones(3, np.float32))


def test_check_dtypes() -> None:
    check_dtypes([("x", "float64")], "cpu")
    check_dtypes([("x", "float64")], "cuda")
    check_dtypes([("x", "float64")], "vulkan:desktop")
    check_dtypes([("x", "float32"), ("n", "int64")], "vulkan")
    with pytest.raises(XformTypeError, match=r"z has dtype complex128.*astype.'complex64'"):
        check_dtypes([("x", "float32"), ("z", "complex128")], "vulkan")


def test_ptx() -> None:
    text = jit(lambda x: np.exp(x) * x + 1).lower(spec(256, "float32")).as_text("linalg")
    ptx = emit_ptx(text)
    assert re.search(r"^\.target sm_80$", ptx, re.MULTILINE)
    assert re.search(r"^\.visible \.entry \w+\(", ptx, re.MULTILINE)
    assert "mul.rn.f32" in ptx
    assert "add.rn.f32" in ptx
    assert "ld.global" in ptx
    assert "st.global" in ptx
    assert re.search(r"^\.target sm_86$", emit_ptx(text, "cuda:sm_86"), re.MULTILINE)
    with pytest.raises(XformValueError, match="PTX exists for device 'cuda' only, got 'cpu'"):
        emit_ptx(text, "cpu")
    with pytest.raises(CompileError):
        emit_ptx("nonsense")


def test_a_module_for_cuda_contains_its_ptx(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda x: np.tanh(x) * 2, spec(64, "float32"), path=path, target="cuda")
    content = path.read_bytes()
    assert b".target sm_80" in content
    assert b".visible .entry main" in content
