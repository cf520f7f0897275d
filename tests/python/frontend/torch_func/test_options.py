"""Every option of the transforms, alone and between others, against torch.func."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, product
from typing import Any

import numpy as np
import optree
import pytest
import torch
import torch.func
from comparison import Case, in_programs, is_shape, require_equal
from functions import Pair
from xform import frontend, random

V, W, S = (3,), (2, 3), ()
Tree = {"w": W, "b": [(2,)]}


def layer(m: Any) -> Callable[..., Any]:
    return lambda p, x: m.tanh(p["w"] @ x + p["b"][0])


def two(m: Any) -> Callable[..., Any]:
    return lambda x, y: (x * y * y, (x * x).sum())


def loss(m: Any) -> Callable[..., Any]:
    return lambda x, y: (x * x * y).sum() * x[0]


def batched(shapes: Any, dims: Any, size: int = 4) -> tuple[Any, ...]:
    """Shapes with an axis of `size` at each in_dim, which is an int or None for each argument."""

    def at(dim: int | None, shape: tuple[int, ...]) -> tuple[int, ...]:
        if dim is None:
            return shape
        place = dim % (len(shape) + 1)
        return (*shape[:place], size, *shape[place:])

    return tuple(
        optree.tree_map(lambda shape, dim=dim: at(dim, shape), part, is_leaf=is_shape)
        for dim, part in zip(dims, shapes, strict=True)
    )


def dims() -> Iterator[tuple[str, tuple[Any, ...], Callable[..., Any]]]:
    """in_dims and out_dims: ints, None, negative, prefixes and whole structures."""
    ins = [(0, 0), (1, None), (None, -1), (-1, 0), (-2, 1), (0, None)]
    outs = [0, (1, 0), (-1, 0), (-2, -1), (1, 0), (0, 0)]
    for in_dims, out_dims in zip(ins, outs, strict=True):
        yield (
            f"vmap {in_dims} to {out_dims}",
            batched((V, V), in_dims),
            lambda t, m, x, y, i=in_dims, o=out_dims: t.vmap(two(m), i, o)(x, y),
        )
    for transform in ("jacrev", "jacfwd"):
        yield (
            f"vmap (0, None) to 2 of {transform}",
            batched((V, V), (0, None)),
            lambda t, m, x, y, w=transform: t.vmap(
                getattr(t, w)(lambda x, y: x * y * y), (0, None), 2
            )(x, y),
        )
    yield (
        "vmap shared parameters",
        ({"w": W, "b": [(2,)]}, (4, 3)),
        lambda t, m, p, x: t.vmap(layer(m), (None, 0))(p, x),
    )
    yield (
        "vmap a prefix",
        ({"w": (2, 4, 3), "b": [(2, 4)]}, V),
        lambda t, m, p, x: t.vmap(layer(m), (1, None), -1)(p, x),
    )
    yield (
        "vmap a structure",
        ({"w": (4, 2, 3), "b": [(2,)]}, (3, 4)),
        lambda t, m, p, x: t.vmap(layer(m), ({"w": 0, "b": [None]}, 1))(p, x),
    )
    yield (
        "vmap per-sample gradients",
        (Tree, (4, 3)),
        lambda t, m, p, x: t.vmap(t.grad(lambda p, x: layer(m)(p, x).sum()), (None, 0))(p, x),
    )
    yield (
        "vmap out_dims of a structure",
        ((4, 3),),
        lambda t, m, x: t.vmap(
            lambda x: {"a": x * x, "b": Pair(x[:, None] * x, x.sum())},
            out_dims={"a": 1, "b": Pair(-2, 0)},
        )(x),
    )
    yield (
        "vmap shared by an inner vmap",
        ((4, 3), (2, 3)),
        lambda t, m, x, y: t.vmap(t.vmap(lambda x, y: x @ y, (None, 0)), (0, None))(x, y),
    )
    yield (
        "vmap different sizes",
        ((4, 3), (5, 3)),
        lambda t, m, x, y: t.vmap(t.vmap(lambda x, y: x * y, (0, None)), (None, 0), 2)(x, y),
    )
    yield (
        "vmap axes exchanged",
        ((3, 4, 2),),
        lambda t, m, x: t.vmap(t.vmap(lambda x: x * x, 1, 0), 1, -1)(x),
    )
    yield (
        "vmap keyword",
        ((4, 3), (3,)),
        lambda t, m, x, k: t.vmap(lambda x, k: x * k)(x, k=k),
    )
    yield (
        "vmap none in out_dims",
        ((4, 3), (3,)),
        lambda t, m, x, y: t.vmap(lambda x, y: (x * y, y * y), (0, None), (0, None))(x, y),
    )


def argnums() -> Iterator[tuple[str, tuple[Any, ...], Callable[..., Any]]]:
    """argnums, as an int and as tuples, for all that take it."""
    choices = [1, -1, (0,), (1, 0), (-1,)]
    # torch's jacfwd takes a negative number and returns zeros.
    counted_from_the_end = (-1, (-1,))
    for transform, numbers in product(("grad", "grad_and_value"), choices):
        yield (
            f"{transform} by {numbers}",
            (V, V),
            lambda t, m, x, y, w=transform, n=numbers: getattr(t, w)(loss(m), n)(x, y),
        )
    for transform, numbers in product(("jacrev", "jacfwd"), choices):
        if transform == "jacfwd" and numbers in counted_from_the_end:
            continue
        yield (
            f"{transform} by {numbers}",
            (V, V),
            lambda t, m, x, y, w=transform, n=numbers: getattr(t, w)(two(m), n)(x, y),
        )
    for numbers in (1, (0,), (0, 1)):
        yield (
            f"hessian by {numbers}",
            (V, V),
            lambda t, m, x, y, n=numbers: t.hessian(loss(m), n)(x, y),
        )
    yield (
        "jacrev by a tree and an array",
        (Tree, V),
        lambda t, m, p, x: t.jacrev(layer(m), (0, 1))(p, x),
    )
    yield (
        "jacfwd by a tree and an array",
        (Tree, V),
        lambda t, m, p, x: t.jacfwd(layer(m), (1, 0))(p, x),
    )
    yield (
        "vmap of jacrev by both",
        ((4, 3), (4, 3)),
        lambda t, m, x, y: t.vmap(t.jacrev(two(m), (0, 1)))(x, y),
    )
    yield (
        "grad by an outer argument of an inner gradient",
        (V, V),
        lambda t, m, x, y: t.grad(
            lambda x, y: (t.grad(loss(m), 1)(x, y) * y).sum(), argnums=(0, 1)
        )(x, y),
    )


def aux() -> Iterator[tuple[str, tuple[Any, ...], Callable[..., Any]]]:
    """has_aux, whose second output may be any pytree."""

    def scalar(x: Any) -> Any:
        return (x * x).sum(), {"twice": x * 2, "rest": (x.sum(), [x])}

    def vector(x: Any) -> Any:
        return {"y": x * x}, (x + 1, [x.sum()])

    functions = {"grad": scalar, "grad_and_value": scalar, "jacrev": vector, "jacfwd": vector}
    for word, f in functions.items():
        yield (
            f"{word} aux",
            (V,),
            lambda t, m, x, w=word, f=f: getattr(t, w)(f, has_aux=True)(x),
        )
        yield (
            f"vmap of {word} aux",
            ((4, 3),),
            lambda t, m, x, w=word, f=f: t.vmap(getattr(t, w)(f, has_aux=True))(x),
        )
    yield (
        "vjp aux",
        (V,),
        lambda t, m, x: (lambda y, pullback, aux: (y, pullback({"y": x}), aux))(
            *t.vjp(vector, x, has_aux=True)
        ),
    )
    yield (
        "jvp aux",
        (V, V),
        lambda t, m, x, v: t.jvp(vector, (x,), (v,), has_aux=True),
    )
    yield (
        "grad of a gradient's aux",
        (V,),
        lambda t, m, x: t.grad(lambda x: (t.grad(scalar, has_aux=True)(x)[1]["twice"] * x).sum())(
            x
        ),
    )
    yield (
        "grad of a pullback's aux",
        (V,),
        lambda t, m, x: t.grad(lambda x: (t.vjp(vector, x, has_aux=True)[2][0] * x).sum())(x),
    )
    yield (
        "grad of a jvp's aux",
        (V,),
        lambda t, m, x: t.grad(lambda x: t.jvp(vector, (x,), (x,), has_aux=True)[2][1][0] * x[0])(
            x
        ),
    )
    yield (
        "jacrev of jacfwd aux",
        (V,),
        lambda t, m, x: t.jacrev(t.jacfwd(vector, has_aux=True))(x),
    )
    yield (
        "aux of both of two",
        (V,),
        lambda t, m, x: t.jacfwd(lambda x: t.jacrev(vector, has_aux=True)(x), has_aux=True)(x),
    )


def chunks() -> Iterator[tuple[str, tuple[Any, ...], Callable[..., Any]]]:
    """chunk_size, dividing the rows and not, around other transforms and within them."""
    for size in (1, 2, 3, 9):
        yield (
            f"vmap by {size}",
            ((3, 4), V),
            lambda t, m, x, y, n=size: t.vmap(two(m), (1, None), (1, 0), chunk_size=n)(x, y),
        )
        yield (
            f"jacrev by {size}",
            (V, V),
            lambda t, m, x, y, n=size: t.jacrev(two(m), (0, 1), chunk_size=n)(x, y),
        )
    yield (
        "vmap of grad by 3",
        ((4, 3), (4, 3)),
        lambda t, m, x, y: t.vmap(t.grad(loss(m)), chunk_size=3)(x, y),
    )
    yield (
        "grad of vmap by 3",
        ((4, 3),),
        lambda t, m, x: t.grad(lambda x: t.vmap(lambda x: x * x * x, chunk_size=3)(x).sum())(x),
    )
    yield (
        "jacfwd of jacrev by 2",
        (V, V),
        lambda t, m, x, y: t.jacfwd(t.jacrev(loss(m), chunk_size=2))(x, y),
    )
    yield (
        "vmap of jacrev by 2",
        ((4, 3), (4, 3)),
        lambda t, m, x, y: t.vmap(t.jacrev(two(m), chunk_size=2))(x, y),
    )


FAMILIES = {"dims": dims, "argnums": argnums, "aux": aux, "chunks": chunks}


def cases(family: str) -> Iterator[Case]:
    for (name, shapes, run), dtype in zip(FAMILIES[family](), cycle(("float64", "float32"))):
        yield Case(name, shapes, run, dtype)


@pytest.mark.parametrize(
    "group", in_programs(case for family in FAMILIES for case in cases(family))
)
def test_options(group: list[Case]) -> None:
    require_equal(group)


@pytest.mark.parametrize("chunk", [None, 2])
def test_randomness_has_the_structures_of_torch(chunk: int | None) -> None:
    """Draws that are the same and different: shapes, and which rows are alike, as torch's."""
    x = np.ones((4, 3))

    def draws(randomness: str) -> Any:
        def row(x: Any) -> Any:
            return x * random.uniform(random.key(0), (2, 3))

        return frontend.vmap(row, randomness=randomness, chunk_size=chunk)

    def torch_draws(randomness: str) -> Any:
        return torch.func.vmap(
            lambda x: x * torch.rand(2, 3, dtype=torch.float64),
            randomness=randomness,
            chunk_size=chunk,
        )

    for randomness in ("same", "different"):
        got = np.asarray(draws(randomness)(x))
        expected = torch_draws(randomness)(torch.from_numpy(x)).numpy()
        assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
        alike = np.all(got[:1] == got)
        # torch draws "same" once for each chunk.
        assert alike == np.all(expected[:1] == expected) or chunk is not None
        assert alike == (randomness == "same")
