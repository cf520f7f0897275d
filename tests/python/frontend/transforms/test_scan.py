"""scan: values, derivatives to second order and batches against the unrolled loop in torch.func."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.func
from xform import frontend

RNG = np.random.default_rng(0)
H, X, W = RNG.normal(size=3), RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
HS, XS, WS = (RNG.normal(size=shape) for shape in [(2, 3), (2, 4, 3), (2, 3, 3)])


def cell(m: Any, w: Any) -> Callable[[Any, Any], Any]:
    """A recurrent step that carries a state, a value that is reset and one that never changes."""

    def step(carry: Any, x: Any) -> Any:
        h, last, scale = carry
        new = m.tanh(w @ h + x * scale)
        return (new, x.sum(), scale), {"y": new * last, "x": x * 2}

    return step


def looped(t: Any, h: Any, x: Any, w: Any, *, reverse: bool = False, unroll: int = 1) -> Any:
    """The loop in xform, and written out in torch."""
    if t is frontend:
        carry, ys = frontend.scan(
            cell(np, w), (h, h.sum(), w[0, 0]), x, reverse=reverse, unroll=unroll
        )
        return carry[0], carry[1], ys["y"], ys["x"]
    step = cell(torch, w)
    carry, rows = (h, h.sum(), w[0, 0]), []
    for row in torch.flip(x, [0]) if reverse else x:
        carry, y = step(carry, row)
        rows.append(y)
    if reverse:
        rows.reverse()
    return (
        carry[0],
        carry[1],
        torch.stack([r["y"] for r in rows]),
        torch.stack([r["x"] for r in rows]),
    )


def loss(t: Any) -> Callable[..., Any]:
    def total(h: Any, x: Any, w: Any) -> Any:
        state, last, ys, _ = looped(t, h, x, w)
        return (state**2).sum() + last * (ys**2).sum()

    return total


def nested(t: Any, h: Any, x: Any) -> Any:
    """A loop over rows whose steps are loops over their elements."""
    if t is frontend:

        def outer(carry: Any, row: Any) -> Any:
            return frontend.scan(
                lambda c, e: (np.sin(c * e) + c, c * c), carry, np.stack([row, row * h])
            )

        carry, ys = frontend.scan(outer, h, x)
        return (carry * ys.sum((0, 1))).sum()
    carry, total = h, 0.0
    for row in x:
        for e in (row, row * h):
            total = total + carry * carry
            carry = torch.sin(carry * e) + carry
    return (carry * total).sum()


CASES: dict[str, Callable[[Any, Any], Any]] = {
    "values": lambda t, a: looped(t, a(H), a(X), a(W)),
    "reversed": lambda t, a: looped(t, a(H), a(X), a(W), reverse=True),
    "unrolled": lambda t, a: looped(t, a(H), a(X), a(W), unroll=3),
    "written out": lambda t, a: looped(t, a(H), a(X), a(W), unroll=9, reverse=True),
    "jacrev": lambda t, a: t.jacrev(lambda *xs: looped(t, *xs)[:3], argnums=(0, 1, 2))(
        a(H), a(X), a(W)
    ),
    "jacfwd": lambda t, a: t.jacfwd(lambda *xs: looped(t, *xs)[:3], argnums=(0, 1, 2))(
        a(H), a(X), a(W)
    ),
    "gradient of a reversed loop": lambda t, a: t.grad(
        lambda w: looped(t, a(H), a(X), w, reverse=True, unroll=2)[2].sum()
    )(a(W)),
    "hessian": lambda t, a: t.hessian(loss(t), argnums=(0, 2))(a(H), a(X), a(W)),
    "reverse over reverse": lambda t, a: t.jacrev(t.grad(loss(t), argnums=2), argnums=2)(
        a(H), a(X), a(W)
    ),
    "vmap over rows": lambda t, a: t.vmap(lambda *xs: looped(t, *xs), in_dims=(None, 1, None))(
        a(H), a(np.swapaxes(XS, 0, 1).copy()), a(W)
    ),
    "vmap over the carry": lambda t, a: t.vmap(lambda *xs: looped(t, *xs), in_dims=(0, None, None))(
        a(HS), a(X), a(W)
    ),
    "vmap over a capture": lambda t, a: t.vmap(lambda *xs: looped(t, *xs), in_dims=(None, None, 0))(
        a(H), a(X), a(WS)
    ),
    "vmap of grad": lambda t, a: t.vmap(t.grad(loss(t), argnums=(0, 2)), in_dims=(0, 0, None))(
        a(HS), a(XS), a(W)
    ),
    "grad of vmap": lambda t, a: t.grad(
        lambda w: t.vmap(lambda h, x: loss(t)(h, x, w))(a(HS), a(XS)).sum()
    )(a(W)),
    "nested": lambda t, a: nested(t, a(H), a(X)),
    "gradient of nested": lambda t, a: t.grad(lambda *xs: nested(t, *xs), argnums=(0, 1))(
        a(H), a(X)
    ),
    "forward over reverse of nested": lambda t, a: t.jvp(
        t.grad(lambda h: nested(t, h, a(X))), (a(H),), (a(HS[0]),)
    )[1],
    "vmap of gradient of nested": lambda t, a: t.vmap(t.grad(lambda *xs: nested(t, *xs)))(
        a(HS), a(XS)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_equals_the_unrolled_loop(
    name: str, results: dict[str, Any], equal_leaves: Callable[..., None]
) -> None:
    equal_leaves(results[name], CASES[name](torch.func, torch.from_numpy))


def test_lengths_dtypes_and_structures() -> None:
    @frontend.jit
    def program(x: Any, single: Any) -> dict[str, Any]:
        def count(c: Any, _: Any) -> Any:
            return c + 1, c

        return {
            "none": frontend.scan(lambda c, r: (c * r, c), x[0], x[:0]),
            "none by length": frontend.scan(count, 5, length=0),
            "one": frontend.scan(lambda c, r: (c * r, c), x[0], x[:1]),
            "gradients": [
                frontend.grad(
                    lambda x, n=n: frontend.scan(lambda c, r: (c * r, c), x[0], x[:n])[0].sum()
                )(x)
                for n in (0, 1)
            ],
            "no rows": frontend.scan(count, 5, length=3),
            "number": frontend.scan(lambda c, r: (c + r, None), 0.0, single),
            "reset": frontend.scan(lambda c, r: (0.0, c), single[0], single),
            "tree": frontend.scan(
                lambda c, r: ({"n": c["n"] + 1, "s": [c["s"][0] + r["a"]]}, None),
                {"n": 0, "s": [np.zeros_like(x[0, 0])]},
                {"a": x[:, 0]},
            ),
        }

    got = program(X, X[:, 0].astype(np.float32))
    carry, ys = got["none"]
    np.testing.assert_array_equal(carry, X[0])
    assert ys.shape == (0, 3)
    assert int(got["none by length"][0]) == 5
    assert got["none by length"][1].shape == (0,)
    np.testing.assert_allclose(got["one"][0], X[0] * X[0])
    np.testing.assert_array_equal(got["one"][1], X[:1])
    first = np.zeros_like(X)
    first[0] = 1
    np.testing.assert_allclose(got["gradients"][0], first)
    np.testing.assert_allclose(got["gradients"][1], first * 2 * X[0])
    assert int(got["no rows"][0]) == 8
    np.testing.assert_array_equal(got["no rows"][1], [5, 6, 7])
    assert got["no rows"][1].dtype == np.int64
    assert got["number"][0].dtype == np.float32
    assert got["number"][1] is None
    np.testing.assert_allclose(got["number"][0], X[:, 0].sum(), rtol=1e-5)
    assert got["reset"][0].dtype == np.float32
    assert float(got["reset"][0]) == 0
    np.testing.assert_allclose(got["reset"][1], [X[0, 0], 0, 0, 0], rtol=1e-6)
    assert int(got["tree"][0]["n"]) == 4
    np.testing.assert_allclose(got["tree"][0]["s"][0], X[:, 0].sum())


def test_rows_and_carries_without_elements() -> None:
    def products(x: Any) -> Any:
        return frontend.scan(lambda c, r: ((c[0] * r, c[1] * r), c[1] * c[0]), (1.0, x[:0]), x)

    @frontend.jit
    def program(x: Any, none: Any) -> dict[str, Any]:
        return {
            "output": frontend.scan(lambda c, r: (c + r.sum(), np.zeros((0, 2))), 0.0, x),
            "carry": frontend.scan(lambda c, r: (c + 1, c), x[0, :0], x),
            "row": frontend.scan(lambda c, r: (c + r.sum(), r * 2), 1.0, none, reverse=True),
            "written out": frontend.scan(lambda c, r: (c, r > 0), 1.0, none, unroll=2),
            "nested": frontend.scan(
                lambda c, r: frontend.scan(lambda c, e: (c + e, r[3:]), c, r), 0.0, x
            ),
            "branch": frontend.cond(
                x.sum() > 99, lambda x: frontend.map(lambda r: r[:0], x), lambda x: x[:, 3:], x
            ),
            "map": frontend.map(lambda r: (r * r).sum(), none),
            "tangent": frontend.jvp(products, (x[0],), (x[1],)),
            "gradients": [
                frontend.grad(lambda x: products(x)[0][0])(x[0]),
                frontend.grad(lambda x: frontend.map(lambda r: (r * r).sum(), x).sum())(none),
            ],
            "rows": frontend.vmap(products)(x),
            "no row": frontend.vmap(frontend.grad(lambda x: products(x)[0][0]))(x[:0]),
        }

    got = program(X, np.zeros((4, 0)))
    np.testing.assert_allclose(got["output"][0], X.sum())
    assert got["output"][1].shape == (4, 0, 2)
    assert [y.shape for y in got["carry"]] == [(0,), (4, 0)]
    assert float(got["row"][0]) == 1
    assert got["row"][1].shape == got["written out"][1].shape == (4, 0)
    np.testing.assert_allclose(got["nested"][0], X.sum())
    assert got["nested"][1].shape == (4, 3, 0)
    assert got["branch"].shape == (4, 0)
    np.testing.assert_array_equal(got["map"], np.zeros(4))
    slope = np.prod(X[0]) / X[0]
    (product, empty), outputs = got["tangent"][1]
    np.testing.assert_allclose(product, slope @ X[1])
    assert empty.shape == (0,)
    assert outputs.shape == (3, 0)
    np.testing.assert_allclose(got["gradients"][0], slope)
    assert got["gradients"][1].shape == (4, 0)
    np.testing.assert_allclose(got["rows"][0][0], X.prod(1))
    assert got["rows"][1].shape == (4, 3, 0)
    assert got["no row"].shape == (0, 3)


def test_called_directly() -> None:
    carry, ys = frontend.scan(lambda c, x: (c + x, c * x), np.zeros(3), X, reverse=True)
    np.testing.assert_allclose(carry, X.sum(0))
    assert ys.shape == (4, 3)
    gradient = frontend.grad(lambda h: frontend.scan(cell(np, W), (h, h[0], h[1]), X)[0][0].sum())
    assert gradient(H).shape == (3,)


def test_residuals_are_kept_once() -> None:
    """What is the same in every step is not stacked, and one that nobody reads not computed."""

    def total(w: Any, x: Any) -> Any:
        def step(h: Any, row: Any) -> Any:
            return np.tanh(np.exp(w) @ h + row), h

        return frontend.scan(step, x[0], x)[0].sum()

    text = frontend.jit(frontend.grad(total)).lower(W, X).as_text("expanded")
    assert text.count("xform.exp ") == 1
    assert "4x3x3xf64" not in text


def test_errors(user_error: Any) -> None:
    with user_error(ValueError, "scan: the carry must keep its structure", "(*, *)", "it was *"):
        frontend.scan(lambda c, x: ((c, c), x), H, X)
    with user_error(ValueError, "shapes and dtypes", "float64[3]", "float64[]"):
        frontend.scan(lambda c, x: (x.sum(), x), H, X)
    with user_error(TypeError, "carry['n'] was int64[]", "returned float64[]"):
        frontend.scan(lambda c, x: ({"n": c["n"] * x[0]}, x), {"n": np.int64(1)}, X)
    with user_error(TypeError, "must return a pair (carry, output)", "TracedArray"):
        frontend.scan(lambda c, x: c + x, H, X)  # type: ignore[arg-type, return-value]
    with user_error(TypeError, "a tuple of 3"):
        frontend.scan(lambda c, x: (c, x, x), H, X)  # type: ignore[arg-type, return-value]
    with user_error(ValueError, "leading sizes", "xs[0] has shape (4, 3)", "xs[1] has shape (3,)"):
        frontend.scan(lambda c, x: (c, c), H, (X, H))
    with user_error(ValueError, "length is 3", "leading size 4"):
        frontend.scan(lambda c, x: (c, c), H, X, length=3)
    with user_error(ValueError, "length must be given"):
        frontend.scan(lambda c, x: (c, c), H)
    with user_error(ValueError, "xs['b'] is a scalar"):
        frontend.scan(lambda c, x: (c, c), H, {"a": X, "b": 1.0})
    with user_error(ValueError, "unroll must be at least 1"):
        frontend.scan(lambda c, x: (c, c), H, X, unroll=0)
    with user_error(TypeError, "length must be a Python int, got float"):
        frontend.scan(lambda c, x: (c, c), H, length=2.0)  # type: ignore[arg-type]
    with user_error(TypeError, "init['k']"):
        frontend.scan(lambda c, x: (c, c), {"k": "text"}, X)
    with user_error(TypeError, "must return arrays or numbers", "output is of type str"):
        frontend.scan(lambda c, x: (c, "text"), H, X)
    with user_error(TypeError, "expected a function"):
        frontend.scan(H, H, X)  # type: ignore[arg-type]
