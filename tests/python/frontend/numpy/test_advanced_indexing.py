"""Indexing by arrays and masks: the same function on NumPy's arrays is the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import torch
import xform.numpy as xnp
from batch import Batch, Case
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from xform import frontend
from xform._xform import Module
from xform.errors import TracedValueError, XformIndexError, XformTypeError, XformValueError

M = np.arange(20.0).reshape(4, 5)
T = np.arange(24.0).reshape(2, 3, 4)
V = np.arange(7.0)
EVEN, ROWS = np.array([0, 2]), np.array([3, -1, 0, 3])
MASK = M % 3 == 0

# Constant indices.
INDICES: list[tuple[np.ndarray, Any]] = [
    (V, ROWS), (V, [1, 5]), (V, np.array([[1, 2], [0, -7]])), (V, []), (V, np.arange(2, 5)),
    (V, np.arange(5, 0, -2)), (V, np.arange(3)[::-1]), (V, V > 2), (V, np.zeros(7, bool)),
    (V, (ROWS % 7).astype(np.uint8)), (V, True), (V, False), (V, (None, ROWS)), (V, np.array(True)),
    (M, ROWS), (M, (ROWS, ROWS)), (M, (slice(None), ROWS)), (M, (ROWS, slice(1, 3))),
    (M, (1, ROWS)), (M, (slice(None, None, 2), EVEN)), (M, MASK), (M, (MASK[:, 0], 1)),
    (M, np.ix_([0, 3], [1, 1, 2])), (M, (..., EVEN)), (M, (EVEN, None)), (M, (None, EVEN, 0)),
    (M, (EVEN[:, None], EVEN)), (M, (slice(None), np.arange(1, 4))), (M, (slice(2, 2), ROWS)),
    (M, (MASK.any(1), slice(None, None, -1))), (M, (slice(None), MASK[0])), (M, [[1, 2], [0, 3]]),
    (T, (0, slice(None), ROWS)), (T, (slice(None), 0, ROWS)), (T, (EVEN - 1, slice(None), EVEN)),
    (T, (slice(None), EVEN, EVEN)), (T, (EVEN - 1, ..., EVEN)), (T, (..., EVEN, slice(1, 3))),
    (T, (slice(None), EVEN, None, EVEN)), (T, (0, ..., EVEN, None)), (T, T > 11),
    (T, (slice(None), T[0] > 5)), (T, (T[:, :, 0] > 2, 1)), (T, (EVEN - 1, T[0, :, :2].sum(1) > 9)),
    (T, (slice(None), EVEN, ..., EVEN)), (T, (1, EVEN[:, None], slice(None, None, -1))),
    (T, (slice(None), True, EVEN)), (T, (EVEN - 1, slice(None), 1)), (T, (1, EVEN, EVEN)),
]  # fmt: skip


def name_of(x: np.ndarray, index: Any) -> str:
    return f"{x.shape}[{str(index).replace(chr(10), '')}]"


def written(a: Any, index: Any, values: Any) -> list[Any]:
    """Every way to write by an index."""
    first, second, third = a.copy(), a.copy(), a.copy()
    first[index] = 100
    second[index] += values
    np.add.at(third, index, values)
    return [first, second, third]


# A write costs several dispatches to compile, so only some indices are written by.
EVERY = 4


def write_case(x: np.ndarray, index: Any) -> Case:
    values = np.linspace(-1, 1, x[index].size).reshape(x[index].shape)
    return Case(f"written {name_of(x, index)}", lambda a, v: written(a, index, v), x, values)


CONSTANT = Batch(
    [Case(name_of(x, index), lambda a, i=index: a[i], x) for x, index in INDICES]
    + [write_case(x, index) for x, index in INDICES[::EVERY]]
)


@pytest.mark.parametrize("case", CONSTANT.cases, ids=str)
def test_constant_indices(case: Case) -> None:
    CONSTANT.check(case)


# Traced indices ---------------------------------------------------------------------------------


def with_arrays(items: tuple[Any, ...]) -> tuple[Callable[..., Any], list[np.ndarray]]:
    """How to put an index together from its integer arrays, and these."""
    arrays = [np.asarray(i) for i in items if isinstance(i, np.ndarray | np.integer | list)]

    def index(*traced: Any) -> tuple[Any, ...]:
        rest = iter(traced)
        return tuple(
            next(rest) if isinstance(i, np.ndarray | np.integer | list) else i for i in items
        )

    return index, arrays


TRACED: list[tuple[np.ndarray, tuple[Any, ...]]] = [
    (V, (ROWS,)), (V, (np.array([[1, 2], [0, -7]]),)), (V, (np.int64(3),)), (V, (np.int8(-2),)),
    (V, (np.zeros(0, int),)), (V, (ROWS.astype(np.int8),)), (V, (EVEN.astype(np.uint16),)),
    (M, (ROWS,)), (M, (slice(None), ROWS)), (M, (ROWS, ROWS)), (M, (np.int32(1),)),
    (M, (ROWS, EVEN[:, None])), (M, (np.int64(1), ROWS)), (M, (1, ROWS)), (M, (ROWS, np.int64(1))),
    (M, (slice(1, None, 2), np.int64(-1))), (M, (None, np.int64(2), slice(None, None, -1))),
    (M, (slice(None, None, -1), ROWS)), (M, (ROWS, slice(3, 0, -2))), (M, (..., ROWS)),
    (T, (EVEN - 1, slice(None), EVEN)), (T, (0, slice(None), ROWS)), (T, (slice(None), EVEN, 1)),
    (T, (slice(None), EVEN, None, EVEN)), (T, (np.int64(1), slice(None), np.int64(2))),
    (T, (slice(None), EVEN, EVEN)), (T, (np.int64(0), EVEN)), (T, (..., EVEN, np.int64(1))),
    (T, (slice(None), EVEN, ..., EVEN)),
]  # fmt: skip


def traced_read(x: np.ndarray, items: tuple[Any, ...]) -> Case:
    index, arrays = with_arrays(items)
    return Case(name_of(x, items), lambda a, *i: a[index(*i)], x, *arrays)


def traced_write(x: np.ndarray, items: tuple[Any, ...]) -> Case:
    index, arrays = with_arrays(items)
    values = np.linspace(-1, 1, x[items].size).reshape(x[items].shape)
    return Case(
        f"written {name_of(x, items)}",
        lambda a, v, *i: written(a, index(*i), v),
        x,
        values,
        *arrays,
    )


TRACED_BATCH = Batch(
    [traced_read(x, items) for x, items in TRACED]
    + [traced_write(x, items) for x, items in TRACED[::EVERY]]
)


@pytest.mark.parametrize("case", TRACED_BATCH.cases, ids=str)
def test_traced_indices(case: Case) -> None:
    TRACED_BATCH.check(case)


# Masks ------------------------------------------------------------------------------------------


def mask_arithmetic(x):
    positive = x > 3
    x[positive] += 1
    x[positive] *= x[positive] - 2
    x[x < 2] -= 5
    x[x < -4] = 0
    return x


def mask_of_rows(x):
    x[x[:, 0] > 4] /= np.arange(1.0, 6.0)
    x[x[:, 0] < 4] = x[0] * 2
    return x


def mask_behind(x):
    x[:, x[0] > 1] **= 2
    x[..., x[0] > 8] = 7
    x[1:3, x[0] > 2] = 1
    x[0, x[0] > 3] = -1
    return x


def mask_between_arrays(x):
    m = x > 9
    y = x * 2
    y[m] = x[m] + y[m]
    y[m] = 3 - y[m]
    return y


def mask_at(x):
    np.add.at(x, x > 3, 2)
    np.multiply.at(x, 1, 3)
    return x


def through_traced_row(x):
    i = (x[0, 0] * 0).astype(int) + 2
    row = x[i]
    row[1] = 50
    x[i, 0] = 60
    x[i] += 1
    x[i][3] = 70
    row *= 2
    return [x, row]


def a_copy_is_no_view(x):
    rows = x[[0, 1]]
    rows[0] = 9
    x[1] = 8
    return [x, rows]


def through_a_view(x):
    view = x[1:, ::2]
    view[[0, 2, 0]] += 10
    view[:, np.array([1])] = 3
    x.T[[0, 1]] *= 2
    return [x, view]


def last_write_stays(x):
    x[[0, 1, 0]] = x[[1, 2, 3]]
    return x


MASKS = Batch(
    [
        Case(function.__name__, function, M)
        for function in (
            mask_arithmetic, mask_of_rows, mask_behind, mask_between_arrays, mask_at,
            through_traced_row, a_copy_is_no_view, through_a_view, last_write_stays,
        )
    ]
)  # fmt: skip


@pytest.mark.parametrize("case", MASKS.cases, ids=str)
def test_masks_and_views(case: Case) -> None:
    MASKS.check(case)


# Any index ---------------------------------------------------------------------------------------

SHAPE = (2, 3, 5, 7)


@st.composite
def indices(draw: Any) -> tuple[Any, ...]:
    """An index of SHAPE; its arrays have sizes that no axis has."""
    items: list[Any] = []
    axis = 0
    shape = draw(st.sampled_from([(4,), (6, 4), (6, 1), (1,)]))
    while axis < len(SHAPE) and draw(st.integers(0, 5)):
        kind = draw(st.sampled_from(["slice", "array", "array", "int", "None", "mask"]))
        size = SHAPE[axis]
        if kind == "None":
            items.append(None)
            continue
        if kind == "slice":
            items.append(draw(st.slices(size)))
        elif kind == "int":
            items.append(draw(st.integers(-size, size - 1)))
        elif kind == "mask" and shape == (4,):
            items.append(np.arange(size) < 1)
        else:
            items.append(draw(hnp.arrays(np.int64, shape, elements=st.integers(-size, size - 1))))
        axis += 1
    if draw(st.booleans()):
        # A mask has the size of its axis, so it must keep that.
        first = len(items) if holds_mask(items) else 0
        items.insert(draw(st.integers(first, len(items))), ...)
    return tuple(items)


def holds_mask(items: Iterable[Any]) -> bool:
    return any(isinstance(item, np.ndarray) and item.dtype == np.bool_ for item in items)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(indices(), st.booleans())
def test_shape_of_any_index(items: tuple[Any, ...], traced: bool) -> None:
    """Constant and traced arrays end where NumPy puts their axes; nothing is compiled."""
    # How many elements a traced mask chooses is not known.
    assume(not (traced and holds_mask(items)))
    x = np.zeros(SHAPE)
    index, arrays = with_arrays(items) if traced else (lambda: items, [])
    shapes: list[Any] = []

    def f(a: Any, *i: Any) -> Any:
        result = a[index(*i)]
        shapes.append(result.shape)
        a[index(*i)] = result
        return a

    frontend.jit(f).lower(x, *arrays)
    assert shapes == [x[items].shape]


# Derivatives and batches -------------------------------------------------------------------------


def looked_up(table, ids):
    return np.sum(table[ids] ** 2)


def permuted(x, order):
    return np.sum(x[order] * np.arange(1.0, 6.0))


def along(x, ids):
    return np.sum(np.take_along_axis(x, ids, 1) ** 3)


def added(x, ids):
    y = xnp.zeros(4)
    np.add.at(y, ids, x)
    return np.sum(y**2)


def replaced(x, ids):
    y = x * 1.0
    y[ids] = x[:3] * 2
    return np.sum(y**2)


def torch_replaced(x, ids):
    # The last write stays.
    y = x * 1.0
    for n, i in enumerate(ids.tolist()):
        y = torch.cat([y[:i], x[n : n + 1] * 2, y[i + 1 :]])
    return torch.sum(y**2)


IDS = np.array([2, 0, 2])
MATRIX = np.linspace(-1, 2, 12).reshape(4, 3)
VECTOR = np.linspace(0.5, 2, 5)
GRADIENTS: list[tuple[Any, Any, np.ndarray, np.ndarray]] = [
    (looked_up, lambda t, i: torch.sum(t[i] ** 2), MATRIX, IDS),
    (
        permuted,
        lambda x, i: torch.sum(x[i] * torch.arange(1.0, 6.0, dtype=torch.float64)),
        VECTOR,
        np.array([3, 1, 4, 0, 2]),
    ),
    (
        along,
        lambda x, i: torch.sum(torch.take_along_dim(x, i, 1) ** 3),
        MATRIX,
        np.array([[0, 2], [1, 1], [2, 0], [0, 0]]),
    ),
    (
        added,
        lambda x, i: torch.sum(torch.zeros(4, dtype=torch.float64).index_add(0, i, x) ** 2),
        VECTOR[:3],
        IDS,
    ),
    (replaced, torch_replaced, VECTOR, IDS),
]


def test_gradients_are_those_of_torch() -> None:
    """With traced indices and constant ones, and for each of a batch of them."""

    def run(inputs: Any) -> Any:
        return [
            [
                frontend.grad(f)(x, i),
                frontend.grad(lambda x, f=f, k=k: f(x, k))(x),
                frontend.vmap(frontend.grad(f), (None, 0))(x, xnp.stack([i, i[::-1]])),
                frontend.vmap(frontend.grad(f))(xnp.stack([x, -x]), xnp.stack([i, i])),
            ]
            for (f, _, _, k), (x, i) in zip(GRADIENTS, inputs, strict=True)
        ]

    results = frontend.jit(run)([(x, i) for _, _, x, i in GRADIENTS])
    for (_, truth, x, i), found in zip(GRADIENTS, results, strict=True):

        def gradient(x: np.ndarray, i: np.ndarray, truth: Any = truth) -> np.ndarray:
            a = torch.tensor(x, requires_grad=True)
            truth(a, torch.tensor(np.ascontiguousarray(i))).backward()
            return np.asarray(a.grad)

        both = [gradient(x, i), gradient(x, i[::-1])]
        wanted = [both[0], both[0], np.stack(both), np.stack([both[0], gradient(-x, i)])]
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(("function", "x", "ids"), [(f, x, i) for f, _, x, i in GRADIENTS[:3]])
def test_gradient_of_a_read_is_one_scatter(function: Any, x: np.ndarray, ids: np.ndarray) -> None:
    lowered = frontend.jit(frontend.grad(function)).lower(x, ids)
    module = Module.parse(lowered.as_text("xform"))
    module.run("xform-expand-transforms,xform-simplify")
    names = module.op_names()
    assert names["xform.scatter_add"] == 1
    # The gradient of a linear function reads nothing.
    assert names.get("xform.gather", 0) == (function is not permuted)
    assert not {"xform.scatter", "xform.dot_general"} & set(names)


def test_even_constant_indices_are_slices() -> None:
    lowered = frontend.jit(frontend.grad(lambda x: np.sum(x[[4, 2, 0]] ** 2))).lower(VECTOR)
    assert "gather" not in lowered.as_text("xform")
    assert "scatter" not in lowered.as_text("xform")


# Errors ------------------------------------------------------------------------------------------


def put_into_numpy(x):
    np.add.at(np.zeros(3), np.array([0]), x[0, :1])


ERRORS: list[tuple[str, Any, type[Exception], str]] = [
    ("range", lambda x: x[[0, 4]], XformIndexError, "index 4 is out of range for axis 0 of size 4"),
    ("writing", lambda x: x.__setitem__([-5], 1), XformIndexError, "index -5 is out of range"),
    ("mask", lambda x: x[np.ones(3, bool)], XformIndexError, "does not fit axes 0 to 0"),
    ("traced mask", lambda x: x[x[0] > 1], XformIndexError, "does not fit an array of shape"),
    ("floats", lambda x: x[np.ones(2)], XformIndexError, "of ints or bools, got dtype float64"),
    ("many", lambda x: x[[0], [0], [0]], XformIndexError, "too many indices: 3"),
    ("shapes", lambda x: x[[0, 1], [0, 1, 2]], XformIndexError, "do not broadcast together"),
    ("values", lambda x: x.__setitem__([0, 1], np.ones(3)), XformValueError, "cannot be broadcast"),
    ("method", lambda x: x[x > 1].argsort(), TracedValueError, "xform.numpy.where"),
    ("result", lambda x: x[x > 1], TracedValueError, "how many elements of"),
    ("two masks", lambda x: x[x > 1] + x[x < 1], XformTypeError, "use one mask for both"),
    ("bounds", lambda x: x[: x[0, 0].astype(int)], TracedValueError, "dynamic_slice"),
    ("text", lambda x: x["a"], XformTypeError, "made of ints, slices, None, Ellipsis and arrays"),
    ("divide", lambda x: np.divide.at(x, [0], 2), XformTypeError, "divide.at is not supported"),
    ("numpy", put_into_numpy, XformTypeError, "cannot be written into ndarray"),
    ("nonzero", lambda x: np.nonzero(x), TracedValueError, "count_nonzero"),
    ("bincount", lambda x: np.bincount(x[0].astype(int)), TracedValueError, "length=n"),
    ("delete", lambda x: np.delete(x, x[0].astype(int)), TracedValueError, "must be known"),
    ("compress", lambda x: np.compress(x[0] > 1, x, 1), TracedValueError, "where"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "kind", "text"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS]
)
def test_errors(function: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        frontend.jit(function).lower(M)
