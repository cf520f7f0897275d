"""Loaded modules: calls like those of the original function, and what wrong calls are told."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.frontend import save, spec
from xform_runtime import (
    Array,
    DeviceError,
    XformError,
    XformTypeError,
    XformValueError,
    asarray,
    load,
)
from xform_runtime.module import Module

X = np.array([0.5, -1.0, 2.0], np.float32)
W = np.arange(6, dtype=np.float32).reshape(2, 3) / 10
B = np.array([0.1, -0.2], np.float32)
WEIGHTS = {"w": W, "b": (B,)}


@pytest.fixture(scope="module")
def model(model_file: Path) -> Module:
    return load(model_file)


def test_the_original_structure(model: Module) -> None:
    result = model(X, WEIGHTS, scale=2.0)
    y = np.tanh(W @ X + B)
    assert set(result) == {"y", "rest"}
    np.testing.assert_allclose(result["y"], 2 * y, rtol=1e-6)
    total, none, (x,) = result["rest"]
    np.testing.assert_allclose(total, y.sum(), rtol=1e-6)
    assert none is None
    assert isinstance(x, Array)
    np.testing.assert_array_equal(x, X)
    assert total.shape == ()


def test_arguments_of_other_kinds(model: Module) -> None:
    import torch

    expected = model(X, WEIGHTS, scale=1.0)["y"]
    weights = {"b": (torch.tensor(B),), "w": asarray(W)}
    for scale in (1, 1.0, np.float32(1), np.array(1, np.float32), asarray(np.float32(1))):
        got = model(asarray(X), weights, scale=scale)["y"]
        np.testing.assert_array_equal(got, expected)
    swapped = {"w": np.asfortranarray(W), "b": (B.astype(">f4"),)}
    np.testing.assert_array_equal(model(X[::-1][::-1], swapped, scale=1)["y"], expected)
    assert model(X[:0].sum() + X, WEIGHTS, scale=1)["y"].tolist() == expected.tolist()


WRONG: list[tuple[type[Exception], str, Callable[[Module], Any]]] = [
    (TypeError, "got 1 positional argument, expected 2", lambda m: m(X, scale=1)),
    (TypeError, "got 0 positional arguments, expected 2", lambda m: m()),
    (ValueError, "kwargs: missing keys ['scale']", lambda m: m(X, WEIGHTS)),
    (ValueError, "unexpected keys ['size']", lambda m: m(X, WEIGHTS, scale=1, size=2)),
    (ValueError, "args[1]: missing keys ['b']", lambda m: m(X, {"w": W}, scale=1)),
    (ValueError, "args[1]: got a list of 2, expected a dict", lambda m: m(X, [W, B], scale=1)),
    (ValueError, "args[1]['b']: got a list of 1, expected a tuple of 1",
     lambda m: m(X, {"w": W, "b": [B]}, scale=1)),
    (ValueError, "args[0]: got a list of 3, expected an array",
     lambda m: m(X.tolist(), WEIGHTS, scale=1)),
    (ValueError, "args[0]: got None, expected an array", lambda m: m(None, WEIGHTS, scale=1)),
    (ValueError, "has shape (4,), expected (3,)",
     lambda m: m(np.zeros(4, np.float32), WEIGHTS, scale=1)),
    (ValueError, "has shape (1, 3), expected (3,)", lambda m: m(X[None], WEIGHTS, scale=1)),
    (ValueError, "has shape (3, 2), expected (2, 3)",
     lambda m: m(X, {**WEIGHTS, "w": W.T}, scale=1)),
    (TypeError, "has dtype float64, expected float32; convert it with .astype('float32')",
     lambda m: m(X.astype(float), WEIGHTS, scale=1)),
    (TypeError, "has dtype int32, expected float32",
     lambda m: m(asarray(np.ones(3, np.int32)), WEIGHTS, scale=1)),
    (TypeError, "is a value of type str, expected an array float32[3]",
     lambda m: m("x", WEIGHTS, scale=1)),
    (TypeError, "is a value of type object, expected an array",
     lambda m: m(object(), WEIGHTS, scale=1)),
    (TypeError, "is the Python complex 1j, expected float32", lambda m: m(X, WEIGHTS, scale=1j)),
    (TypeError, "is the Python bool True, expected float32", lambda m: m(X, WEIGHTS, scale=True)),
    (ValueError, "is the Python number 1.0, expected an array float32[3]",
     lambda m: m(1.0, WEIGHTS, scale=1)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "says", "call"), WRONG, ids=[says for _, says, _ in WRONG])
def test_wrong_calls(
    model: Module, kind: type[Exception], says: str, call: Callable[[Module], Any]
) -> None:
    with pytest.raises(kind) as caught:
        call(model)
    assert isinstance(caught.value, XformError)
    assert str(caught.value).startswith("model(): ") or str(caught.value).startswith("main(): ")
    assert says in str(caught.value)


def test_wrong_flat_calls(add_file: Path) -> None:
    add = load(add_file)
    x = np.ones(4, np.float32)
    assert add(x, x).tolist() == [2, 2, 2, 2]
    with pytest.raises(TypeError, match="got 3 positional arguments, expected 2"):
        add(x, x, x)
    with pytest.raises(TypeError, match="got 1 positional argument, expected 2"):
        add(x, y=x)
    with pytest.raises(ValueError, match=r"args\[1\] has shape \(2,\), expected \(4,\)"):
        add(x, x[:2])


def test_integers_out_of_range(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda n, flag: (n + 1, flag), np.int8(1), np.bool_(True), path=path)
    f = load(path)
    n, flag = f(126, False)
    assert (n.item(), flag.item()) == (127, False)
    assert (n.dtype, flag.dtype) == (np.int8, np.bool_)
    with pytest.raises(XformValueError, match="is 300, out of range for int8"):
        f(300, False)
    with pytest.raises(XformTypeError, match=r"is the Python float 1\.5, expected int8"):
        f(1.5, False)
    with pytest.raises(XformTypeError, match="is the Python int 1, expected bool"):
        f(1, 1)


Point = namedtuple("Point", "x y")


@dataclass
class State:
    position: Any
    _velocity: Any


def test_named_tuples(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda p: Point(p.y, p.x), Point(spec(2), spec(3)), path=path)
    swap = load(path)
    result = swap(Point(np.zeros(2), np.ones(3)))
    assert type(result).__name__ == "Point"
    assert result.x.shape == (3,)
    with pytest.raises(ValueError, match=r"got a tuple of 2, expected a named tuple Point\(x, y\)"):
        swap((np.zeros(2), np.ones(3)))


def test_dataclasses(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda s: State(s.position + s._velocity, s._velocity), State(spec(2), spec(2)), path=path)
    step = load(path)
    result = step(State(np.ones(2), np.full(2, 0.5)))
    assert result.position.tolist() == [1.5, 1.5]
    # A named tuple cannot have a field that starts with an underscore.
    assert result[1].tolist() == [0.5, 0.5]


def test_looking_at_a_module(model: Module, model_file: Path, add_file: Path) -> None:
    (name,) = model.entries
    assert model.device == "cpu"
    assert model[name] is getattr(model, name)
    assert name in dir(model)
    text = repr(model)
    assert str(model_file) in text
    assert "float32[3], {" in text
    assert "scale=float32[]" in text
    signature = model[name].signature
    assert model[name].__doc__ == str(signature)
    assert [leaf.dtype for leaf in signature.args] == ["float32"] * 4
    with pytest.raises(XformValueError, match="no entry point 'step': expected one of"):
        model["step"]
    with pytest.raises(AttributeError, match="no entry point 'step'"):
        model.step  # noqa: B018
    assert not hasattr(model, "_step")


@pytest.mark.vulkan
def test_the_device(model_file: Path, vulkan_file: Path) -> None:
    assert load(model_file, "cpu").device == "cpu"
    assert load(vulkan_file).device == "vulkan"
    with pytest.raises(DeviceError, match="compiled for device 'cpu' and cannot run on 'vulkan'"):
        load(model_file, "vulkan")
    with pytest.raises(DeviceError, match="compiled for device 'vulkan' and cannot run on 'cpu'"):
        load(vulkan_file, device="cpu")
    with pytest.raises(XformValueError, match="unknown device 'gpu'"):
        load(model_file, "gpu")


def test_replacing_a_file_does_not_disturb_its_module(tmp_path: Path) -> None:
    path = tmp_path / "big.vmfb"
    # Large enough to be mapped rather than read.
    constant = np.random.default_rng(0).random(400_000)
    save(lambda x: x + constant, spec(400_000), path=path)
    assert path.stat().st_size > 2 << 20
    module = load(path)
    save(lambda x: x * 2, spec(4), path=path)
    x = np.ones(400_000)
    np.testing.assert_array_equal(module(x), x + constant)
    path.unlink()
    np.testing.assert_array_equal(module(x), x + constant)


def test_loading_and_calling_need_no_compiler(model_file: Path, vulkan_file: Path) -> None:
    program = f"""
import sys
import numpy as np
from xform import runtime
x = np.ones(3, np.float32)
weights = {{"w": np.ones((2, 3), np.float32), "b": (np.zeros(2, np.float32),)}}
y = runtime.load({str(model_file)!r})(x, weights, scale=1.0)["y"]
assert y.shape == (2,), y
try:
    runtime.load({str(model_file)!r})(x)
except TypeError as error:
    assert "expected 2" in str(error)
z = runtime.load({str(vulkan_file)!r})(np.ones(1001, np.float32))
assert z.numpy()[10] == 11
wanted = "iree.compiler", "xform.frontend", "xform._xform", "xform.iree.compiler", "optree", "torch"
loaded = [name for name in sys.modules if name.startswith(wanted)]
assert not loaded, loaded
print("done")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "done"


@pytest.mark.parametrize("device", ["cpu", pytest.param("vulkan", marks=pytest.mark.vulkan)])
def test_pickles_have_the_bytes_of_the_file(
    device: str, add_file: Path, vulkan_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "moved.vmfb"
    path.write_bytes((add_file if device == "cpu" else vulkan_file).read_bytes())
    module = load(path)
    (name,) = module.entries
    pickled = pickle.dumps({"module": module, "entry": module[name]})
    path.unlink()
    again = pickle.loads(pickled)
    assert repr(again["module"]) == repr(module)
    assert again["module"].device == device
    arguments = [np.ones(leaf.shape, np.float32) for leaf in module[name].signature.args]
    expected = module(*arguments)
    for function in (again["module"], again["entry"], again["module"][name]):
        np.testing.assert_array_equal(function(*arguments), expected)
    # Once, though two refer to it.
    assert len(pickled) < 1.2 * len(pickle.dumps(module))
    with pytest.raises(XformError, match=r"args\[0\] has shape"):
        again["module"](*(np.ones(7, np.float32) for _ in arguments))


def test_copies_are_the_module(model: Module) -> None:
    (entry,) = (model[name] for name in model.entries)
    for value in (model, entry):
        assert copy.copy(value) is value
        assert copy.deepcopy([value])[0] is value


def test_a_large_file_is_pickled_whole(tmp_path: Path) -> None:
    path = tmp_path / "big.vmfb"
    constant = np.random.default_rng(0).random(200_000)
    save(lambda x: x + constant, spec(200_000), path=path)
    module = load(path)
    x = np.ones(200_000)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(module))(x), x + constant)


def test_pickles_need_no_compiler(model_file: Path, tmp_path: Path) -> None:
    state = {"module": load(model_file), "args": (asarray(X), WEIGHTS)}
    (tmp_path / "state.pickle").write_bytes(pickle.dumps(state))
    program = f"""
import pickle, sys
state = pickle.load(open({str(tmp_path / "state.pickle")!r}, "rb"))
y = state["module"](*state["args"], scale=1.0)["y"]
print(type(y).__name__, y.shape, "xform" in sys.modules, "iree.compiler" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split("\n")[0] == "Array (2,) False False"


def test_iree_run_module_gives_the_same_numbers(add_file: Path, tmp_path: Path) -> None:
    x, y = np.array([1, 2.5, -3, 4], np.float32), np.array([0.1, 0.2, 0.3, 1e-6], np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    module = load(add_file)
    command = [
        str(Path(sys.executable).with_name("iree-run-module")),
        f"--module={add_file}",
        "--device=local-sync",
        f"--function={module.entries[0]}",
        f"--input=@{tmp_path / 'x.npy'}",
        f"--input=@{tmp_path / 'y.npy'}",
        f"--output=@{tmp_path / 'z.npy'}",
    ]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    z = np.load(tmp_path / "z.npy")
    np.testing.assert_array_equal(z, x + y)
    np.testing.assert_array_equal(z, module(x, y))
