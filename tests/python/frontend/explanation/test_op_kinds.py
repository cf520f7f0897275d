"""Each operation has a kind, told from its rules."""

from __future__ import annotations

from collections import Counter

import pytest
from xform._xform import PRIMITIVES
from xform.explanation.drawing_style import MARKS, style
from xform.explanation.kinds import MEANINGS, kind_of
from xform.explanation.structure import Op, Run, Work


def op(name: str, *runs: Run) -> Op:
    return Op(name, (), (), {}, None, Work(), runs, None, ())


OTHERS = {
    "product": {"conv", "dot_general"},
    "factorisation": {
        "cholesky", "eig", "eigh", "lu", "lu_solve", "qr", "schur", "svd", "triangular_solve",
    },
    "random": {"fold_in", "rng_bits", "unit_float"},
    "constant": {"constant", "iota"},
    "movement": {
        "broadcast_in_dim", "concatenate", "pad", "reshape", "reverse", "slice", "transpose",
    },
    "indexing": {
        "dynamic_slice", "dynamic_update_slice", "gather", "scatter", "scatter_add", "scatter_max",
        "scatter_min", "scatter_mul", "sort", "window_gather", "window_scatter",
    },
    "reduction": {
        "argmax", "argmin", "cummax", "cummin", "cumprod", "cumsum", "reduce_and", "reduce_max",
        "reduce_min", "reduce_or", "reduce_prod", "reduce_sum", "reduce_window_max",
        "reduce_window_min", "reduce_window_sum", "window_argmax", "window_argmin",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_each_primitive(name: str) -> None:
    expected = next((kind for kind, names in OTHERS.items() if name in names), "elementwise")
    assert kind_of(op(f"xform.{name}")) == expected


def test_elementwise_primitives_are_those_with_that_rule() -> None:
    others = set().union(*OTHERS.values())
    rules = Counter(PRIMITIVES[name]["batching"] for name in PRIMITIVES.keys() - others)
    # A conversion treats each element alone, but its rule says more than that.
    assert set(rules) == {"ByElement", "Custom"}
    assert rules["Custom"] == 1


@pytest.mark.parametrize(
    ("name", "frequency", "kind"),
    [
        ("xform.vmap", "transformed", "transform"),
        ("xform.grad", "transformed", "transform"),
        ("xform.scan", "steps", "control"),
        ("xform.switch", "chosen", "control"),
        ("xform.while", "while", "control"),
        ("xform.checkpoint", "once", "control"),
        ("xform.custom", "once", "custom"),
        ("xform.pushforward", "rule", "custom"),
        ("func.call", "once", "control"),
        ("linalg.generic", "once", "other"),
    ],
)
def test_operations_that_run_functions(name: str, frequency: str, kind: str) -> None:
    assert kind_of(op(name, Run("f", frequency, 1))) == kind


def test_each_kind_has_a_meaning_a_mark_and_colours() -> None:
    assert set(MEANINGS) == set(MARKS)
    assert len({*MARKS.values()}) == len(MARKS)
    # For light and for dark.
    assert all(style().count(f"--xdf-{kind}:") == 2 for kind in MEANINGS)
