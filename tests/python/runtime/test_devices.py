"""Devices: what is there, what is said when one is not, and programs on Vulkan and CUDA.

The Vulkan tests need a Vulkan driver and fail without one; Mesa's lavapipe needs no GPU.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.frontend import jacrev, jit, save, spec, vmap
from xform.primitives import digamma, lgamma
from xform_runtime import Array, XformRuntimeError, XformValueError, asarray, devices, load
from xform_runtime.devices import (
    PARALLEL_WORK,
    Device,
    cores,
    driver_name,
    get_device,
    hardware,
    why_not,
)

pytestmark = pytest.mark.vulkan


def run_with(program: str, **variables: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_cpu_and_vulkan_are_there() -> None:
    found = devices()
    assert found[:2] == ("cpu", "vulkan"), "install a Vulkan driver, such as mesa-vulkan-drivers"


def test_what_devices_are() -> None:
    assert why_not("cpu") is None
    assert why_not("vulkan") is None
    (cpu,) = hardware("cpu")
    assert cpu
    assert hardware("vulkan")
    for ask in (why_not, hardware):
        with pytest.raises(XformValueError, match="unknown device 'gpu'"):
            ask("gpu")


def test_the_cpu_has_two_drivers() -> None:
    small, large = get_device("cpu"), get_device("cpu", work=PARALLEL_WORK)
    assert (small.driver, large.driver) == ("local-sync", "local-task")
    assert get_device("cpu", work=PARALLEL_WORK - 1) is small
    shared = get_device("cpu", is_shared=True)
    assert shared.driver == ("team" if cores() > 1 else "local-sync")
    assert driver_name("cpu", 0, is_shared=True) == shared.driver
    assert repr(small) == "Device('cpu', driver='local-sync')"


@pytest.mark.parametrize("name", ["cpu", "vulkan"])
def test_a_copy_on_the_device(name: str) -> None:
    device = get_device(name)
    array = asarray(np.arange(12, dtype=np.int16).reshape(3, 4), name)
    copied = Array(device.duplicate(array._view), device)
    assert (copied.shape, copied.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(copied, array)
    assert not np.may_share_memory(copied.numpy(), array.numpy())


def test_an_unknown_name() -> None:
    with pytest.raises(XformValueError, match="'gpu': expected one of 'cpu', 'vulkan', 'cuda'"):
        get_device("gpu")


MISSING = """
from xform_runtime import DeviceError, XformError, asarray, devices
for name in {names!r}:
    try:
        asarray(1.0, name)
    except DeviceError as error:
        assert isinstance(error, RuntimeError) and isinstance(error, XformError)
        print(error)
print(devices())
print(asarray(1.5).item())
"""


def test_no_vulkan_driver() -> None:
    said = run_with(
        MISSING.format(names=["vulkan"]),
        VK_ICD_FILENAMES="/none.json",
        VK_DRIVER_FILES="/none.json",
        CUDA_VISIBLE_DEVICES="",
    )
    assert said.splitlines() == [
        "device 'vulkan' is not available: no Vulkan driver (ICD) was found; available: 'cpu'",
        "('cpu',)",
        "1.5",
    ]


def test_no_gpu_for_cuda() -> None:
    said = run_with(MISSING.format(names=["cuda"]), CUDA_VISIBLE_DEVICES="").splitlines()
    assert said[0].startswith("device 'cuda' is not available: ")
    assert "no CUDA driver (libcuda.so) was found" in said[0] or "found no GPU" in said[0]
    assert said[0].endswith("; available: 'cpu', 'vulkan'")
    assert said[-1] == "1.5"


def mlp(p: dict[str, Any], x: Any) -> Any:
    hidden = np.tanh(p["w1"] @ x + p["b1"])
    return p["w2"] @ (hidden * np.exp(-hidden))


def mlp_arguments() -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(7)
    sizes = {"w1": (17, 5), "b1": (17,), "w2": (3, 17)}
    weights = {name: rng.normal(size=size).astype(np.float32) for name, size in sizes.items()}
    return weights, rng.normal(size=(11, 5)).astype(np.float32)


def test_the_jacobian_of_an_mlp_on_vulkan() -> None:
    jacobian = vmap(jacrev(mlp, argnums=1), in_dims=(None, 0))
    weights, x = mlp_arguments()
    hidden = np.tanh(x @ weights["w1"].T + weights["b1"])
    slope = np.exp(-hidden) * (1 - hidden) * (1 - hidden**2)
    expected = np.einsum("ij,nj,jk->nik", weights["w2"], slope, weights["w1"])
    on_cpu, on_vulkan = jit(jacobian), jit(jacobian, device="vulkan")
    for _ in range(3):
        result = on_vulkan(weights, x)
        assert result.device == "vulkan"
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, expected, rtol=2e-5, atol=2e-5)
        np.testing.assert_allclose(result, on_cpu(weights, x), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("function", [lgamma, digamma])
def test_the_functions_of_gamma_on_vulkan(function: Callable[[Any], Any]) -> None:
    # Mesa's compiler simplifies sums, also those that round to an integer or take a root in parts.
    x = np.concatenate([np.linspace(-12, 12, 2401), np.linspace(1.4616, 1.4617, 100)])
    x = x.astype(np.float32)
    x = x[(x > 0) | (x != np.floor(x))]
    expected = np.asarray(jit(function)(x.astype(np.float64)))
    result = jit(function, device="vulkan")(x)
    allowed = 4 * np.finfo(np.float32).eps * np.maximum(np.abs(expected), x < 0)
    assert np.all(np.abs(result - expected) <= allowed)


@pytest.mark.parametrize("size", [8, 11, 16])
def test_a_broadcast_matrix_product_on_vulkan(size: int) -> None:
    # A product and what follows it become one kernel, whose tiles do not divide every size.
    rng = np.random.default_rng(8)
    x, w, scale = (
        rng.normal(size=shape).astype(np.float32) for shape in ((size, 5), (17, 5), (3, 17))
    )
    f = jit(lambda x, w, scale: (x @ w.T)[:, None, :] * scale[None], device="vulkan")
    expected = (x @ w.T)[:, None, :] * scale[None]
    np.testing.assert_allclose(f(x, w, scale), expected, rtol=1e-4, atol=1e-5)


def at_offset(values: np.ndarray[Any, Any], offset: int) -> np.ndarray[Any, Any]:
    """The values in memory that starts `offset` bytes behind a page."""
    room = np.zeros(values.nbytes + 2 * 4096, np.uint8)
    start = -room.ctypes.data % 4096 + offset
    array = np.ndarray(values.shape, values.dtype, room.data, offset=start)
    array[...] = values
    return array


affine = jit(lambda x: x * 2 + 1, device="vulkan")


@pytest.mark.parametrize("dtype", ["int8", "float16", "float32", "int32"])
@pytest.mark.parametrize("size", [1, 3, 1023, 4097, 100_003])
def test_vulkan_takes_arrays_of_any_size_and_place(dtype: str, size: int) -> None:
    values = (np.arange(size) % 40).astype(dtype)
    for offset in (0, 1, 4, 64, 4095):
        np.testing.assert_array_equal(affine(at_offset(values, offset)), values * 2 + 1)


def test_a_file_for_vulkan(vulkan_file: Path) -> None:
    module = load(vulkan_file)
    x = np.linspace(-1, 1, 1001, dtype=np.float32)
    expected = x * np.arange(1001, dtype=np.float32) + 1
    for offset in (0, 1, 16):
        np.testing.assert_allclose(module(at_offset(x, offset)), expected, rtol=1e-6)
    resident = asarray(x, "vulkan")
    result = module(module(resident))
    assert result.device == "vulkan"
    np.testing.assert_allclose(result, expected * np.arange(1001, dtype=np.float32) + 1, rtol=1e-5)


def test_a_file_for_cuda_loads_only_where_there_is_a_gpu(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda x: x + 1, spec(8, "float32"), path=path, target="cuda")
    said = run_with(
        f"""
from xform_runtime import DeviceError, load
try:
    load({str(path)!r})
except DeviceError as error:
    print(error)
""",
        CUDA_VISIBLE_DEVICES="",
    )
    assert said.startswith("device 'cuda' is not available: ")


def test_a_program_on_cuda() -> None:
    if "cuda" not in devices():
        pytest.skip("no CUDA device found")
    jacobian = vmap(jacrev(mlp, argnums=1), in_dims=(None, 0))
    weights, x = mlp_arguments()
    expected = jit(jacobian)(weights, x)
    on_cuda = jit(jacobian, device="cuda")
    for _ in range(3):
        result = on_cuda(weights, x)
        assert result.device == "cuda"
        np.testing.assert_allclose(result, expected, rtol=2e-5, atol=2e-5)
    double = jit(lambda x: np.tanh(x), device="cuda")
    wide = np.linspace(-2, 2, 1001)
    np.testing.assert_allclose(double(double(wide)), np.tanh(np.tanh(wide)), rtol=1e-14)
    assert double(wide).__dlpack_device__()[0] == 2


def test_a_lost_device() -> None:
    """Whatever is tried after it says what has happened."""

    class Lost:
        name = "main"

        def invoke(self, *_: object) -> None:
            raise RuntimeError("DATA_LOSS; [vkWaitSemaphores] VK_ERROR_DEVICE_LOST; while invoking")

        def __call__(self, *_: object) -> None:
            self.invoke()

    device = Device("cpu", "local-sync")
    with pytest.raises(
        XformRuntimeError, match=r"calling 'main' .* the driver lost the device\. No"
    ):
        device.invoke(Lost(), Lost(), None, None)
    device._allocate_copy = Lost()
    with pytest.raises(XformRuntimeError, match=r"cannot allocate 24 bytes .* start another one"):
        device.put(np.ones(3))


ENDING = """
import os
import numpy as np
import xform_runtime
from xform_runtime.devices import Device

# A view of memory of the device, which nothing but the module refers to.
view = np.asarray(xform_runtime.asarray(np.ones(3)))


class Last:
    def __del__(self, say=os.write):
        say(1, b"module, ")


last = Last()
# A function of this module would keep the module for as long as the device.
elsewhere = {"say": os.write}
exec("def ended(self, say=say): say(1, b'device')", elsewhere)
Device.__del__ = elsewhere["ended"]
"""


def test_devices_outlive_what_modules_hold() -> None:
    """Freeing memory of a device that is gone would wait for ever, now and then."""
    ran = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "module, device", "")
