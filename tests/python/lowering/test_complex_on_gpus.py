"""Complex numbers on GPUs: on the Vulkan driver that there is, and compiled for CUDA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.errors import XformTypeError
from xform.frontend import grad, jit, scan, spec, vmap
from xform_runtime import asarray
from xform_runtime.image import ModuleImage

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(5, 3)) + 1j * RNG.normal(size=(5, 3))


def everything(z: Any) -> Any:
    """A value, and gradients of a loop, batched. What is compiled is kept small: it takes long."""

    def turned(c: Any, y: Any) -> Any:
        return c * y + 0.5j, c

    def loss(c: Any) -> Any:
        return (abs(scan(turned, c, z)[0]) ** 2).sum()

    return {
        "value": np.exp(z) * np.conj(z) / (1 + abs(z)),
        "gradients": vmap(grad(loss))(z),
    }


@pytest.mark.vulkan
@pytest.mark.parametrize(
    ("dtype", "target"), [("complex64", "vulkan"), ("complex128", "vulkan:desktop")]
)
def test_vulkan(dtype: str, target: str) -> None:
    z = Z.astype(dtype)
    found = jit(everything).lower(z).compile(target)(z)
    wanted = jit(everything)(z)
    rtol = 2e-5 if dtype == "complex64" else 1e-11
    for path, wanted_array in wanted.items():
        x, y = found[path], np.asarray(wanted_array)
        assert x.dtype == y.dtype == dtype
        assert x.device == "vulkan"
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * np.abs(y).max(), err_msg=path)


@pytest.mark.vulkan
def test_vulkan_takes_device_arrays_and_refuses_doubles() -> None:
    z = Z.astype("complex64")
    x = asarray(z, "vulkan")
    found = jit(lambda z: z[::-1] * 1j, device="vulkan", donate_argnums=0)(x)
    np.testing.assert_array_equal(found, z[::-1] * np.complex64(1j))
    with pytest.raises(XformTypeError, match=r"complex128, .*astype\('complex64'\).*desktop"):
        jit(abs, device="vulkan")(Z)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_cuda_compiles(dtype: str, tmp_path: Path) -> None:
    path = tmp_path / "cuda.vmfb"
    jit(everything).lower(spec((5, 3), dtype)).save(path, target="cuda:sm_80")
    signature = ModuleImage.from_file(str(path)).signatures["everything"]
    assert {leaf.dtype for leaf in (*signature.args, *signature.results)} == {dtype}
