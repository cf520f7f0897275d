"""frontend/xform/primitives/generated.py is what the dialect's records say, and all of it."""

from __future__ import annotations

import inspect
import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from records import ROOT, dumped, dumped_dialect, generate
from xform import frontend, primitives
from xform._xform import PRIMITIVES
from xform.primitives import generated

GENERATED = ROOT / "frontend" / "xform" / "primitives" / "generated.py"

GUDERMANN = """
def Xform_GudermannOp : Xform_Unary<"gudermann", Xform_FloatTensor> {
  let summary = "the angle whose tangent is sinh(x)";
  let description = [{
    It joins circular and hyperbolic
    functions without complex numbers.
  }];
  let jvp = (PerOperand (div $t, (cosh $x)));
  let transpose = (NotLinear);
}
"""


def loaded(path: Path) -> ModuleType:
    """A generated file as a module of `xform.primitives`."""
    spec = spec_from_file_location("xform.primitives.from_copy", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def face_of(records: Path, folder: Path) -> Path:
    finished, output = generate(records, "python", folder)
    assert finished.returncode == 0, finished.stderr
    written = output.with_suffix(".py")
    output.rename(written)
    return written


def test_file_is_current(tmp_path: Path) -> None:
    written = face_of(dumped_dialect(tmp_path), tmp_path)
    assert written.read_text() == GENERATED.read_text(), "run make generate"


def test_every_primitive_has_a_function() -> None:
    faces = {name: getattr(generated, name, None) or getattr(generated, f"{name}_", None)
             for name in PRIMITIVES}  # fmt: skip
    assert [name for name, face in faces.items() if face is None] == ["constant"]
    assert {face.__name__ for face in faces.values() if face} <= set(dir(primitives))
    for name, face in faces.items():
        if face is not None:
            parameters = [*inspect.signature(face).parameters]
            given = [n for n in PRIMITIVES[name]["operands"] if n != "levels"]
            assert parameters[: len(given)] == given
            assert face.__doc__ is not None
            assert face.__doc__.lower().startswith(PRIMITIVES[name]["summary"].lower() + ".")


def test_what_takes_a_type_is_wrapped() -> None:
    typed = {
        name
        for name, face in inspect.getmembers(generated, inspect.isfunction)
        if face.__module__ == generated.__name__
        and "result_type" in inspect.signature(face).parameters
    }
    assert typed
    assert not typed & set(generated.__all__)
    assert all(getattr(primitives, name).__module__ == "xform.primitives.typed" for name in typed)


def test_a_new_elementwise_primitive_is_one_record(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "dialect", tmp_path / "dialect", ignore=lambda folder, names: [
        name for name in names if not name.endswith(".td")
    ])  # fmt: skip
    family = tmp_path / "dialect" / "Elementwise.td"
    family.write_text(family.read_text().replace("\n#endif", f"{GUDERMANN}\n#endif"))
    records = dumped_dialect(tmp_path, tmp_path)
    face = loaded(face_of(records, tmp_path))
    assert set(face.__all__) - set(generated.__all__) == {"gudermann"}
    assert str(inspect.signature(face.gudermann)) == "(x: 'Operand') -> 'TracedArray'"
    assert inspect.getdoc(face.gudermann) == (
        "The angle whose tangent is sinh(x).\n\n"
        "It joins circular and hyperbolic functions without complex numbers."
    )
    # It is emitted under its name, which the dialect that is loaded does not know.
    with pytest.raises(KeyError, match="no primitive named 'gudermann'"):
        frontend.jit(face.gudermann)(1.0)
    # The rules and the page have it too.
    assert "GudermannOp::buildJvp" in generate(records, "cpp", tmp_path)[1].read_text()
    assert "| `gudermann` | the angle" in generate(records, "markdown", tmp_path)[1].read_text()


RECORD = """\
include "dialect/Base.td"

def Xform_TwiceOp : Xform_Primitive<"twice", [SameOperandsAndResultType]> {{
  let summary = "twice x";
  let arguments = (ins Xform_FloatTensor:$x, {attribute}:$times);
  let defaults = [{defaults}];
  let jvp = (Linear);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Arithmetic);
}}
"""


def written(tmp_path: Path, attribute: str, defaults: str = "") -> tuple[str, str]:
    """What the generator says of a record, and what it writes."""
    source = tmp_path / "Twice.td"
    source.write_text(RECORD.format(attribute=attribute, defaults=defaults))
    finished, output = generate(dumped(source), "python", tmp_path)
    return finished.stderr, output.read_text() if output.exists() else ""


@pytest.mark.parametrize(
    ("attribute", "parameter", "entry"),
    [
        ("I64Attr", "times: int", "int(times)"),
        ("BoolAttr", "times: bool", "bool(times)"),
        ("StrAttr", "times: str", "times"),
        ("DenseI64ArrayAttr", "times: Sequence[int]", "ints(times)"),
    ],
)
def test_attributes_have_types(tmp_path: Path, attribute: str, parameter: str, entry: str) -> None:
    said, text = written(tmp_path, attribute)
    assert not said
    assert (
        f"def twice(x: Operand, {parameter}) -> TracedArray:\n"
        '    """Twice x."""\n'
        f'    return emit("twice", [x], {{"times": {entry}}})\n'
    ) in text


def test_defaults(tmp_path: Path) -> None:
    _, text = written(tmp_path, "I64Attr", '"times = 2"')
    assert "def twice(x: Operand, times: int = 2) -> TracedArray:" in text


def test_a_default_of_nothing_is_refused(tmp_path: Path) -> None:
    said, text = written(tmp_path, "I64Attr", '"time = 2"')
    assert said.startswith("Twice.td:3:")
    assert "error: xform.twice: defaults names time, which is no attribute" in said
    assert not text


def test_an_attribute_without_a_form_is_refused(tmp_path: Path) -> None:
    said, _ = written(tmp_path, "F64Attr")
    assert "error: xform.twice: Python has no form for the attribute times, a F64Attr" in said
