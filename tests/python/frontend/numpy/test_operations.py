"""Which primitives functions become: few, and no dense constants."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend

M = np.ones((3, 4))
N = np.ones((4, 2))
S = np.ones((3, 3))
T = np.ones((5, 3, 4))
V = np.ones(4)


def operations(function: Any, *args: Any) -> dict[str, int]:
    """How often each primitive stands in the traced program."""
    text = frontend.jit(function).lower(*args).as_text("xform")
    assert "dense<[" not in text
    assert not re.search(r'dense<"', text)
    return dict(Counter(re.findall(r"xform\.(\w+)", text)))


PROGRAMS: list[tuple[str, Any, tuple[Any, ...], dict[str, int]]] = [
    ("scalar", lambda x: 2 * x, (M,), {"constant": 1, "mul": 1}),
    ("numpy scalar", lambda x: np.float64(2) * x, (M,), {"constant": 1, "mul": 1}),
    ("same shape", lambda x: x + x, (M,), {"add": 1}),
    ("row", lambda x, v: x + v, (M, V), {"broadcast_in_dim": 1, "add": 1}),
    ("closed-over", lambda x: x + M, (M,), {"add": 1}),
    ("square", lambda x: x**2, (M,), {"integer_pow": 1}),
    ("root", lambda x: x**0.5, (M,), {"sqrt": 1}),
    ("mean", np.mean, (M,), {"reduce_sum": 1, "constant": 1, "div": 1}),
    ("matmul", lambda a, b: a @ b, (M, N), {"dot_general": 1}),
    ("matmul vector", lambda a, v: a @ v, (M, V), {"dot_general": 1}),
    ("matmul batch", lambda t, b: t @ b, (T, N), {"dot_general": 1}),
    ("matmul of batches", lambda t: t @ t.mT, (T,), {"transpose": 1, "dot_general": 1}),
    ("matmul batch right", lambda s, t: s @ t, (S, T), {"dot_general": 1, "transpose": 1}),
    ("einsum", lambda a, b: np.einsum("ij,jk->ik", a, b), (M, N), {"dot_general": 1}),
    ("einsum swapped", lambda a, b: np.einsum("ij,jk->ki", a, b), (M, N), {"dot_general": 1}),
    ("einsum transposed", lambda a: np.einsum("ij,kj->ik", a, a), (M,), {"dot_general": 1}),
    ("einsum batch", lambda t: np.einsum("bij,bkj->bik", t, t), (T,), {"dot_general": 1}),
    ("einsum outer", lambda v: np.einsum("i,j->ij", v, v), (V,),
     {"broadcast_in_dim": 2, "mul": 1}),
    ("outer", lambda v: np.outer(v, v), (V,), {"broadcast_in_dim": 2, "mul": 1}),
    ("eye", lambda x: x + xnp.eye(3), (S,), {"iota": 2, "eq": 1, "convert": 1, "add": 1}),
    ("arange", lambda x: x * xnp.arange(4.0), (V,), {"iota": 1, "mul": 1}),
    ("zeros", lambda x: x + xnp.zeros((3, 4)), (M,), {"constant": 1, "add": 1}),
    ("element", lambda x: x[1, 2], (M,), {"slice": 1, "reshape": 1}),
    ("slice", lambda x: x[1:, ::2], (M,), {"slice": 1}),
    ("backwards", lambda x: x[::-1], (M,), {"reverse": 1}),
    ("whole", lambda x: x[:, ...], (M,), {}),
    ("write row", lambda x: x.__setitem__(1, 0.0) or x, (M,),
     {"constant": 2, "iota": 1, "eq": 1, "select": 1}),
    ("where", lambda x: np.where(x > 0, x, 0), (M,), {"constant": 2, "gt": 1, "select": 1}),
    ("reshape", lambda x: x.reshape(12), (M,), {"reshape": 1}),
    ("transpose", lambda x: x.T, (M,), {"transpose": 1}),
    ("stack", lambda v: np.stack([v, v]), (V,), {"reshape": 2, "concatenate": 1}),
    ("max", lambda x: x.max(0), (M,), {"reduce_max": 1}),
]  # fmt: skip


@pytest.mark.parametrize("row", PROGRAMS, ids=lambda row: row[0])
def test_primitives(row: Any) -> None:
    _, function, args, expected = row
    assert operations(function, *args) == expected


def test_closed_over_arrays_are_arguments() -> None:
    big = np.arange(1000.0)
    text = frontend.jit(lambda x: x + big).lower(big).as_text("xform")
    assert "999" not in text
    assert text.count("tensor<1000xf64>") >= 2
