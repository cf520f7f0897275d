#!/usr/bin/env python3
"""Teach an LSTM a nursery rhyme, letter by letter, and let it go on.

The network (Hochreiter and Schmidhuber, Long Short-Term Memory, 1997) is a `scan` over the letters;
its gradient goes back through all of them. Writing is a `scan` too, which reads what it just wrote.

Usage: python examples/lstm.py [--epochs N]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from xform import frontend, nn
from xform.frontend import grad_and_value, scan

RHYME = """This is the house that Jack built.
This is the malt that lay in the house that Jack built.
This is the rat that ate the malt that lay in the house that Jack built.
"""
Params = dict[str, Any]


def initial_params(rng: np.random.Generator, letters: int, hidden: int, dtype: Any) -> Params:
    def weights(*shape: int) -> np.ndarray:
        return rng.normal(0, hidden**-0.5, shape).astype(dtype)

    return {
        "letters": weights(letters, 4 * hidden),  # what each letter adds to the gates
        "hidden": weights(hidden, 4 * hidden),
        "bias": np.zeros(4 * hidden, dtype),
        "out": weights(hidden, letters),
    }


def cell(params: Params, state: Any, letter: Any) -> tuple[Any, Any]:
    """The next state (hidden, memory) and the scores of the letter that follows."""
    hidden, memory = state
    gates = params["letters"][letter] + hidden @ params["hidden"] + params["bias"]
    ingate, forget, change, outgate = gates.reshape(4, -1)
    memory = nn.sigmoid(forget) * memory + nn.sigmoid(ingate) * np.tanh(change)
    hidden = nn.sigmoid(outgate) * np.tanh(memory)
    return (hidden, memory), hidden @ params["out"]


def rest(params: Params) -> tuple[Any, Any]:
    """The state before the first letter."""
    zeros = np.zeros_like(params["hidden"][:, 0])
    return zeros, zeros


def loss(params: Params, text: Any) -> Any:
    """The mean of -log p of each letter, given those before it."""
    _, scores = scan(lambda state, letter: cell(params, state, letter), rest(params), text[:-1])
    chosen = np.take_along_axis(scores, text[1:, None], 1)[:, 0]
    return np.mean(nn.logsumexp(scores, 1) - chosen)


def written(params: Params, first: Any, count: int) -> Any:
    """The `count` letters that follow the first, each the most probable one."""

    def step(carry: Any, _: Any) -> tuple[Any, Any]:
        state, letter = carry
        state, scores = cell(params, state, letter)
        letter = np.argmax(scores).astype(letter.dtype)
        return (state, letter), letter

    return scan(step, (rest(params), first), length=count)[1]


def train_step(params: Params, speed: Params, text: Any, rate: Any) -> tuple[Params, Params, Any]:
    """Gradient descent with momentum, on a gradient that is not longer than 1."""
    gradient, value = grad_and_value(loss)(params, text)
    length = np.sqrt(sum((g**2).sum() for g in gradient.values()))
    shrink = rate / np.maximum(length, 1)
    speed = {name: 0.9 * speed[name] - shrink * gradient[name] for name in params}
    return {name: params[name] + speed[name] for name in params}, speed, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=180)
    epochs = parser.parse_args().epochs
    alphabet = sorted(set(RHYME))
    text = np.array([alphabet.index(letter) for letter in RHYME], np.int32)
    params = initial_params(np.random.default_rng(0), len(alphabet), 48, np.float32)
    speed = {name: np.zeros_like(value) for name, value in params.items()}
    chance = np.log(len(alphabet))
    print(f"{len(text)} letters, {len(alphabet)} different ones: guessing has loss {chance:.2f}")

    step = frontend.jit(train_step)
    write = frontend.jit(lambda params: written(params, text[0], len(text) - 1))
    start = time.perf_counter()
    for epoch in range(epochs + 1):
        params, speed, value = step(params, speed, text, np.float32(0.3))
        if epoch % (epochs // 6 or 1) == 0:
            line = "".join(alphabet[letter] for letter in np.asarray(write(params))[:60])
            print(f"epoch {epoch:4}  loss {float(value):.4f}  T{line!r}")
    epoch_time = (time.perf_counter() - start) / (epochs + 1)
    print(f"{1000 * epoch_time:.0f} ms an epoch, compiling included")
    letters = np.asarray(write(params))
    right = np.mean(letters == text[1:])
    print(f"\n{alphabet[text[0]]}{''.join(alphabet[letter] for letter in letters)}")
    print(f"{right:.0%} of the rhyme by heart")


if __name__ == "__main__":
    main()
