"""Threefry-2x32 with 20 rounds in NumPy, after the paper's description, word by word."""

from __future__ import annotations

import numpy as np
from table_row import Array, Shape

MASK = 2**32 - 1
ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)

# From the known-answer tests of the authors' library Random123: counter, key, result.
KNOWN_ANSWERS = (
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((MASK, MASK), (MASK, MASK), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
)


def threefry(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Two random words."""
    words = (*key, key[0] ^ key[1] ^ 0x1BD11BDA)
    x, y = (counter[0] + words[0]) & MASK, (counter[1] + words[1]) & MASK
    for turn in range(20):
        by = ROTATIONS[turn % 8]
        x = (x + y) & MASK
        y = ((y << by) & MASK | y >> (32 - by)) ^ x
        if turn % 4 == 3:
            group = turn // 4 + 1
            x = (x + words[group % 3]) & MASK
            y = (y + words[(group + 1) % 3] + group) & MASK
    return x, y


def bits(key: Array, shape: Shape, dtype: np.dtype) -> Array:
    """What keys draw, each the given shape, the counter being an element's place."""
    size = int(np.prod(shape))
    drawn = []
    for words in key.reshape(-1, 2).tolist():
        for place in range(size):
            x, y = threefry((words[0], words[1]), (0, place))
            drawn.append(
                x << 32 | y if dtype.itemsize == 8 else (x ^ y) % 2 ** (8 * dtype.itemsize)
            )
    return np.array(drawn, np.uint64).astype(dtype).reshape((*key.shape[:-1], *shape))


def fold_in(key: Array, data: Array) -> Array:
    """The keys that keys and numbers make."""
    pairs = zip(key.reshape(-1, 2).tolist(), data.ravel().tolist(), strict=True)
    made = [threefry((words[0], words[1]), (0, number)) for words, number in pairs]
    return np.array(made, np.uint32).reshape(key.shape)
