"""Each fault of IREE's that something here works around, without the workaround.

A test fails on the day when IREE no longer has the fault. Its workaround can go then, and its line
in lowering/iree/README.md.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from iree.compiler import version
from same_text import XFORM_OPT
from xform.compiling.refusal import Refused
from xform.compiling.targets import Target
from xform.frontend import jit, scan
from xform.iree.compiler import compile_with_iree
from xform_runtime import Executable, asarray
from xform_runtime.image import ModuleImage

X = np.linspace(-1, 2, 16, dtype="float32").reshape(2, 8)
SQUARE = np.linspace(0, 2, 25, dtype="float32").reshape(5, 5)


def lowered(
    function: Callable[..., Any], args: Sequence[Any], device: str, *, without: str = ""
) -> str:
    """The function's linalg for IREE, after all passes but one."""
    target = {"cpu": "cpu:x86-64-v3", "vulkan": "vulkan"}[device]
    traced = jit(function).lower(*args).as_text("xform")
    shown = subprocess.run(
        [XFORM_OPT, f"--xform-pipeline=target={target} compiler=iree", "--dump-pass-pipeline"],
        input="module {}",
        capture_output=True,
        text=True,
        check=True,
    )
    (passes,) = re.findall(r"builtin\.module\((.*)\)\s*$", re.sub(r"\s+", " ", shown.stderr))
    if without:
        assert without in passes
        passes = re.sub(rf"{without}(\{{[^}}]*\}})?", "any(canonicalize)", passes)
    done = subprocess.run(
        [XFORM_OPT, f"--pass-pipeline=builtin.module({passes})"],
        input=traced,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def results(text: str, args: Sequence[Any], device: str) -> list[np.ndarray]:
    """What the module computes, and what the arguments are after it.

    Raises:
        Refused: IREE does not compile it.
    """
    vmfb = compile_with_iree(text, Target(device), "main")
    image = ModuleImage(vmfb)
    (name,) = (n for n in image.vm_module.function_names if not n.startswith("__"))
    given = [asarray(x, device) for x in args]
    found = Executable(image, device).invoke(name, given)
    return [np.array(x) for x in (*found, *given)]


def has_fault(text: str, args: Sequence[Any], device: str, wanted: Sequence[Any]) -> bool:
    """Whether IREE refuses the module, or its numbers, or the arguments behind them, are wrong."""
    try:
        got = results(text, args, device)
    except Refused:
        return True
    expected = [*wanted, *args]
    return not all(
        np.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(got, expected, strict=True)
    )


def outer(x: Any) -> Any:
    return np.outer(x.sum(1), x.sum(1))


def read_before(x: Any, places: Any, turns: Any) -> Any:
    mean = np.mean(x, 0, keepdims=True)
    total = np.tanh(np.sum(mean) / 8)
    y = mean.copy()
    np.add.at(y, places, np.sin(mean[[0]]))

    def step(carry: Any, i: Any) -> Any:
        old = carry[i % 1].copy()
        carry[:] = np.tanh(carry[::-1] + carry.mean())
        return carry, (old.sum() + carry[(i + 1) % 1].sum()) / 8

    last, sums = scan(step, y, turns)
    return total, last + np.tanh(sums).sum()


FENCES: dict[str, tuple[str, Callable[..., Any], tuple[Any, ...]]] = {
    "xform-fence-repeated-reads": ("cpu", outer, (SQUARE,)),
    "xform-fence-across-loops": ("vulkan", read_before, (X, np.array([0]), np.arange(3))),
}


@pytest.mark.vulkan
@pytest.mark.calls_once
@pytest.mark.parametrize("name", FENCES)
def test_fences(name: str) -> None:
    device, function, args = FENCES[name]
    wanted = jit(function)(*args)
    wanted = [np.asarray(r) for r in (wanted if isinstance(wanted, tuple) else (wanted,))]
    assert not has_fault(lowered(function, args, device), args, device, wanted)
    text = lowered(function, args, device, without=name)
    # What lies in memory by chance may be right.
    is_seen = any(has_fault(text, args, device, wanted) for _ in range(5))
    assert is_seen, f"IREE {version.VERSION} is right without --{name}"
