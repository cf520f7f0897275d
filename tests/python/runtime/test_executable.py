"""Executables: every kind of NumPy input, results that share nothing with it, errors, threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform.frontend import jit
from xform_runtime import (
    Array,
    DeviceError,
    Executable,
    ModuleFileError,
    XformRuntimeError,
    XformValueError,
    asarray,
)
from xform_runtime.cpu_features import cpu_features, missing_cpu_features

# Below the first a copy is made, from there on an aligned array is used where it is, and from the
# second on a misaligned one goes through a block that is used again.
SIZES = (1_000, 40_000, 9_000_000)

twice = jit(lambda x: x * 2)
identity = jit(lambda x: x)


def placed(size: int, offset: int) -> np.ndarray[Any, Any]:
    """float32 values that start `offset` bytes behind a multiple of 64."""
    room = np.zeros(size * 4 + 128, np.uint8)
    start = -room.ctypes.data % 64 + offset
    array = np.ndarray((size,), np.float32, room.data, offset=start)
    array[...] = np.arange(size) % 1000
    assert array.ctypes.data % 64 == offset
    return array


def variants(size: int) -> dict[str, np.ndarray[Any, Any]]:
    read_only = placed(size, 0)
    read_only.setflags(write=False)
    wide = np.zeros((size, 2), np.float32)
    wide[:, 1] = np.arange(size) % 1000
    return {
        "aligned": placed(size, 0),
        "16 bytes off": placed(size, 16),
        "misaligned": placed(size, 3),
        "swapped bytes": placed(size, 0).astype(">f4"),
        "reversed": placed(size, 0)[::-1],
        "strided": wide[:, 1],
        "read-only": read_only,
    }


@pytest.mark.parametrize("size", SIZES)
def test_inputs_of_every_layout(size: int) -> None:
    for name, x in variants(size).items():
        before = x.copy()
        np.testing.assert_array_equal(twice(x), before.astype(np.float32) * 2, err_msg=name)
        np.testing.assert_array_equal(x, before, err_msg=name)


@pytest.mark.parametrize("size", SIZES)
def test_results_never_share_memory_with_arguments(size: int) -> None:
    for name, x in variants(size).items():
        before = x.copy()
        first = identity(x)
        assert not np.may_share_memory(first.numpy(), x), name
        if x.flags.writeable:
            x += 1
        # The same block must not be lent again while a result is in it.
        second = identity(x)
        np.testing.assert_array_equal(first, before, err_msg=name)
        np.testing.assert_array_equal(second, x, err_msg=name)


def test_results_seen_by_numpy_are_arguments_again() -> None:
    x = placed(40_000, 0)
    view = twice(x).numpy()
    assert not view.flags.writeable
    np.testing.assert_array_equal(twice(view), x * 4)
    assert not np.may_share_memory(identity(view).numpy(), view)


def test_parts_of_arguments_are_results_too() -> None:
    f = jit(lambda x, y: (x[100:], x, y, x.reshape(2, -1)))
    x, y = placed(40_000, 0), placed(9_000_000, 16)
    results = f(x, y)
    for result in results:
        assert not np.may_share_memory(result.numpy(), x)
        assert not np.may_share_memory(result.numpy(), y)
    expected = x[100:].copy(), x.copy(), y.copy(), x.reshape(2, -1).copy()
    x[:], y[:] = -1, -1
    f(x, y)
    for result, value in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, value)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1)])
def test_small_shapes(shape: tuple[int, ...]) -> None:
    x = np.full(shape, 1.5)
    result = twice(x)
    assert result.shape == shape
    np.testing.assert_array_equal(result, x * 2)


def test_threads() -> None:
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for size, count in ((8, 300), (40_000, 40), (1_000_000, 4)):
                x = np.full(size, seed, np.float32)
                for _ in range(count):
                    assert (twice(x).numpy() == 2 * seed).all()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.vulkan
def test_a_module_without_a_signature(bare_vmfb: bytes) -> None:
    executable = Executable(bare_vmfb, "cpu")
    assert executable.entries == ("main",)
    assert executable.device == "cpu"
    assert executable.signature("main") is None
    (y,) = executable.invoke("main", [np.arange(4, dtype=np.float32)])
    assert isinstance(y, Array)
    assert y.dtype == np.float32
    assert y.tolist() == [0, 2, 4, 6]
    assert executable.invoke("main", [y])[0].tolist() == [0, 4, 8, 12]
    assert executable.invoke("main", [asarray(y, "vulkan")])[0].tolist() == [0, 4, 8, 12]
    assert repr(executable) == "Executable(main; device='cpu')"
    for call in (lambda: executable.invoke("step", []), lambda: executable.signature("step")):
        with pytest.raises(XformValueError, match=r"no entry 'step' .* expected one of 'main'"):
            call()


@pytest.mark.parametrize("kind", [RuntimeError, ValueError, IndexError, NotImplementedError])
def test_a_failure_inside_of_the_module(
    bare_vmfb: bytes, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """IREE's bindings raise one of these by the failure's kind; users see one of ours."""

    class Failing:
        def invoke(self, *_: Any) -> None:
            raise kind("slot 0 is out of range")

    executable = Executable(bare_vmfb, "cpu")
    monkeypatch.setattr(executable, "_context", Failing())
    message = r"calling 'main' on device 'cpu' failed: slot 0 is out of range"
    with pytest.raises(XformRuntimeError, match=message):
        executable.invoke("main", [np.arange(4, dtype=np.float32)])


def signature(device: str, features: list[str]) -> str:
    leaf = {"path": "args[0]", "shape": [4], "dtype": "float32"}
    arguments = {"dict": [["args", {"tuple": [{"leaf": 0}]}], ["kwargs", {"dict": []}]]}
    return json.dumps(
        {
            "version": 1,
            "name": "main",
            "device": device,
            "work": 4,
            "inputs": arguments,
            "outputs": {"leaf": 0},
            "args": [leaf],
            "results": [leaf],
            "cpu_features": features,
        }
    )


def test_code_for_another_machine(make_double: Callable[..., bytes]) -> None:
    newer = make_double(signature("cpu", ["avx2048", "tensor_core"]))
    with pytest.raises(DeviceError, match="CPU features that this machine lacks: avx2048, tens"):
        Executable(newer, "cpu")
    foreign = make_double(signature("cpu", []), "cpu:aarch64-unknown-linux-gnu")
    with pytest.raises(DeviceError, match="module cannot run on device 'cpu'"):
        Executable(foreign, "cpu")


@pytest.mark.vulkan
def test_code_for_another_device(make_double: Callable[..., bytes]) -> None:
    module = make_double(signature("vulkan", []), "vulkan")
    with pytest.raises(DeviceError, match="compiled for device 'vulkan' and cannot run on 'cpu'"):
        Executable(module, "cpu")
    (y,) = Executable(module, "vulkan").invoke("main", [np.ones(4, np.float32)])
    assert y.tolist() == [2, 2, 2, 2]


def test_bad_bytes_and_names(bare_vmfb: bytes) -> None:
    with pytest.raises(ModuleFileError, match="module is empty"):
        Executable(b"", "cpu")
    with pytest.raises(XformValueError, match="unknown device 'tpu'"):
        Executable(bare_vmfb, "tpu")


def test_cpu_features() -> None:
    present = cpu_features()
    assert present
    assert missing_cpu_features(sorted(present)[:3]) == []
    assert missing_cpu_features(["avx2048"]) == ["avx2048"]
