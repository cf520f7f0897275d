"""vmap: batch dims, structures, chunks and errors. Values of compositions: test_composition.py."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from xform import frontend
from xform.frontend import jit, vmap

X = np.arange(12.0).reshape(4, 3)
Pair = namedtuple("Pair", "left right")


def test_structures_and_dims() -> None:
    """Several calls in one program, each against a loop over rows."""

    def nested(p: dict[str, Any], scale: Any) -> Any:
        return Pair(p["a"] * scale, [p["b"][0] + p["a"].sum()])

    @jit
    def everything(x: Any) -> dict[str, Any]:
        return {
            "prefix": vmap(nested, in_dims=(1, None))({"a": x, "b": (x,)}, 2.0),
            "mixed": vmap(nested, in_dims=({"a": 0, "b": (None,)}, None))(
                {"a": x, "b": (x[0],)}, 3.0
            ),
            "out_prefix": vmap(nested, in_dims=(0, None), out_dims=Pair(1, [-1]))(
                {"a": x, "b": (x,)}, 2.0
            ),
            "constant": vmap(lambda r: (r, 5.0, 2), out_dims=(0, None, 0))(x),
            "keyword": vmap(lambda r, w: r @ w)(x, w=x[0]),
            "none_is_empty": vmap(lambda p: p[1] + 1, in_dims=((None, 0),))((None, x)),
            "closure": vmap(lambda r: r + x[1])(x),
            "unbatched_number": vmap(lambda r, n: r * n, in_dims=(0, None))(x, 3),
            "empty": vmap(lambda r: r.sum())(x[:0]),
        }

    got = everything(X)
    assert isinstance(got["prefix"], Pair)
    np.testing.assert_array_equal(got["prefix"].left, X.T * 2)
    np.testing.assert_array_equal(got["prefix"].right[0], X.T + X.sum(0)[:, None])
    np.testing.assert_array_equal(got["mixed"].left, X * 3)
    np.testing.assert_array_equal(got["mixed"].right[0], X[0] + X.sum(1)[:, None])
    np.testing.assert_array_equal(got["out_prefix"].left, (X * 2).T)
    np.testing.assert_array_equal(got["out_prefix"].right[0], (X + X.sum(1)[:, None]).T)
    np.testing.assert_array_equal(got["constant"][0], X)
    assert got["constant"][1].shape == ()
    assert got["constant"][1].item() == 5.0
    np.testing.assert_array_equal(got["constant"][2], [2, 2, 2, 2])
    np.testing.assert_array_equal(got["keyword"], X @ X[0])
    np.testing.assert_array_equal(got["none_is_empty"], X + 1)
    np.testing.assert_array_equal(got["closure"], X + X[1])
    np.testing.assert_array_equal(got["unbatched_number"], X * 3)
    assert got["empty"].shape == (0,)


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 9])
def test_chunks_give_the_same_numbers(chunk: int) -> None:
    def f(row: Any, y: Any) -> Any:
        return {"a": row * y, "b": np.float64(7.0), "c": row.sum()}

    mapped = vmap(f, (1, None), {"a": 1, "b": None, "c": 0}, chunk_size=chunk)
    got = jit(mapped)(X.T, X[0])
    np.testing.assert_array_equal(got["a"], (X * X[0]).T)
    np.testing.assert_array_equal(got["c"], X.sum(1))
    assert got["b"].item() == 7.0


def test_chunks_are_a_loop() -> None:
    lowered = jit(vmap(np.sin, chunk_size=2)).lower(frontend.spec((7, 3)))
    assert lowered.op_names()["xform.map"] == 1
    assert lowered.op_names()["xform.sin"] == 1


def test_unbatched_work_is_not_repeated() -> None:
    """What all rows share keeps its shape after expansion."""
    lowered = jit(vmap(lambda r, w: r * np.exp(w), (0, None))).lower(X, X[0])
    (line,) = [line for line in lowered.as_text("expanded").splitlines() if "xform.exp" in line]
    assert "tensor<3xf64>" in line


def test_metadata() -> None:
    def named(x: Any) -> Any:
        """Doc."""
        return x

    assert vmap(named).__name__ == "named"
    assert vmap(named).__doc__ == "Doc."


def test_in_dims_errors(user_error: Any) -> None:
    with user_error(ValueError, "vmap: in_dims must be an int, None, or a tuple", "'rows'"):
        vmap(np.sin, in_dims="rows")(X)
    with user_error(ValueError, "in_dims must be", "of type list"):
        vmap(np.add, in_dims=[0, 0])(X, X)
    with user_error(ValueError, "in_dims has 3 entries", "2 positional arguments"):
        vmap(np.add, in_dims=(0, 0, 0))(X, X)
    with user_error(ValueError, "maps over no array"):
        vmap(np.sin, in_dims=None)(X)
    with user_error(ValueError, "maps over no array"):
        vmap(np.sin, in_dims=(None,))(X)
    with user_error(ValueError, "in_dims[0]", "single array"):
        vmap(np.sin, in_dims=((0, 0),))(X)
    with user_error(ValueError, "in_dims[0]", "keys ['b']", "keys ['a']"):
        vmap(lambda p: p["a"], in_dims=({"b": 0},))({"a": X})
    with user_error(ValueError, "in_dims[0]['a']", "expected an int or None", "0.5"):
        vmap(lambda p: p["a"], in_dims=({"a": 0.5},))({"a": X})
    with user_error(ValueError, "in_dim 2 is out of range", "argument 0 ('x')", "(4, 3)"):
        vmap(lambda x: x, in_dims=2)(X)
    with user_error(ValueError, "in_dim -3 is out of range", "expected -2 to 1"):
        vmap(lambda x: x, in_dims=-3)(X)
    with user_error(ValueError, "argument 1 ('y')", "is a scalar", "None in in_dims"):
        vmap(lambda x, y: x * y)(X, 2.0)
    with user_error(ValueError, "without positional arguments"):
        vmap(lambda: 1.0)()
    with user_error(ValueError, "argument 0 ('x')", "'text'"):
        vmap(lambda x: x)("text")


def test_sizes_error_lists_every_argument(user_error: Any) -> None:
    with user_error(
        ValueError,
        "different sizes",
        "argument 0 ('x') has shape (4, 3) and size 4 along axis 0",
        "argument 1 ('y')['k'] has shape (3, 4) and size 3 along axis 0",
    ):
        vmap(lambda x, y: x)(X, {"k": X.T})


def test_out_dims_errors(user_error: Any) -> None:
    with user_error(ValueError, "out_dims", "tuple of 2", "single array"):
        vmap(lambda x: x, out_dims=(0, 0))(X)
    with user_error(ValueError, "out_dims", "tuple of 1", "tuple of 2"):
        vmap(lambda x: (x, x), out_dims=(0,))(X)
    with user_error(ValueError, "out_dim 2 is out of range", "output", "(3,)"):
        vmap(lambda x: x, out_dims=2)(X)
    with user_error(ValueError, "output[1]", "differs from row to row"):
        vmap(lambda x: (x, x), out_dims=(0, None))(X)
    with user_error(TypeError, "must return arrays or numbers", "output[1]", "str"):
        vmap(lambda x: (x, "no"))(X)
    with user_error(TypeError, "must return arrays or numbers", "object"):
        vmap(lambda x: object())(X)


def test_option_errors(user_error: Any) -> None:
    with user_error(ValueError, "randomness", "'error', 'same', 'different'", "'often'"):
        vmap(np.sin, randomness="often")
    with user_error(ValueError, "chunk_size must be at least 1, got 0"):
        vmap(np.sin, chunk_size=0)
    with user_error(TypeError, "chunk_size must be an int", "2.5"):
        vmap(np.sin, chunk_size=2.5)  # type: ignore[arg-type]
    with user_error(TypeError, "expected a function, got int"):
        vmap(3)  # type: ignore[arg-type]


def test_shape_error_in_the_function_names_its_line(user_error: Any) -> None:
    def wrong(row: Any) -> Any:
        return row + np.ones(2)

    with user_error(ValueError, "(3,)", "(2,)", "in wrong"):
        jit(vmap(wrong))(X)
