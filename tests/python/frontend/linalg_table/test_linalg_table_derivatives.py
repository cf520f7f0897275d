"""Derivatives of all functions of linear algebra against differences of NumPy's and SciPy's."""

from __future__ import annotations

import numpy as np
import pytest

from .derivatives import (
    DIRECTIONS,
    PLACES,
    TWICE,
    Difference,
    Place,
    differences,
    first,
    second,
    weights,
)
from .kinds import Array

# How much of a derivative the differences may leave open.
_UNKNOWN = 1e-5


def off(kind: str, got: Array, wanted: Difference) -> str:
    """What is wrong with a derivative, if anything is."""
    value = wanted.value.reshape(got.shape)
    error = wanted.error.reshape(got.shape)
    scale = np.abs(value).max(initial=0.0)
    enough = max(scale, 1e-2 * wanted.size.max(initial=0.0), 1e-4)
    assert error.max(initial=0.0) <= _UNKNOWN * enough, f"{kind}: differences differ"
    bad = ~(np.abs(got - value) <= 2 * error + 1e-9 * np.abs(value) + 1e-12 * scale)
    if not bad.any():
        return ""
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    return f"{kind}: {got[at]} instead of {value[at]} +- {error[at]} at {at}"


def summed(parts: list[Difference]) -> Difference:
    """The derivative of the weighted sum of the results."""
    value = sum((weights(p.value.shape) * p.value).sum() for p in parts)
    error = sum(np.abs(p.error).sum() + 1e-9 * np.abs(p.value).sum() for p in parts)
    return Difference(np.asarray(value), np.asarray(error), np.asarray(0.0))


def inner(xs: list[Array], ys: tuple[Array, ...], k: int) -> Array:
    return np.asarray(sum((x[k] * y[k]).sum() for x, y in zip(xs, ys, strict=True)))


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_first_derivatives(place: Place) -> None:
    tangents, gradients = first(place)
    tangents, gradients = ([np.asarray(x) for x in xs] for xs in (tangents, gradients))
    wrong = []
    for which in range(DIRECTIONS):
        moved = place.directions(which)
        for k, parts in enumerate(differences(place, which)):
            kind = place.names[k]
            if which == 0:
                own = [x[k] for x in tangents]
                wrong += [off(f"jvp, {kind}", *pair) for pair in zip(own, parts, strict=True)]
                # One is the transpose of the other, whatever the differences say.
                terms = [weights(x.shape) * x for x in own]
                dot, size = sum(x.sum() for x in terms), sum(np.abs(x).sum() for x in terms)
                if not abs(inner(gradients, moved, k) - dot) <= 1e-9 * size:
                    wrong.append(f"{kind}: {inner(gradients, moved, k)} backwards, {dot} forwards")
            total = summed(parts)
            slope = inner(gradients, moved, k)
            if not abs(slope - total.value) <= 2 * total.error:
                wrong.append(f"vjp, {kind}: {slope} instead of {total.value} +- {total.error}")
    wrong = [text for text in wrong if text]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("place", TWICE, ids=str)
def test_second_derivatives(place: Place) -> None:
    forwards, backwards, jacobians, gradients = second(place)
    forwards, backwards, jacobians, gradients = (
        [np.asarray(x) for x in xs] for xs in (forwards, backwards, jacobians, gradients)
    )
    moved = place.directions(0)
    wrong = []
    for k, parts in enumerate(differences(place, 0, 2)):
        kind = place.names[k]
        for way, found in (("forwards", forwards), ("backwards", backwards)):
            total, got = summed(parts), inner(found, moved, k)
            if not abs(got - total.value) <= 2 * total.error + 1e-6 * abs(total.value):
                wrong.append(f"{way}, {kind}: {got} instead of {total.value} +- {total.error}")
        for one, other in zip(forwards, backwards, strict=True):
            scale = np.abs(one[k]).max(initial=0.0)
            if not (np.abs(one[k] - other[k]) <= 1e-8 * scale).all():
                wrong.append(f"{kind}: forwards and backwards differ")
        of_matrix = sum(np.tensordot(weights(j.shape[1:-2]), j[k], j.ndim - 3) for j in jacobians)
        scale = np.abs(gradients[0][k]).max(initial=0.0)
        if not (np.abs(of_matrix - gradients[0][k]) <= 1e-9 * scale).all():
            wrong.append(f"{kind}: the Jacobian is another")
    assert not wrong, "\n".join(wrong)
