"""The surface of traced arrays: NumPy's attributes, each of which works or says what to write."""

from __future__ import annotations

import io
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend
from xform.errors import XformAttributeError, XformError, XformTypeError
from xform.tracing.array import TracedArray

# What the array API standard has beside NumPy's arrays.
ARRAY_API = {"device", "mT", "to_device"}

M = np.array([[3.25, -1.5, 2.0], [0.0, 5.75, 4.5]])
K = np.array([[2, 0, 1], [1, 2, 0]], np.int16)


def changed(a: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of an array after it has been written into."""
    fresh = a.copy()
    change(fresh)
    return fresh


def base_of_views(a: Any) -> list[bool]:
    fresh = a.copy()
    return [fresh.base is None, fresh[1:].base is fresh, fresh.T[0].base is fresh,
            fresh.T.reshape(-1).base is fresh, (fresh + 1).base is None]  # fmt: skip


# What each public name of numpy.ndarray gives, on traced arrays as on NumPy's.
SAME: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "all": lambda a: [a.all(), a.all(axis=1, keepdims=True)],
    "any": lambda a: [a.any(), a.any(0)],
    "argmax": lambda a: [a.argmax(), a.argmax(1), a.argmax(0, keepdims=True)],
    "argmin": lambda a: [a.argmin(), a.argmin(1)],
    "argpartition": lambda a: np.take_along_axis(a, a.argpartition(2, axis=1), 1)[:, 2],
    "argsort": lambda a: [a.argsort(), a.argsort(0, stable=True)],
    "astype": lambda a: [a.astype(np.float32), a.astype("int8", copy=False)],
    "choose": lambda a: a.astype(int).clip(0, 1).choose([1, 2]),
    "clip": lambda a: [a.clip(1, 4), a.clip(max=2), a.clip(min=[0, 1, 2])],
    "compress": lambda a: a.compress([False, True, True], axis=1),
    "conj": lambda a: a.conj(),
    "conjugate": lambda a: a.conjugate(),
    "copy": lambda a: a.copy(),
    "cumprod": lambda a: [a.cumprod(), a.cumprod(1)],
    "cumsum": lambda a: [a.cumsum(), a.cumsum(0, dtype=np.float32)],
    "diagonal": lambda a: a.diagonal(1),
    "dot": lambda a: [a.dot(np.ones(3)), a.dot(a.T)],
    "fill": lambda a: changed(a, lambda b: b.fill(7)),
    "flat": lambda a: [
        a.flat[3], a.flat[1:3], a.flat[[0, -1]], a.flat == 2, np.sum(a.flat), len(a.flat),
        np.concatenate([a.flat, a.flat]), np.stack(list(a.flat)), next(a.flat), a.flat.copy(),
        changed(a, lambda b: operator.setitem(b.T.flat, 1, 9)),
        changed(a, lambda b: operator.setitem(b.flat, slice(1, 4), [7, 8])),
        changed(a, lambda b: setattr(b, "flat", [1, 2, 3])),
    ],
    "flatten": lambda a: [a.flatten(), a.flatten("F")],
    "imag": lambda a: a.imag,
    "itemsize": lambda a: a.itemsize,
    "mT": lambda a: a.mT,
    "max": lambda a: [a.max(), a.max(0), a.max(initial=9), a.max(1, keepdims=1)],
    "mean": lambda a: [a.mean(), a.mean(0), a.mean(dtype=np.float32)],
    "min": lambda a: [a.min(), a.min(1, keepdims=True)],
    "nbytes": lambda a: a.nbytes,
    "ndim": lambda a: a.ndim,
    "partition": lambda a: changed(a, lambda b: b.partition(2))[:, 2],
    "prod": lambda a: [a.prod(), a.prod(1)],
    "put": lambda a: changed(a, lambda b: b.put([0, 4], [5, 6])),
    "ravel": lambda a: [a.ravel(), a.ravel(order="F")],
    "real": lambda a: [a.real, changed(a, lambda b: setattr(b, "real", 1))],
    "repeat": lambda a: [a.repeat(2), a.repeat([1, 2], axis=0)],
    "reshape": lambda a: [a.reshape(3, 2), a.reshape((3, -1), order="F"), a.reshape(-1)],
    "round": lambda a: [a.round(), a.round(1)],
    "searchsorted": lambda a: a[1][np.array([0, 2, 1])].searchsorted([1.0, 5.0], side="right"),
    "shape": lambda a: list(a.shape),
    "size": lambda a: a.size,
    "sort": lambda a: changed(a, lambda b: b.sort(0)),
    "squeeze": lambda a: a[:, None].squeeze(1),
    "std": lambda a: [a.std(), a.std(0, ddof=1)],
    "sum": lambda a: [a.sum(), a.sum(axis=0), a.sum(1, keepdims=1), a.sum(where=a > 1)],
    "swapaxes": lambda a: a.swapaxes(0, 1),
    "take": lambda a: [a.take([0, 4]), a.take(5, mode="wrap"), a.take([1], axis=1)],
    "trace": lambda a: [a.trace(), a.trace(1), a.trace(dtype=np.float32)],
    "transpose": lambda a: [a.transpose(), a.transpose(1, 0), a.transpose((1, 0))],
    "var": lambda a: [a.var(), a.var(axis=1)],
    "view": lambda a: [
        a.view(f"u{a.itemsize}"),
        changed(a, lambda b: operator.setitem(b.view(f"u{a.itemsize}"), (0, slice(1)), 1)),
        changed(a, lambda b: operator.setitem(b.view()[1:], 0, 1)),
    ],
    # Python's protocols
    "divmod": lambda a: [*divmod(a, 2), *divmod(7, a + 10)],
    "in place": lambda a: [changed(a, lambda b: operator.iadd(b, 1)),
                           changed(a, lambda b: operator.imul(b[0], 2))],
    "bases": base_of_views,
}  # fmt: skip

# What cannot be, with the way to write it.
REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "byteswap": (lambda a: a.byteswap(), "x.view"),
    "ctypes": (lambda a: a.ctypes, ".copy()"),
    "data": (lambda a: a.data, "result"),
    "dump": (lambda a: a.dump(io.BytesIO()), "result"),
    "dumps": (lambda a: a.dumps(), "result"),
    "flags": (lambda a: a.flags, ".copy()"),
    "getfield": (lambda a: a.getfield(np.int8), "x.view"),
    "item": (lambda a: a.item(0), "keep it"),
    "nonzero": (lambda a: a.nonzero(), "xform.numpy.where"),
    "resize": (lambda a: a.resize((3, 2)), "np.resize"),
    "setfield": (lambda a: a.setfield(1, np.int8), "x.view"),
    "setflags": (lambda a: a.setflags(write=False), ".copy()"),
    "strides": (lambda a: a.strides, "sliding_window_view"),
    "tobytes": (lambda a: a.tobytes(), "result"),
    "tofile": (lambda a: a.tofile("file"), "result"),
    "tolist": (lambda a: a.tolist(), "list(x)"),
    "shape =": (lambda a: setattr(a, "shape", (3, 2)), "x.reshape(shape)"),
    "dtype =": (lambda a: setattr(a, "dtype", int), "x.astype(dtype)"),
    "imag =": (lambda a: setattr(a, "imag", 1), "x is real, of dtype float64"),
    "view as a wider one": (lambda a: a.view(np.complex64), "x[..., 0] + 1j * x[..., 1]"),
    "view as a narrower one": (lambda a: a.view(np.int8), "x.astype(dtype)"),
    "view as bool": (lambda a: (a > 0).view(np.int8), "x.astype(dtype)"),
    "del": (lambda a: operator.delitem(a, 0), "np.delete"),
    "math.floor": (lambda a: math.floor(a[0, 0]), "xform.numpy.floor"),
    "math.ceil": (lambda a: math.ceil(a[0, 0]), "xform.numpy.ceil"),
    "unknown": (lambda a: a.transposed, "nor have NumPy's"),
}

# Known while tracing, and NumPy's own on NumPy's arrays.
OTHERS = {"base", "device", "dtype", "to_device"}


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_no_attribute_is_the_projects_own() -> None:
    assert public(TracedArray) <= public(np.ndarray) | ARRAY_API


def test_every_name_of_numpys_arrays() -> None:
    assert public(np.ndarray) <= set(SAME) | set(REFUSED) | OTHERS


def assert_same(got: Any, expected: Any, name: str) -> None:
    if isinstance(expected, list):
        assert len(got) == len(expected), name
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other, name)
    elif isinstance(expected, np.ndarray | np.generic):
        assert got.dtype == expected.dtype, name
        assert got.shape == expected.shape, name
        rtol = 1e-14 if expected.dtype == np.float64 else 1e-6
        np.testing.assert_allclose(got, expected, rtol, err_msg=name)
    else:
        assert got == expected, name


def test_like_numpy() -> None:
    everything = frontend.jit(lambda *xs: {name: [f(x) for x in xs] for name, f in SAME.items()})
    found = everything(M, K)
    again = everything(M, K)
    for name, f in SAME.items():
        expected = [f(M.copy()), f(K.copy())]
        assert_same(found[name], expected, name)
        assert_same(again[name], expected, name)


@pytest.mark.parametrize("name", REFUSED)
def test_says_what_to_write(name: str) -> None:
    call, remedy = REFUSED[name]
    with pytest.raises(XformError) as caught:
        frontend.jit(call).lower(M)
    assert isinstance(caught.value, XformTypeError | XformAttributeError)
    assert remedy in str(caught.value)
    assert f"\n  at {__file__}:" in str(caught.value)


def test_hasattr_is_honest() -> None:
    def f(x):
        for name in ("ctypes", "data", "flags", "strides", "transposed"):
            assert not hasattr(x, name)
        assert hasattr(x, "trace")
        assert callable(x.trace)
        return x

    frontend.jit(f).lower(M)


def test_elements_through_flat_differentiate() -> None:
    def f(x):
        y = x * 1
        y.flat[1:3] = x.flat[0]
        return (y.flat[:4] * np.arange(4.0)).sum()

    np.testing.assert_array_equal(frontend.grad(f)(M), [[3, 0, 0], [3, 0, 0]])


def test_lists_of_traced_elements() -> None:
    def f(x):
        return [
            xnp.array([x[0, 0], 2 * x[0, 1]]),
            xnp.asarray([[x[0, 0], 1], [2, x[1, 1]]]),
            np.stack([x[0, 0], 2 * x[0, 1]]),
            np.array([x[0, 0], 2 * x[0, 1]], like=x),
        ]

    first, second, third, fourth = frontend.jit(f)(M)
    for found in (first, third, fourth):
        np.testing.assert_array_equal(found, [3.25, -3.0])
    np.testing.assert_array_equal(second, [[3.25, 1], [2, 5.75]])
