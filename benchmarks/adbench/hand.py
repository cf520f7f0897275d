"""Hand tracking: the distances between measured points and the surface of a posed hand.

A pose is a rotation and a translation of all (6 numbers) and, a finger, two angles of its first
joint and one of each other (20). A measured point belongs to a vertex, or, in the complicated
objective, to a place inside a triangle that is estimated too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy

from .library import Library
from .rotation import rotate


@dataclass(frozen=True)
class Hand:
    """A hand of b bones and v vertices; each bone's parent comes before it."""

    parents: tuple[int, ...]  # -1 for the root
    relative: numpy.ndarray  # [b, 4, 4], a bone's frame in its parent's
    inverse: numpy.ndarray  # [b, 4, 4], from the resting hand into a bone's frame
    vertices: numpy.ndarray  # [v, 4], homogeneous
    weights: numpy.ndarray  # [v, b], how much a vertex follows each bone
    triangles: numpy.ndarray  # [t, 3]

    def astype(self, dtype: Any) -> Hand:
        names = ("relative", "inverse", "vertices", "weights")
        return replace(self, **{name: getattr(self, name).astype(dtype) for name in names})


def read_model(folder: Path) -> Hand:
    names = (folder / "bones.txt").read_text().split()
    bones = [line.split(":")[1:] for line in names]
    frames = numpy.array([bone[1:] for bone in bones], float).reshape(len(bones), 2, 4, 4)
    lines = [line.split(":") for line in (folder / "vertices.txt").read_text().split()]
    weights = numpy.zeros((len(lines), len(bones)))
    for row, line in zip(weights, lines, strict=True):
        row[[int(bone) for bone in line[9::2]]] = [float(weight) for weight in line[10::2]]
    positions = numpy.array([line[:3] for line in lines], float)
    return Hand(
        parents=tuple(int(bone[0]) for bone in bones),
        relative=frames[:, 0],
        inverse=frames[:, 1],
        vertices=numpy.column_stack([positions, numpy.ones(len(lines))]),
        weights=weights,
        triangles=numpy.loadtxt(folder / "triangles.txt", int, delimiter=":"),
    )


def read(path: Path) -> tuple[numpy.ndarray, ...]:
    """owner [n], points [n, 3], places [n, 2] or [0, 2], pose [26].

    A point's owner is its vertex, or its triangle where there are places inside of triangles.
    """
    with path.open() as lines:
        count, size = map(int, next(lines).split())
        measured = numpy.array([next(lines).split() for _ in range(count)], float)
        numbers = numpy.fromstring(lines.read(), sep=" ")
    places, pose = numbers[:-size].reshape(-1, 2), numbers[-size:]
    return measured[:, 0].astype(int), measured[:, 1:], places, pose


def posed_frames(np: Any, hand: Hand, angles: Any) -> Any:
    """Each bone's frame [b, 3, 4], all fingers' bones of one generation at once."""
    turned = hand.relative[:, :3, :3] @ angles
    relative = np.concatenate([turned, hand.relative[:, :3, 3:]], -1)
    generation = numpy.zeros(len(hand.parents), int)
    for bone, parent in enumerate(hand.parents):
        generation[bone] = generation[parent] + 1 if parent >= 0 else 0
    order = numpy.argsort(generation, kind="stable")
    place = numpy.argsort(order)
    frames = relative[order[generation[order] == 0]]
    for depth in range(1, generation.max() + 1):
        bones = order[generation[order] == depth]
        parent = frames[place[[hand.parents[bone] for bone in bones]]]
        child = parent[:, :, :3] @ relative[bones]
        child = np.concatenate([child[..., :3], child[..., 3:] + parent[..., 3:]], -1)
        frames = np.concatenate([frames, child])
    return frames[place]


def bone_rotations(np: Any, bones: int, fingers: Any) -> Any:
    """Rotations [b, 3, 3] about x, then z, of angles [5, 4].

    The wrist and the first bone do not turn, nor does the last of each four that follow.
    """
    rest = np.zeros_like(fingers[:, 0])
    flexion = np.stack([fingers[:, 0], fingers[:, 2], fingers[:, 3], rest], 1)
    spread = np.stack([fingers[:, 1], rest, rest, rest], 1)
    still = np.zeros_like(fingers[0, : bones - flexion.size])
    x = np.concatenate([still, flexion.reshape(-1)])
    z = np.concatenate([still, spread.reshape(-1)])
    (cx, sx), (cz, sz) = (np.cos(x), np.sin(x)), (np.cos(z), np.sin(z))
    zero = np.zeros_like(x)
    rows = [cz, -sz * cx, sz * sx, sz, cz * cx, -cz * sx, zero, sx, cx]
    return np.stack(rows, 1).reshape(bones, 3, 3)


def vertex_positions(lib: Library, hand: Hand, pose: Any) -> Any:
    """The vertices [v, 3] of the posed hand."""
    np = lib.numpy
    hand, bones = hand.astype(pose.dtype), len(hand.parents)
    frames = posed_frames(np, hand, bone_rotations(np, bones, pose[6:].reshape(5, 4)))
    moves = frames[..., :3] @ hand.inverse[:, :3]
    moves = np.concatenate([moves[..., :3], moves[..., 3:] + frames[..., 3:]], -1)
    blended = (hand.weights @ moves.reshape(bones, 12)).reshape(-1, 3, 4)
    skinned = (blended * hand.vertices[:, None]).sum(-1)
    return rotate(np, pose[:3], skinned) + pose[3:6]


def simple(lib: Library, hand: Hand, owner: Any, pose: Any, points: Any) -> Any:
    """Each point's distance [n, 3] from its vertex."""
    return points - vertex_positions(lib, hand, pose)[owner]


def simple_jacobian(lib: Library, hand: Hand, owner: Any, pose: Any, points: Any) -> Any:
    """Derivatives [n, 3, 26] by the pose."""
    return lib.jacfwd(lambda pose: simple(lib, hand, owner, pose, points))(pose)


def complicated(lib: Library, hand: Hand, owner: Any, pose: Any, places: Any, points: Any) -> Any:
    """Each point's distance [n, 3] from its place in its triangle."""
    corners = vertex_positions(lib, hand, pose)[hand.triangles[owner]]
    u, v = places[:, :1], places[:, 1:]
    return points - (u * corners[:, 0] + v * corners[:, 1] + (1 - u - v) * corners[:, 2])


def complicated_jacobian(
    lib: Library, hand: Hand, owner: Any, pose: Any, places: Any, points: Any
) -> Any:
    """Derivatives by the pose, [n, 3, 26], and of each point by its own place, [n, 3, 2].

    A point depends on its own place only, so a shift of all places at once tells them apart.
    """

    def shifted(pose: Any, shift: Any) -> Any:
        return complicated(lib, hand, owner, pose, places + shift, points)

    return lib.jacfwd(shifted, argnums=(0, 1))(pose, lib.numpy.zeros_like(places[0]))
