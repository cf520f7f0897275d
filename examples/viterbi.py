#!/usr/bin/env python3
"""Tell from the rolls when a casino plays with a loaded die.

A hidden Markov model after Durbin, Eddy, Krogh and Mitchison, Biological Sequence Analysis (1998).
Viterbi's algorithm finds the most probable sequence of dice by one `scan` forwards and one
backwards. The forward algorithm sums over all sequences; the gradient of its logarithm by the
scores of the rolls is each die's posterior probability, so no backward algorithm is written.

Usage: python examples/viterbi.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xform import frontend, nn
from xform.frontend import grad_and_value, scan

FAIR, LOADED = 0, 1
START = np.log([0.5, 0.5])
MOVES = np.log([[0.95, 0.05], [0.10, 0.90]])  # from, to
FACES = np.log([[1 / 6] * 6, [1 / 10] * 5 + [1 / 2]])  # die, face


def likelihood(start: Any, moves: Any, scores: Any) -> Any:
    """The logarithm of the probability of all that was seen.

    `scores` [t, k] are the logarithms of what each state gives what was seen, `start` [k] and
    `moves` [k, k] those of the first state and of going from one to another.
    """

    def forward(reached: Any, score: Any) -> tuple[Any, None]:
        return nn.logsumexp(reached[:, None] + moves, 0) + score, None

    reached, _ = scan(forward, start + scores[0], scores[1:])
    return nn.logsumexp(reached, 0)


def posteriors(start: Any, moves: Any, scores: Any) -> tuple[Any, Any]:
    """The probability [t, k] of each state at each time, and the log-likelihood."""
    return grad_and_value(likelihood, argnums=2)(start, moves, scores)


def most_probable(start: Any, moves: Any, scores: Any) -> tuple[Any, Any]:
    """The most probable states [t], and the logarithm of their probability with what was seen."""

    def forward(best: Any, score: Any) -> tuple[Any, Any]:
        through = best[:, None] + moves
        return np.max(through, 0) + score, np.argmax(through, 0)

    def backward(state: Any, came_from: Any) -> tuple[Any, Any]:
        before = came_from[state]
        return before, before

    best, origins = scan(forward, start + scores[0], scores[1:])
    last = np.argmax(best)
    _, states = scan(backward, last, origins, reverse=True)
    return np.concatenate([states, last[None]]), np.max(best)


def rolls(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Dice and faces, drawn from the model."""
    dice, faces, die = [], [], FAIR
    for _ in range(count):
        dice.append(die)
        faces.append(rng.choice(6, p=np.exp(FACES[die])))
        die = rng.choice(2, p=np.exp(MOVES[die]))
    return np.array(dice), np.array(faces)


def main() -> None:
    dice, faces = rolls(np.random.default_rng(18), 225)
    scores = FACES.T[faces]
    path, _ = map(np.asarray, frontend.jit(most_probable)(START, MOVES, scores))
    shares, total = map(np.asarray, frontend.jit(posteriors)(START, MOVES, scores))
    loaded = shares[:, LOADED]
    tenths = np.minimum(10 * loaded, 9).astype(int)
    for first in range(0, len(faces), 75):
        part = slice(first, first + 75)
        print("rolls     ", "".join(str(face + 1) for face in faces[part]))
        print("die       ", "".join("FL"[die] for die in dice[part]))
        print("Viterbi   ", "".join("FL"[die] for die in path[part]))
        print("P(loaded) ", "".join(str(tenth) for tenth in tenths[part]), "tenths\n")
    print(f"log-likelihood of the rolls {total:.3f}")
    print(f"right dice: Viterbi {np.mean(path == dice):.1%}, ", end="")
    print(f"posterior {np.mean((loaded > 0.5) == dice):.1%}")
    print(f"probabilities sum to 1 within {np.abs(shares.sum(1) - 1).max():.0e}")


if __name__ == "__main__":
    main()
