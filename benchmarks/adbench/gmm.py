"""The log-likelihood of a mixture of Gaussians, with a Wishart prior on inverse covariances."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy

from .library import Library


def read(path: Path) -> tuple[numpy.ndarray, ...]:
    """alphas [k], means [k, d], icf [k, d (d + 1) / 2], x [n, d], wishart [2] (gamma and m).

    A row of `icf` is the factor of an inverse covariance: the logarithms of its diagonal and,
    column by column, what is below.
    """
    with path.open() as lines:
        d, k, n = map(int, next(lines).split())
        numbers = numpy.fromstring(lines.read(), sep=" ")
    shapes = [(k,), (k, d), (k, d * (d + 1) // 2), (n, d), (2,)]
    ends = numpy.cumsum([numpy.prod(shape) for shape in shapes])
    parts = numpy.split(numbers, ends[:-1])
    return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))


def objective(lib: Library, wishart: Any, alphas: Any, means: Any, icf: Any, x: Any) -> Any:
    """The log-posterior; `wishart` is a pair of numbers."""
    np = lib.numpy
    n, d = x.shape
    log_diagonal, below = icf[:, :d], icf[:, d:]
    diagonal = np.exp(log_diagonal)

    factor = lower_triangle(np, diagonal, below)
    whitened = np.einsum("kij,nkj->nki", factor, x[:, None] - means)
    scores = alphas + log_diagonal.sum(1) - 0.5 * (whitened**2).sum(2)
    likelihood = lib.logsumexp(scores, 1).sum() - n * lib.logsumexp(alphas, 0)

    gamma, m = wishart
    squares = (diagonal**2).sum() + (below**2).sum()
    prior = 0.5 * gamma**2 * squares - m * log_diagonal.sum()
    return (
        -0.5 * n * d * math.log(2 * math.pi)
        + likelihood
        + prior
        - wishart_constant(len(icf), d, gamma, m)
    )


def lower_triangle(np: Any, diagonal: Any, below: Any) -> Any:
    """Matrices [k, d, d] of their diagonals and of what is below, column by column."""
    d = diagonal.shape[1]
    columns, rows = numpy.triu_indices(d, 1)
    place = numpy.zeros((d, d), int)
    place[rows, columns] = numpy.arange(len(rows))
    strictly = numpy.tri(d, k=-1, dtype=below.dtype)
    return below[:, place] * strictly + diagonal[:, :, None] * numpy.eye(d, dtype=below.dtype)


def wishart_constant(k: int, d: int, gamma: float, m: float) -> float:
    """The logarithm of the prior's normalisation, for k Gaussians in d dimensions."""
    freedom = d + m + 1
    gammas = sum(math.lgamma(0.5 * (freedom - j)) for j in range(d))
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi) + gammas
    return k * (freedom * d * math.log(gamma / math.sqrt(2)) - log_gamma)
