"""Bundle adjustment: how far points, seen by cameras, are from where they were observed.

An observation depends on one camera, one point and its own weight, so the Jacobian is a batch of
small ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy

from .library import Library
from .rotation import rotate


def read(path: Path) -> tuple[numpy.ndarray, ...]:
    """For p observations: cameras [p, 11], points [p, 3], weights [p], features [p, 2].

    A camera is its rotation, its centre, the focal length, the principal point and two coefficients
    of radial distortion. A file has one camera, point, weight and feature, which all observations
    repeat; what is returned has them by observation.
    """
    with path.open() as lines:
        cameras, points, observations = map(int, next(lines).split())
        camera, point, weight, feature = (numpy.array(line.split(), float) for line in lines)
    seen = numpy.arange(observations)
    return (
        numpy.tile(camera, (cameras, 1))[seen % cameras],
        numpy.tile(point, (points, 1))[seen % points],
        numpy.repeat(weight, observations),
        numpy.tile(feature, (observations, 1)),
    )


def residual(lib: Library, camera: Any, point: Any, weight: Any, feature: Any) -> Any:
    """One observation's error, [2], times its weight."""
    np = lib.numpy
    rotation, centre, focal = camera[:3], camera[3:6], camera[6]
    principal, distortion = camera[7:9], camera[9:]
    seen = rotate(np, rotation, point - centre)
    projected = seen[:2] / seen[2]
    squared = (projected**2).sum()
    radial = 1 + distortion[0] * squared + distortion[1] * squared**2
    return weight * (projected * radial * focal + principal - feature)


def objective(lib: Library, cameras: Any, points: Any, weights: Any, features: Any) -> Any:
    """The errors of all observations, [p, 2], and of their weights, [p]."""
    errors = lib.vmap(lambda *seen: residual(lib, *seen))(cameras, points, weights, features)
    return errors, 1 - weights**2


def jacobian(lib: Library, transform: Any, *observations: Any) -> Any:
    """Derivatives of each error by its camera, point and weight, and of each weight's error."""
    derivative = transform(lambda *seen: residual(lib, *seen), argnums=(0, 1, 2))
    return lib.vmap(derivative)(*observations), -2 * observations[2]
