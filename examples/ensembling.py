#!/usr/bin/env python3
"""Model ensembling: many small networks trained and asked as one program.

`vmap` over the parameters turns the training step of one network into that of an ensemble. Each
member starts from weights of its own and sees batches of its own, drawn inside of the step from a
key of its own. Afterwards the members vote on the test digits; the vote is better than its voters.
Everything is compared with a loop over the members.

Usage: python examples/ensembling.py [--members N] [--steps N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from xform import random
from xform.frontend import fori_loop, grad, jit, vmap

HIDDEN, BATCH, RATE = 12, 32, 0.5
Params = dict[str, Any]
console = Console(highlight=False)


def initial_params(key: Any) -> Params:
    first, second = random.split(key)
    return {
        "w1": random.normal(first, (64, HIDDEN)) / 8,
        "b1": np.zeros(HIDDEN),
        "w2": random.normal(second, (HIDDEN, 10)) / HIDDEN**0.5,
        "b2": np.zeros(10),
    }


def scores(params: Params, images: Any) -> Any:
    return np.tanh(images @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]


def loss(params: Params, images: Any, targets: Any) -> Any:
    """The mean cross-entropy; `targets` are one-hot rows."""
    found = scores(params, images)
    return (np.log(np.exp(found).sum(1)) - (found * targets).sum(1)).mean()


def trained(key: Any, steps: int, images: Any, targets: Any) -> Params:
    """One member: its weights after `steps` batches, all of it decided by its key."""
    start, order = random.split(key)

    def step(i: Any, params: Params) -> Params:
        rows = random.randint(random.fold_in(order, i), (BATCH,), 0, len(images))
        gradients = grad(loss)(params, images[rows], targets[rows])
        return {name: params[name] - RATE * gradients[name] for name in params}

    return fori_loop(0, steps, step, initial_params(start))


def largest_difference(a: Params, b: Params) -> float:
    return max(float(np.abs(np.asarray(a[name]) - np.asarray(b[name])).max()) for name in a)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=16)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args(arguments)

    digits = load_digits()
    order = np.random.default_rng(1).permutation(len(digits.data))
    images, labels = digits.data[order] / 16, digits.target[order]
    split = 4 * len(images) // 5
    targets = np.eye(10)[labels[:split]]
    keys = random.split(random.key(0), options.members)

    def train(key: Any, images: Any, targets: Any) -> Params:
        return trained(key, options.steps, images, targets)

    # The members share the data; their keys differ.
    ensemble = jit(vmap(train, in_dims=(0, None, None)))(keys, images[:split], targets)
    alone = jit(train)
    difference = max(
        largest_difference(
            {name: np.asarray(ensemble[name])[i] for name in ensemble},
            alone(np.asarray(keys)[i], images[:split], targets),
        )
        for i in range(options.members)
    )

    # All members on the same images, then each on images of its own.
    shared = np.asarray(jit(vmap(scores, in_dims=(0, None)))(ensemble, images[split:]))
    own = np.broadcast_to(images[split:], (options.members, *images[split:].shape))
    apart = np.asarray(jit(vmap(scores))(ensemble, own))
    difference = max(difference, float(np.abs(shared - apart).max()))

    truth = labels[split:]
    accuracies = (shared.argmax(2) == truth).mean(1)
    votes = np.exp(shared) / np.exp(shared).sum(2, keepdims=True)
    together = (votes.mean(0).argmax(1) == truth).mean()
    disagreement = (shared.argmax(2) != shared.argmax(2)[0]).any(0).mean()

    console.print(f"{options.members} networks of {HIDDEN} hidden units, trained as one")
    table = Table()
    table.add_column("test accuracy")
    table.add_column("%", justify="right")
    for name, value in (
        ("the worst member", accuracies.min()),
        ("the members' mean", accuracies.mean()),
        ("the best member", accuracies.max()),
        ("[bold]all together[/bold]", together),
    ):
        table.add_row(name, f"{100 * value:.1f}")
    console.print(table)
    console.print(f"the members disagree on {100 * disagreement:.1f} % of the test digits")
    console.print(f"largest difference to a loop over the members: {difference:.1e}")
    return 0 if difference < 1e-9 else 1


if __name__ == "__main__":
    sys.exit(main())
