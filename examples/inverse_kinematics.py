#!/usr/bin/env python3
"""Bend an arm so that its hand is where it should be, for many places at once.

A chain of more joints than a place has numbers reaches it in many ways, and stretched out it cannot
move further out whatever its joints do: the Jacobian, by `jacfwd`, is wide and may lose rank. Least
squares by singular values take the smallest step all the same. They are damped as K. Levenberg and
D. Marquardt do, by how far the hand is off, so that the last steps are Gauss and Newton's.

Usage: python examples/inverse_kinematics.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xform.frontend import jacfwd, jit, vmap, while_loop

LENGTHS = np.array([0.5, 0.4, 0.3, 0.2])
MOST_STEPS, CLOSE = 100, 1e-12


def joints(angles: Any) -> Any:
    """The places [link, 2] of the ends of all links; each angle is from the link before."""
    directions = np.cumsum(angles)
    steps = LENGTHS[:, None] * np.stack([np.cos(directions), np.sin(directions)], axis=1)
    return np.cumsum(steps, axis=0)


def hand(angles: Any) -> Any:
    return joints(angles)[-1]


def step_towards(target: Any, angles: Any) -> Any:
    """The s that makes |J s - wrong|^2 + |wrong|^2 |s|^2 least."""
    wrong, slope = target - hand(angles), jacfwd(hand)(angles)
    damping = np.linalg.norm(wrong) * np.eye(len(angles))
    rows = np.concatenate([slope, damping])
    return np.linalg.lstsq(rows, np.concatenate([wrong, np.zeros_like(angles)]))[0]


def reach(target: Any, angles: Any) -> tuple[Any, Any]:
    """Angles that put the hand on the target, or as near as it comes, and the number of steps."""

    def goes_on(state: Any) -> Any:
        _, step, count = state
        return (np.max(np.abs(step)) > CLOSE) & (count < MOST_STEPS)

    def improved(state: Any) -> Any:
        angles, _, count = state
        step = step_towards(target, angles)
        return angles + step, step, count + 1

    angles, _, steps = while_loop(goes_on, improved, (angles, np.ones_like(angles), 0))
    return angles, steps


def main() -> None:
    straight = np.zeros(len(LENGTHS))  # along the first axis, where the Jacobian has rank 1
    print(f"rank of the Jacobian at first: {int(jit(rank)(straight))}\n")
    targets = np.array([[1.0, 0.5], [0.0, 1.2], [-0.3, -0.2], [0.7, 0.1], [0.0, -1.4], [1.2, 1.6]])
    solve = jit(vmap(reach, in_dims=(0, None)))
    angles, steps = map(np.asarray, solve(targets, straight))
    places = np.asarray(jit(vmap(hand))(angles))
    print("     target     steps  distance  angles in degrees")
    for target, place, bent, count in zip(targets, places, angles, steps, strict=True):
        degrees = np.degrees((bent + np.pi) % (2 * np.pi) - np.pi)
        distance = np.linalg.norm(place - target)
        print(f"({target[0]:4.1f}, {target[1]:4.1f}) {count:8} {distance:9.1e}", end="  ")
        print(" ".join(f"{x:6.1f}" for x in degrees))
    print(f"\nThe arm is {LENGTHS.sum():.1f} long, and the last target 2.0 away.")


def rank(angles: Any) -> Any:
    return np.linalg.matrix_rank(jacfwd(hand)(angles))


if __name__ == "__main__":
    main()
