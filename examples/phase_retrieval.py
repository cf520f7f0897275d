#!/usr/bin/env python3
"""Find an image from the intensities of its diffraction patterns, in which all phases are lost.

What a camera sees behind a coherent beam is |F(m x)|^2, the Fourier transform of the image x behind
a mask m. From a few masks the image follows but for one phase, by descending along the gradient by
complex pixels (E. Candes, X. Li and M. Soltanolkotabi, "Phase retrieval via Wirtinger flow", 2015)
from where the power method leads.

Usage: python examples/phase_retrieval.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xform.frontend import fori_loop, grad, jit

SIZE, MASKS, STEPS = 16, 8, 150


def image() -> Any:
    """A disc of glass, which turns phases, with a dark bar."""
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    radius = x**2 + y**2
    return np.where(radius < 0.8, np.exp(2j * (0.8 - radius)), 0.2) * np.where(abs(y) < 0.2, 0.3, 1)


def masks(seed: int = 0) -> Any:
    """Each pixel passes, is held up by a quarter, half or three quarters of a wave."""
    return 1j ** np.random.default_rng(seed).integers(0, 4, (MASKS, SIZE, SIZE))


def patterns(x: Any, masks: Any) -> Any:
    return np.fft.fft2(masks * x, norm="ortho")


def start(seen: Any, masks: Any, turns: int = 40) -> Any:
    """The strongest direction of sum_m conj(m) F^-1(seen F(m x)), at the length that is seen."""

    def turn(_: Any, x: Any) -> Any:
        x = np.sum(np.conj(masks) * np.fft.ifft2(seen * patterns(x, masks), norm="ortho"), axis=0)
        return x / np.linalg.norm(x)

    first = np.random.default_rng(1).standard_normal((SIZE, SIZE)) + 0j
    return fori_loop(0, turns, turn, first) * np.sqrt(np.sum(seen) / MASKS)


def loss(x: Any, seen: Any, masks: Any) -> Any:
    return np.mean((np.abs(patterns(x, masks)) ** 2 - seen) ** 2)


def retrieved(seen: Any, masks: Any) -> Any:
    """The image, and how far its patterns are from what is seen."""
    begin = start(seen, masks)
    rate = 0.2 * seen.size / MASKS / np.mean(seen) / 4

    def step(_: Any, x: Any) -> Any:
        return x - rate * grad(loss)(x, seen, masks)

    x = fori_loop(0, STEPS, step, begin)
    return x, loss(x, seen, masks)


def error(found: Any, true: Any) -> float:
    """The distance, once the one phase that no pattern has is the same."""
    phase = np.vdot(found, true)
    return float(np.linalg.norm(found * phase / abs(phase) - true) / np.linalg.norm(true))


def main() -> None:
    true, chosen = image(), masks()
    seen = np.abs(patterns(true, chosen)) ** 2
    found, left = jit(retrieved)(seen, chosen)
    found = np.asarray(found)
    print(f"patterns agree to {float(left) / np.mean(seen) ** 2:.1e}, ", end="")
    print(f"the image to {error(found, true):.1e}")
    found = found * np.exp(1j * np.angle(np.vdot(found, true)))
    shades = " .:-=+*#%@"
    for row in np.angle(found[:: SIZE // 8]) / np.pi * 4.5 + 4.5:
        print("".join(2 * shades[int(np.clip(shade, 0, 9))] for shade in row))


if __name__ == "__main__":
    main()
