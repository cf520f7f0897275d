"""once_differentiable: the first derivative is as without it, the second is an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform.frontend import (
    Function,
    XformRuntimeError,
    XformTypeError,
    grad,
    hessian,
    jacrev,
    jit,
    jvp,
    once_differentiable,
    vjp,
    vmap,
)

X = np.array([1.0, 2.0, 3.0])


class Cube(Function):
    """x**3 * w; arrays are kept in both ways."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any, w: Any) -> Any:
        return x**3 * w

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        x, ctx.w = inputs
        ctx.save_for_backward(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, ct: Any) -> Any:
        """The rule."""
        (x,) = ctx.saved_tensors
        return ct * 3 * x**2 * ctx.w, None


def total(x: Any, w: Any) -> Any:
    return Cube.apply(x, w).sum()


def test_first_derivatives() -> None:
    def all_of(x: Any, w: Any) -> Any:
        return {
            "grad": grad(total)(x, w),
            "jacrev": jacrev(Cube.apply)(x, w).sum(0),
            "vmap of grad": vmap(grad(Cube.apply))(x, w),
            "grad of vmap": grad(lambda x: vmap(Cube.apply)(x, w).sum())(x),
            "transposed for forward mode": jvp(lambda x: Cube.apply(x, w), (x,), (x / x,))[1],
            "by what does not reach it": grad(
                lambda u: (grad(total)(x, w) * u).sum(),
            )(x / x),
        }

    for name, value in jit(all_of)(X, X).items():
        np.testing.assert_allclose(value, 3 * X**3, err_msg=name)
    assert Cube.backward.__doc__ == "The rule."


SECOND = {
    "grad of grad": lambda: grad(lambda x: grad(total)(x, X).sum())(X),
    "by an array in an attribute": lambda: grad(lambda w: grad(total)(X, w).sum())(X),
    "hessian": lambda: hessian(total)(X, X),
    "jvp of grad": lambda: jvp(grad(total), (X, X), (X, X)),
    "by the cotangent": lambda: grad(lambda u: vjp(Cube.apply, X, X)[1](u)[0].sum())(X),
    "grad of jvp": lambda: grad(lambda x: jvp(lambda x: total(x, X), (x,), (X,))[1])(X),
    "vmap of grad of grad": lambda: vmap(grad(grad(Cube.apply)))(X, X),
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivatives_raise(name: str) -> None:
    with pytest.raises(XformRuntimeError, match=r"Cube: its backward is marked by once_diff"):
        SECOND[name]()


def test_needs_a_function() -> None:
    with pytest.raises(XformTypeError, match="once_differentiable: expected a function, got int"):
        once_differentiable(3)  # type: ignore[arg-type]
