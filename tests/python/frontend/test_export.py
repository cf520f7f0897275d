"""Files: what is saved is loaded by the runtime and computes the same."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xform.runtime
from xform import frontend, tree
from xform.frontend import grad, jacobian, jit, save, spec, vmap

X = np.array([0.5, 1.5, 2.0])
Pair = namedtuple("Pair", "left right")


@dataclass
class Registered:
    """A dataclass whose children are not its fields."""

    array: Any
    count: int


tree.register(Registered, lambda r: ((r.array,), r.count), lambda n, c: Registered(c[0], n))


@dataclass
class Model:
    weight: Any
    bias: Any


def test_round_trip_of_structures(tmp_path: Path) -> None:
    big = np.random.default_rng(3).normal(size=(3, 3))

    def model(p: dict[str, Any], pair: Pair, *, k: Any) -> Any:
        return {
            "y": big @ p["x"] * pair.left,
            "z": [(pair.right.sum() + k, None)],
            "m": Model(k, k),
        }

    path = tmp_path / "model.vmfb"
    pair = Pair(X, np.ones(2, "float32"))
    save(model, {"x": X}, pair, k=2, path=path)
    module = xform.runtime.load(path)
    got = module({"x": X}, pair, k=3)
    np.testing.assert_allclose(got["y"], big @ X * X)
    assert got["z"][0][0].item() == 5.0
    assert got["z"][0][1] is None
    assert got["m"].weight.item() == 3
    assert module.entries == ("model",)
    np.testing.assert_allclose(module.model({"x": X}, pair, k=3)["y"], big @ X * X)
    with pytest.raises(ValueError, match=r"args\[0\]\['x'\]"):
        module({"x": X[:2]}, pair, k=3)


def test_all_ways_to_save(tmp_path: Path) -> None:
    scale = np.array([1.0, 2.0, 3.0])
    fast = jit(vmap(grad(lambda x: (x * x * scale).sum())))
    paths = [tmp_path / f"{i}.vmfb" for i in range(4)]
    fast.save(paths[0], spec((2, 3)))
    fast.lower(spec((2, 3))).compile().save(paths[1])
    fast.lower(spec((2, 3))).save(paths[2])
    frontend.save(fast, spec((2, 3)), path=paths[3], target="cpu:x86-64-v3")
    rows = np.stack([X, X + 1])
    for path in paths:
        np.testing.assert_allclose(xform.runtime.load(path)(rows), 2 * rows * scale)
    assert sorted(tmp_path.iterdir()) == paths, "no temporary files are left"


def test_a_changed_closure_is_not_saved_silently(tmp_path: Path) -> None:
    scale, factor = np.array([1.0, 2.0, 3.0]), 2.0
    f = jit(lambda x: x * scale * factor)
    lowered = [f.lower(X), f.lower(X)]
    factor = 3.0
    with pytest.raises(ValueError, match="closes over changed"):
        lowered[0].save(tmp_path / "f.vmfb")
    factor = 2.0
    scale[0] = 7.0
    with pytest.raises(ValueError, match="closes over changed"):
        lowered[1].save(tmp_path / "f.vmfb")
    assert list(tmp_path.iterdir()) == []


@dataclass
class Scaled:
    weight: Any
    factor: Any = field(default=1, metadata={"static": True})


def test_order_of_results_and_static_fields(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"

    def f(model: Scaled, d: dict[str, Any]) -> Any:
        scaled = model.weight * model.factor
        return {"z": scaled, "a": {"k": d["v"], "b": d["u"] + scaled}}

    save(f, Scaled(X, 2), {"u": X, "v": 1.0}, path=path)
    module = xform.runtime.load(path)
    got = module(Scaled(X + 1, 2), {"v": 3.0, "u": X})
    assert [list(got), list(got["a"])] == [["z", "a"], ["k", "b"]]
    np.testing.assert_array_equal(got["z"], 2 * X + 2)
    assert got["a"]["k"].item() == 3
    np.testing.assert_array_equal(got["a"]["b"], 3 * X + 2)
    for factor in (2.0, True, 3):
        with pytest.raises(ValueError, match=r"args\[0\]\.factor is .*was compiled for 2"):
            module(Scaled(X, factor), {"u": X, "v": 1.0})


def test_what_a_file_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    with pytest.raises(TypeError, match="no arrays"):
        save(lambda x: (x, "text"), X, path=path)
    with pytest.raises(TypeError, match=r"key \(1, 2\)"):
        save(lambda p: p[1, 2], {(1, 2): X}, path=path)
    registered = "a Registered, which a file cannot describe"
    with pytest.raises(TypeError, match=f"in the output is {registered}"):
        save(lambda x: Registered(x, 2), X, path=path)
    with pytest.raises(TypeError, match="is a CsrBlock, which a file cannot describe"):
        save(jacobian(lambda x: x * x, sparsity="auto"), X, path=path)
    with pytest.raises(TypeError, match=r"float64.*vulkan"):
        save(lambda x: x, X, path=path, target="vulkan")
    with pytest.raises(ValueError, match="unknown device 'tpu'"):
        save(lambda x: x, X, path=path, target="tpu")
    assert not path.exists()


def test_a_failed_save_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda x: x + 1, X, path=path)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save(lambda x: (x, "text"), X, path=path)
    assert path.read_bytes() == before


def test_other_devices_compile_here(tmp_path: Path) -> None:
    for target in ("vulkan", "cuda"):
        path = tmp_path / f"{target}.vmfb"
        save(lambda x: np.tanh(x).sum(), spec((8,), "float32"), path=path, target=target)
        assert path.stat().st_size > 0


def test_what_a_file_tells_of_its_making(tmp_path: Path) -> None:
    def model(x: Any, n: int, *rest: Any, k: Any) -> Any:
        return (x @ x) ** n + rest[0] * k

    path = tmp_path / "f.vmfb"
    static = jit(model, static_argnums=1)
    static.save(path, X, 2, np.ones(3), k=1.0, target="cpu:x86-64-v2")
    signature = xform.runtime.load(path).model.signature
    assert signature.parameters == ("x", "rest[0]")
    assert signature.target == "cpu:x86-64-v2"
    assert ("iree-base-compiler", version("iree-base-compiler")) in signature.versions
    # Products, their sum, a power, and what is done to three elements.
    assert signature.flops is not None
    assert 11 <= signature.flops <= 30
    assert signature.moved is not None
    assert signature.moved >= 8 * (3 + 3 + 1 + 3)
    save(vmap(grad(lambda x, y: x * y)), X, X, path=path)
    assert xform.runtime.load(path).main.signature.parameters == ("x", "y")


def test_loading_needs_no_compiler(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda x: x * 2, X, path=path)
    program = f"""
import sys
import numpy as np
import xform.runtime
print(xform.runtime.load({str(path)!r})(np.array([1.0, 2.0, 3.0])).tolist())
loaded = [m for m in sys.modules if m in ("xform.frontend", "xform._xform", "optree")
          or m.startswith("iree.compiler")]
assert not loaded, loaded
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[2.0, 4.0, 6.0]"
