"""What an objective uses of a library, under names that xform and JAX share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Library:
    """NumPy's functions and the transforms; `array` puts an input where it is computed with."""

    name: str
    numpy: Any
    logsumexp: Callable[..., Any]
    scan: Callable[..., Any]
    vmap: Callable[..., Any]
    grad: Callable[..., Any]
    jacfwd: Callable[..., Any]
    jacrev: Callable[..., Any]
    jit: Callable[..., Any]
    array: Callable[[Any], Any]
    wait: Callable[[Any], Any]


def xform() -> Library:
    import numpy as np
    from xform import frontend, nn

    return Library(
        name="xform",
        numpy=np,
        logsumexp=nn.logsumexp,
        scan=frontend.scan,
        vmap=frontend.vmap,
        grad=frontend.grad,
        jacfwd=frontend.jacfwd,
        jacrev=frontend.jacrev,
        jit=frontend.jit,
        array=frontend.jit(np.copy),
        wait=lambda result: result,  # a call returns when its results are there
    )


def jax() -> Library:
    import jax as library
    import jax.numpy as jnp

    library.config.update("jax_enable_x64", True)

    def vmap(function: Callable[..., Any], in_dims: Any = 0) -> Callable[..., Any]:
        return library.vmap(function, in_axes=in_dims)

    return Library(
        name="JAX",
        numpy=jnp,
        logsumexp=library.nn.logsumexp,
        scan=library.lax.scan,
        vmap=vmap,
        grad=library.grad,
        jacfwd=library.jacfwd,
        jacrev=library.jacrev,
        jit=library.jit,
        array=jnp.asarray,
        wait=library.block_until_ready,
    )
