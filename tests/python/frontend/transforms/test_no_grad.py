"""no_grad: what transforms see of a block inside of them, and of one around their call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from xform.frontend import grad, jacfwd, jacrev, jit, jvp, map, no_grad, vjp, vmap
from xform_runtime import XformValueError

X = np.array([0.5, 1.5, 2.0])


def scaled(x: Any) -> Any:
    with no_grad():
        scale = x * x
    return scale * x


def test_respected_inside_of_every_transform() -> None:
    def total(x: Any) -> Any:
        return scaled(x).sum()

    results = jit(
        lambda x: {
            "grad": grad(total)(x),
            "vjp": vjp(scaled, x)[1](np.ones(3))[0],
            "jvp": jvp(scaled, (x,), (np.ones(3),))[1],
            "jacrev": jacrev(scaled)(x).sum(0),
            "jacfwd": jacfwd(scaled)(x).sum(0),
            "vmap": vmap(grad(scaled))(x),
            "second": vmap(grad(grad(scaled)))(x),
        }
    )(X)
    for name, value in results.items():
        expected = np.zeros(3) if name == "second" else X * X
        np.testing.assert_allclose(value, expected, err_msg=name)
    np.testing.assert_allclose(grad(total)(X), X * X)
    tensor = torch.tensor(X)

    def in_torch(x: Any) -> Any:
        with torch.no_grad():
            scale = x * x
        return (scale * x).sum()

    np.testing.assert_allclose(torch.func.grad(in_torch)(tensor).numpy(), X * X)


def test_around_a_transform_only_its_result_is_constant() -> None:
    def cube(x: Any) -> Any:
        return x**3

    with no_grad():
        assert grad(cube)(2.0).item() == 12.0

    def outer(x: Any) -> Any:
        with no_grad():
            slope = grad(cube)(x)
            y, pullback = vjp(cube, x)
            slope = slope + pullback(1.0)[0]
            squares = vmap(lambda row: row * x)(np.ones(2))
            rows = map(lambda row: row * x, np.ones(2))
        return (slope + y) * x + squares.sum() + rows.sum()

    assert grad(outer)(2.0).item() == 2 * 12.0 + 8.0

    def in_torch(x: Any) -> Any:
        with torch.no_grad():
            slope = torch.func.grad(lambda x: x**3)(x)
        return slope * x

    assert torch.func.grad(in_torch)(torch.tensor(2.0)).item() == 12.0


def test_block_ends_and_nests() -> None:
    def function(x: Any) -> Any:
        with no_grad():
            with no_grad():
                a = x * 2
            b = x * 3
        c = x * 5
        return a * b * c

    assert grad(function)(1.0).item() == 30.0

    def interrupted(x: Any) -> Any:
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        return x * x

    assert grad(interrupted)(3.0).item() == 6.0


def test_as_decorator_and_in_place() -> None:
    @no_grad()
    def constant(x: Any, depth: int) -> Any:
        return x * x if depth == 0 else constant(x, depth - 1) + x

    assert grad(lambda x: constant(x, 2) * x)(3.0).item() == 15.0

    def written(x: Any) -> Any:
        y = x * 1.0
        with no_grad():
            y[0] = x[0] * x[0]
            y[1:] *= 2
        return (y * x).sum()

    # Writing makes the whole of y a result of the block.
    np.testing.assert_allclose(grad(written)(X), [X[0] ** 2, 2 * X[1], 2 * X[2]])


def test_integers_and_strict_jvp(user_error: Any) -> None:
    def counted(x: Any) -> Any:
        with no_grad():
            n = (x > 1).sum()
        return x * n

    np.testing.assert_array_equal(grad(lambda x: counted(x).sum())(X), [2.0, 2.0, 2.0])

    def cut(x: Any) -> Any:
        with no_grad():
            return x * 2

    with user_error(XformValueError, "jvp: output does not depend on the primals"):
        jvp(cut, (X,), (X,), strict=True)
    np.testing.assert_array_equal(jvp(cut, (X,), (X,))[1], np.zeros(3))
