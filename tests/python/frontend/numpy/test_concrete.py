"""On concrete arrays of every kind xform.numpy gives what NumPy gives, values and dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import runtime

M = np.arange(12.0, dtype=np.float32).reshape(3, 4) - 5
K = np.arange(12, dtype=np.int16).reshape(3, 4)

FUNCTIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "ufuncs": lambda n, x, k: [n.sin(x), n.add(x, k), n.abs(k), n.maximum(x, 0), n.less(x, k)],
    "reductions": lambda n, x, k: [n.sum(k), n.mean(x, axis=0), n.max(x), n.std(k), n.any(k)],
    "shapes": lambda n, x, k: [n.reshape(x, (4, 3)), n.transpose(x), n.expand_dims(k, 0)],
    "joining": lambda n, x, k: [n.concatenate([x, k]), n.stack([k, k]), n.vstack((x, k))],
    "blocks": lambda n, x, k: [n.block([[x, k], [k, x]]), n.append(x, k)],
    "splitting": lambda n, x, k: [*n.split(x, 2, axis=1), *n.unstack(k)],
    "selection": lambda n, x, k: [n.where(n.greater(x, 0), x, k), n.clip(x, -1, k),
                                  n.select([n.greater(x, 0)], [x], k)],
    "comparison": lambda n, x, k: [n.isclose(x, k), n.allclose(x, x), n.array_equal(x, k),
                                   n.array_equiv(k, k), n.isin(k, x)],
    "products": lambda n, x, k: [n.matmul(x, n.matrix_transpose(k)), n.einsum("ij,ij->i", x, k)],
    "padding": lambda n, x, k: [n.pad(x, 1, "reflect"), n.pad(k, 1, constant_values=7)],
    "making": lambda n, x, k: [n.zeros_like(x), n.full_like(k, 3), n.diag(x), n.asarray(x),
                               n.array(k), n.copy(x), n.linspace(x, k, 3)],
    "ranges": lambda n, x, k: [n.arange(5), n.zeros((2, 3)), n.eye(3, dtype="float32"),
                               n.logspace(0, 2, 4), n.geomspace(1, 8, 4), n.full(2, 1.5)],
    "sets": lambda n, x, k: [*n.unique_counts(k), n.unique_values(x), *n.nonzero(x)],
    "statistics": lambda n, x, k: [n.cov(x), n.corrcoef(k), n.nanmax(x), n.nanargmin(x)],
    "functional": lambda n, x, k: [n.apply_along_axis(sum, 1, x), n.apply_over_axes(n.sum, x, [0])],
    "dtypes": lambda n, x, k: [n.astype(n.asarray(x), n.int8)],
}  # fmt: skip

ARRAYS: dict[str, Callable[[np.ndarray], Any]] = {
    "numpy": lambda x: x,
    "device": lambda x: runtime.asarray(x),
    "list": lambda x: x.tolist(),
    "list of arrays": lambda x: list(x),
    "list of device arrays": lambda x: [runtime.asarray(row) for row in x],
    "strided": lambda x: x.repeat(2, axis=1)[:, ::2],
}


# NumPy's own functions of these take no lists, or mean something else by them.
OF_ARRAYS = ("blocks", "splitting", "functional")
PAIRS = [
    (name, kind)
    for name in FUNCTIONS
    for kind in ARRAYS
    if not (name in OF_ARRAYS and kind.startswith("list"))
]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_like_numpy(name: str, kind: str) -> None:
    function, make = FUNCTIONS[name], ARRAYS[kind]
    results = function(xnp, make(M), make(K))
    # NumPy is given what a device array holds.
    nested = [make(x) if kind == "list" else x for x in (M, K)]
    expected = function(np, *nested)
    assert len(results) == len(expected)
    for result, truth in zip(results, expected, strict=True):
        assert not isinstance(result, runtime.Array)
        assert type(result) is type(truth)
        if isinstance(truth, np.ndarray | np.generic):
            assert result.dtype == truth.dtype
        np.testing.assert_array_equal(result, truth)


@pytest.mark.parametrize("make", [xnp.asarray, xnp.asanyarray, xnp.array])
def test_a_copy_shares_no_memory(make: Callable[..., Any]) -> None:
    x = np.arange(3.0)
    copied = make(x, copy=True)
    x[0] = 7
    np.testing.assert_array_equal(copied, [0, 1, 2])
    assert np.shares_memory(xnp.asarray(x), x)
    with pytest.raises(ValueError, match="copy"):
        xnp.asarray(x, np.float32, copy=False)


def test_orders_in_memory() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert xnp.ascontiguousarray(x.T).flags.c_contiguous
    assert xnp.asfortranarray(x).flags.f_contiguous
    assert xnp.array(x, order="F").flags.f_contiguous
    assert xnp.asarray(x, order="F").flags.f_contiguous
    assert xnp.ascontiguousarray(2.0).shape == np.ascontiguousarray(2.0).shape == (1,)


def test_writing_outside_of_a_function_is_numpys() -> None:
    a = xnp.zeros(3)
    a[1] = 5
    assert xnp.add(a, 1, out=a) is a
    np.testing.assert_array_equal(a, [1, 6, 1])
