"""Rodrigues' formula, which bundle adjustment and hand tracking share."""

from __future__ import annotations

from typing import Any


def rotate(np: Any, rotation: Any, points: Any) -> Any:
    """Points [..., 3], turned about the axis [3] by its length in radians."""
    squared = (rotation**2).sum()
    still = squared == 0
    angle = np.sqrt(np.where(still, 1, squared))  # 1, so that no derivative divides by zero
    axis = rotation / angle
    cosine, sine = np.cos(angle), np.sin(angle)
    along = (points * axis).sum(-1, keepdims=True)
    turned = points * cosine + np.cross(axis, points) * sine + axis * along * (1 - cosine)
    return np.where(still, points + np.cross(rotation, points), turned)
