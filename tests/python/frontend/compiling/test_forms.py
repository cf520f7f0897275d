"""Programs that a compiler refuses, or dies of, are compiled in another form."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.compiling import forms, workers
from xform.compiling.forms import CompileError, Form
from xform.compiling.refusal import Refused
from xform.compiling.targets import Target
from xform.frontend import (
    XformError,
    XformRuntimeError,
    checkpoint,
    cond,
    fori_loop,
    grad,
    jit,
    scan,
    vmap,
    while_loop,
)
from xform.iree import compiler

X = np.linspace(-1, 1, 7)


def refuse(text: str, target: Target, name: str) -> bytes:
    raise Refused("codegen", ("no such register",))


def die(text: str, target: Target, name: str) -> bytes:
    return workers.run(os.abort)  # type: ignore[arg-type, return-value]


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Has the first forms of programs for CPUs replaced, and nothing in the cache."""
    monkeypatch.setenv("XFORM_CACHE", "0")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def replace_forms(*compiles: Any) -> None:
        known = [*forms._HERE, *forms._IREE]
        for i, compile_form in enumerate(compiles):
            known[i] = replace(known[i], compile=compile_form)
        monkeypatch.setattr(forms, "_HERE", tuple(known[:2]))
        monkeypatch.setattr(forms, "_IREE", tuple(known[2:]))

    return replace_forms


def sines(x: Any) -> Any:
    return fori_loop(0, 5, lambda i, v: np.sin(v) * 1.25, x)


def expected_sines(x: Any) -> Any:
    for _ in range(5):
        x = np.sin(x) * 1.25
    return x


@pytest.mark.parametrize("failures", [1, 2, 3])
@pytest.mark.parametrize("fail", [refuse, die])
def test_the_next_form_compiles_it(failures: int, fail: Any, replaced: Callable[..., None]) -> None:
    replaced(*[fail] * failures)
    how = [form.how for form in forms.forms("module attributes {xform.cpu}")][failures]
    why = "no such register" if fail is refuse else "the compiler ended with signal SIGABRT"
    with pytest.warns(RuntimeWarning, match="'main' is slower than it could be") as caught:
        got = jit(lambda x: sines(x))(X)
    np.testing.assert_allclose(got, expected_sines(X), rtol=1e-14)
    (warning,) = caught
    text = str(warning.message)
    assert f"it is compiled by {how}, as xform's own machine code failed ({why}" in text
    assert "reproducer: " in text
    assert os.listdir(text.partition("reproducer: ")[2])


def test_a_plainer_form_is_not_kept(
    replaced: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What refuses a program may be a lack of memory that ends."""
    best = forms._HERE[0]
    monkeypatch.setenv("XFORM_CACHE", "1")
    monkeypatch.setenv("XFORM_CACHE_DIR", str(tmp_path / "cache"))
    for compile_best, is_kept in ((refuse, False), (best.compile, True)):
        replaced(compile_best)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            np.testing.assert_allclose(jit(lambda x: sines(x))(X), expected_sines(X), rtol=1e-14)
        assert bool(caught) is not is_kept
        assert bool(list(tmp_path.glob("cache/*"))) is is_kept


def test_no_form_compiles_it(replaced: Callable[..., None]) -> None:
    replaced(*[refuse] * 4)
    with pytest.raises(CompileError) as caught:
        jit(lambda x: sines(x))(X)
    error = caught.value
    assert isinstance(error, XformError)
    assert isinstance(error, XformRuntimeError)
    first, *lines = str(error).splitlines()
    assert first == "cannot compile 'main' for cpu:host (stage codegen)"
    assert [line.strip() for line in lines[:4]] == [
        f"{form.how}: no such register" for form in (*forms._HERE, *forms._IREE)
    ]
    assert "jit parts of it" in lines[4]
    assert (error.stage, error.diagnostics) == ("codegen", ("no such register",))
    assert error.reproducer is not None
    assert str(error).endswith(f"reproducer: {error.reproducer}")


def test_the_users_line(replaced: Callable[..., None]) -> None:
    """Of the operation concerned, which the compilers name where the text has lines."""

    def complain(text: str, target: Target, name: str) -> bytes:
        if __file__ not in text:
            raise Refused("lower", ("failed to legalize operation 'math.cos'",))
        place = re.search(r"math.cos.*(#loc\d+)", text)
        while place and place[1].startswith("#"):
            place = re.search(rf"^{place[1]} = loc\(.*?(#loc\d+|[^(\"]+\":\d+:\d+)\)", text, re.M)
        assert place is not None
        where = place[1].replace('"', "")
        raise Refused("lower", (f"{where}: failed to legalize operation 'math.cos'",))

    replaced(*[complain] * 4)

    def f(x: Any) -> Any:
        y = np.sin(x) + 1
        return np.cos(y) * 2  # the line

    with pytest.raises(CompileError) as caught:
        jit(f)(X)
    lines = Path(__file__).read_text().splitlines()
    line = 1 + next(i for i, text in enumerate(lines) if text.endswith("# the line"))
    first, second, third, *_ = str(caught.value).splitlines()
    assert first == f"cannot compile 'f' for cpu:host (stage lower), at {__file__}:{line}"
    assert second == "    return np.cos(y) * 2  # the line"
    assert third == "  xform's own machine code: failed to legalize operation 'math.cos'"


def test_long_reasons_are_cut(replaced: Callable[..., None]) -> None:
    def ramble(text: str, target: Target, name: str) -> bytes:
        raise Refused("compile", ("f.mlir:3:4: circular dependency: " + "%0 = op " * 100,))

    replaced(*[ramble] * 4)
    with pytest.raises(CompileError) as caught:
        jit(lambda x: sines(x))(X)
    _, second, *_ = str(caught.value).splitlines()
    assert second.startswith("  xform's own machine code: circular dependency: %0 = op")
    assert second.endswith("...")
    assert len(second) < 250
    assert len(caught.value.diagnostics[0]) > 800


def test_what_no_form_can_mend_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def not_there(text: str, target: Target, name: str) -> bytes:
        tried.append(name)
        raise Refused("load", ("it is not installed: pip install iree-base-compiler",))

    both = tuple(Form(form.how, not_there) for form in forms._IREE)
    monkeypatch.setattr(forms, "_IREE", both)
    with pytest.raises(CompileError, match="IREE's compiler: it is not installed: pip install"):
        forms.compile_module("module {}", "cpu", name="f")
    assert tried == ["f"]


def test_the_reproducer_of_machine_code(
    replaced: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It compiles the program in its best form, here without a fault."""
    replaced(refuse)
    monkeypatch.setenv("XFORM_DUMP", str(tmp_path / "dump"))
    with pytest.warns(RuntimeWarning, match="reproducer"):
        jit(lambda x: sines(x))(X)
    (script,) = (tmp_path / "dump").glob("*.sh")
    # What was dumped of the program's last stages is no part of it.
    (program,) = (tmp_path / "dump").glob("*.3-linalg.mlir")
    assert program.name in script.read_text()
    subprocess.run(
        [script], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert program.with_suffix(".vmfb").read_bytes().startswith(b"PK")


def looped(x: Any) -> Any:
    """Loops of all kinds, and what is in them."""

    def step(carry: Any, row: Any) -> tuple[Any, Any]:
        carry = cond(np.sum(row) > 0, np.sin, lambda c: c * 0.9, carry + row)
        carry[0] += 0.25
        return carry, np.sort(carry)[::-1]

    last, rows = scan(checkpoint(step), x, np.outer(x, x))
    return while_loop(lambda c: np.sum(c * c) > 0.5, lambda c: c / 2, last), np.cumsum(rows, 0)


def mixed(x: Any) -> Any:
    """Products, sums, gathers, scatters and what is pointwise."""
    table = np.outer(x, np.exp(x)) @ np.cos(np.outer(x, x))
    places = np.argsort(table.sum(0))
    spread = np.concatenate([x * 0, x[:4] * 0])
    np.add.at(spread, places + 2, np.tanh(x))
    return table[places].mean(1), spread, np.convolve(x, table[0], "same"), np.median(table)


PROGRAMS: dict[str, Any] = {
    "loops": looped,
    "mixed": mixed,
    "gradient": vmap(grad(lambda x: np.sum(np.tanh(np.outer(x, x) @ x) * np.sort(x)))),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", PROGRAMS)
def test_all_forms_compute_the_same(
    name: str, number: int, dtype: str, replaced: Callable[..., None]
) -> None:
    x = (X + 0.1).astype(dtype)
    args = np.stack([x, x * 0.7]) if name == "gradient" else x
    wanted = jit(PROGRAMS[name])(args)
    replaced(*[refuse] * number)
    with pytest.warns(RuntimeWarning, match="slower"):
        got = jit(lambda x: PROGRAMS[name](x))(args)
    rtol = 1e-5 if dtype == "float32" else 1e-12
    if name == "gradient":
        wanted, got = (wanted,), (got,)
    for value, number_wanted in zip(got, wanted, strict=True):
        np.testing.assert_allclose(value, number_wanted, rtol=rtol, atol=rtol)


def test_the_plain_form_of_iree_has_a_dispatch_for_each_operation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[tuple[str, ...], str]] = []

    def keep(flags: tuple[str, ...], text: str, name: str, phase: str) -> bytes:
        seen.append((flags, text))
        return b""

    monkeypatch.setattr(compiler, "compile_text", keep)
    monkeypatch.setattr(workers, "_can_start", False)
    text = jit(lambda x: np.cumsum(np.exp(x @ x.T), 0)).lower(np.ones((9, 9))).as_text("linalg")
    for form in forms._IREE:
        form.compile(text, Target("cpu"), "f")
    (flags, text), (plain_flags, plain) = seen
    assert "--iree-opt-level=O1" in flags
    assert "--iree-opt-level=O0" in plain_flags
    operations = len(re.findall(r"= linalg\.(?!fill)", plain))
    assert operations >= 3
    assert plain.count("util.optimization_barrier") == operations
    assert text.count("util.optimization_barrier") < operations


@pytest.mark.vulkan
def test_the_plain_form_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_CACHE", "0")
    failing = (Form("IREE's compiler", refuse), forms._IREE[1])
    monkeypatch.setattr(forms, "_IREE", failing)
    x = X.astype("float32")
    with pytest.warns(RuntimeWarning, match="IREE's compiler failed"):
        got = jit(sines, device="vulkan")(x)
    np.testing.assert_allclose(got, expected_sines(x), rtol=1e-5)
