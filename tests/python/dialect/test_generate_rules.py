"""dialect/generate_rules.py: what it accepts, and what it says about records it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from records import dumped, generate

PRIMITIVE = """\
include "dialect/Elementwise.td"

def Xform_TwiceOp : Xform_Primitive<"twice"> {{
  let summary = "twice x";
  let arguments = (ins Xform_FloatTensor:$x, Xform_FloatTensor:$y, I64Attr:$times);
{rules}
}}
"""
COMPLETE = {
    "jvp": "(PerOperand (mul $t, $y), (Absent))",
    "transpose": "(PerOperand (mul $ct, $y), (Absent))",
    "batching": "(ByElement)",
    "work": "(Arithmetic)",
}

Rejected: TypeAlias = Callable[..., str]


def record(**rules: str) -> str:
    """A definition with the given rules, the others being complete."""
    stated = COMPLETE | rules
    return PRIMITIVE.format(
        rules="\n".join(f"  let {field} = {rule};" for field, rule in stated.items() if rule)
    )


def dumped_text(text: str, folder: Path) -> Path:
    """The records of a .td file with that text as JSON."""
    source = folder / "Twice.td"
    source.write_text(text)
    return dumped(source)


@pytest.fixture
def rejected(tmp_path: Path) -> Rejected:
    """Runs the generator on a record that it must reject; returns what it said."""

    def run(emit: str = "cpp", **rules: str) -> str:
        finished, output = generate(dumped_text(record(**rules), tmp_path), emit, tmp_path)
        assert finished.returncode == 1
        assert "Traceback" not in finished.stderr
        assert not output.exists()
        return finished.stderr

    return run


def test_complete_record_is_accepted(tmp_path: Path) -> None:
    finished, output = generate(dumped_text(record(), tmp_path), "cpp", tmp_path)
    assert finished.returncode == 0, finished.stderr
    text = output.read_text()
    for method in ("buildJvp", "isLinearIn", "buildTranspose", "buildBatched"):
        assert f" TwiceOp::{method}(" in text


@pytest.mark.parametrize(
    ("jvp", "linearity"),
    [
        ("(Linear)", ["linearIn(*this, linear, {true, true}, true)"]),
        ("(Bilinear)", ["linearIn(*this, linear, {true, true}, false)"]),
        ("(Custom)", []),
    ],
)
def test_linear_jvp_says_where_a_custom_transpose_is_linear(
    tmp_path: Path, jvp: str, linearity: list[str]
) -> None:
    rules = record(jvp=jvp, transpose="(Custom)")
    finished, output = generate(dumped_text(rules, tmp_path), "cpp", tmp_path)
    assert finished.returncode == 0, finished.stderr
    text = output.read_text()
    assert " TwiceOp::buildTranspose(" not in text
    assert (" TwiceOp::isLinearIn(" in text) == bool(linearity)
    for call in linearity:
        assert call in text.split(" TwiceOp::isLinearIn(")[1].split("}\n")[0]


def test_table_lists_operands_attributes_and_rules(tmp_path: Path) -> None:
    finished, output = generate(dumped_text(record(), tmp_path), "table", tmp_path)
    assert finished.returncode == 0, finished.stderr
    rows = json.loads(output.read_text())
    assert rows["twice"] == {
        "summary": "twice x",
        "operands": ["x", "y"],
        "variadic": False,
        "attributes": ["times"],
        "jvp": "PerOperand",
        "transpose": "PerOperand",
        "batching": "ByElement",
    }
    assert rows["sin"]["operands"] == ["x"]


@pytest.mark.parametrize("emit", ["cpp", "work", "table"])
@pytest.mark.parametrize("field", ["jvp", "transpose", "batching", "work"])
def test_unset_rule_names_file_and_line(rejected: Rejected, field: str, emit: str) -> None:
    message = rejected(emit, **{field: ""})
    assert message.startswith("Twice.td:3:")
    assert f"error: xform.twice: {field} is not declared" in message


def test_unknown_operand_name(rejected: Rejected) -> None:
    message = rejected(jvp="(PerOperand (mul $t, $z), (Absent))")
    assert "Twice.td:3:" in message
    assert "xform.twice: $z is not known here; known: x, y, t, result" in message


def test_cotangent_is_unknown_to_a_jvp(rejected: Rejected) -> None:
    assert "$ct is not known here" in rejected(jvp="(PerOperand (mul $ct, $y), (Absent))")


def test_tangent_is_unknown_to_a_transpose(rejected: Rejected) -> None:
    assert "$t is not known here" in rejected(transpose="(PerOperand (mul $t, $y), (Absent))")


@pytest.mark.parametrize("field", ["jvp", "transpose"])
def test_wrong_number_of_expressions(rejected: Rejected, field: str) -> None:
    assert f"{field} has 1 expressions for 2 operands" in rejected(**{field: "(PerOperand $x)"})


@pytest.mark.parametrize(
    ("field", "rule"),
    [("jvp", "(NotLinear)"), ("transpose", "(Bilinear)"), ("batching", "(Linear)")],
)
def test_keyword_of_another_field(rejected: Rejected, field: str, rule: str) -> None:
    assert f"{field} has no rule named {rule.strip('()')}" in rejected(**{field: rule})


def test_work_dispatches_on_the_keyword(tmp_path: Path) -> None:
    finished, output = generate(dumped_text(record(work="(Division)"), tmp_path), "work", tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "  if (auto it = dyn_cast<TwiceOp>(op))\n    return workOfDivision(it);\n" in (
        output.read_text()
    )


def test_work_of_another_field(rejected: Rejected) -> None:
    assert "work has no rule named Zero" in rejected(emit="work", work="(Zero)")
