"""grad and grad_and_value: values by closed form, structures, dtypes and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from xform.frontend import grad, grad_and_value, jit, stop_gradient

X = np.array([0.5, 1.5, 2.0])


@dataclass
class Layer:
    weight: Any
    bias: Any


@dataclass(frozen=True, slots=True)
class Frozen:
    scale: Any
    offset: Any


def test_closed_forms_in_one_program() -> None:
    @jit
    def everything(x: Any, s: Any) -> dict[str, Any]:
        return {
            "square": grad(lambda x: (x * x).sum())(x),
            "unused": grad(lambda x, y: (y * y).sum())(x, x),
            "constant": grad(lambda x: 3.0)(x),
            "last": grad(lambda x, y: (x * y).sum(), argnums=-1)(x, 2 * x),
            "both": grad(lambda x, y: (x * y * y).sum(), argnums=(0, 1))(x, x),
            "one_tuple": grad(lambda x: x.sum(), argnums=(0,))(x),
            "keyword": grad(lambda x, k: (x * k).sum())(x, k=x),
            "dataclass": grad(lambda p: (p.weight * p.bias).sum())(Layer(x, 2 * x)),
            "frozen": grad(lambda p: (p.scale * x + p.offset).sum())(Frozen(s, s)),
            "none": grad(lambda p: p[0].sum())([x, None]),
            "stopped": grad(lambda x: (x * stop_gradient(x)).sum())(x),
            "number": grad(lambda s: s**3)(2.0),
            "nested_aux": grad_and_value(
                lambda x: (x.sum(), {"k": (x, None, "label", 4)}), has_aux=True
            )(x),
        }

    got = everything(X, 0.25)
    np.testing.assert_allclose(got["square"], 2 * X)
    np.testing.assert_array_equal(got["unused"], np.zeros(3))
    np.testing.assert_array_equal(got["constant"], np.zeros(3))
    np.testing.assert_array_equal(got["last"], X)
    np.testing.assert_allclose(got["both"][0], X * X)
    np.testing.assert_allclose(got["both"][1], 2 * X * X)
    assert isinstance(got["one_tuple"], tuple)
    assert len(got["one_tuple"]) == 1
    np.testing.assert_array_equal(got["keyword"], X)
    assert isinstance(got["dataclass"], Layer)
    np.testing.assert_array_equal(got["dataclass"].weight, 2 * X)
    np.testing.assert_array_equal(got["dataclass"].bias, X)
    assert isinstance(got["frozen"], Frozen)
    assert (got["frozen"].scale.item(), got["frozen"].offset.item()) == (X.sum(), 3.0)
    assert isinstance(got["none"], list)
    assert got["none"][1] is None
    np.testing.assert_array_equal(got["stopped"], X)
    assert got["number"].item() == 12.0
    assert got["number"].dtype == "float64"
    gradient, (value, aux) = got["nested_aux"]
    np.testing.assert_array_equal(gradient, np.ones(3))
    assert value.item() == X.sum()
    np.testing.assert_array_equal(aux["k"][0], X)
    assert aux["k"][1] is None
    assert aux["k"][2] == "label"
    assert aux["k"][3].item() == 4


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gradient_has_the_dtype_of_its_input(dtype: str) -> None:
    def mixed(x: Any, y: Any) -> Any:
        return (x * y).sum()

    x, y = X.astype(dtype), np.ones(3)
    gx, gy = grad(mixed, (0, 1))(x, y)
    assert (gx.dtype, gy.dtype) == (np.dtype(dtype), np.dtype("float64"))
    np.testing.assert_allclose(gx, np.ones(3))
    np.testing.assert_allclose(gy, x.astype("float64"))


def test_writing_into_an_argument_stays_inside() -> None:
    def clears(x: Any) -> Any:
        x[0] = 0.0
        return (x * x).sum()

    x = X.copy()

    def outer(x: Any) -> Any:
        return grad(clears)(x), x

    gradient, after = jit(outer)(x)
    np.testing.assert_array_equal(gradient, [0.0, 3.0, 4.0])
    np.testing.assert_array_equal(after, X)
    np.testing.assert_array_equal(x, X)


def test_value_errors(user_error: Any) -> None:
    with user_error(ValueError, "grad: the function must return one floating scalar", "(3,)"):
        grad(lambda x: x * 2)(X)
    with user_error(TypeError, "got tuple of 2", "has_aux=True"):
        grad(lambda x: (x.sum(), x))(X)
    with user_error(TypeError, "NoneType"):
        grad(lambda x: None)(X)
    with user_error(TypeError, "int64[]"):
        grad(lambda x: 3)(X)
    with user_error(TypeError, "bool[]"):
        grad(lambda x: x.sum() > 0)(X)
    with user_error(TypeError, "the value is of type str"):
        grad(lambda x: "text")(X)
    with user_error(TypeError, "(output, aux)", "a tuple of 3"):
        grad(lambda x: (x.sum(), x, x), has_aux=True)(X)
    with user_error(TypeError, "grad_and_value: with has_aux=True", "TracedArray"):
        grad_and_value(lambda x: x.sum(), has_aux=True)(X)


def test_argument_errors(user_error: Any) -> None:
    with user_error(TypeError, "argument 0 ('n') is int64[]", "floating"):
        grad(lambda n: n * 1.0)(3)
    with user_error(TypeError, "argument 0 ('p')['k'] is int64[3]"):
        grad(lambda p: p["k"].sum() * 1.0)({"k": np.arange(3)})
    with user_error(TypeError, "argument 1 ('m') is bool[2]"):
        grad(lambda x, m: x.sum(), argnums=(0, 1))(X, np.array([True, False]))
    with user_error(TypeError, "grad: ", "a real scalar, got complex128[]", "holomorphic=True"):
        grad(lambda x: x.sum())(X * 1j)
    with user_error(TypeError, "holomorphic=True", "argument 0 ('x') is float64[3]"):
        grad(lambda x: x.sum() * 1j, holomorphic=True)(X)
    with user_error(TypeError, "holomorphic=True", "the value is float64[]"):
        grad(lambda x: abs(x).sum(), holomorphic=True)(X * 1j)
    with user_error(IndexError, "argnums 1 is out of range", "1 positional argument"):
        grad(lambda x: x.sum(), argnums=1)(X)
    with user_error(IndexError, "argnums -3 is out of range"):
        grad(lambda x, y: x.sum(), argnums=-3)(X, X)
    with user_error(ValueError, "names argument 0 twice"):
        grad(lambda x, y: x.sum(), argnums=(0, -2))(X, X)
    with user_error(ValueError, "argnums is empty"):
        grad(lambda x: x.sum(), argnums=())
    with user_error(TypeError, "argnums must be an int", "'x'"):
        grad(lambda x: x.sum(), argnums="x")  # type: ignore[arg-type]
    with user_error(ValueError, "contain no array"):
        grad(lambda p, x: x.sum())([], X)
    with user_error(TypeError, "expected a function"):
        grad(X)  # type: ignore[arg-type]


def test_python_if_on_a_traced_value(user_error: Any) -> None:
    def branches(x: Any) -> Any:
        if x[0] > 0:
            return x.sum()
        return (x * x).sum()

    with user_error(TypeError, "where", "in branches"):
        grad(branches)(X)
    with user_error(TypeError, "where", "in branches"):
        jit(grad(branches))(X)


def test_static_values_reach_the_function() -> None:
    def f(x: Any, power: int, flag: bool = False) -> Any:
        total = x.sum() * 0
        for _ in range(power):
            total = total + (x * x).sum()
        return total if flag else -total

    np.testing.assert_allclose(grad(f)(X, power=2, flag=True), 4 * X)
    np.testing.assert_allclose(jit(lambda x: grad(f)(x, 3))(X), -6 * X)
