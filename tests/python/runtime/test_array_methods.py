"""Arrays on a device have the methods and attributes of NumPy's arrays, with NumPy's results."""

from __future__ import annotations

import copy
import io
import json
import math
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform_runtime import Array, XformAttributeError, XformTypeError, XformValueError, asarray

pytestmark = pytest.mark.vulkan

HOST = np.array([[3.25, -1.5, 2.0], [0.0, 5.75, 4.5]])
WHOLE = np.array([[2, 0, 1], [1, 2, 0]], np.int16)


def file_of(method: Callable[[Any], Any]) -> bytes:
    file = io.BytesIO()
    method(file)
    return file.getvalue()


# What each public name of numpy.ndarray gives.
SAME: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "all": lambda a: [a.all(), a.all(axis=1, keepdims=True)],
    "any": lambda a: [a.any(), a.any(0, where=[True, False, True])],
    "argmax": lambda a: [a.argmax(), a.argmax(1), a.argmax(0, keepdims=True)],
    "argmin": lambda a: [a.argmin(), a.argmin(1)],
    "argpartition": lambda a: a.argpartition(1),
    "argsort": lambda a: [a.argsort(), a.argsort(0, stable=True)],
    "astype": lambda a: [a.astype(np.float32), a.astype("int8", copy=False), a.astype(complex)],
    "base": lambda a: a.base,
    "byteswap": lambda a: a.byteswap(),
    "choose": lambda a: a.astype(int).clip(0, 1).choose([1, 2]),
    "clip": lambda a: [a.clip(1, 4), a.clip(max=2.0), a.clip(min=[0, 1, 2])],
    "compress": lambda a: a.compress([False, True, True], axis=1),
    "conj": lambda a: a.conj(),
    "conjugate": lambda a: a.conjugate(),
    "copy": lambda a: [a.copy(), a.copy("F")],
    "cumprod": lambda a: [a.cumprod(), a.cumprod(1)],
    "cumsum": lambda a: [a.cumsum(), a.cumsum(0, dtype=np.float32)],
    "data": lambda a: bytes(a.data),
    "device": lambda a: a.device,
    "diagonal": lambda a: a.diagonal(1),
    "dot": lambda a: [a.dot(np.ones(3)), a.dot(a.T)],
    "dtype": lambda a: a.dtype,
    "dump": lambda a: pickle.loads(file_of(a.dump)),
    "dumps": lambda a: pickle.loads(a.dumps()),
    "flags": lambda a: [a.flags.c_contiguous, a.flags.f_contiguous, a.flags.aligned],
    "flat": lambda a: [list(a.flat), a.flat[3], a.flat[1:3]],
    "flatten": lambda a: [a.flatten(), a.flatten("F")],
    "getfield": lambda a: a.getfield(a.dtype),
    "imag": lambda a: a.imag,
    "item": lambda a: [a.item(2), a.item(1, 1), a[0, 0].item()],
    "itemsize": lambda a: a.itemsize,
    "mT": lambda a: a.mT,
    "max": lambda a: [a.max(), a.max(0), a.max(initial=9)],
    "mean": lambda a: [a.mean(), a.mean(0), a.mean(dtype=np.float32)],
    "min": lambda a: [a.min(), a.min(1, keepdims=True)],
    "nbytes": lambda a: a.nbytes,
    "ndim": lambda a: a.ndim,
    "nonzero": lambda a: list(a.nonzero()),
    "prod": lambda a: [a.prod(), a.prod(1)],
    "ravel": lambda a: [a.ravel(), a.ravel(order="F")],
    "real": lambda a: a.real,
    "repeat": lambda a: [a.repeat(2), a.repeat([1, 2], axis=0)],
    "reshape": lambda a: [a.reshape(3, 2), a.reshape((3, -1), order="F"), a.reshape(-1)],
    "round": lambda a: [a.round(), a.round(1), a.round(decimals=-1)],
    "searchsorted": lambda a: a[1][[0, 2, 1]].searchsorted([1.0, 5.0], side="right"),
    "setflags": lambda a: a.setflags(write=False),
    "shape": lambda a: a.shape,
    "size": lambda a: a.size,
    "squeeze": lambda a: a[:, None].squeeze(1),
    "std": lambda a: [a.std(), a.std(0, ddof=1)],
    "strides": lambda a: a.strides,
    "sum": lambda a: [a.sum(), a.sum(axis=0), a.sum(1, keepdims=True), a.sum(where=a > 1)],
    "swapaxes": lambda a: a.swapaxes(0, 1),
    "take": lambda a: [a.take([0, 4]), a.take(5, mode="wrap"), a.take([1], axis=1)],
    "to_device": lambda a: a.to_device("cpu"),
    "tobytes": lambda a: [a.tobytes(), a.tobytes("F")],
    "tofile": lambda a: None,
    "tolist": lambda a: a.tolist(),
    "trace": lambda a: [a.trace(), a.trace(1, dtype=np.float32)],
    "transpose": lambda a: [a.transpose(), a.transpose(1, 0), a.transpose((1, 0))],
    "var": lambda a: [a.var(), a.var(axis=1)],
    "view": lambda a: a.view(np.int8 if a.dtype.itemsize == 1 else np.uint8),
    # Python's protocols
    "iterating": lambda a: [list(a[0]), len(a), 2.0 in a, 99 in a],
    "divmod": lambda a: [*divmod(a, 2), *divmod(7, a + 10)],
    "array module": lambda a: a.__array_namespace__(api_version="2024.12").__name__,
    "comparing": lambda a: [a == None, a == "text", a != a, a == a.tolist()],  # noqa: E711
    "NumPy's functions": lambda a: [
        np.sum(a, 0), np.median(a), np.round(a, 1), np.take(a, 2), np.squeeze(a[:1]), np.copy(a),
        np.clip(a, 0, 1), np.argsort(a), np.trace(a), np.reshape(a, -1), np.shape(a), np.ndim(a),
        np.size(a), np.where(a > 1, a, 0), np.concatenate([a, a]), np.percentile(a, 30),
    ],
}  # fmt: skip

# Would write into the array, or let others do it.
REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a[i] = v": (lambda a: operator.setitem(a, 0, 1.0), "a.copy()"),
    "fill": (lambda a: a.fill(1), "np.full_like"),
    "partition": (lambda a: a.partition(1), "np.partition"),
    "put": (lambda a: a.put(0, 1), "a.copy()"),
    "resize": (lambda a: a.resize(3), "np.resize"),
    "setfield": (lambda a: a.setfield(1, float), "a.copy()"),
    "sort": (lambda a: a.sort(), "np.sort"),
    "setflags(write)": (lambda a: a.setflags(write=True), "a.copy()"),
    "ctypes": (lambda a: a.ctypes, "a.copy()"),
    "shape = ": (lambda a: setattr(a, "shape", (3, 2)), "a.reshape(shape)"),
    "dtype = ": (lambda a: setattr(a, "dtype", int), "a.view(dtype)"),
}


def assert_same(got: Any, expected: Any) -> None:
    if isinstance(expected, list):
        assert isinstance(got, list)
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray | np.generic):
        np.testing.assert_array_equal(got, expected, strict=True)
    else:
        assert got == expected
        assert type(got) is type(expected)


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("device", ["cpu", "vulkan"])
def test_like_numpy(name: str, device: str) -> None:
    for host in (HOST, WHOLE):
        array = asarray(host, device)
        if name == "to_device":
            assert_same(np.asarray(SAME[name](array)), host)
        elif name == "device":
            assert SAME[name](array) == device
        else:
            assert_same(SAME[name](array), SAME[name](host.copy()))
        np.testing.assert_array_equal(array, host)


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_writes_into_a_result(name: str) -> None:
    call, remedy = REFUSED[name]
    array = asarray(HOST)
    with pytest.raises((XformTypeError, XformAttributeError)) as caught:
        call(array)
    assert remedy in str(caught.value)
    np.testing.assert_array_equal(array, HOST)


def test_every_name_of_numpys_arrays() -> None:
    tried = set(SAME) | set(REFUSED)
    public = {name for name in dir(np.ndarray) if not name.startswith("_")}
    assert public <= tried
    assert public <= set(dir(Array))


def test_views_of_a_result_are_read_only() -> None:
    array = asarray(HOST)
    for part in (array.T, array.real, array.ravel(), array.reshape(-1), array[0], array.view(),
                 array.diagonal(), array.squeeze(), array.swapaxes(0, 1), array.mT):  # fmt: skip
        assert np.shares_memory(part, array)
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        array.flat[0] = 1
    for part in (array.copy(), array.flatten(), array.astype(float), +array):
        assert not np.shares_memory(part, array)
        part[...] = 1
    np.testing.assert_array_equal(array, HOST)


def test_results_are_numbers_where_numpys_are() -> None:
    number, count = asarray(np.float64(30.04)), asarray(np.int64(2**62 + 1))
    assert round(number, 1) == 30.0
    assert type(round(number)) is int
    assert json.dumps(float(number)) == "30.04"
    assert f"{number:.2f}" == "30.04"
    assert (math.floor(number), math.ceil(number), math.trunc(number)) == (30, 31, 30)
    assert math.floor(count) == math.ceil(count) == math.trunc(count) == 2**62 + 1
    assert round(count, -2) == round(np.int64(2**62 + 1), -2)
    assert divmod(count, 10) == divmod(2**62 + 1, 10)
    np.testing.assert_array_equal(round(asarray(HOST), 1), HOST.round(1))
    with pytest.raises(XformTypeError, match=r"shape \(2, 3\): use np.floor"):
        math.floor(asarray(HOST))


def test_in_place_operators_leave_the_result_alone() -> None:
    first = second = asarray(HOST)
    second += 1
    assert type(second) is np.ndarray
    np.testing.assert_array_equal(second, HOST + 1)
    np.testing.assert_array_equal(first, HOST)
    mine = np.zeros((2, 3))
    mine += first
    np.testing.assert_array_equal(mine, HOST)


def test_copies_and_files(tmp_path: Any) -> None:
    array = asarray(HOST)
    for made in (copy.copy(array), copy.deepcopy(array), pickle.loads(pickle.dumps(array))):
        assert type(made) is Array
        np.testing.assert_array_equal(made, HOST)
    array.tofile(tmp_path / "elements")
    np.testing.assert_array_equal(np.fromfile(tmp_path / "elements"), HOST.ravel())
    with pytest.raises(XformValueError, match="stream is None"):
        array.to_device("cpu", stream=1)


class Declines:
    """Something with operators of its own."""

    __array_ufunc__ = None

    def __radd__(self, other: Any) -> str:
        return f"{type(other).__name__} + mine"


def test_operators_of_other_classes() -> None:
    assert asarray(HOST) + Declines() == "ndarray + mine"
    with pytest.raises(TypeError):
        asarray(HOST) + object()
