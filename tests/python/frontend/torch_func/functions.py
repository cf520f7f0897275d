"""The functions under the transforms, each written once against a namespace: NumPy's or torch's.

A row is a name, the shapes of its arguments and what makes the function of a namespace. Shapes are
tuples of ints in any pytree; 0-d is ().
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple

Pair = namedtuple("Pair", "left right")


class Row(NamedTuple):
    """A function for each namespace, and the shapes that it takes."""

    name: str
    shapes: tuple[Any, ...]
    make: Callable[[Any], Callable[..., Any]]


V, W, S = (3,), (2, 3), ()


def _written(m: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        y = x * 1
        y[0] = x[1] * x[2]
        y[1:] *= x[:-1]
        return y

    return f


def _rolled(m: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        for step in range(2):
            x = x * x * (step + 1) + m.roll(x, 1, 0)
        return x

    return f


ELEMENTWISE = [
    Row("product", (V,), lambda m: lambda x: m.sin(x) * x),
    Row("quotient", (V,), lambda m: lambda x: x**3 / (1 + x * x)),
    Row("softplus", (V,), lambda m: lambda x: m.log1p(m.exp(x)) - m.sqrt(x)),
    Row("where", (V,), lambda m: lambda x: m.where(x > 0.6, m.tanh(x), x * x)),
    Row("clip", (V,), lambda m: lambda x: m.clip(x, 0.4, 0.9) * x),
    Row("maximum", (V, V), lambda m: lambda x, y: m.maximum(x, y) * m.minimum(x * x, y)),
    Row("arctan2", (V, V), lambda m: lambda x, y: m.arctan2(x, y)),
    Row("power", (V, V), lambda m: lambda x, y: x**y),
    Row("broadcast", (W, V, S), lambda m: lambda w, x, s: w * x + s),
    Row("scalar", (S,), lambda m: lambda t: m.exp(m.sin(t)) * t),
    Row("matrix", (W,), lambda m: lambda w: m.cos(w) * w),
    Row("loop", (V,), _rolled),
]

REDUCTIONS = [
    Row("sum", (W,), lambda m: lambda w: (w * w).sum(0)),
    Row("mean", (W,), lambda m: lambda w: m.exp(w).mean()),
    Row("var", (V,), lambda m: lambda x: m.var(x, correction=1)),
    Row("amax", (W,), lambda m: lambda w: m.amax(w, 1)),
    Row("prod", (V,), lambda m: lambda x: x.prod(0)),
    Row("cumsum", (V,), lambda m: lambda x: m.cumsum(x * x, 0)),
    Row("logsumexp", (W,), lambda m: lambda w: m.log(m.exp(w).sum(-1))),
    Row("norm", (V,), lambda m: lambda x: m.linalg.norm(x)),
]

CONTRACTIONS = [
    Row("affine", (W, V, (2,)), lambda m: lambda w, x, b: m.tanh(w @ x + b)),
    Row("quadratic", (V, (3, 3)), lambda m: lambda x, a: x @ (a @ x)),
    Row("gram", (W,), lambda m: lambda w: w @ w.T),
    Row("einsum", (W, V), lambda m: lambda w, x: m.einsum("ij,j,j->i", w, x, x)),
    Row("outer", (V, (2,)), lambda m: lambda x, y: m.outer(x, y)),
    Row("batched", ((2, 2, 3), V), lambda m: lambda b, x: b @ x),
]

INDEXING = [
    Row("slices", (V,), lambda m: lambda x: x[1:] * x[:-1]),
    Row("gather", (V,), lambda m: lambda x: x[[2, 0, 0]] * x),
    Row("element", (W,), lambda m: lambda w: w[1, -1] * w[0]),
    Row("new_axis", (V,), lambda m: lambda x: x[:, None] * x[None, 1:]),
    Row("flip", (V,), lambda m: lambda x: m.flip(x, (0,)) * x),
    Row("concatenate", (V,), lambda m: lambda x: m.concatenate([x * x, x[:1]])),
    Row("stack", (V, V), lambda m: lambda x, y: m.stack([x * y, y, x], 1)),
    Row("reshape", (W,), lambda m: lambda w: w.reshape(3, 2) @ w),
    Row("diagonal", ((3, 3),), lambda m: lambda a: m.diagonal(a) * a[0]),
    Row("triu", ((3, 3),), lambda m: lambda a: m.triu(a) @ a[0]),
    Row("written", (V,), _written),
]

STRUCTURES = [
    Row("identity", (V,), lambda m: lambda x: x),
    Row("pair_out", (V,), lambda m: lambda x: (x * x, m.sin(x).sum())),
    Row(
        "dict_in",
        ({"b": V, "a": W},),
        lambda m: lambda p: m.tanh(p["a"] @ p["b"]),
    ),
    Row(
        "dict_out",
        (V,),
        lambda m: lambda x: {"z": x * x, "a": [x.sum(), (x[0] * x,)]},
    ),
    Row(
        "tree_in_and_out",
        ({"w": W, "rest": [V, (S,)]}, V),
        lambda m: (
            lambda p, x: {
                "y": (p["w"] @ p["rest"][0], p["rest"][1][0] * x),
                "x": [x * p["rest"][0]],
            }
        ),
    ),
    Row(
        "namedtuple",
        (Pair(V, [S]),),
        lambda m: lambda p: Pair([p.left * p.right[0]], p.left.sum()),
    ),
    Row("unused", (V, W), lambda m: lambda x, w: m.sin(x)),
    Row("unused_leaf", ({"used": V, "unused": W},), lambda m: lambda p: p["used"] * p["used"]),
    Row("constant", (V,), lambda m: lambda x: m.ones((2,), dtype=x.dtype)),
    Row("constant_too", (V,), lambda m: lambda x: (x * x, m.ones((2,), dtype=x.dtype))),
    Row("same_twice", (V,), lambda m: lambda x: (x, x)),
    Row("apart", (V, W), lambda m: lambda x, w: (x * x, w * w)),
]

FUNCTIONS = [*ELEMENTWISE, *REDUCTIONS, *CONTRACTIONS, *INDEXING, *STRUCTURES]
