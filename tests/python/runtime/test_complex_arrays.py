"""Complex arrays on devices: values, layouts, copies, and what other libraries make of them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from xform_runtime import Array, XformTypeError, asarray
from xform_runtime.arrays import complex_view
from xform_runtime.devices import get_device
from xform_runtime.dtypes import numpy_dtype, sides, sides_shape

DTYPES = ["complex64", "complex128"]
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def numbers(dtype: str) -> Any:
    return np.array([[1 + 2j, -0.0 - 3j, np.nan], [complex(np.inf, -0.0), 1e-40j, 5]], dtype)


def same(found: Any, wanted: Any) -> None:
    """Compares bits, so that signs of zeros count."""
    found = np.asarray(found)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    assert found.tobytes() == np.ascontiguousarray(wanted).tobytes()


@dtypes
def test_values_are_kept_in_every_layout(dtype: str) -> None:
    z = numbers(dtype)
    wide = np.repeat(np.repeat(z, 2, 0), 3, 1)
    for host in (z, z.T, z[::-1, 1:], wide[::2, ::3], z[:0], z[0, 0], z.astype(f">c{z.itemsize}")):
        x = asarray(host)
        assert isinstance(x, Array)
        same(x, host.astype(dtype))
        assert (x.nbytes, x.itemsize, x.size) == (host.nbytes, host.itemsize, host.size)
        same(copy.copy(x), host.astype(dtype))
        same(pickle.loads(pickle.dumps(x)), host.astype(dtype))
    assert asarray(1j).dtype == np.complex128


def test_as_numbers_and_text() -> None:
    x = asarray(np.array([1 + 2j, -3j], "complex64"))
    assert repr(x) == ("Array([ 1.+2.j, -0.-3.j], shape=(2,), dtype=complex64, device='cpu')")
    assert x.tolist() == [1 + 2j, -3j]
    assert complex(asarray(2j)) == 2j
    with pytest.raises(TypeError, match="complex"):
        float(asarray(2j))
    assert (x.real.tolist(), x.imag.tolist()) == ([1.0, -0.0], [2.0, -3.0])
    assert (x * 1j).dtype == np.complex64
    with pytest.raises(XformTypeError, match=r"dtype complex256 cannot .*complex64, complex128"):
        asarray(np.zeros(2, np.clongdouble))


@dtypes
def test_numpy_and_torch_read_them(dtype: str) -> None:
    z = numbers(dtype)
    x = asarray(z)
    assert np.shares_memory(np.asarray(x), np.asarray(x))
    same(np.asarray(x, "complex128"), z.astype("complex128"))
    same(np.from_dlpack(x), z)
    tensor = torch.from_dlpack(x)
    assert str(tensor.dtype) == f"torch.{dtype}"
    same(tensor.numpy(), z)
    same(torch.from_dlpack(x, copy=False).numpy(), z)  # type: ignore[call-arg]
    same(asarray(torch.tensor(z)), z)


@dtypes
def test_they_are_exported_as_whole_numbers(dtype: str) -> None:
    """As arrays on GPUs are: IREE's view of the same memory has the parts as an axis."""
    z = numbers(dtype)
    x, device = asarray(z), get_device("cpu")
    assert tuple(x._view.shape) == sides_shape(z.shape, z.dtype) == (2, 3, 2)
    view = complex_view(x._view.get_buffer(), z.shape, numpy_dtype(dtype))
    same(torch.from_dlpack(device.hal.create_dlpack_capsule(view, 1, 0)).numpy(), z)


@dtypes
def test_the_parts_of_an_array_are_its_memory(dtype: str) -> None:
    z = numbers(dtype)
    parts = sides(z)
    assert np.shares_memory(parts, z)
    np.testing.assert_array_equal(parts[..., 0], z.real)
    np.testing.assert_array_equal(parts[..., 1], z.imag)
    assert sides(z[:0]).shape == (0, 3, 2)
    assert sides(np.array(1j, dtype)).shape == (2,)
    assert sides(z.real) is not z
    assert sides_shape((3,), np.dtype("float32")) == (3,)


@pytest.mark.vulkan
def test_on_a_gpu() -> None:
    z = numbers("complex64")
    x = asarray(z, "vulkan")
    same(x, z)
    same(copy.copy(x), z)
    same(pickle.loads(pickle.dumps(x)), z)
    same(torch.from_dlpack(x).numpy(), z)
    same(x.to_device("cpu"), z)
