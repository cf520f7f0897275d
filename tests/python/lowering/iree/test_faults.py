"""Each fault of IREE's that something here works around, without the workaround.

A test fails on the day when IREE no longer has the fault. Its workaround can go then, and its line
in lowering/iree/README.md or docs/architecture.md.
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
from xform.frontend import grad, jit, scan
from xform.iree.compiler import compile_with_iree
from xform_runtime import Executable, asarray
from xform_runtime.image import ModuleImage

X = np.linspace(-1, 2, 16, dtype="float32").reshape(2, 8)
NOT_FINITE = np.array([np.nan, np.inf, -np.inf, -1, 0, -0.0, 2, 0.5], "float32")
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
        np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True)
        for a, b in zip(got, expected, strict=True)
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


def add_at(x: Any, places: Any, terms: Any) -> Any:
    y = x.copy()
    np.add.at(y, places, terms)
    return y


def product_in_rows(x: Any, w: Any, scale: Any) -> Any:
    return np.tanh(x @ w)[:, None, :] * scale


def ramp(*shape: int) -> np.ndarray:
    return np.linspace(-1, 1, int(np.prod(shape)), dtype="float32").reshape(shape)


def softmax_of_columns(x: Any) -> Any:
    powers = np.exp(x - x.max(0))
    return powers / powers.sum(0)


def gradient_in_columns(x: Any) -> Any:
    return grad(lambda v: np.sin(v / np.sqrt((v * v).sum(0, keepdims=True))).sum())(x)


def columns_of_ratios(x: Any) -> Any:
    return (x / x.sum(1, keepdims=True)).T


def sums_behind_a_reshape(x: Any, y: Any) -> Any:
    return x.sum(2).reshape(-1) * y


def two_orders(x: Any, y: Any) -> Any:
    return x.max(2).T * y.sum(2)


def zeros(x: Any) -> Any:
    return np.stack([x * 0, -0.0 * x, x - x, 0 / x, 0 - x, -x + x])


# Each as the pass without which it has the fault, the device, the function and its arguments.
FENCES: tuple[tuple[str, str, Callable[..., Any], tuple[Any, ...]], ...] = (
    ("xform-fence-repeated-reads", "cpu", outer, (SQUARE,)),
    ("xform-fence-across-loops", "vulkan", read_before, (X, np.array([0]), np.arange(3))),
    ("xform-protect-arguments", "cpu", add_at, (ramp(20), np.array([3, 5, 3]), ramp(3) + 2)),
    (
        "xform-fence-reductions",
        "vulkan",
        product_in_rows,
        (ramp(8, 5), ramp(5, 17), ramp(8, 3, 17)),
    ),
    ("xform-fence-reductions", "vulkan", softmax_of_columns, (ramp(17, 33),)),
    ("xform-fence-reductions", "vulkan", gradient_in_columns, (ramp(9, 33) + 2,)),
    ("xform-fence-reductions", "vulkan", columns_of_ratios, (ramp(70, 130) + 2,)),
    (
        "xform-fence-reductions",
        "vulkan",
        sums_behind_a_reshape,
        (ramp(17, 33, 9), ramp(5, 17 * 33)),
    ),
    ("xform-fence-reductions", "vulkan", two_orders, (ramp(33, 17, 9), ramp(17, 33, 9))),
    ("xform-keep-not-finite", "vulkan", zeros, (NOT_FINITE,)),
)


@pytest.mark.vulkan
@pytest.mark.calls_once
@pytest.mark.parametrize(
    ("name", "device", "function", "args"),
    FENCES,
    ids=[f"{name} {function.__name__}" for name, _, function, _ in FENCES],
)
def test_fences(
    name: str, device: str, function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    wanted = jit(function)(*args)
    wanted = [np.asarray(r) for r in (wanted if isinstance(wanted, tuple) else (wanted,))]
    assert not has_fault(lowered(function, args, device), args, device, wanted)
    text = lowered(function, args, device, without=name)
    # What lies in memory by chance may be right.
    is_seen = any(has_fault(text, args, device, wanted) for _ in range(5))
    assert is_seen, f"IREE {version.VERSION} is right without --{name}"


def elementwise(inputs: Sequence[str], result: str, body: str, before: str = "") -> str:
    """A loop over seven elements, %a, %b and so on, whose body computes %result."""
    names = "abc"[: len(inputs)]
    takes = ", ".join(f"%x{n}: tensor<7x{t}>" for n, t in zip(names, inputs, strict=True))
    values = ", ".join(f"%x{n}" for n in names)
    types = ", ".join(f"tensor<7x{t}>" for t in inputs)
    elements = ", ".join(f"%{n}: {t}" for n, t in zip(names, inputs, strict=True))
    maps = ", ".join(["affine_map<(i) -> (i)>"] * (len(inputs) + 1))
    return f"""
func.func @main({takes}) -> tensor<7x{result}> {{
  {before}
  %empty = tensor.empty() : tensor<7x{result}>
  %0 = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel"]}}
      ins({values} : {types}) outs(%empty : tensor<7x{result}>) {{
  ^bb0({elements}, %out: {result}):
    {body}
    linalg.yield %result : {result}
  }} -> tensor<7x{result}>
  return %0 : tensor<7x{result}>
}}"""


ANGLES = np.linspace(0.1, 3, 7)
INTEGERS = np.array([7, -9, 2**40, 5, 3, 11, -2])
PLACES = np.array([2, 0, 1, 1, 0, 2, 2])

# A constant term of a sum, as of an array of ones.
CONSTANT_TERM = """
func.func @main(%x: tensor<8xi32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
                       iterator_types = ["reduction"]}
      ins(%x : tensor<8xi32>) outs(%init : tensor<f32>) {
  ^bb0(%in: i32, %sum: f32):
    %1 = arith.addf %sum, %one : f32
    linalg.yield %1 : f32
  } -> tensor<f32>
  return %0 : tensor<f32>
}"""

# The scatter of one element whose index is said to be unique.
LONE_UPDATE = """
func.func @main(%update: tensor<1xf32>, %index: tensor<1x1xi32>) -> tensor<5xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<5xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<5xf32>) -> tensor<5xf32>
  %0 = iree_linalg_ext.scatter dimension_map = [0] unique_indices(true)
      ins(%update, %index : tensor<1xf32>, tensor<1x1xi32>) outs(%init : tensor<5xf32>) {
  ^bb0(%new: f32, %old: f32):
    %sum = arith.addf %new, %old : f32
    iree_linalg_ext.yield %sum : f32
  } -> tensor<5xf32>
  return %0 : tensor<5xf32>
}"""

# What lowering writes in another way, by what it would be otherwise.
WRITTEN: dict[str, tuple[str, str, tuple[Any, ...], Any]] = {
    "math.sin of f64": (
        "cpu",
        elementwise(["f64"], "f64", "%result = math.sin %a : f64"),
        (ANGLES,),
        np.sin(ANGLES),
    ),
    "math.cbrt": (
        "cpu",
        elementwise(["f64"], "f64", "%result = math.cbrt %a : f64"),
        (ANGLES,),
        np.cbrt(ANGLES),
    ),
    "arith.remf of f64": (
        "cpu",
        elementwise(["f64", "f64"], "f64", "%result = arith.remf %a, %b : f64"),
        (ANGLES, ANGLES[::-1].copy()),
        np.fmod(ANGLES, ANGLES[::-1]),
    ),
    "arith.remsi of i64 where it is a pair": (
        "vulkan",
        elementwise(["i64", "i64"], "i64", "%result = arith.remsi %a, %b : i64"),
        (INTEGERS, np.arange(1, 8)),
        np.fmod(INTEGERS, np.arange(1, 8)),
    ),
    "tensor.extract from a strided slice": (
        "cpu",
        elementwise(
            ["f64", "i64"],
            "f64",
            "%place = arith.index_cast %b : i64 to index\n"
            "    %result = tensor.extract %slice[%place] : tensor<3xf64>",
            "%slice = tensor.extract_slice %xa[1] [3] [2] : tensor<7xf64> to tensor<3xf64>",
        ),
        (ANGLES, PLACES),
        ANGLES[1::2][PLACES],
    ),
    "a constant term of a sum": (
        "cpu",
        CONSTANT_TERM,
        (np.zeros(8, "int32"),),
        np.array(8, "float32"),
    ),
    "a lone update with a unique index": (
        "vulkan",
        LONE_UPDATE,
        (np.array([3], "float32"), np.array([[2]], "int32")),
        np.array([0, 0, 3, 0, 0], "float32"),
    ),
}


@pytest.mark.vulkan
@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_otherwise(name: str) -> None:
    device, text, args, wanted = WRITTEN[name]
    assert has_fault(text, args, device, [wanted]), f"IREE {version.VERSION} is right on {name}"


def test_a_text_without_a_fault() -> None:
    text = elementwise(["f64"], "f64", "%result = arith.addf %a, %a : f64")
    assert not has_fault(text, (ANGLES,), "cpu", [ANGLES * 2])
