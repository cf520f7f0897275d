"""The evaluator's programs against the references of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from definitions import DEFINITIONS
from evaluator import Evaluated, parsed, run
from primitive_table import FAMILIES
from row_programs import near, report, rows_of
from xform._xform import PRIMITIVES
from xform.frontend import fori_loop


def test_every_primitive_is_defined() -> None:
    assert set(DEFINITIONS) == set(PRIMITIVES)


def test_what_is_no_primitive_is_refused() -> None:
    with pytest.raises(ValueError, match=r"xform\.scan is no primitive"):
        Evaluated(lambda x: fori_loop(0, 3, lambda i, x: x * x, x), 2.0)


def test_calls_and_constants() -> None:
    module = """
    "builtin.module"() ({
      "func.func"() <{function_type = (tensor<2xf64>) -> tensor<2xf64>, sym_name = "main"}> ({
      ^bb0(%x: tensor<2xf64>):
        %0 = "func.call"(%x) <{callee = @f}> : (tensor<2xf64>) -> tensor<2xf64>
        "func.return"(%0) : (tensor<2xf64>) -> ()
      }) : () -> ()
      "func.func"() <{function_type = (tensor<2xf64>) -> tensor<2xf64>, sym_name = "f"}> ({
      ^bb0(%x: tensor<2xf64>):
        %c = "xform.constant"() <{value = dense<3.0> : tensor<2xf64>}> : () -> tensor<2xf64>
        %0 = "xform.mul"(%x, %c) : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xf64>
        "func.return"(%0) : (tensor<2xf64>) -> ()
      }) : () -> ()
    }) : () -> ()
    """
    (found,) = run(parsed(module), "main", [np.array([1.0, 2.0])])
    np.testing.assert_array_equal(found, [3.0, 6.0])


@pytest.mark.parametrize("family", FAMILIES)
def test_rows(family: str) -> None:
    failures: list[str] = []
    for row in rows_of(family):
        operands = row.sample(1)
        got = Evaluated(row.emit, *operands)(*operands)
        wrong = near(got, np.asarray(row.reference(*operands)), 1e-14, 1e-14)
        failures += [f"{row.name}: {wrong}"] if wrong else []
    report(failures)
