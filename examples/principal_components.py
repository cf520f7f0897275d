#!/usr/bin/env python3
"""Describe handwritten digits by a few numbers each, and ask which pixels these numbers miss.

Principal components are the right singular vectors of the centred images. The squares of the other
singular values sum to what the leading ones miss; the gradient of this error by all pixels of all
images, through the decomposition, is twice what is missed of each. Some pixels are never inked, so
the last singular values are 0 and their vectors are any that fit: what does not depend on them
has its right derivative nevertheless.

Usage: python examples/principal_components.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from xform.frontend import grad_and_value, jit

COUNT = 8


def components(images: Any) -> tuple[Any, Any]:
    """All components, one a row, and the variances along them."""
    _, s, vh = np.linalg.svd(images - images.mean(0), full_matrices=False)
    return vh, s**2 / (len(images) - 1)


def reconstructed(images: Any, count: int) -> Any:
    """The images, as the leading components tell them."""
    mean, axes = images.mean(0), components(images)[0][:count]
    return mean + (images - mean) @ axes.T @ axes


def error(images: Any, count: int) -> tuple[Any, Any]:
    """The sum of squares of what the leading components miss, and what they make of the images."""
    told = reconstructed(images, count)
    return ((images - told) ** 2).sum(), told


@jit
def analysis(images: Any) -> Any:
    """All components and variances, the gradient of the error, and what `error` returns."""
    return *components(images), *grad_and_value(error, has_aux=True)(images, COUNT)


def drawn(image: Any) -> list[str]:
    """An image of 8 x 8 pixels as lines of text."""
    levels = np.clip(10 * image, 0, 9).astype(int).reshape(8, 8)
    return ["".join(2 * " .:-=+*#%@"[level] for level in row) for row in levels]


def main() -> None:
    images = load_digits().data[:500] / 16
    _, variances, slope, (missed, told) = analysis(images)
    variances, slope, told = map(np.asarray, (variances, slope, told))
    shares = np.cumsum(variances) / variances.sum()
    for count in (2, 4, 8, 16, 32):
        print(f"{count:2} components explain {shares[count - 1]:.1%} of the variance")

    by_variances = (len(images) - 1) * variances[COUNT:].sum()
    print(f"\n{COUNT} miss {float(missed):.6f}, by the other variances {by_variances:.6f}")
    print(f"gradient - 2 (image - told): {np.abs(slope - 2 * (images - told)).max():.1e} at most\n")

    print("Digits, what the components tell, and where the error depends on them most:")
    for row in (1, 5):
        shown = [drawn(images[row]), drawn(told[row]), drawn(np.abs(slope[row]))]
        print("\n".join(" | ".join(lines) for lines in zip(*shown, strict=True)), "\n")


if __name__ == "__main__":
    main()
