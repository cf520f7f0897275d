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


def _scan(np_: Any) -> Callable[..., Any]:
    """The library's loop."""
    if np_ is np:
        from xform import frontend

        return frontend.scan
    import jax

    return jax.lax.scan


def _recurrence(np_: Any) -> Callable[..., Any]:
    def states(w: Any, h: Any, xs: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            new = np_.tanh(h * w + x)
            return new, new

        return _scan(np_)(step, h, xs)[1]

    return states


def _dense_loop(np_: Any) -> Callable[..., Any]:
    def last(w: Any, h: Any, xs: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            return np_.tanh(h @ w + x), None

        return _scan(np_)(step, h, xs)[0]

    return last


def _lstm_loss(np_: Any) -> Callable[..., Any]:
    """One layer of ADBench's LSTM: every gate has a weight and a bias for each of few cells."""

    def gate(x: Any) -> Any:
        return 1 / (1 + np_.exp(-x))

    def loss(w: Any, b: Any, h: Any, c: Any, xs: Any) -> Any:
        def step(state: Any, x: Any) -> Any:
            h, c = state
            c = gate(x * w[0] + b[0]) * c + gate(h * w[1] + b[1]) * np_.tanh(h * w[3] + b[3])
            h = gate(x * w[2] + b[2]) * np_.tanh(c)
            return (h, c), np_.log(np_.exp(h).sum()) - h[0]

        return _scan(np_)(step, (h, c), xs)[1].sum()

    return loss


def _summed(
    function: Callable[..., Any],
) -> Callable[..., Any]:
    """The sum of squares of a function's result, which has a gradient."""
    return lambda np_: lambda *args: (function(np_)(*args) ** 2).sum()


def _sphere(np_: Any) -> Callable[..., Any]:
    return lambda x: (np_.sin(x) * x).sum()


def _rosenbrock(np_: Any) -> Callable[..., Any]:
    return lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def _loop(
    name: str,
    inputs: tuple[np.ndarray, ...],
    function: Callable[..., Any],
    transform: Callable[..., Any],
) -> Workload:
    """A workload for the libraries that have loops."""
    made = _workload(name, inputs, function, transform)
    return Workload(name, inputs, {key: made.functions[key] for key in ("xform", "jax")})


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
    recurrence = array(56), array(56), array(1023, 56)
    yield _loop("recurrence, 1,023 steps of 56", recurrence, _recurrence, lambda t: lambda f: f)
    yield _loop("gradient of the recurrence", recurrence, _summed(_recurrence), lambda t: t.grad)
    for steps in (100, 1000):
        dense = array(64, 64) / np.float32(3), array(32, 64), array(steps, 32, 64)
        name = f"{steps:,} dense steps of 32x64"
        yield _loop(name, dense, _dense_loop, lambda t: lambda f: f)
        yield _loop(f"gradient of {name}", dense, _summed(_dense_loop), lambda t: t.grad)
    yield _loop(
        "gradient of an LSTM, 1,024 steps of 14",
        (array(4, 14), array(4, 14), array(14), array(14), array(1024, 14)),
        _lstm_loss,
        lambda t: lambda f: t.grad(f, argnums=(0, 1)),
    )
