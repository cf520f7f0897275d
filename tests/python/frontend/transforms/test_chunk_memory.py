"""chunk_size: the device's memory falls with it, and no chunk repeats the forward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform.frontend import grad, jacfwd, jacrev, jit, vmap

RNG = np.random.default_rng(0)
X = RNG.normal(size=32).astype(np.float32)
W = RNG.normal(size=(32, 2048)).astype(np.float32) / 32


def wide(x: Any, w: Any) -> Any:
    """32 numbers by way of 2048, so that a row of a Jacobian takes 8 KiB on its way."""
    h = x @ w
    return np.exp(-h * h) @ w.T


def gradients(*, chunk_size: int | None) -> Callable[..., Any]:
    return vmap(grad(lambda x, w: wide(x, w).sum()), in_dims=(0, None), chunk_size=chunk_size)


TRANSFORMS: dict[str, tuple[Callable[..., Any], Any]] = {
    "jacrev": (lambda chunk_size: jacrev(wide, chunk_size=chunk_size), X),
    "jacfwd": (lambda chunk_size: jacfwd(wide, chunk_size=chunk_size), X),
    "vmap": (gradients, RNG.normal(size=(32, 32)).astype(np.float32)),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_memory_falls_with_the_chunk(name: str) -> None:
    transform, x = TRANSFORMS[name]
    peaks: dict[int | None, int] = {}
    results: dict[int | None, Any] = {}
    for size in (None, 1):
        compiled = jit(transform(chunk_size=size)).lower(x, W).compile()
        results[size] = compiled(x, W).numpy()
        # Without what does not depend on the chunk: arguments, the result, a forward pass's row.
        peaks[size] = compiled.peak_memory(x, W) - x.nbytes - W.nbytes - results[size].nbytes
    np.testing.assert_allclose(results[1], results[None], rtol=2e-5, atol=1e-6)
    row = 2048 * 4
    assert peaks[None] > 60 * row
    # Of these, 32 are IREE's own, which sums the 2048 products of each number in parts.
    assert peaks[1] < 40 * row


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_no_chunk_repeats_the_forward_pass(name: str) -> None:
    transform, x = TRANSFORMS[name]
    whole = jit(transform(chunk_size=None)).lower(x, W).op_names("expanded")
    assert whole["xform.exp"] == 1
    for size in (1, 5, 16):
        lowered = jit(transform(chunk_size=size)).lower(x, W)
        counts = lowered.op_names("expanded")
        assert (counts["xform.exp"], counts["xform.scan"]) == (1, 1), size
