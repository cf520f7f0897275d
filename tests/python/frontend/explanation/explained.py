"""Functions that the tests explain, each once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from xform.explanation.explanation import Explanation
from xform.frontend import cond, grad, jacrev, jit, scan, spec, vmap, while_loop


def loss(w: Any, x: Any) -> Any:
    return np.mean(np.tanh(x @ w) ** 2)


def step(w: Any, x: Any) -> Any:
    return w - 0.1 * grad(loss)(w, x)


def orbit(x: Any) -> Any:
    def turn(carry: Any, _: Any) -> Any:
        return carry * np.cos(carry), carry

    return scan(turn, x, None, length=500)[1].sum()


def branches(x: Any) -> Any:
    def halved(c: Any) -> Any:
        return c * 0.5

    y = while_loop(lambda c: c.sum() > 1, halved, x)
    return cond(y.sum() > 0.5, lambda c: c + 1, lambda c: np.linalg.eigh(c @ c.T)[1] + c, y)


def nothing(x: Any) -> Any:
    return x


def of(*shape: int) -> Any:
    return spec(shape, "float32")


@cache
def explained(name: str, target: str = "cpu") -> Explanation:
    lowered = {
        "step": lambda: jit(step).lower(of(512, 256), of(1024, 512)),
        "orbit": lambda: jit(grad(orbit)).lower(of(3)),
        "jacobians": lambda: jit(vmap(jacrev(lambda x: np.tanh(x) * x.sum()))).lower(of(8, 3)),
        "branches": lambda: jit(branches).lower(of(20, 20)),
        "nothing": lambda: jit(nothing).lower(of(2)),
    }[name]()
    return lowered.explain(target)
