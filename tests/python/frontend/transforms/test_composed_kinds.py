"""Programs of two or three families, under grad, vmap(grad) and jit(jvp), against differences.

Each was once refused, or wrong, for what stands beside what in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import tree
from xform.frontend import checkpoint, fori_loop, grad, jit, jvp, map, scan, vmap, while_loop

RNG = np.random.default_rng(0)


def line(n: int) -> Any:
    return np.linspace(0.1, 1, n)


def pairs(q: Any) -> Any:
    """A system of particles, each of which feels all."""

    def step(q: Any, _: Any) -> Any:
        d = q[:, None] - q[None, :]
        r = (d**2).sum(-1) + 1.0
        return q - 0.01 * (d / r[..., None]).sum(1), r.sum()

    return scan(step, q, None, length=4)


def covariance(a: Any) -> Any:
    def add(c: Any, x: Any) -> Any:
        return c + np.outer(x - a.mean(0), x - a.mean(0)), None

    return scan(add, np.zeros((3, 3)), a)[0]


def outer(a: Any) -> Any:
    return map(lambda v: np.outer(v - v.mean(), v - v.mean()), a)


def rollout(a: Any, gains: Any, controls: Any) -> Any:
    """A controlled system, whose states and controls are written into arrays."""

    def turn(t: Any, c: Any) -> Any:
        xs, us = c[0].copy(), c[1].copy()
        u = controls[t] + gains[t] @ xs[t]
        xs[t + 1] = a @ xs[t] + np.ones((2, 1)) @ u
        us[t] = u
        return xs, us

    return fori_loop(0, 6, turn, (np.full((7, 2), 0.5), np.zeros((6, 1))))


def decoded(x: Any, m: Any) -> Any:
    """Greedy choices beside what they are made of."""

    def step(c: Any, i: Any) -> Any:
        h = np.tanh(c[0] @ m)
        return (h, np.where(i < 2, 1, np.argmax(h[:5]))), c[0][c[1]]

    return scan(step, (x, np.int64(0)), np.arange(5))[1]


def strided(a: Any) -> Any:
    return a[0, ::2][::-1], a[:, 4:19:2][:, ::-2] ** 2, a[::2][::-1]


def scattered(x: Any) -> Any:
    """Into what the updates are taken from."""
    places = np.array([5, 9, 1])
    z = (x - np.mean(x)).copy()
    np.add.at(z, places, z[places])
    return z


def beside_its_sort(v: Any) -> Any:
    y = np.sin(v)
    return (
        y - np.median(y),
        y * y + np.sort(y),
        y / (2 + np.percentile(y, 50)),
        y.sum() * np.sort(y),
    )


def unrolled(x: Any) -> Any:
    for _ in range(60):
        x = x * x * 0.1 + 0.5
    return x


def fixed_point(x: Any) -> Any:
    def body(s: Any) -> Any:
        return np.cos(s[0]), np.abs(np.cos(s[0]) - s[0])

    return while_loop(lambda s: s[1] > 1e-3, body, (x, np.array(1.0)))[0]


def halved(x: Any) -> Any:
    return while_loop(lambda s: ~s[1], lambda s: (s[0] / 2, s[0] < 1e-3), (x, np.array(False)))[0]


def picked(x: Any) -> Any:
    def body(s: Any) -> Any:
        return s[0] + np.sin(x[np.argmax(x * s[1])]), s[1] + 1

    return while_loop(lambda s: s[1] < 5, body, (np.array(0.0), np.array(0)))[0]


def two_solves(w: Any, d: Any) -> Any:
    def a(u: Any) -> Any:
        return np.outer(u, u) + np.diag(d)

    return np.linalg.cholesky(a(xnp.linalg.solve(a(w), w, assume_a="positive definite")))


def waves(c: Any) -> Any:
    """A scan of checkpointed scans that write into what they carry, used twice."""

    def total(c: Any) -> Any:
        def step(u: Any, s: Any) -> Any:
            u = (u * c).copy()
            u[5] += s
            return u, u[5]

        inner = checkpoint(lambda u, s: scan(step, u, s))
        return np.sum(scan(inner, np.zeros(8), np.ones((3, 4)))[1] ** 2)

    return total(c - 0.01 * grad(total)(c))


def body(s: Any) -> Any:
    """A rigid one, which turns."""
    inertia = np.array([1.0, 2.0, 3.0])

    def rates(s: Any) -> Any:
        q, w = s[:4], s[4:]
        turned = q[0] * w + np.cross(q[1:], w)
        return np.concatenate(
            [-np.dot(q[1:], w)[None], turned, -np.cross(w, inertia * w) / inertia]
        )

    def step(s: Any, _: Any) -> Any:
        middle = rates(s + 0.05 * rates(s))
        return s + 0.1 * middle, None

    return scan(step, s, None, length=5)[0]


def minimum_of_equals(x: Any) -> Any:
    """Of a smooth square, so that ties do not matter."""
    return checkpoint(lambda v: np.minimum(v, v) ** 2)(np.sin(x))


KINDS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{
        f"sum of a negation {n}": (lambda v: (-np.log(v)).sum() / 99, (line(n),)) for n in (7, 1025)
    },
    **{f"one minus {n}": (lambda v: (1 - v * v).sum(), (line(n),)) for n in (1000, 1024)},
    "deviations": (lambda v: np.sin(v - v.mean(0)), (RNG.random((40, 3)),)),
    "pairs": (pairs, (RNG.normal(size=(4, 3)),)),
    "covariance": (covariance, (RNG.normal(size=(5, 3)),)),
    "outer": (outer, (RNG.normal(size=(4, 3)),)),
    "rollout": (
        rollout,
        (np.eye(2) * 0.9, RNG.normal(size=(6, 1, 2)) * 0.1, RNG.normal(size=(6, 1))),
    ),
    "decoded": (decoded, (RNG.normal(size=9), RNG.normal(size=(9, 9)) / 3)),
    **{f"cumsum {n}": (lambda v: np.cumsum(v * v), (line(n),)) for n in (9, 1023, 1025, 4096)},
    **{f"cumprod {n}": (lambda v: np.cumprod(1 + v / 1e3), (line(n),)) for n in (9, 1024, 2000)},
    "strided": (strided, (RNG.normal(size=(3, 20)),)),
    "scattered": (scattered, (RNG.normal(size=17),)),
    "scattered rows": (scattered, (RNG.normal(size=(17, 3)),)),
    "scattered column": (lambda v: scattered(v[:, 0]), (RNG.normal(size=(17, 3)),)),
    "beside its sort": (beside_its_sort, (np.array([3.0, 1, 2.5, -4, 0.5, 7, 2, -1.2]),)),
    "unrolled": (unrolled, (np.array([0.3, 0.7]),)),
    "fixed point": (fixed_point, (np.array(0.5),)),
    "halved": (halved, (np.array(3.1),)),
    "picked": (picked, (RNG.random(50),)),
    "two solves": (two_solves, (np.array([1.0, 2, 0.5, -1]), np.array([3.0, 1, 2, 4]))),
    "waves": (waves, (np.full(8, 0.3),)),
    "body": (body, (RNG.random(7),)),
    "minimum of equals": (minimum_of_equals, (RNG.normal(size=6),)),
}
# Loops of unknown length have no derivative in reverse mode.
FORWARD_ONLY = ("fixed point", "halved", "picked")


@pytest.mark.parametrize("name", KINDS)
def test_derivatives(name: str) -> None:
    function, args = KINDS[name]

    def total(*args: Any) -> Any:
        return sum(np.sum(np.sin(leaf)) for leaf in tree.leaves(function(*args)))

    ways = tuple(np.cos(np.arange(x.size) + 0.5).reshape(x.shape) for x in args)
    value = jit(total)
    _, slope = jit(lambda *a: jvp(total, a, ways))(*args)
    expected = differences(value, args, ways)
    assert float(slope) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    rows = [np.stack([x, 0.97 * x]) for x in args]
    row_ways = [np.stack([way, -way]) for way in ways]
    _, slopes = jit(lambda *a: jvp(vmap(total), a, tuple(row_ways)))(*rows)
    of_second = differences(value, [x[1] for x in rows], [-way for way in ways])
    np.testing.assert_allclose(slopes, [expected, of_second], rtol=1e-5, atol=1e-6)
    if name in FORWARD_ONLY:
        return
    numbers = tuple(range(len(args)))
    gradient = jit(grad(total, argnums=numbers))(*args)
    assert sum(np.vdot(g, way) for g, way in zip(gradient, ways, strict=True)) == pytest.approx(
        float(slope), rel=1e-9, abs=1e-11
    )
    gradients = jit(vmap(grad(total, argnums=numbers)))(*rows)
    dots = sum(
        (np.asarray(g) * way).reshape(2, -1).sum(1)
        for g, way in zip(gradients, row_ways, strict=True)
    )
    np.testing.assert_allclose(dots, slopes, rtol=1e-9, atol=1e-11)


def differences(value: Any, args: Any, ways: Any) -> float:
    """The slope of a function along ways, by central differences."""
    step = 1e-5
    high, low = (
        float(value(*(x + sign * step * way for x, way in zip(args, ways, strict=True))))
        for sign in (1, -1)
    )
    return (high - low) / (2 * step)
