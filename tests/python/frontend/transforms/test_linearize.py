"""linearize: values, reuse, other transforms, errors; and what direct vjp keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from xform.frontend import (
    XformError,
    grad,
    jit,
    jvp,
    linearize,
    scan,
    stop_gradient,
    vjp,
    vmap,
    while_loop,
)
from xform_runtime import XformTypeError, XformValueError

X = np.array([0.5, 1.5, 2.0])
W = np.arange(6.0).reshape(2, 3)
T = np.array([1.0, -2.0, 0.25])


def f(x: Any, w: Any) -> dict[str, Any]:
    return {"y": np.tanh(w @ x), "n": (x * x).sum()}


def test_equals_jvp_directly_and_traced() -> None:
    y, pushforward = linearize(f, X, W)
    expected_y, expected = jvp(f, (X, W), (T, W * W))
    for got in (pushforward(T, W * W), pushforward(T, W * W), jit(pushforward)(T, W * W)):
        for key in expected:
            np.testing.assert_allclose(got[key], expected[key], rtol=1e-14)

    @jit
    def inside(x: Any, w: Any) -> Any:
        y, pushforward = linearize(f, x, w)
        return y, pushforward(T, w * w)

    traced_y, traced = inside(X, W)
    for key in expected:
        np.testing.assert_allclose(y[key], expected_y[key], rtol=1e-14)
        np.testing.assert_allclose(traced_y[key], expected_y[key], rtol=1e-14)
        np.testing.assert_allclose(traced[key], expected[key], rtol=1e-14)


def test_equals_torch() -> None:
    def g(x: Any) -> Any:
        return np.exp(x).sum() * x

    y, pushforward = linearize(g, X)
    tensor = torch.tensor(X)
    expected_y, expected = torch.func.linearize(lambda x: torch.exp(x).sum() * x, tensor)
    np.testing.assert_allclose(y, expected_y.numpy(), rtol=1e-14)
    np.testing.assert_allclose(pushforward(T), expected(torch.tensor(T)).numpy(), rtol=1e-14)
    rows = vmap(pushforward)(np.eye(3))
    np.testing.assert_allclose(
        rows, torch.func.jacfwd(lambda x: torch.exp(x).sum() * x)(tensor).numpy().T, rtol=1e-14
    )


def test_linear_map_composes_with_other_transforms() -> None:
    def through(x: Any) -> Any:
        y, pushforward = linearize(lambda x: x * x * x, x)
        return (y + pushforward(T)).sum()

    np.testing.assert_allclose(grad(through)(X), 3 * X * X + 6 * X * T, rtol=1e-14)
    batch = np.stack([X, 2 * X])
    np.testing.assert_allclose(vmap(grad(through))(batch), 3 * batch**2 + 6 * batch * T, rtol=1e-14)
    _, pushforward = linearize(lambda x: x * x, X)
    _, pullback = vjp(pushforward, T)
    np.testing.assert_allclose(pullback(X)[0], 2 * X * X, rtol=1e-14)


def test_integer_outputs_have_zeros_and_float32_stays() -> None:
    x = X.astype(np.float32)
    y, pushforward = linearize(lambda x: (x * x, x.astype(int)), x)
    assert [part.dtype.name for part in y] == ["float32", "int64"]
    dy, dn = pushforward(x)
    np.testing.assert_allclose(dy, 2 * x * x)
    np.testing.assert_array_equal(dn, np.zeros(3, np.int64))
    assert dy.dtype == np.float32


def counted(calls: list[int]) -> Callable[[Any, Any], Any]:
    def function(x: Any, w: Any) -> Any:
        calls.append(1)
        return np.tanh(w @ np.sin(x))

    return function


def test_the_function_runs_once() -> None:
    calls: list[int] = []
    _, pushforward = linearize(counted(calls), X, W)
    _, pullback = vjp(counted(calls), X, W)
    tracings = len(calls)
    first = [pushforward(T, W), pushforward(2 * T, 2 * W)]
    np.testing.assert_allclose(2 * np.asarray(first[0]), first[1], rtol=1e-14)
    cotangent = np.array([1.0, -1.0])
    np.testing.assert_allclose(
        np.vdot(cotangent, np.asarray(first[0])),
        sum(np.vdot(np.asarray(ct), t) for ct, t in zip(pullback(cotangent), (T, W), strict=True)),
        rtol=1e-13,
    )
    assert len(calls) == tracings == 2


def test_unused_inputs_and_stopped_outputs_are_zeros() -> None:
    def g(x: Any, unused: Any) -> Any:
        return x * 2, stop_gradient(x), np.ones(2)

    _, pushforward = linearize(g, X, W)
    moved, stopped, constant = pushforward(T, W)
    np.testing.assert_array_equal(moved, 2 * T)
    np.testing.assert_array_equal(stopped, np.zeros(3))
    np.testing.assert_array_equal(constant, np.zeros(2))
    _, pullback = vjp(g, X, W)
    to_x, to_unused = pullback((T, T, np.ones(2)))
    np.testing.assert_array_equal(to_x, 2 * T)
    np.testing.assert_array_equal(to_unused, np.zeros((2, 3)))


def test_size_zero_and_scalars() -> None:
    y, pushforward = linearize(lambda x: x.sum(), np.zeros(0))
    assert np.asarray(pushforward(np.zeros(0))).item() == 0.0
    y, pushforward = linearize(lambda x: x**3, 2.0)
    assert y.item() == 8.0
    assert pushforward(1.0).item() == 12.0


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: linearize(f), XformValueError, "linearize: needs at least one primal"),
        (lambda: linearize(3, X), XformTypeError, "linearize: expected a function, got int"),
        (
            lambda: linearize(lambda x: x, np.arange(3)),
            XformTypeError,
            "linearize: argument 0 ('x') is int64[3], and only floating arrays",
        ),
        (
            lambda: linearize(lambda x: x, X)[1](T, T),
            XformValueError,
            "jvp_fn: the tangents have the structure (*, *), but the primals has (*,)",
        ),
        (
            lambda: linearize(lambda x: x, X)[1](np.ones(2)),
            XformValueError,
            "jvp_fn: tangents[0] has shape (2,), but the primals has (3,)",
        ),
        (
            lambda: linearize(lambda x: x, X)[1](T.astype(np.float32)),
            XformTypeError,
            "jvp_fn: tangents[0] has dtype float32, but the primals has float64",
        ),
        (
            lambda: linearize(lambda x: None, X),
            XformValueError,
            "the function returned no array",
        ),
    ],
)
def test_errors(
    call: Callable[[], Any], kind: type[Exception], message: str, user_error: Any
) -> None:
    with user_error(kind, message):
        call()


def running(x: Any, w: Any) -> Any:
    """A loop whose number of steps depends on the numbers, in a scan, beside other things."""

    def grown(c: Any, row: Any) -> tuple[Any, Any]:
        i, y, _ = while_loop(
            lambda s: (s[1].sum() < 4) & (s[0] < 9),
            lambda s: (s[0] + 1, s[1] * 1.25 + np.sin(row) * x, s[1].sum()),
            (0, abs(c) * 0.25, 1.0),
        )
        return y, (y * i).sum()

    last, sums = scan(grown, x * x, w)
    return {"last": last, "sums": sums, "other": np.cos(x)}


def test_a_while_loop_runs_again_with_its_tangents() -> None:
    _, expected = jvp(running, (X, W), (T, W * W))
    _, pushforward = linearize(running, X, W)
    rows = np.stack([T, -2 * T])
    for got in (
        pushforward(T, W * W),
        jit(lambda x, w: linearize(running, x, w)[1](T, w * w))(X, W),
        vmap(lambda t: pushforward(t, W * W * t[0] / T[0]))(rows),
    ):
        for key in expected:
            np.testing.assert_allclose(
                np.asarray(got[key]).ravel()[: expected[key].size],
                expected[key].ravel(),
                rtol=1e-13,
            )
    # By one argument alone, most of what is carried has no tangent.
    np.testing.assert_allclose(
        linearize(lambda w: running(X, w), W)[1](W * W)["sums"],
        jvp(lambda w: running(X, w), (W,), (W * W,))[1]["sums"],
        rtol=1e-13,
    )
    with pytest.raises(XformError, match="while_loop has no derivative in reverse mode"):
        vjp(running, X, W)
