#!/usr/bin/env python3
"""Per-sample gradients: which of the handwritten digits pull hardest at a network.

The gradient of a batch's loss is the mean of one gradient for each sample; who needs them apart (to
clip them for privacy, to find mislabelled data, to weigh samples) has to ask the network once for
each. `vmap(grad(loss))` asks for all at once. Here a network learns scikit-learn's digits for a
while, then all its per-sample gradients are taken in one program, compared with a loop over
samples, and used: the digits with the largest gradients are shown.

Usage: python examples/per_sample_gradients.py [--samples N] [--steps N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from timeit import repeat
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from xform.frontend import grad, jit, vmap

Params = dict[str, Any]
console = Console(highlight=False)


def loss(params: Params, pixels: Any, label: Any) -> Any:
    """The cross-entropy of one image of 64 pixels; `label` is an int."""
    scores = np.tanh(pixels @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
    return np.log(np.exp(scores).sum()) - scores[label]


def batch_loss(params: Params, images: Any, labels: Any) -> Any:
    return vmap(loss, in_dims=(None, 0, 0))(params, images, labels).mean()


# One gradient for each row of the images; the parameters are the same for all.
per_sample = jit(vmap(grad(loss), in_dims=(None, 0, 0)))
one_sample = jit(grad(loss))


@jit
def train_step(params: Params, images: Any, labels: Any, rate: Any) -> Params:
    gradients = grad(batch_loss)(params, images, labels)
    return {name: params[name] - rate * gradients[name] for name in params}


def in_a_loop(params: Params, images: np.ndarray, labels: np.ndarray) -> Params:
    """What `per_sample` computes, one sample after the other."""
    gradients = [one_sample(params, x, y) for x, y in zip(images, labels, strict=True)]
    return {name: np.stack([np.asarray(g[name]) for g in gradients]) for name in params}


def norms(gradients: Params) -> np.ndarray:
    """The length of each sample's gradient."""
    squares = [(np.asarray(g) ** 2).reshape(len(g), -1).sum(1) for g in gradients.values()]
    return np.sqrt(np.sum(squares, axis=0))


def initial_params(hidden: int) -> Params:
    rng = np.random.default_rng(0)
    return {
        "w1": rng.normal(0, 1 / 8, (64, hidden)),
        "b1": np.zeros(hidden),
        "w2": rng.normal(0, hidden**-0.5, (hidden, 10)),
        "b2": np.zeros(10),
    }


def picture(pixels: np.ndarray) -> str:
    """An image as two characters a pixel."""
    shades = " .:-=+*#%@"
    rows = np.minimum(pixels.reshape(8, 8) * len(shades), len(shades) - 1).astype(int)
    return "\n".join("".join(2 * shades[value] for value in row) for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--hidden", type=int, default=32)
    options = parser.parse_args(arguments)

    digits = load_digits()
    images, labels = digits.data[: options.samples] / 16, digits.target[: options.samples]
    params = initial_params(options.hidden)
    before = norms(per_sample(params, images, labels))
    for _ in range(options.steps):
        params = train_step(params, images, labels, 0.5)
    together, apart = per_sample(params, images, labels), in_a_loop(params, images, labels)
    difference = max(float(np.abs(together[k] - apart[k]).max()) for k in params)
    mean = grad(batch_loss)(params, images, labels)
    of_batch = max(float(np.abs(np.asarray(together[k]).mean(0) - mean[k]).max()) for k in params)

    vectorised = min(repeat(lambda: per_sample(params, images, labels), number=1, repeat=5))
    looped = min(repeat(lambda: in_a_loop(params, images, labels), number=1, repeat=2))
    weights = sum(p.size for p in initial_params(options.hidden).values())
    table = Table(title=f"{len(images)} gradients of {weights:,} weights each")
    table.add_column("")
    table.add_column("milliseconds", justify="right")
    table.add_row("a loop over samples", f"{1e3 * looped:.1f}")
    table.add_row("vmap(grad(loss))", f"{1e3 * vectorised:.1f}")
    table.add_row("faster by", f"{looped / vectorised:.1f}x")
    console.print(table)
    console.print(f"largest difference to the loop: {difference:.1e}")
    console.print(f"largest difference of their mean to the batch's gradient: {of_batch:.1e}")

    after = norms(together)
    console.print(
        f"a gradient's length, median over samples: {np.median(before):.2f} before training, "
        f"{np.median(after):.3f} after {options.steps} steps; the largest is {after.max():.2f}"
    )
    hardest = np.argsort(after)[::-1][:3]
    gallery = Table(title="the samples that pull hardest", show_lines=False)
    for i in hardest:
        gallery.add_column(f"labelled {labels[i]}, length {after[i]:.2f}")
    gallery.add_row(*(picture(images[i]) for i in hardest))
    console.print(gallery)
    return 0 if difference < 1e-12 and of_batch < 1e-12 else 1


if __name__ == "__main__":
    sys.exit(main())
