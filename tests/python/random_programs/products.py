"""Products of matrices, and what reads neighbours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .programs import MOST_ELEMENTS, Maker, Step


def product(maker: Maker) -> Iterator[tuple[str, Step]]:
    i = maker.pick(2, nonempty=True)
    if i is None or max(maker.shapes[i]) > 1100:
        return
    yield maker.rng.choice(
        [
            (f"a{i}.T @ a{i} / rows", lambda a: a[i].T @ a[i] / a[i].shape[0]),
            (f"a{i} @ a{i}.T / columns", lambda a: a[i] @ a[i].T / a[i].shape[1]),
            (f"a{i} @ a{i}[0] / columns", lambda a: a[i] @ a[i][0] / a[i].shape[1]),
            (f"a{i}[:, 0] @ a{i} / rows", lambda a: a[i][:, 0] @ a[i] / a[i].shape[0]),
        ]
    )


def batched_product(maker: Maker) -> Iterator[tuple[str, Step]]:
    i = maker.pick(3, nonempty=True)
    if i is None:
        return
    b, m, n = maker.shapes[i]
    if b * m * m > MOST_ELEMENTS or b * m * m * n > 1e8:
        return
    yield maker.rng.choice(
        [
            (f"a{i} @ a{i}.mT / {n}", lambda a: a[i] @ np.swapaxes(a[i], 1, 2) / n),
            (
                f"einsum('bmn,bkn->mbk', a{i}) / {n}",
                lambda a: np.einsum("bmn,bkn->mbk", a[i], np.sin(a[i])) / n,
            ),
            (
                f"einsum('bmn,bmn->m', a{i}) / {b * n}",
                lambda a: np.einsum("bmn,bmn->m", a[i], np.cos(a[i])) / (b * n),
            ),
        ]
    )


def window(maker: Maker) -> Iterator[tuple[str, Step]]:
    """What reads neighbours."""
    i = maker.pick(1, nonempty=True)
    if i is None or maker.shapes[i][0] < 4:
        return
    size = maker.shapes[i][0]
    width = maker.rng.choice([2, 3, 4])
    points = min(size, 300)
    mode = maker.rng.choice(["full", "same", "valid"])
    yield maker.rng.choice(
        [
            (
                f"convolve(a{i}, a{i}[:{width}], {mode}) / {width}",
                lambda a: np.convolve(a[i], a[i][:width], mode) / width,
            ),
            (
                f"interp(sin(a{i}), linspace(-1, 1, {points}), a{i}[:{points}])",
                lambda a: np.interp(np.sin(a[i]), np.linspace(-1, 1, points), a[i][:points]),
            ),
            (f"gradient(a{i}) / 2", lambda a: np.gradient(a[i]) / 2),
            (f"median(a{i})", lambda a: np.median(a[i]) + a[i] / 2),
        ]
    )
