"""The user's line of which a compiler dies, found by compiling parts of the program."""

from __future__ import annotations

import io
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dying_passes import die_of_cosines
from signals import alarm
from xform.compiling import backend, bisection, forms, workers
from xform.compiling.forms import CompileError
from xform.compiling.targets import Target
from xform.frontend import (
    XformRuntimeError,
    cond,
    export,
    grad,
    jit,
    scan,
    size,
    spec,
    vmap,
    while_loop,
)

X = np.linspace(-1, 1, 5)
Compile = Callable[[str, Target, str], bytes]


def out_of_memory() -> None:
    raise MemoryError


def dying_of(word: str, death: Callable[[], None] = os.abort) -> Compile:
    """A compiler that dies of texts with a word."""

    def compile_text(text: str, target: Target, name: str) -> bytes:
        return workers.run(death) or b"" if re.search(word, text) else b"PK"  # type: ignore[func-returns-value]

    return compile_text


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Compile], list[str]]:
    """Has all forms replaced by one compiler; gives the texts that it is asked to compile."""
    monkeypatch.setenv("XFORM_CACHE", "0")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def replace_forms(compile_text: Compile) -> list[str]:
        texts: list[str] = []

        def kept(text: str, target: Target, name: str) -> bytes:
            texts.append(text)
            return compile_text(text, target, name)

        for name in ("_HERE", "_IREE"):
            both = tuple(replace(form, compile=kept) for form in getattr(forms, name))
            monkeypatch.setattr(forms, name, both)
        return texts

    return replace_forms


def refusal(call: Callable[[], Any]) -> CompileError:
    with pytest.raises(CompileError) as caught:
        call()
    assert caught.value.stage in ("died", "memory")
    return caught.value


def place_of(mark: str) -> str:
    lines = Path(__file__).read_text().splitlines()
    (line,) = (i for i, text in enumerate(lines, 1) if text.endswith(f"# {mark}"))
    return f"{__file__}:{line}"


def straight(x: Any) -> Any:
    y = np.sin(x) + 1
    z = y @ y
    return np.cos(y * z) * 2  # a straight line


def step(carry: Any, row: Any) -> Any:
    carry = carry * 2 + row
    carry = np.cos(carry)  # in a loop
    return carry - 1, np.sum(row)


def looped(x: Any) -> Any:
    return scan(step, x, np.outer(x, x))


def until_small(x: Any) -> Any:
    y = np.tanh(x)
    return while_loop(
        lambda v: np.sum(np.cos(v)) > 3,  # in a condition
        lambda v: v * 0.5,
        y,
    )


def branched(x: Any) -> Any:
    return cond(
        np.sum(x) > 0,
        lambda v: v + 1,
        lambda v: np.cos(v),  # in a branch
        x * 2,
    )


def in_loops(x: Any) -> Any:
    def row(carry: Any, element: Any) -> Any:
        return scan(step, carry, np.outer(x, x) * element)[0], element

    return scan(row, x, x)


def summed(x: Any) -> Any:
    y = np.tanh(x)
    z = np.sin(x)  # in a gradient
    return np.sum(y * z)


PROGRAMS: dict[str, tuple[Any, str]] = {
    "straight": (jit(straight), "a straight line"),
    "loop": (jit(looped), "in a loop"),
    "condition": (jit(until_small), "in a condition"),
    "branch": (jit(branched), "in a branch"),
    "loops in a loop": (jit(in_loops), "in a loop"),
    "gradient": (jit(lambda x: vmap(grad(summed))(np.outer(x, x))), "in a gradient"),
    "direct gradient": (lambda x: vmap(grad(summed))(np.outer(x, x)), "in a gradient"),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_line(name: str, dtype: str, replaced: Callable[[Compile], list[str]]) -> None:
    function, mark = PROGRAMS[name]
    replaced(dying_of(r"math\.cos"))
    error = refusal(lambda: function(X.astype(dtype)))
    first, second, third, *_ = str(error).splitlines()
    place = place_of(mark)
    assert first.endswith(f" for cpu:host (stage died), at {place}")
    assert second.strip().endswith(f"# {mark}")
    assert third.startswith("  xform's own machine code: the compiler ended with signal SIGABRT")


def test_a_compiler_without_memory(replaced: Callable[[Compile], list[str]]) -> None:
    replaced(dying_of(r"math\.cos", out_of_memory))
    error = refusal(lambda: jit(straight)(X))
    assert f"(stage memory), at {place_of('a straight line')}\n" in str(error)


def test_what_dies_of_a_loop_and_not_of_its_body(replaced: Callable[[Compile], list[str]]) -> None:
    def f(x: Any) -> Any:
        y = np.sin(x)
        _, sums = scan(step, y, np.outer(y, y))  # the loop
        return sums * 2

    replaced(dying_of(r"scf\.for"))
    error = refusal(lambda: jit(f)(X))
    assert f", at {place_of('the loop')}\n" in str(error)


def test_a_program_of_open_sizes(replaced: Callable[[Compile], list[str]]) -> None:
    # Where sizes are open, cosines are written out.
    replaced(dying_of(r"math\.cos|arith\.shli"))
    lowered = jit(looped).lower(spec((size("n", maximum=64),), "float64"))
    assert f", at {place_of('in a loop')}\n" in str(refusal(lowered.compile))


def test_a_file_of_several_functions(
    tmp_path: Path, replaced: Callable[[Compile], list[str]]
) -> None:
    replaced(dying_of(r"math\.cos"))
    lowered = {"sums": jit(summed).lower(X), "loop": jit(looped).lower(X)}
    error = refusal(lambda: export(tmp_path / "several.vmfb", lowered))
    assert f", at {place_of('in a loop')}\n" in str(error)
    assert not (tmp_path / "several.vmfb").exists()


def dying_of_the_whole(in_parts: Compile) -> Compile:
    """A compiler that dies of a program, and does something else of its parts."""

    def compile_text(text: str, target: Target, name: str) -> bytes:
        # Parts have no signature.
        if "xform.signature" in text:
            return workers.run(os.abort)  # type: ignore[arg-type, return-value]
        return in_parts(text, target, name)

    return compile_text


@pytest.mark.parametrize(
    "in_parts", [lambda *_: b"PK", lambda *_: workers.run(os._exit, 3)], ids=["compiled", "exit"]
)
def test_what_is_not_reproduced(
    in_parts: Compile, replaced: Callable[[Compile], list[str]]
) -> None:
    """Parts are compiled, or the compiler dies of them in another way."""
    texts = replaced(dying_of_the_whole(in_parts))
    error = refusal(lambda: jit(straight)(X))
    first, second, *_ = str(error).splitlines()
    assert first == "cannot compile 'straight' for cpu:host (stage died)"
    assert second.startswith("  xform's own machine code: the compiler ended with signal SIGABRT")
    # The program as a whole is the only part that is tried.
    assert len(texts) == 5


def long(x: Any) -> Any:
    for _ in range(200):
        x = np.sin(x)
        x = np.tanh(x)
    return np.cos(x)  # at the end


def test_a_long_program_takes_few_tries(
    replaced: Callable[[Compile], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = replaced(dying_of(r"math\.cos"))
    error = refusal(lambda: jit(long)(X))
    assert f", at {place_of('at the end')}\n" in str(error)
    # Four forms, the program as a whole, and halves of 401 operations.
    assert len(texts) <= 4 + 1 + 9
    texts.clear()
    monkeypatch.setattr(bisection, "_TRIES", 5)
    first, *_ = str(refusal(lambda: jit(lambda x: long(x))(X))).splitlines()
    assert first.endswith("(stage died)")
    assert len(texts) == 4 + 5


def test_the_line_of_a_loop_is_better_than_none(
    replaced: Callable[[Compile], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def f(x: Any) -> Any:
        return scan(step, x, np.outer(x, x))[0]  # the loop again

    replaced(dying_of(r"math\.cos"))
    monkeypatch.setattr(bisection, "_TRIES", 5)
    assert f", at {place_of('the loop again')}\n" in str(refusal(lambda: jit(f)(X)))


def children() -> set[int]:
    return {
        int(each) for each in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    }


def test_it_takes_only_so_long_and_leaves_nothing(
    replaced: Callable[[Compile], list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    replaced(dying_of_the_whole(lambda *_: workers.run(time.sleep, 60) or b""))
    monkeypatch.setattr(bisection, "_SECONDS", 0.5)
    start = time.monotonic()
    error = refusal(lambda: jit(straight)(X))
    assert time.monotonic() - start < 20
    assert str(error).splitlines()[0] == "cannot compile 'straight' for cpu:host (stage died)"
    # What slept is gone, and only the reproducer is there.
    assert len(children()) == workers._count == len(workers._idle)
    assert error.reproducer is not None
    assert os.listdir(tmp_path) == [error.reproducer.name]
    assert workers.run(os.getpid) != os.getpid()


def test_it_can_be_interrupted(replaced: Callable[[Compile], list[str]]) -> None:
    def sleep(text: str, target: Target, name: str) -> bytes:
        with alarm(0.2):
            return workers.run(time.sleep, 60) or b""

    replaced(dying_of_the_whole(sleep))
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        jit(straight)(X)
    assert time.monotonic() - start < 20
    # Compilers may take their time again.
    assert workers._limit.moment is None


@pytest.mark.parametrize(
    ("function", "mark"), [(straight, "a straight line"), (looped, "in a loop")]
)
def test_passes_that_die(function: Any, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "lower", die_of_cosines)
    with pytest.raises(XformRuntimeError) as caught:
        jit(lambda x: function(x)).lower(X).compile()
    text = str(caught.value)
    assert "the compiler ended with signal SIGABRT" in text
    assert text.endswith(f"\n  at {place_of(mark)}")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_is_shown_on_a_terminal(
    replaced: Callable[[Compile], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(dying_of(r"math\.cos"))
    for screen, shown in (
        (Terminal(), "'straight': looking for the line that the compiler dies of ...\r\x1b[2K"),
        (io.StringIO(), ""),
    ):
        monkeypatch.setattr(sys, "stderr", screen)
        refusal(lambda: jit(straight)(X))
        assert screen.getvalue() == shown


def test_beginnings_of_a_function() -> None:
    module = jit(looped).lower(X)._module("expanded")
    function = module.lookup("looped")
    names = [callees for _, _, callees in function.operations]
    assert names == [[], [], [], ["step"]]
    assert {file for file, _, _ in function.operations} == {__file__}
    # The products' factors; the scan reads both products' result and the argument.
    assert len(function.beginning(2).lookup("looped").result_types) == 2
    part = function.beginning(3)
    assert part.lookup("looped").result_types[0].shape == (5, 5)
    assert part.op_names() == {
        "builtin.module": 1,
        "func.func": 1,
        "func.return": 1,
        "xform.broadcast_in_dim": 2,
        "xform.mul": 1,
    }
    whole = function.beginning(4).lookup("looped")
    assert whole.result_types == function.result_types
    # The function itself stays as it is.
    assert len(function.operations) == 4
