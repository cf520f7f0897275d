"""`jit(f, open_sizes=...)`: one program for calls of all sizes."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from xform.errors import XformTypeError, XformValueError
from xform.frontend import grad, jit, size

traced = 0


def step(params: dict[str, Any], x: Any, y: Any, *, rate: Any = 0.1) -> dict[str, Any]:
    global traced
    traced += 1

    def loss(p: dict[str, Any]) -> Any:
        return np.mean((np.tanh(x @ p["w"]) - y) ** 2)

    return {"w": params["w"] - rate * grad(loss)(params)["w"]}


def batch(n: int) -> tuple[dict[str, Any], Any, Any]:
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal((n, 4)), rng.standard_normal((n, 3))
    return {"w": np.ones((4, 3))}, x, y


def test_one_program_serves_all_batches() -> None:
    train = jit(step, open_sizes={"x": "batch", "y": ("batch", 3)})
    plain = jit(step)
    train(*batch(5))
    count = traced
    for n in (1, 8, 100):
        got = train(*batch(n))["w"].numpy()
        assert traced == count
        np.testing.assert_allclose(got, plain(*batch(n))["w"].numpy(), rtol=1e-12)
        count = traced
    # What is not open is fixed by a call, as always.
    train({"w": np.ones((5, 3))}, np.ones((2, 5)), np.ones((2, 3)))
    assert traced > count
    train(*batch(3), rate=np.float64(0.2))
    again = pickle.loads(pickle.dumps(train))
    np.testing.assert_array_equal(again(*batch(8))["w"].numpy(), train(*batch(8))["w"].numpy())


def test_notebooks_show_the_program() -> None:
    double = jit(lambda x: x * 2, open_sizes={"x": "n"})
    assert "Not called yet" in double._repr_html_()
    double(np.ones(3))
    shown = double._repr_html_()
    assert "Not called yet" not in shown
    assert "float64[n]" in shown


def test_calls_are_checked() -> None:
    add = jit(lambda x, y: x + y, open_sizes={"x": size("n", maximum=9), "y": "n"})
    np.testing.assert_array_equal(add(np.ones(3), np.ones(3)).numpy(), np.full(3, 2.0))
    with pytest.raises(XformValueError, match="which is 'n' as well, is 3"):
        add(np.ones(3), np.ones(4))
    with pytest.raises(XformValueError, match="'n' is at most 9"):
        add(np.ones(10), np.ones(10))
    with pytest.raises(XformValueError, match=r"x has shape \(\), and its open sizes are"):
        add(np.float64(1), np.ones(4))


def test_static_arguments_stay_static() -> None:
    power = jit(lambda x, n: x**n, static_argnums=1, open_sizes={"x": ("n",)})
    np.testing.assert_array_equal(power(np.arange(3.0), 2).numpy(), [0, 1, 4])
    np.testing.assert_array_equal(power(np.arange(4.0), 3).numpy(), [0, 1, 8, 27])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"z": "n"}, "no parameter"),
        ({"x": 2.5}, "is a shape of names"),
        ({"x": (..., "n")}, "elsewhere than at its end"),
        ("batch", "is a dict of shapes"),
    ],
)
def test_what_is_no_open_size(given: Any, message: str) -> None:
    with pytest.raises((XformTypeError, XformValueError), match=message):
        jit(lambda x: x, open_sizes=given)
