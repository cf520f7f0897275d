"""What vmap's randomness says of draws with keys that rows share, and with keys of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from xform import random
from xform.frontend import (
    cond,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jvp,
    map,
    scan,
    switch,
    vjp,
    vmap,
    while_loop,
)

KEY = np.asarray(random.key(5))
X = np.arange(5.0)
TABLE = np.arange(12.0).reshape(4, 3)


def noise(x: Any) -> Any:
    """Draws with a key that all rows share."""
    return x + random.uniform(KEY, x.shape)


def drawn(row: Any, shape: tuple[int, ...] = ()) -> Any:
    """What a row of a vmap with randomness="different" draws."""
    return random.uniform(random.fold_in(KEY, row), shape)


def test_one_draw_or_many() -> None:
    @jit
    def everything(x: Any) -> dict[str, Any]:
        fresh = vmap(noise, randomness="different")
        return {
            "single": noise(x[0]),
            "same": vmap(noise, randomness="same")(x),
            "different": fresh(x),
            "rows": [x[i] + drawn(i) for i in range(5)],
            "chunks": [vmap(noise, randomness="different", chunk_size=n)(x) for n in (1, 2, 3, 4)],
            "columns": vmap(noise, 1, 1, randomness="different")(x.reshape(1, 5)),
            "empty": fresh(x[:0]),
            "unused": vmap(lambda v: (v, random.uniform(KEY)), 0, (0, None), "same")(x)[1],
        }

    got = everything(X)
    want = np.array([np.asarray(row) for row in got["rows"]])
    np.testing.assert_array_equal(got["same"], X + np.asarray(got["single"]))
    np.testing.assert_array_equal(got["different"], want)
    assert len(set((want - X).tolist())) == 5
    for chunks in got["chunks"]:
        np.testing.assert_array_equal(chunks, want)
    np.testing.assert_array_equal(got["columns"], want[None])
    assert got["empty"].shape == (0,)
    np.testing.assert_array_equal(got["unused"], np.asarray(got["single"]))


@pytest.mark.parametrize("outer", ["error", "same", "different"])
@pytest.mark.parametrize("inner", ["error", "same", "different"])
def test_nested_modes_are_torchs(outer: str, inner: str) -> None:
    """Where torch raises we raise, and equal draws are equal in the same places."""

    def ours(x: Any) -> Any:
        return vmap(vmap(noise, randomness=inner), randomness=outer)(x) - x

    def theirs(x: Any) -> Any:
        drawing = torch.func.vmap(lambda v: v * 0 + torch.rand(()), randomness=inner)
        return torch.func.vmap(drawing, randomness=outer)(x)

    if "error" in (inner, outer):
        for function, x in ((ours, TABLE), (theirs, torch.tensor(TABLE))):
            with pytest.raises(RuntimeError, match="random"):
                function(x)
        return
    got, want = np.asarray(jit(ours)(TABLE)).round(9), theirs(torch.tensor(TABLE)).numpy()
    pattern = np.unique(got, return_inverse=True)[1].reshape(4, 3)
    wanted = np.unique(want, return_inverse=True)[1].reshape(4, 3)
    same = pattern[..., None, None] == pattern
    np.testing.assert_array_equal(same, wanted[..., None, None] == wanted)


def test_under_other_transforms() -> None:
    def weighted(x: Any) -> Any:
        return (x * x * random.uniform(KEY, x.shape)).sum()

    def loop(x: Any) -> Any:
        return map(lambda row, key: row + random.uniform(key), x, KEY)

    @jit
    def everything(x: Any) -> dict[str, Any]:
        rows = range(len(TABLE))
        weights = [drawn(i, (3,)) for i in rows]
        one = random.uniform(KEY, (3,))
        different = {"randomness": "different"}
        return {
            "grad": (
                vmap(grad(weighted), **different)(x),
                [2 * x[i] * weights[i] for i in rows],
            ),
            "grad of vmap": (
                grad(lambda v: vmap(weighted, **different)(v).sum())(x),
                [2 * x[i] * weights[i] for i in rows],
            ),
            "jvp": (
                vmap(lambda v: jvp(weighted, (v,), (v,))[1], **different)(x),
                [(2 * x[i] * x[i] * weights[i]).sum() for i in rows],
            ),
            "vjp": (
                vmap(lambda v: vjp(noise, v)[1](v)[0], **different)(x),
                [x[i] for i in rows],
            ),
            "jacobians draw once": (
                [jacrev(noise)(x[0]), jacfwd(noise)(x[0]), hessian(weighted)(x[0])],
                [np.eye(3), np.eye(3), 2 * np.eye(3) * one],
            ),
            "jacobian of each row": (
                vmap(jacrev(lambda v: v * random.uniform(KEY, (3,))), **different)(x),
                [np.eye(3) * weights[i] for i in rows],
            ),
            "in a map": (
                map(lambda row: vmap(noise, **different)(row), x),
                [x[i] + np.stack([drawn(j) for j in range(3)]) for i in rows],
            ),
            "map inside": (
                vmap(loop, **different)(x),
                [x[i] + drawn(i) for i in rows],
            ),
            "map inside, same": (
                vmap(loop, randomness="same")(x),
                [x[i] + random.uniform(KEY) for i in rows],
            ),
            "rows at a time": (
                map(noise, x, batch_size=2),
                [x[i] + one for i in rows],
            ),
        }

    for name, (got, want) in everything(TABLE).items():
        for g, w in zip(np.asarray(got) if not isinstance(got, list) else got, want, strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-12, err_msg=name)


def test_keys_of_rows_are_used_row_by_row() -> None:
    """In every mode, also where they are split, folded and passed through a map."""
    keys = np.asarray(random.split(KEY, 4))

    def draw(key: Any, x: Any) -> Any:
        first, second = random.split(key)
        inner = map(lambda v, k: v + random.uniform(k), x, second)
        return random.uniform(random.fold_in(first, 3), (2,)), inner

    @jit
    def everything(keys: Any, x: Any) -> Any:
        batched = [vmap(draw, randomness=r)(keys, x) for r in ("error", "same", "different")]
        return batched, [draw(keys[i], x[i]) for i in range(4)]

    batched, loop = everything(keys, TABLE)
    for got in batched:
        for column, rows in zip(got, zip(*loop, strict=True), strict=True):
            np.testing.assert_array_equal(column, np.stack([np.asarray(row) for row in rows]))


def test_splitting_is_no_draw() -> None:
    got = vmap(lambda x: random.fold_in(random.split(KEY)[0], 1) + x.astype("uint32"))(X)
    want = np.asarray(random.fold_in(np.asarray(random.split(KEY))[0], 1))
    np.testing.assert_array_equal(got, want + X[:, None].astype(np.uint32))


def test_errors(user_error: Callable[..., Any]) -> None:
    def second(x: Any) -> Any:
        key = jit(lambda v, k: (v, random.split(k)[0]))(x, KEY)[1]
        return x + random.normal(key)

    choices = ("a key that all rows share", 'randomness="different"', 'randomness="same"', "split")
    place = f"{__file__}:{noise.__code__.co_firstlineno + 2}"
    with user_error(RuntimeError, "vmap: random numbers are drawn", place, *choices):
        vmap(noise)(X)
    for function in (second, grad(noise), jacrev(noise), lambda x: map(noise, x[None])):
        with user_error(RuntimeError, *choices):
            vmap(function)(X)
    with user_error(RuntimeError, *choices):
        jit(vmap(vmap(noise, randomness="different")))(TABLE)
    with user_error(ValueError, "output has None in out_dims"):
        vmap(lambda x: random.uniform(KEY), out_dims=None, randomness="different")(X)


def test_control_flow() -> None:
    """Each row's number reaches the draws of loops and branches."""
    xs = np.arange(3.0)

    def shared(total: Any, x: Any) -> Any:
        return total + x * random.uniform(KEY), random.uniform(KEY)

    def chain(key: Any, x: Any) -> Any:
        key, own = random.split(key)
        return key, x + random.uniform(own)

    def late(key: Any, x: Any) -> Any:
        """From the second step on the key is the row's own."""
        return random.fold_in(key, x.astype("uint32")), random.uniform(key)

    def reset(key: Any, x: Any) -> Any:
        """From the second step on all rows share the key."""
        return KEY, random.uniform(key) + x

    def chosen(x: Any) -> Any:
        return switch((x % 3).astype("int32"), [noise, lambda v: v, lambda v: -noise(v)], x)

    def stepped(x: Any) -> Any:
        return while_loop(lambda v: v < 4, lambda v: v + random.uniform(KEY), x)

    def asked(x: Any) -> Any:
        return while_loop(lambda v: v < 9 * random.uniform(KEY), lambda v: v + 1, x)

    def nested(x: Any) -> Any:
        return scan(lambda c, v: (cond(v > 0, noise, lambda u: u, c), v), x, xs)[0]

    @jit
    def everything(x: Any) -> dict[str, Any]:
        def each(function: Callable[[Any], Any]) -> Any:
            return vmap(function, randomness="different")(x)

        def by_key(step: Callable[..., Any]) -> Any:
            return each(lambda v: scan(step, KEY, v * np.ones(2))[1])

        def by_own_key(v: Any) -> Any:
            own = random.fold_in(KEY, v.astype("uint32"))
            return scan(reset, own, np.zeros(2))[1]

        first, second = chain(KEY, 0)[0], random.split(KEY)[1]
        uniform = [drawn(i) for i in range(5)]
        return {
            "scan": (
                each(lambda v: scan(shared, v, xs)),
                [(x[i] + 3 * u, [u] * 3) for i, u in enumerate(uniform)],
            ),
            "carried key": (
                by_key(chain),
                [
                    [
                        x[i] + random.uniform(random.fold_in(own, i))
                        for own in (second, random.split(first)[1])
                    ]
                    for i in range(5)
                ],
            ),
            "late": (
                by_key(late),
                [
                    [drawn(i), random.uniform(random.fold_in(random.fold_in(KEY, i), i))]
                    for i in range(5)
                ],
            ),
            "reset": (
                each(by_own_key),
                [
                    [random.uniform(random.fold_in(random.fold_in(KEY, i), i)), drawn(i)]
                    for i in range(5)
                ],
            ),
            "switch": (
                each(chosen),
                [[x[i] + u, x[i], -x[i] - u][i % 3] for i, u in enumerate(uniform)],
            ),
            "nested": (each(nested), [x[i] + 2 * u for i, u in enumerate(uniform)]),
            "while": (each(stepped), uniform),
            "condition": (each(asked), uniform),
        }

    for name, (got, want) in everything(X).items():
        leaves = got if isinstance(got, tuple) else (got,)
        columns = zip(*want, strict=True) if isinstance(got, tuple) else (want,)
        for g, w in zip(leaves, columns, strict=True):
            wanted = np.array(
                [np.asarray([np.asarray(v) for v in r] if isinstance(r, list) else r) for r in w]
            )
            if name == "while":
                wanted = X + np.maximum(0, np.ceil((4 - X) / wanted)) * wanted
            if name == "condition":
                wanted = X + np.maximum(0, np.ceil(9 * wanted - X))
            np.testing.assert_allclose(g, wanted, rtol=1e-12, err_msg=name)

    for function in (
        lambda v: scan(shared, v, xs),
        lambda v: scan(late, KEY, v * np.ones(2)),
        lambda v: scan(reset, random.fold_in(KEY, v.astype("uint32")), xs),
        lambda v: random.uniform(scan(chain, KEY, v * np.ones(2))[0]),
        lambda v: random.uniform(
            cond(v > 0, random.split, lambda k: random.split(k)[::-1], KEY)[0]
        ),
        chosen,
        stepped,
        asked,
        nested,
    ):
        with pytest.raises(RuntimeError, match="a key that all rows share"):
            vmap(function)(X)
