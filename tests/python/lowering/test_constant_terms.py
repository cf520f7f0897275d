"""Reductions of terms that a compiler finds to be constant, from the ranges of integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xform import frontend

X = np.arange(11, dtype=np.int8)

# Of a vector of any dtype; all elements of what is added, multiplied or contracted are known.
TERMS: dict[str, Callable[[Any], Any]] = {
    "equal": lambda x: np.sum(x == x),
    "mean": lambda x: np.mean(x == x),
    "count_nonzero": lambda x: np.count_nonzero(x == x),
    "below": lambda x: np.sum(x.astype(np.int64) < np.int64(300)),
    "not negative": lambda x: np.sum(x.astype(np.uint8).astype(np.int32) >= 0),
    "bits": lambda x: np.sum((x & 7) < 8),
    "xor": lambda x: np.sum((x ^ x) + np.int8(3)),
    "rest": lambda x: np.sum((x.astype(np.uint8) % 4) < 4),
    "clip": lambda x: np.sum(np.clip(x, 0, 3) <= 3),
    "difference": lambda x: np.sum(x - x + np.int8(1)),
    "times 0": lambda x: np.sum(x * 0 + 1),
    "where": lambda x: np.sum(np.where(x == x, 2.0, 3.0)),
    "where float32": lambda x: np.sum(np.where(x == x, np.float32(2), np.float32(3))),
    "product": lambda x: np.prod(np.where(x == x, 2.0, 3.0)),
    "product of ints": lambda x: np.prod(np.where(x == x, 2, 3)),
    "dot": lambda x: np.where(x == x, 2.0, 3.0) @ np.where(x == x, 2.0, 1.0),
    "rows": lambda x: np.sum((x == x)[:, None] & (x == x)[None], axis=0),
    "one row": lambda x: np.sum((x == x)[None], axis=1),
    "repeated": lambda x: np.sum(np.repeat(x, 100) == np.repeat(x, 100)),
    "searchsorted": lambda x: np.searchsorted(x, 300),
    "floats": lambda x: np.sum(np.abs(x.astype(float)) >= -1),
}


def test_every_term_counts() -> None:
    found = frontend.jit(lambda x: {name: term(x) for name, term in TERMS.items()})(X)
    wrong = {
        name: (np.asarray(found[name]), term(X))
        for name, term in TERMS.items()
        if not np.array_equal(found[name], term(X))
    }
    assert not wrong
