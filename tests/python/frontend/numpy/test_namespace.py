"""xform.numpy as a namespace of the Python array API standard."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import xform.numpy as xnp
from test_errors import fails
from xform import frontend
from xform.errors import TracedValueError, XformTypeError, XformValueError
from xform.numpy.uncovered import REASONS
from xform.tracing.operations import FUNCTIONS

M = np.arange(12.0).reshape(3, 4)


def test_capabilities_differ_while_tracing() -> None:
    names = ("boolean indexing", "data-dependent shapes")
    outside = xnp.__array_namespace_info__().capabilities()
    assert [outside[name] for name in names] == [True, True]
    assert outside["max dimensions"] == 64

    def f(x):
        inside = xnp.__array_namespace_info__().capabilities()
        assert [inside[name] for name in names] == [False, False]
        return x

    frontend.jit(f).lower(M)


def test_dtypes() -> None:
    info = xnp.__array_namespace_info__()
    assert info.dtypes(kind="real floating") == {
        "float32": np.dtype(np.float32),
        "float64": np.dtype(np.float64),
    }
    assert set(info.dtypes(kind=("bool", "unsigned integer"))) == {
        "bool", "uint8", "uint16", "uint32", "uint64",
    }  # fmt: skip
    assert info.default_dtypes()["integral"] == np.int64

    def f(x):
        assert "complex128" in info.dtypes()
        assert "float64" in info.dtypes(kind="numeric")
        return x

    frontend.jit(f).lower(M)
    with pytest.raises(XformValueError, match="unknown kind 'real'"):
        info.dtypes(kind="real")
    with pytest.raises(XformValueError, match="'gpu'"):
        info.default_dtypes(device="gpu")


def test_devices() -> None:
    info = xnp.__array_namespace_info__()
    assert info.default_device() in info.devices()

    def f(x):
        assert x.to_device(x.device) is x
        return xnp.zeros(2, device=x.device) + xnp.full_like(x[0, :2], 3, device="cpu")

    np.testing.assert_array_equal(frontend.jit(f)(M), [3, 3])
    fails(lambda x: x.to_device("cuda"), XformValueError, "'cuda'")
    fails(lambda x: xnp.zeros(3, device="cuda"), XformValueError, "zeros", "jit(f, device=")


def test_from_dlpack() -> None:
    assert xnp.from_dlpack(M) is not M
    np.testing.assert_array_equal(xnp.from_dlpack(M), M)
    np.testing.assert_array_equal(frontend.jit(lambda x: x + xnp.from_dlpack(M))(M), 2 * M)
    fails(lambda x: xnp.from_dlpack(x), TracedValueError, "another library")


def test_array_namespace() -> None:
    def f(x):
        assert x.__array_namespace__() is xnp
        assert x.__array_namespace__(api_version="2024.12") is xnp
        return x

    frontend.jit(f).lower(M)
    assert xnp.__array_api_version__ == "2024.12"


DATA_DEPENDENT = {
    "unique_all": lambda x: xnp.unique_all(x),
    "unique_counts": lambda x: xnp.unique_counts(x),
    "unique_inverse": lambda x: xnp.unique_inverse(x),
    "unique_values": lambda x: xnp.unique_values(x),
    "nonzero": lambda x: xnp.nonzero(x),
    "flatnonzero": lambda x: np.flatnonzero(x),
    "where": lambda x: np.where(x > 0),
    "trim_zeros": lambda x: np.trim_zeros(x[0]),
    "union1d": lambda x: np.union1d(x, x),
}


@pytest.mark.parametrize("name", DATA_DEPENDENT)
def test_shapes_that_depend_on_elements(name: str) -> None:
    fails(DATA_DEPENDENT[name], XformTypeError, name, "depends on the elements")


def test_unique_of_concrete_arrays() -> None:
    values, counts = xnp.unique_counts(np.array([3, 1, 3]))
    np.testing.assert_array_equal(values, [1, 3])
    np.testing.assert_array_equal(counts, [1, 2])
    np.testing.assert_array_equal(xnp.nonzero(np.array([0, 5]))[0], [1])


def test_no_covered_function_has_a_reason() -> None:
    assert not set(REASONS) & set(FUNCTIONS)


def test_everything_named_is_there() -> None:
    assert sorted(set(xnp.__all__)) == sorted(xnp.__all__)
    assert all(hasattr(xnp, name) for name in xnp.__all__)
    with pytest.raises(AttributeError, match="did you mean sin"):
        xnp.sine  # noqa: B018


def test_nothing_else_is_named() -> None:
    own = {"TracedArray", "bfloat16", "dynamic_slice", "dynamic_update_slice"}
    # NumPy has these elsewhere.
    moved = {"AxisError", "sliding_window_view"}
    assert {name for name in xnp.__all__ if not hasattr(np, name)} == own | moved


def test_every_row_of_the_array_api_page_is_read_by_its_runner() -> None:
    root = Path(__file__).resolve().parents[4]
    spec = importlib.util.spec_from_file_location("run", root / "tools" / "array_api" / "run.py")
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)
    page = (root / "docs" / "array-api.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `test_")]
    concrete, traced = (runner.explained(page, mode) for mode in ("concrete", "traced"))
    assert len(concrete | traced) == len(rows) > 0
    assert runner.reason("test_creation_functions.py::test_meshgrid", concrete)
    assert runner.reason("test_creation_functions.py::test_zeros", concrete) is None
