"""Loops in our own machine code, and around IREE's dispatches, against the plain loop in NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform import frontend

RNG = np.random.default_rng(0)


@pytest.fixture(params=["xform", "iree"], autouse=True)
def compiler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops are written here for programs that are compiled here, and for IREE's others."""
    monkeypatch.setenv("XFORM_COMPILER", request.param)


def looped(
    step: Callable[[Any, Any], Any], init: Any, xs: Any, length: int, *, reverse: bool = False
) -> Any:
    """What scan does, one step after the other; carries and outputs are tuples."""
    carry, rows = init, []
    for i in reversed(range(length)) if reverse else range(length):
        carry, row = step(carry, None if xs is None else tuple(x[i] for x in xs))
        rows.append(row)
    if reverse:
        rows.reverse()
    return carry, tuple(np.stack(column) for column in zip(*rows, strict=True))


def array(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return (RNG.normal(size=shape) * 0.5).astype(dtype)


def several(carry: Any, x: Any) -> Any:
    """A 0-d count, a truth value for each element, a state and the state before it."""
    count, was, h, before = carry
    new = np.tanh(h * x[0] + before)
    is_up = new > h
    return (
        (count + is_up.sum(), is_up, new, h),
        (new.sum(), is_up ^ was, np.where(is_up, new, x[1]), count),
    )


def mixed(dtype: Any) -> tuple[Any, Any]:
    init = np.int64(0), np.array([True, False, True]), array(3, dtype=dtype), array(3, dtype=dtype)
    return init, (array(21, 3, dtype=dtype), array(21, 3, dtype=dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_carries_of_every_kind(dtype: Any) -> None:
    init, xs = mixed(dtype)
    lengths = (0, 1, 2, 19, 20, 21)
    tolerance = {"rtol": 1e-5, "atol": 1e-6}

    def run(init: Any, xs: Any) -> Any:
        return [
            frontend.scan(several, init, tuple(x[:n] for x in xs), reverse=reverse)
            for n, reverse in itertools.product(lengths, (False, True))
        ]

    results = frontend.jit(run)(init, xs)
    for (n, reverse), (carry, ys) in zip(
        itertools.product(lengths, (False, True)), results, strict=True
    ):
        if n == 0:
            assert [y.shape for y in ys] == [(0,), (0, 3), (0, 3), (0,)]
            expected: Any = init
        else:
            expected, rows = looped(several, init, [x[:n] for x in xs], n, reverse=reverse)
            for got, row in zip(ys, rows, strict=True):
                assert got.dtype == row.dtype
                np.testing.assert_allclose(got.numpy(), row, **tolerance)
        for got, value in zip(carry, expected, strict=True):
            np.testing.assert_allclose(got.numpy(), value, **tolerance)


def test_derivatives_of_elements() -> None:
    """The cotangent of an element of what is carried is a pad."""

    def loss(h: Any, xs: Any) -> Any:
        ends, rows = frontend.scan(lambda h, x: (np.sin(h * x), h[0] + h[2:].sum()), h, xs)
        return (ends * rows.sum()).sum()

    h, xs = array(5), array(30, 5)
    derivative = frontend.grad(loss, argnums=(0, 1))
    found = frontend.jit(derivative)(h, xs)
    step = 1e-6
    for argument, gradient in enumerate(found):
        given = [h, xs]
        direction = array(*given[argument].shape)

        def moved(by: float, n: int = argument, d: Any = direction, g: Any = given) -> Any:
            return [x + by * d if i == n else x for i, x in enumerate(g)]

        above, below = (frontend.jit(loss)(*moved(by)) for by in (step, -step))
        np.testing.assert_allclose(
            (np.asarray(gradient) * direction).sum(), (above - below) / (2 * step), rtol=1e-7
        )


BODIES: dict[str, Callable[[Any, Any], Any]] = {
    "swapped": lambda c, a: ((c[1], c[0]), (c[0],)),
    "kept": lambda c, a: ((c[0], c[0] + c[1]), (c[1],)),
    "reductions": lambda c, a: (
        (np.max(a["m"] * c[0], axis=1), np.sum(a["m"] * c[1], axis=0)[:37]),
        (np.min(c[0]), a["m"].sum(1) * c[0]),
    ),
    "products": lambda c, a: (
        (np.tanh(a["w"] @ c[0]), np.tanh(c[1] @ a["w"])),
        (np.outer(c[0], c[1])[:2], c[0] @ c[1], a["m"] @ c[0]),
    ),
    "places": lambda c, a: ((c[0][::-1], np.roll(c[1], 1)), (c[0][np.arange(37) % 5], c[1][3])),
    "shapes": lambda c, a: (
        (c[0].reshape(37, 1)[:, 0], np.concatenate([c[1][1:], c[1][:1]])),
        (np.stack([c[0], c[1]]).T, np.cumsum(c[0])),
    ),
    "pads": lambda c, a: (
        (np.pad(c[0][2:], (1, 1)) + c[1], np.tanh(c[0])),
        (np.pad(c[1], (2, 0)), np.pad(a["m"][:2] * c[0], ((0, 1), (3, 2)))),
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bodies(dtype: Any) -> None:
    init = array(37, dtype=dtype), array(37, dtype=dtype)
    arrays = {"w": array(37, 37, dtype=dtype), "m": array(37, 37, dtype=dtype)}

    def run(init: Any, arrays: Any) -> Any:
        return {
            name: frontend.scan(lambda c, _, b=body: b(c, arrays), init, length=5)
            for name, body in BODIES.items()
        }

    results = frontend.jit(run)(init, arrays)
    for name, body in BODIES.items():
        carry, ys = looped(lambda c, _, b=body: b(c, arrays), init, None, 5)
        tolerance = 1e-4 if dtype == np.float32 else 1e-10
        for got, expected in zip(
            (*results[name][0], *results[name][1]), (*carry, *ys), strict=True
        ):
            np.testing.assert_allclose(
                got.numpy(), expected, rtol=tolerance, atol=tolerance, err_msg=name
            )


def cell(w: Any) -> Callable[[Any, Any], Any]:
    def step(h: Any, x: Any) -> Any:
        new = np.tanh(h @ w + x)
        return new, new

    return step


def loss(w: Any, h: Any, xs: Any) -> Any:
    last, ys = frontend.scan(cell(w), h, xs)
    return (last**2).sum() + (ys[::7] ** 3).sum()


def numpy_loss(w: np.ndarray, h: np.ndarray, xs: np.ndarray) -> Any:
    ys = []
    for x in xs:
        h = np.tanh(h @ w + x)
        ys.append(h)
    return (h**2).sum() + (np.stack(ys)[::7] ** 3).sum()


@pytest.mark.parametrize("shape", [(20, 18), (1, 5), (3,)], ids=str)
def test_gradients(shape: tuple[int, ...]) -> None:
    """Gradients of dense steps, with whole tiles of rows and columns and with what is left over."""
    w, h, xs = array(shape[-1], shape[-1]) * 0.3, array(*shape), array(100, *shape)
    gradients = frontend.jit(frontend.grad(loss, argnums=(0, 1)))
    directions = array(*w.shape), array(*shape)
    slopes = [g.numpy() * d for g, d in zip(gradients(w, h, xs), directions, strict=True)]
    reach = 1e-6
    ends = [numpy_loss(w + r * directions[0], h + r * directions[1], xs) for r in (reach, -reach)]
    expected = (ends[0] - ends[1]) / (2 * reach)
    np.testing.assert_allclose(sum(slope.sum() for slope in slopes), expected, rtol=1e-6)


def test_batched_and_nested_loops() -> None:
    ws, h, xs = array(3, 8, 8) * 0.3, array(8), array(4, 5, 8)

    def nested(w: Any, h: Any, xs: Any) -> Any:
        return frontend.scan(lambda c, rows: frontend.scan(cell(w), c, rows), h, xs)

    batched = frontend.jit(frontend.vmap(nested, in_dims=(0, None, None)))
    last, ys = batched(ws, h, xs)
    for i, w in enumerate(ws):
        state = h
        for j, k in itertools.product(range(4), range(5)):
            state = np.tanh(state @ w + xs[j, k])
            np.testing.assert_allclose(ys.numpy()[i, j, k], state, rtol=1e-10)
        np.testing.assert_allclose(last.numpy()[i], state, rtol=1e-10)


def test_many_results_share_buffers() -> None:
    """More arrays than a dispatch may have."""
    init = tuple(array(4) for _ in range(20))

    def step(carry: Any, x: Any) -> Any:
        carry = tuple(np.sin(c + x[0]) for c in carry)
        return carry, tuple(c * 2 for c in carry)

    xs = (array(6, 4),)
    run = frontend.jit(lambda i, x: frontend.scan(step, tuple(i[k] for k in range(20)), x))
    carry, ys = run(np.stack(init), xs)
    last, rows = looped(step, init, xs, 6)
    for got, expected in zip((*carry, *ys), (*last, *rows), strict=True):
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-10)


def test_large_steps() -> None:
    w, h = array(300, 300, dtype=np.float32) * 0.1, array(300, 300, dtype=np.float32)

    def run(w: Any, h: Any) -> Any:
        return frontend.scan(lambda c, _: (np.tanh(c @ w), None), h, length=3)[0]

    expected = np.tanh(np.tanh(np.tanh(h @ w) @ w) @ w)
    np.testing.assert_allclose(frontend.jit(run)(w, h).numpy(), expected, rtol=1e-3, atol=1e-4)


def test_half_precision() -> None:
    h, xs = array(5, dtype=np.float16), array(45, 5, dtype=np.float16)

    def run(h: Any, xs: Any) -> Any:
        return frontend.scan(lambda c, x: (c * x + x, c), h, xs)

    carry, ys = frontend.jit(run)(h, xs)
    state = h
    for x, y in zip(xs, ys.numpy(), strict=True):
        np.testing.assert_allclose(y, state, rtol=1e-2, atol=1e-3)
        state = state * x + x
    np.testing.assert_allclose(carry.numpy(), state, rtol=1e-2, atol=1e-3)
