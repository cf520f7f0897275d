"""What is measured: each workload as a function for every library, on equal inputs.

A workload's `functions` map a library's name to a maker: called once with the inputs, it compiles
and returns a call without arguments that computes the result and waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Call = Callable[[], Any]
Maker = Callable[..., Call]


@dataclass(frozen=True)
class Workload:
    """One computation, its inputs, and how each library does it."""

    name: str
    inputs: tuple[np.ndarray, ...]
    functions: dict[str, Maker] = field(default_factory=dict)


def _xform(transform: Callable[..., Any], function: Callable[..., Any]) -> Maker:
    def make(*inputs: np.ndarray) -> Call:
        from xform import frontend

        compiled = frontend.jit(transform(frontend)(function(np)))
        resident = [frontend.jit(lambda x: x * 1)(x) for x in inputs]
        # A call returns when its results are there.
        return lambda: compiled(*resident)

    return make


def _jax(transform: Callable[..., Any], function: Callable[..., Any]) -> Maker:
    def make(*inputs: np.ndarray) -> Call:
        import jax
        import jax.numpy as jnp

        class Names:
            """JAX's transforms under torch.func's names."""

            grad = staticmethod(jax.grad)
            jacrev = staticmethod(jax.jacrev)
            hessian = staticmethod(jax.hessian)

            @staticmethod
            def vmap(f: Callable[..., Any], in_dims: Any = 0) -> Callable[..., Any]:
                return jax.vmap(f, in_axes=in_dims)

        compiled = jax.jit(transform(Names)(function(jnp)))
        resident = [jnp.asarray(x) for x in inputs]
        return lambda: jax.block_until_ready(compiled(*resident))

    return make


def _torch(transform: Callable[..., Any], function: Callable[..., Any], compile: bool) -> Maker:
    def make(*inputs: np.ndarray) -> Call:
        import torch

        f = transform(torch.func)(function(torch))
        if compile:
            f = torch.compile(f)
        resident = [torch.from_numpy(x) for x in inputs]
        return lambda: f(*resident)

    return make


def _workload(
    name: str,
    inputs: tuple[np.ndarray, ...],
    function: Callable[..., Any],
    transform: Callable[..., Any],
) -> Workload:
    """`function(library)` is the mathematics, `transform(library)` the transforms around it."""
    return Workload(
        name,
        inputs,
        {
            "xform": _xform(transform, function),
            "jax": _jax(transform, function),
            "torch.func": _torch(transform, function, compile=False),
            "torch.compile": _torch(transform, function, compile=True),
        },
    )


def _mlp(np_: Any) -> Callable[..., Any]:
    def logits(x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return np_.tanh(x @ w1 + b1) @ w2 + b2

    return logits


def _mlp_loss(np_: Any) -> Callable[..., Any]:
    logits = _mlp(np_)

    def loss(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, targets: Any) -> Any:
        scores = logits(x, w1, b1, w2, b2)
        return -(targets * (scores - np_.log(np_.exp(scores).sum(-1)[..., None]))).sum()

    return loss


def _sphere(np_: Any) -> Callable[..., Any]:
    return lambda x: (np_.sin(x) * x).sum()


def _rosenbrock(np_: Any) -> Callable[..., Any]:
    return lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def workloads() -> Iterator[Workload]:
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    parameters = array(64, 48), array(48), array(48, 10), array(10)
    targets = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 256)]
    yield _workload("gradient of 4 numbers", (array(4),), _sphere, lambda t: t.grad)
    yield _workload(
        "gradient of an MLP loss, 256 digits",
        (*parameters, array(256, 64), targets),
        _mlp_loss,
        lambda t: lambda f: t.grad(f, argnums=(0, 1, 2, 3)),
    )
    yield _workload(
        "per-sample gradients, 256 digits",
        (*parameters, array(256, 64), targets),
        _mlp_loss,
        lambda t: (
            lambda f: t.vmap(
                t.grad(f, argnums=(0, 1, 2, 3)), in_dims=(None, None, None, None, 0, 0)
            )
        ),
    )
    yield _workload(
        "Jacobians of logits by pixels, 256 digits",
        (array(256, 64), *parameters),
        _mlp,
        lambda t: lambda f: t.vmap(t.jacrev(f), in_dims=(0, None, None, None, None)),
    )
    yield _workload("Hessian, 100 variables", (array(100),), _rosenbrock, lambda t: t.hessian)
