"""jacobian: the mode, the pattern found in the program, colours, compression, errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from xform import nn
from xform import numpy as xnp
from xform.frontend import (
    CsrBlock,
    XformTypeError,
    XformValueError,
    cond,
    custom_vjp,
    grad,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    value_and_jacobian,
    vmap,
)
from xform.sparse.colouring import colour_columns, transposed

RNG = np.random.default_rng(7)
X = RNG.normal(size=6)
Y = RNG.normal(size=(2, 3))
W = RNG.normal(size=(3, 4))


def stencil(u: Any) -> Any:
    z = np.pad(u, 1)
    return z[2:] - 2 * z[1:-1] + z[:-2] + np.sin(u) * u


def rows(y: Any) -> Any:
    """A function of each row alone, through most of what moves elements."""
    z = np.concatenate([y[:, ::-1], y * 2], axis=1)
    z = np.transpose(np.reshape(z, (2, 3, 2)), (1, 0, 2)) @ np.ones((2, 2))
    return np.where(z > 0, z, 0.1 * z).sum(0) / 3


# Function, argument, how many of its elements an element depends on at most: None for all.
CASES: dict[str, tuple[Callable[[Any], Any], Any, int | None]] = {
    "elementwise": (lambda x: np.exp(x) * x - np.tanh(x), X, 1),
    "stencil": (stencil, X, 3),
    "difference": (lambda x: x[1:] - x[:-1], X, 2),
    "every other": (lambda x: x[::2] * x[1::2], X, 2),
    "periodic": (lambda x: np.roll(x, 1) * x, X, 2),
    "rows": (rows, Y, 3),
    "batched product": (lambda y: y @ W, Y, 3),
    "one row": (lambda y: y * y[0], Y, 2),
    "sum": (lambda x: x.sum() * x, X, None),
    "scalar in": (lambda x: x * X, np.float64(2.0), 1),
    "scalar out": (lambda x: (x * x).sum(), X, None),
    "constant": (lambda x: np.ones(3) + 0 * x[:3], X, 1),
    "in place": (lambda x: in_place(x), X, 2),
    "empty": (lambda x: x[:0] * 2, X, 0),
    # Through indices that are known while tracing, or follow from such.
    "permuted": (lambda x: x[np.array([0, 3, 1, -1])] ** 2, X, 1),
    "edges": (lambda x: (x[EDGES[0]] - x[EDGES[1]]) ** 2, X, 2),
    "mesh": (lambda y: (y[:, EDGES] ** 2).sum((0, 1)), Y, 4),
    "along an axis": (lambda y: np.take_along_axis(y, EDGES[:, :1], 1) ** 2, Y, 1),
    "masked": (lambda x: x[X > 0] ** 2, X, 1),
    "computed indices": (lambda x: x[(2 * xnp.arange(4) + 1) % 6] * x[xnp.arange(4)], X, 2),
    "negative divisors": (lambda x: x[-((xnp.arange(6) - 4) // -2)] ** 2, X, 1),
    "sliced at a number": (lambda x: xnp.dynamic_slice(x, (xnp.asarray(9),), (2,)) ** 2, X, 1),
    "updated at a number": (lambda x: xnp.dynamic_update_slice(x, x[:2] ** 2, (3,)), X, 1),
    "scattered": (lambda x: scattered(x), X, 1),
    "added": (lambda x: np.bincount(np.array([0, 2, 2, 1, 0, 2]), x**2, 4), X, 3),
    "convolved": (lambda x: np.convolve(x**2, np.array([1.0, -2.0, 1.0]), "same"), X, 3),
    "pooled": (lambda x: nn.avg_pool1d(x[None, None], 2)[0, 0] ** 2, X, 2),
    "cumulative": (lambda x: np.cumsum(x[:3] ** 2), X, 3),
}


EDGES = np.array([[0, 1, 2, 1], [1, 2, 0, 1]])


def scattered(x: Any) -> Any:
    """The last write to a place is the one that stays, and hides what was there."""
    y = x * 1.0
    y[np.array([1, 4, 1])] = x[np.array([0, 2, 3])] ** 2
    y[::3] = x[1:3]
    return y


def in_place(x: Any) -> Any:
    y = x * 1.0
    y[1:] += x[:-1]
    return y


@pytest.fixture(scope="module")
def dense() -> dict[str, Any]:
    """Of each case, the Jacobian by reverse mode."""
    every = {name: function for name, (function, _, _) in CASES.items()}
    found = jit(lambda xs: {name: jacrev(f)(xs[name]) for name, f in every.items()})(
        {name: x for name, (_, x, _) in CASES.items()}
    )
    return {name: np.asarray(jacobian) for name, jacobian in found.items()}


MODES = [
    *((name, "auto") for name in CASES),
    *((name, mode) for name in ("rows", "sum") for mode in ("forward", "reverse")),
]


@pytest.fixture(scope="module")
def compressed() -> dict[tuple[str, Any], Any]:
    """Of each case and mode, value and sparse Jacobian, and the filled one, from one jit."""

    def both(name: str, mode: Any, x: Any) -> Any:
        function = CASES[name][0]
        filled = jacobian(function, mode=mode, sparsity="auto", dense=True)(x)
        return value_and_jacobian(function, mode=mode, sparsity="auto")(x), filled

    found: dict[tuple[str, Any], Any] = jit(
        lambda xs: {(name, mode): both(name, mode, xs[name]) for name, mode in MODES}
    )({name: x for name, (_, x, _) in CASES.items()})
    return found


@pytest.mark.parametrize(("name", "mode"), MODES)
def test_compressed_equals_dense(
    name: str, mode: Any, dense: dict[str, Any], compressed: dict[tuple[str, Any], Any]
) -> None:
    function, x, width = CASES[name]
    expected = dense[name]
    (value, found), filled = compressed[name, mode]
    np.testing.assert_allclose(value, np.asarray(function(x)), rtol=1e-13, atol=1e-14)
    assert isinstance(found, scipy.sparse.csr_array)
    rows, columns = np.size(function(x)), np.size(x)
    assert found.shape == (rows, columns)
    np.testing.assert_allclose(
        found.toarray(), expected.reshape(rows, columns), rtol=1e-12, atol=1e-14
    )
    if width is not None:
        assert np.diff(found.indptr).max(initial=0) <= width
    np.testing.assert_allclose(filled, expected, rtol=1e-12, atol=1e-14)
    assert filled.shape == expected.shape


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_direct_calls_and_modes_of_the_uncompressed(mode: Any, dense: dict[str, Any]) -> None:
    function, x, _ = CASES["rows"]
    np.testing.assert_allclose(jacobian(function, mode=mode)(x), dense["rows"], rtol=1e-12)
    value, found = value_and_jacobian(function, mode=mode, sparsity="auto")(x)
    np.testing.assert_allclose(value, np.asarray(function(x)), rtol=1e-13)
    expected = dense["rows"].reshape(found.shape)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-12, atol=1e-14)


def products(function: Callable[[Any], Any], x: Any, mode: str) -> int:
    """How many rows the program multiplies the derivative with."""
    program = jit(jacobian(function, mode=mode, sparsity="auto")).lower(x).as_text()
    (count,) = re.findall(r"xform\.vmap @\w+_product\(.*: \(tensor<(\d+)x", program)
    return int(count)


def test_as_many_products_as_the_band_is_wide() -> None:
    u = RNG.normal(size=400)
    for mode in ("forward", "reverse", "auto"):
        assert products(stencil, u, mode) == 3
        assert products(lambda x: x * x, u, mode) == 1

    # An arrow: a dense row costs forward mode a product a column, and reverse mode three.
    def arrow(x: Any) -> Any:
        return np.concatenate([(x * x).sum()[None], x[1:] * x[:-1]])

    assert products(arrow, u, "forward") == 400
    assert products(arrow, u, "auto") == 3
    found = jacobian(arrow, sparsity="auto")(u).toarray()
    np.testing.assert_allclose(found[0], 2 * u, rtol=1e-12)
    np.testing.assert_allclose(found[1:].diagonal(), u[1:], rtol=1e-12)
    np.testing.assert_allclose(found[1:].diagonal(1), u[:-1], rtol=1e-12)
    assert np.count_nonzero(found) == 400 + 2 * 399


def test_pytrees_of_blocks_and_argnums() -> None:
    def function(p: dict[str, Any], q: Any) -> tuple[Any, Any]:
        return p["a"] * q[:, None], {"s": p["b"] * 3 + q.sum()}

    p = {"a": Y, "b": X[:4]}
    q = X[:2].copy()
    expected = jacrev(function, argnums=(0, 1))(p, q)
    found = jacobian(function, argnums=(0, 1), sparsity="auto")(p, q)
    dense = jacobian(function, argnums=(0, 1), sparsity="auto", dense=True)(p, q)

    def check(found: Any, expected: Any, rows: int) -> None:
        np.testing.assert_allclose(
            found.toarray(), np.asarray(expected).reshape(rows, -1), rtol=1e-13
        )

    for i, rows_ in ((0, 6),):
        for part in ("a", "b"):
            check(found[i][0][part], expected[i][0][part], rows_)
        check(found[i][1], expected[i][1], rows_)
    check(found[1]["s"][0]["b"], expected[1]["s"][0]["b"], 4)
    assert found[1]["s"][0]["a"].nnz == 0
    np.testing.assert_allclose(dense[1]["s"][1], expected[1]["s"][1])
    single = jacobian(function, argnums=1, sparsity="auto")(p, q)
    check(single[0], expected[0][1], 6)


def test_given_pattern_chunks_and_closures(dense: dict[str, Any]) -> None:
    scale = np.arange(6.0)

    def function(x: Any) -> Any:
        return x * scale

    scale_expected = np.diag(scale)
    for pattern in (np.eye(6, dtype=bool), scipy.sparse.eye_array(6, format="coo")):
        found = jacobian(function, sparsity=pattern)(X)
        np.testing.assert_allclose(found.toarray(), scale_expected)
    wide = np.ones((6, 6), bool)

    @jit
    def in_chunks(x: Any) -> Any:
        return [
            (jacobian(stencil, sparsity=wide, chunk_size=n)(x), jacobian(stencil, chunk_size=n)(x))
            for n in (1, 4, 6, 9)
        ]

    for compressed, plain in in_chunks(X):
        np.testing.assert_allclose(compressed.toarray(), dense["stencil"], rtol=1e-13)
        np.testing.assert_allclose(plain, dense["stencil"], rtol=1e-13)
    # The program is equal and the closed-over array another one.
    scale = np.full(6, 2.0)
    np.testing.assert_allclose(jacobian(function, sparsity="auto")(X).diagonal(), scale)


def test_patterns_belong_to_their_indices() -> None:
    """Programs with equal text that close over other indices, of one shape."""
    for indices in ([0, 1], [4, 2], [3, 3]):
        places = np.array(indices)
        found = jacobian(lambda x, i=places: x[i] ** 2, sparsity="auto")(X)
        assert list(found.indices) == indices
        np.testing.assert_allclose(found.data, 2 * X[places])

    # Any element of the axis may be meant by an index that is an argument, and only of that axis.
    @jit
    def picked(y: Any, i: Any) -> Any:
        return jacobian(lambda y: y[:, i] ** 2, sparsity="auto")(y)

    found = picked(Y, np.array([2, 0]))
    assert found.nnz == 12
    expected = jacrev(lambda y: y[:, [2, 0]] ** 2)(Y)
    np.testing.assert_allclose(found.toarray(), np.asarray(expected).reshape(4, 6))


def test_inside_of_other_transforms() -> None:
    """Blocks are traced values: they are batched, differentiated, and pass through branches."""

    def function(x: Any) -> Any:
        return np.sin(x) * x[::-1]

    def filled(x: Any) -> Any:
        return jacobian(function, sparsity="auto", dense=True)(x)

    def weighted(matrix: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: (matrix(x) * np.arange(4.0)).sum()

    tangent = np.arange(1.0, 5.0)

    @jit
    def everything(x: Any, rows: Any) -> Any:
        sparse = jacobian(function, sparsity="auto")
        return {
            "vmap": (vmap(filled)(rows), vmap(jacrev(function))(rows)),
            "grad": (grad(weighted(filled))(x), grad(weighted(jacrev(function)))(x)),
            "jvp": (jvp(filled, (x,), (tangent,))[1], jvp(jacfwd(function), (x,), (tangent,))[1]),
            "of itself": (
                jacobian(filled, sparsity="auto", dense=True)(x),
                jacrev(jacrev(function))(x),
            ),
            "closure": (
                vmap(lambda w: jacobian(lambda x: w * x, sparsity="auto", dense=True)(x))(rows),
                vmap(np.diag)(rows),
            ),
            "branch": (cond(x[0] < 9, sparse, sparse, x), filled(x)),
            "rows": vmap(sparse)(rows),
        }

    x, rows = RNG.normal(size=4), RNG.normal(size=(3, 4))
    found = everything(x, rows)
    for name in ("vmap", "grad", "jvp", "of itself", "closure"):
        ours, expected = found[name]
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14, err_msg=name)
    sparse, expected = found["branch"]
    np.testing.assert_allclose(sparse.toarray(), expected, rtol=1e-13)
    block = found["rows"]
    assert isinstance(block, CsrBlock)
    assert str(block).startswith("CsrBlock((4, 4), entries=Array(")
    matrices = vmap(lambda block: block.toarray())(block)
    np.testing.assert_allclose(matrices, found["vmap"][1], rtol=1e-12, atol=1e-14)
    structure = block.structure
    for row, entries in zip(matrices, np.asarray(block.entries), strict=True):
        parts = (entries, structure.indices, structure.offsets)
        one = scipy.sparse.csr_array(parts, shape=structure.shape)
        np.testing.assert_array_equal(one.toarray(), row)


def test_rules_of_its_own_decide_the_pattern() -> None:
    """Rules are asked for while the pattern is looked for; it is the derivative's."""

    @custom_vjp
    def summed(x: Any) -> Any:
        return x * x.sum()

    summed.defvjp(lambda x: (summed(x), x), lambda x, ct: (3 * x * ct,))
    for mode in ("reverse", "auto"):
        found = jit(jacobian(lambda x: summed(x) + x, mode=mode, sparsity="auto"))(X)
        assert found.nnz == 6
        np.testing.assert_allclose(found.toarray(), np.diag(3 * X + 1), rtol=1e-14)


def test_nothing_to_differentiate() -> None:
    value, found = value_and_jacobian(lambda p, x: x * 2, sparsity="auto")({}, X)
    assert found == {}
    np.testing.assert_array_equal(value, 2 * X)


def test_mixed_precision_blocks_have_the_dtypes_of_their_products() -> None:
    single = X.astype(np.float32)

    def function(x: Any, y: Any) -> Any:
        return x * np.float32(2), y * y

    pair = (0, 1)
    forward = jacobian(function, pair, mode="forward", sparsity="auto", dense=True)(single, X)
    assert [[block.dtype for block in row] for row in forward] == [["f4", "f4"], ["f8", "f8"]]
    reverse = jacobian(function, pair, mode="reverse", sparsity="auto", dense=True)(single, X)
    assert [[block.dtype for block in row] for row in reverse] == [["f4", "f8"], ["f4", "f8"]]
    np.testing.assert_allclose(reverse[1][1], np.diag(2 * X))
    np.testing.assert_array_equal(reverse[0][1], np.zeros((6, 6)))


def test_float32_and_the_dense_form_inside_of_jit() -> None:
    x = X.astype(np.float32)
    assert jacobian(stencil, sparsity="auto")(x).dtype == np.float32
    tall = jit(lambda x: jacobian(lambda x: np.outer(x, X).ravel())(x))
    wide = jit(lambda x: value_and_jacobian(lambda x: x[:2] * 2)(x))
    np.testing.assert_allclose(tall(X), np.kron(np.eye(6), X[:, None]))
    value, slope = wide(X)
    np.testing.assert_allclose(value, X[:2] * 2)
    np.testing.assert_allclose(slope, 2 * np.eye(6)[:2])
    batched = vmap(jacobian(lambda y: y * y))(Y)
    np.testing.assert_allclose(batched, np.stack([np.diag(2 * row) for row in Y]))


def test_colouring_separates_columns_of_a_row() -> None:
    pattern = scipy.sparse.csr_array(RNG.random((30, 40)) < 0.1)
    found = colour_columns(pattern.indptr, pattern.indices, 40)
    for row in range(30):
        columns = pattern.indices[pattern.indptr[row] : pattern.indptr[row + 1]]
        assert len(set(found[columns])) == len(columns)
    offsets, indices = transposed(pattern.indptr, pattern.indices, 40)
    again = scipy.sparse.csr_array((np.ones(len(indices)), indices, offsets), shape=(40, 30))
    np.testing.assert_array_equal(again.toarray() != 0, pattern.toarray().T)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: jacobian(stencil, mode="backward"),
            XformValueError,
            "jacobian: mode must be 'auto', 'forward' or 'reverse', got 'backward'",
        ),
        (
            lambda: jacobian(stencil, sparsity="yes"),
            XformValueError,
            "jacobian: sparsity must be None, 'auto' or a pattern, got 'yes'",
        ),
        (lambda: jacobian(stencil, chunk_size=0), XformValueError, "chunk_size must be at least 1"),
        (
            lambda: jacobian(stencil, sparsity=np.eye(5, dtype=bool))(X),
            XformValueError,
            "the sparsity pattern has shape (5, 5), but the Jacobian has 6 rows",
        ),
        (
            lambda: jacobian(stencil, sparsity=np.eye(6))(X),
            XformTypeError,
            "a sparsity pattern is a bool array of two dimensions or one of scipy.sparse",
        ),
        (
            lambda: jit(lambda x: vmap(jacobian(np.sin, sparsity="auto"))(x).toarray())(Y),
            XformValueError,
            "the entries have shape (2, 3), those of several matrices",
        ),
        (
            lambda: vmap(jacobian(np.sin, sparsity="auto"))(Y).toarray(),
            XformTypeError,
            "CsrBlock.toarray can only be used while a function is traced",
        ),
        (
            lambda: jacobian(lambda n: n * 2, sparsity="auto")(np.arange(3)),
            XformTypeError,
            "only floating arrays can be differentiated",
        ),
    ],
)
def test_errors(
    call: Callable[[], Any], kind: type[Exception], message: str, user_error: Any
) -> None:
    with user_error(kind, message):
        call()
