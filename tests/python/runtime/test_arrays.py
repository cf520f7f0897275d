"""Arrays on a device: values, NumPy and DLPack on either side, staying where they are."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from xform.frontend import checkpoint, jit, save, spec
from xform_runtime import (
    Array,
    DeviceError,
    XformError,
    XformTypeError,
    XformValueError,
    arrays,
    asarray,
    load,
)
from xform_runtime.devices import Device, get_device
from xform_runtime.dtypes import DTYPE_NAMES, numpy_dtype

pytestmark = pytest.mark.vulkan


def sample(dtype: str) -> np.ndarray[Any, Any]:
    values = np.arange(7) % 2 if dtype == "bool" else np.arange(7)
    return values.astype(numpy_dtype(dtype))


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_round_trip(dtype: str, device: str) -> None:
    host = sample(dtype)
    array = asarray(host, device)
    back = array.numpy()
    assert back.dtype == array.dtype == host.dtype
    assert (array.shape, array.ndim, array.size, array.device) == ((7,), 1, 7, device)
    assert (array.itemsize, array.nbytes) == (host.itemsize, host.nbytes)
    np.testing.assert_array_equal(back.astype("complex128"), host.astype("complex128"))
    assert not np.may_share_memory(back, host)


def layouts(host: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The same values in every layout that NumPy knows."""
    wide = np.zeros((host.shape[0], 2 * host.shape[1]), host.dtype)
    wide[:, ::2] = host
    room = np.zeros(host.nbytes + 8, np.uint8)
    misaligned = np.ndarray(host.shape, host.dtype, room.data, offset=3)
    misaligned[...] = host
    read_only = host.copy()
    read_only.setflags(write=False)
    found = {
        "Fortran": np.asfortranarray(host),
        "strided": wide[:, ::2],
        "reversed": np.ascontiguousarray(host[::-1, ::-1])[::-1, ::-1],
        "misaligned": misaligned,
        "swapped bytes": host.astype(host.dtype.newbyteorder(">")),
        "read-only": read_only,
        "broadcast": np.broadcast_to(host[0], host.shape),
    }
    assert not found["misaligned"].flags.aligned
    assert not found["swapped bytes"].dtype.isnative
    return found


@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_layouts(device: str) -> None:
    for name, given in layouts(np.arange(15, dtype=np.float32).reshape(3, 5)).items():
        array = asarray(given, device)
        assert array.dtype == np.float32, name
        np.testing.assert_array_equal(array.numpy(), given, err_msg=name)


@pytest.mark.parametrize("device", ["cpu", "vulkan"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (1, 1, 1), (3,), (1023,), (4097,)])
@pytest.mark.parametrize("dtype", ["int8", "float16", "float32"])
def test_shapes(device: str, shape: tuple[int, ...], dtype: str) -> None:
    host = (np.arange(np.prod(shape, dtype=int)) % 100).astype(dtype).reshape(shape)
    array = asarray(host, device)
    assert array.shape == shape
    np.testing.assert_array_equal(array.numpy(), host)


def test_what_is_accepted() -> None:
    assert asarray(3).dtype == np.int64
    assert asarray([[1.0, 2.0]]).shape == (1, 2)
    array = asarray([1, 2])
    assert asarray(array) is array
    assert asarray(array, "vulkan").device == "vulkan"
    np.testing.assert_array_equal(asarray(asarray(array, "vulkan"), "cpu"), [1, 2])
    for value in (["a"], [None], np.array("2020-01-01", "datetime64[D]")):
        with pytest.raises(XformTypeError, match="cannot be put on a device: expected one of bool"):
            asarray(value)
    with pytest.raises(XformValueError, match="unknown device 'gpu': expected one of 'cpu'"):
        asarray(1.0, "gpu")


def test_immutable_and_apart_from_its_source() -> None:
    host = np.arange(4.0)
    array = asarray(host)
    host[:] = -1
    np.testing.assert_array_equal(array, [0, 1, 2, 3])
    with pytest.raises(ValueError, match="read-only"):
        array.numpy()[0] = 1
    with pytest.raises(TypeError, match="does not support item assignment"):
        array[0] = 1  # type: ignore[index]
    mine = array.copy()
    mine[0] = 9
    assert array.tolist() == [0, 1, 2, 3]
    assert asarray(copy.deepcopy(array)).tolist() == copy.copy(array).tolist()
    loaded = pickle.loads(pickle.dumps(asarray([1.5, 2.5], "vulkan")))
    assert (loaded.device, loaded.tolist()) == ("vulkan", [1.5, 2.5])


def test_numpy_sees_an_array() -> None:
    array = asarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    host = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(np.sin(array), np.sin(host))
    assert np.asarray(array).dtype == np.float32
    assert np.asarray(array, np.float64).dtype == np.float64
    assert np.may_share_memory(np.asarray(array), array.numpy())
    assert not np.may_share_memory(np.array(array), array.numpy())
    with pytest.raises(XformValueError, match="cannot be viewed as float64 without a copy"):
        array.__array__(np.float64, copy=False)
    np.testing.assert_array_equal(np.concatenate([array, array]), np.concatenate([host, host]))  # type: ignore[arg-type]


def test_operators() -> None:
    a, b = np.array([7, 8, 9]), np.array([2, 3, 4])
    x = asarray(a)
    for got, expected in (
        (x + b, a + b), (b + x, b + a), (x - 1, a - 1), (1 - x, 1 - a), (x * b, a * b),
        (x / b, a / b), (1 / x, 1 / a), (x // b, a // b), (99 // x, 99 // a), (x % b, a % b),
        (99 % x, 99 % a), (x**2, a**2), (2**x, 2**a), (x @ b, a @ b), (b @ x, b @ a),
        (x & b, a & b), (x | b, a | b), (x ^ b, a ^ b), (x << 1, a << 1), (x >> 1, a >> 1),
        (-x, -a), (+x, a), (abs(-x), a), (~x, ~a), (x < 8, a < 8), (x >= 8, a >= 8),
        (x == asarray(a), a == a), (x != 8, a != 8), (x[1:], a[1:]),
        (x[asarray([0, 2])], a[[0, 2]]),
        (x.T, a.T), (x.reshape(3, 1), a.reshape(3, 1)), (x.astype("int8"), a.astype("int8")),
    ):  # fmt: skip
        np.testing.assert_array_equal(got, expected)
    assert len(x) == 3
    assert list(x) == [7, 8, 9]
    assert 8 in x
    assert asarray(2).item() == 2
    assert [10, 20, 30][asarray(1)] == 20
    assert f"{asarray(1.5):.2f}" == "1.50"
    assert (int(asarray(3.7)), float(asarray(2)), complex(asarray(2j))) == (3, 2.0, 2j)
    assert asarray(1)
    assert not asarray(0.0)
    for call in (lambda: len(asarray(1)), lambda: list(asarray(1))):
        with pytest.raises(XformTypeError, match="0-d array"):
            call()
    with pytest.raises(TypeError):
        hash(x)


def test_text() -> None:
    array = asarray(np.array([1.0, 2.0], np.float32), "vulkan")
    assert repr(array) == "Array([1., 2.], shape=(2,), dtype=float32, device='vulkan')"
    assert str(array) == f"{array}" == "[1. 2.]"


@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_dlpack_to_numpy_and_torch(device: str) -> None:
    host = np.arange(6, dtype=np.float32).reshape(2, 3)
    array = asarray(host, device)
    assert array.__dlpack_device__() == (1, 0)
    np.testing.assert_array_equal(np.from_dlpack(array), host)  # type: ignore[arg-type]
    tensor = torch.from_dlpack(array)
    np.testing.assert_array_equal(tensor.numpy(), host)
    tensor = torch.utils.dlpack.from_dlpack(array.__dlpack__())
    tensor += 1
    np.testing.assert_array_equal(array.numpy(), host)


def test_dlpack_shares_memory_only_when_asked_and_read_only() -> None:
    array = asarray(np.arange(3.0))
    shared = np.from_dlpack(array, copy=False)  # type: ignore[arg-type]
    assert np.may_share_memory(shared, array.numpy())
    assert not shared.flags.writeable
    assert np.may_share_memory(torch.from_dlpack(array, copy=False).numpy(), array.numpy())
    for copied in (np.from_dlpack(array), np.from_dlpack(array, copy=True)):  # type: ignore[arg-type]
        copied[:] = -1
    with pytest.raises(BufferError, match="read-only"):
        array.__dlpack__(copy=False)
    with pytest.raises(BufferError, match="cannot export an array of device 'cpu'"):
        array.__dlpack__(dl_device=(2, 0))
    with pytest.raises(BufferError, match="'vulkan' is exported as a copy only"):
        torch.from_dlpack(asarray(array, "vulkan"), copy=False)
    assert array.tolist() == [0, 1, 2]


@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_writes_into_exports_stay_there(device: str) -> None:
    constant = np.array([1.0, 2.0, 3.0], np.float32)
    f = jit(lambda x: (constant, constant * x, x, x, x.reshape(3, 1)), device=device)
    host = np.full(3, 2.0, np.float32)
    held = asarray(host, device)
    first = f(held)
    for x in (host, held):
        for result in f(x):
            torch.from_dlpack(result).zero_()
            with pytest.raises(ValueError, match="read-only"):
                np.asarray(result)[...] = 0
    for results in (first, f(held), f(host)):
        for result, expected in zip(results, (constant, 2 * constant, held, host), strict=False):
            np.testing.assert_array_equal(result, expected)
    assert (host.tolist(), held.tolist()) == ([2, 2, 2], [2, 2, 2])
    assert constant.tolist() == [1, 2, 3]


def test_dlpack_of_bfloat16() -> None:
    array = asarray(np.array([1, 2, 3], ml_dtypes.bfloat16))
    tensor = torch.from_dlpack(array)
    assert tensor.dtype == torch.bfloat16
    assert tensor.tolist() == [1, 2, 3]
    with pytest.raises(BufferError, match="as a copy only"):
        array.__dlpack__(copy=False)


def test_torch_tensors_are_arguments() -> None:
    tensor = torch.arange(6, dtype=torch.float32).reshape(2, 3).T
    result = jit(lambda x: x * 2)(tensor)
    np.testing.assert_array_equal(result, tensor.numpy() * 2)
    np.testing.assert_array_equal(asarray(tensor), tensor.numpy())


@pytest.mark.calls_once
@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_results_stay_on_the_device(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    step = jit(lambda x: x * 2, device=device)
    host = np.arange(100_000, dtype=np.float32)
    x = asarray(host, device)

    def read(self: Array) -> Any:
        raise AssertionError("the array was copied to the host")

    with monkeypatch.context() as patch:
        patch.setattr(Array, "_read", read)
        for _ in range(3):
            x = step(x)
            assert isinstance(x, Array)
            assert x.device == device
    np.testing.assert_array_equal(x, host * 8)


def test_arrays_move_between_devices_when_called() -> None:
    x = np.arange(50_000, dtype=np.float32)
    double = jit(lambda x, y: x + y)
    np.testing.assert_array_equal(double(asarray(x, "vulkan"), asarray(x)), x * 2)
    # One argument large enough to be used where it is, the other on another device.
    np.testing.assert_array_equal(double(x, asarray(x, "vulkan")), x * 2)
    on_gpu = jit(lambda x, y: x + y, device="vulkan")
    np.testing.assert_array_equal(on_gpu(asarray(x), x), x * 2)


def test_a_call_copies_no_array_of_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    total = jit(lambda x, y: x + y.sum())
    x, y = asarray(np.arange(3.0)), asarray(np.ones((500, 500)))
    expected = total(x, y).tolist()

    def put(self: Device, array: Any) -> Any:
        raise AssertionError("an array was copied to the device")

    with monkeypatch.context() as patch:
        patch.setattr(Device, "put", put)
        assert total(x, y).tolist() == expected == [250_000, 250_001, 250_002]


# Copies and pickles ------------------------------------------------------------


def copies(array: Array) -> list[Array]:
    return [
        copy.copy(array),
        copy.deepcopy({"arrays": [array]})["arrays"][0],
        *(pickle.loads(pickle.dumps(array, protocol)) for protocol in range(6)),
    ]


@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_copies_are_arrays_of_their_own(device: str) -> None:
    for host in (
        sample("float32"), sample("bfloat16"), sample("bool"), np.array(3.0, np.float32),
        np.zeros((2, 0), np.int32),
    ):  # fmt: skip
        array = asarray(host, device)
        for made in copies(array):
            assert type(made) is Array
            assert made is not array
            assert (made.device, made.dtype, made.shape) == (device, host.dtype, host.shape)
            np.testing.assert_array_equal(made, host)
            assert not np.may_share_memory(made, array)


@pytest.mark.calls_once
def test_copies_outlive_a_donated_array() -> None:
    step = jit(lambda x: x + 1, donate_argnums=0)
    for copied in (copy.copy, copy.deepcopy):
        array = asarray(np.arange(4.0))
        kept = copied(array)
        result = step(array)
        assert array.is_donated
        assert (kept.tolist(), result.tolist()) == ([0, 1, 2, 3], [1, 2, 3, 4])
    for use in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(XformValueError, match="was donated"):
            use(array)


def test_pickles_are_loaded_where_their_device_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    load_array, (values, device) = asarray([1.5, 2.5]).__reduce__()
    assert device == "cpu"

    def missing(name: str) -> Device:
        if name != "cpu":
            raise DeviceError(f"device {name!r} is not available")
        return get_device(name)

    monkeypatch.setattr(arrays, "get_device", missing)
    with pytest.raises(DeviceError):
        asarray([1.5], "cuda")
    loaded = load_array(values, "cuda")
    assert (loaded.device, loaded.tolist()) == ("cpu", [1.5, 2.5])


def test_pickles_with_buffers_beside_them() -> None:
    array = asarray(np.arange(1000.0))
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(array, protocol=5, buffer_callback=buffers.append)
    assert len(pickled) < 500
    loaded = pickle.loads(pickled, buffers=buffers)
    np.testing.assert_array_equal(loaded, array)
    assert not np.may_share_memory(loaded, array)


# Memory ------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_views_keep_the_memory_of_a_result(device: str) -> None:
    double = jit(lambda x: x * 2, device=device)
    host = np.arange(30_000, dtype=np.float32)
    view = double(host).numpy()[1::2]
    parts = [double(host)[5:], double(host).reshape(3, -1).T, double(host).data]
    expected = [host[1::2] * 2, host[5:] * 2, (host * 2).reshape(3, -1).T, host * 2]
    for _ in range(20):  # into memory that has become free
        double(host + 1)
    for part, wanted in zip([view, *parts], expected, strict=True):
        np.testing.assert_array_equal(part, wanted)


@pytest.mark.parametrize(("size", "compiler"), [(3, "xform"), (50_000, "xform"), (3, "iree")])
def test_results_share_no_memory_with_constants(
    size: int, compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XFORM_COMPILER", compiler)
    constant = np.arange(size, dtype=np.float64)

    def scaled(x: Any) -> Any:
        return constant, x * constant

    save(scaled, spec(()), path=tmp_path / "constant.vmfb")
    for function in (load(tmp_path / "constant.vmfb"), jit(scaled), checkpoint(scaled)):
        first, _ = function(1.0)
        second, _ = function(1.0)
        assert not np.may_share_memory(first, second)
        assert not np.may_share_memory(first, constant)
        with pytest.raises(ValueError, match="WRITEABLE"):
            first.numpy().setflags(write=True)
        exported = torch.from_dlpack(first, copy=False)
        exported += 1
        np.testing.assert_array_equal(function(2.0)[1], 2.0 * constant)
        np.testing.assert_array_equal(function(1.0)[0], constant)


@pytest.mark.parametrize("size", [3, 50_000])
def test_results_that_are_arguments_cannot_be_written_through(size: int) -> None:
    same = jit(lambda x: (x, x.reshape(-1, 1)))
    mine = np.arange(size, dtype=np.float64)
    before = mine.copy()
    for given in (mine, asarray(mine)):
        for result in same(given):
            assert not np.may_share_memory(result, mine)
            for part in (result.numpy(), result.numpy()[:1], np.asarray(result), result.T):
                with pytest.raises(ValueError, match="read-only"):
                    part[...] = -1
            exported = torch.from_dlpack(result)
            exported += 1
        np.testing.assert_array_equal(given, before)


def test_errors_are_ours() -> None:
    assert issubclass(XformTypeError, XformError)
    assert issubclass(XformTypeError, TypeError)
    assert issubclass(XformValueError, ValueError)
