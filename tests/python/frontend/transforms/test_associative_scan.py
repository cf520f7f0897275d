"""associative_scan against NumPy's accumulations and plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from xform.frontend import associative_scan, grad, jit, vmap

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 5))
FACTORS = RNG.normal(size=7)


def affine(left: Any, right: Any) -> Any:
    """The composition of y -> a y + b with the one after it."""
    return {"a": left["a"] * right["a"], "b": left["b"] * right["a"] + right["b"]}


def recurrence(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All y = a y + b, from y = 0."""
    y, found = 0.0, []
    for factor, term in zip(a, b, strict=True):
        y = factor * y + term
        found.append(y)
    return np.array(found)


def test_values_and_derivatives() -> None:
    @jit
    def program(x: Any, a: Any) -> dict[str, Any]:
        def last(a: Any) -> Any:
            return associative_scan(affine, {"a": a, "b": x[:, 0]})["b"][-1]

        return {
            "sizes": {n: associative_scan(np.add, x[:n]) for n in (0, 1, 2, 6)},
            "axis": associative_scan(np.multiply, x, axis=-1),
            "reverse": associative_scan(np.maximum, x, reverse=True),
            "pair": associative_scan(affine, {"a": a, "b": x[:, 0]})["b"],
            "backwards": associative_scan(affine, {"a": a, "b": x[:, 0]}, reverse=True)["b"],
            "matrices": associative_scan(lambda p, q: p @ q, x[:4, :4].reshape(4, 2, 2)),
            "integers": associative_scan(np.add, np.arange(6)),
            "grad": grad(last)(a),
            "vmap": vmap(lambda row: associative_scan(np.add, row))(x),
        }

    got = program(X, FACTORS)
    for n, sums in got["sizes"].items():
        np.testing.assert_allclose(sums, X[:n].cumsum(0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(got["axis"], X.cumprod(1))
    np.testing.assert_array_equal(got["reverse"], np.maximum.accumulate(X[::-1])[::-1])
    np.testing.assert_allclose(got["pair"], recurrence(FACTORS, X[:, 0]), rtol=1e-12)
    np.testing.assert_allclose(
        got["backwards"], recurrence(FACTORS[::-1], X[::-1, 0])[::-1], rtol=1e-12
    )
    matrices = X[:4, :4].reshape(4, 2, 2)
    product = np.eye(2)
    for matrix, found in zip(matrices, got["matrices"], strict=True):
        product = product @ matrix
        np.testing.assert_allclose(found, product, rtol=1e-12)
    np.testing.assert_array_equal(got["integers"], [0, 1, 3, 6, 10, 15])
    assert got["integers"].dtype == np.int64
    step = 1e-6
    for i in range(7):
        shift = np.zeros(7)
        shift[i] = step
        ends = [recurrence(FACTORS + s * shift, X[:, 0])[-1] for s in (1, -1)]
        np.testing.assert_allclose(got["grad"][i], (ends[0] - ends[1]) / (2 * step), atol=1e-8)
    np.testing.assert_allclose(got["vmap"], X.cumsum(1))


def test_errors(user_error: Any) -> None:
    with user_error(ValueError, "elems contains no array"):
        associative_scan(np.add, ())
    with user_error(ValueError, "sizes along axis 0 differ", "elems[0] has shape (7, 5)"):
        associative_scan(lambda a, b: a, (X, X[:3]))
    with user_error(ValueError, "axis 2 is out of range", "(7, 5)"):
        associative_scan(np.add, X, axis=2)
    with user_error(TypeError, "axis must be an int"):
        associative_scan(np.add, X, axis=1.0)  # type: ignore[arg-type]
    with user_error(ValueError, "keep the structure"):
        associative_scan(lambda a, b: (a, b), X)
    with user_error(ValueError, "output was float64[3,5]", "float64[3]"):
        associative_scan(lambda a, b: a.sum(1), X)
    with user_error(TypeError, "output was float64[3,5]", "bool[3,5]"):
        associative_scan(np.less, X)
