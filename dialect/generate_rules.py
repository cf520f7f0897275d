#!/usr/bin/env python3
"""Turn the rules that primitives state in TableGen into C++ and into a table.

Reads the JSON that `llvm-tblgen --dump-json` prints for one family's .td file and writes

- with `--emit cpp`: the interface methods buildJvp, isLinearIn, buildTranspose and buildBatched of
  each primitive, but for those whose rule is (Custom);
- with `--emit python`: frontend/xform/primitives/generated.py, a function for each primitive;
- with `--emit markdown`: docs/primitives.md, the same for people;
- with `--emit work`: the body of `workByRecord` in Work.cpp, of all families together;
- with `--emit table`: a JSON object that maps each primitive's name to its operands, attributes and
  rules.

A field that is left unset is an error with the definition's file and line.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Collection, Iterator
from inspect import cleandoc
from typing import Any

Dag = dict[str, Any]
Record = dict[str, Any]

JVP = """
LogicalResult {cls}::buildJvp(RuleBuilder &b, ValueRange tangents,
                              SmallVectorImpl<Value> &resultTangents) {{
"""
LINEAR = """
bool {cls}::isLinearIn(ArrayRef<bool> linear) {{
"""
TRANSPOSE = """
LogicalResult {cls}::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                                    ValueRange operands, ValueRange cotangents,
                                    SmallVectorImpl<Value> &operandCotangents) {{
"""
BATCH = """
LogicalResult {cls}::buildBatched(RuleBuilder &b, ValueRange operands,
                                  ArrayRef<bool> batched, int64_t size,
                                  SmallVectorImpl<Value> &results) {{
"""
ZERO_JVP = """  (void)b;
  (void)tangents;
  resultTangents.append((*this)->getNumResults(), Value());
  return success();
}
"""
PYTHON = '''"""A function for each primitive; written by dialect/generate_rules.py, do not edit.

What a primitive is called, takes and computes is said in the records in dialect/*.td, of which
`make generate` makes this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .emission import Operand, emit, emit_all, ints

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray
    from ..tracing.complex_values import AnyType
    from .indexing import Indexing
    from .windows import Windows
'''
# What Python takes for an attribute, and how that becomes one.
PYTHON_ATTRIBUTES = {
    "BoolAttr": ("bool", "bool({})"),
    "DenseI64ArrayAttr": ("Sequence[int]", "ints({})"),
    "I64Attr": ("int", "int({})"),
    "StrAttr": ("str", "{}"),
}
# By a class of records: the field with the attributes that Python takes together, the parameter,
# and its class, whose property `attributes` has them.
PYTHON_GROUPS = {
    "Xform_IndexingDims": ("dims", "indexing", "Indexing"),
    "Xform_Window": ("places", "windows", "Windows"),
}
# What Python has under the names of primitives.
PYTHON_TAKEN = {"abs", "and", "max", "min", "not", "or", "pow", "round"}
PYTHON_WIDTH = 100
NO_TRANSPOSE = """  (void)b;
  (void)linear;
  (void)operands;
  (void)cotangents;
  (void)operandCotangents;
  return emitOpError("is not linear and has no transpose");
}
"""


class RuleError(Exception):
    """A rule that is missing or that cannot be understood."""


def operator_of(dag: Dag) -> str:
    return str(dag["operator"]["def"])


class Primitive:
    """One primitive's definition, as TableGen printed it."""

    def __init__(self, record: Record, records: Record) -> None:
        self.record = record
        self.records = records
        self.name: str = record["opName"]
        self.cls: str = record["!name"].removeprefix("Xform_")
        self.place: str = record["!locs"][0]
        self.operands: list[str] = []
        self.attributes: list[str] = []
        self.variadic = False
        for value, name in record["arguments"]["args"]:
            kind = value["def"]
            superclasses = records[kind]["!superclasses"]
            if "DefaultValuedAttr" in superclasses:
                # The compiler's own, which nobody gives.
                continue
            if "Attr" in superclasses:
                self.attributes.append(name)
            else:
                self.operands.append(name)
                self.variadic |= "Variadic" in superclasses
        for field in ("jvp", "transpose", "batching", "work"):
            if record[field] is None:
                self.fail(f"{field} is not declared; say (Zero), (NotLinear) or a rule")

    def fail(self, message: str) -> None:
        raise RuleError(f"{self.place}: error: xform.{self.name}: {message}")

    def rule(self, field: str) -> Dag:
        dag: Dag = self.record[field]
        return dag

    def keyword(self, field: str) -> str:
        return operator_of(self.rule(field))

    @property
    def linear_operands(self) -> list[str]:
        named: list[str] = self.record["linearOperands"]
        return named or self.operands

    def per_operand(self, field: str) -> list[Dag | str]:
        """The expression of each operand: a dag, or "$name" for a bare name."""
        entries: list[Dag | str] = []
        for value, name in self.rule(field)["args"]:
            entries.append(f"${name}" if value is None else value)
        if len(entries) != len(self.operands):
            self.fail(f"{field} has {len(entries)} expressions for {len(self.operands)} operands")
        return entries

    def has_inferred_type(self) -> bool:
        """Whether the operands and attributes tell the type of the result."""
        for trait in self.record["traits"]:
            stated = self.records[trait["def"]]
            if trait["def"] in ("SameOperandsAndResultType", "InferTypeOpAdaptor"):
                return True
            if stated.get("cppInterfaceName") == "InferTypeOpInterface":
                return True
            if "AllTypesMatch" in stated["!superclasses"] and "result" in stated["values"]:
                return True
        return False

    def has_several_results(self) -> bool:
        results = self.record["results"]["args"]
        kinds = [self.records[kind["def"]]["!superclasses"] for kind, _ in results]
        return len(kinds) > 1 or any("Variadic" in kind for kind in kinds)


def is_absent(entry: Dag | str) -> bool:
    return isinstance(entry, dict) and operator_of(entry) == "Absent"


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


class Expression:
    """Writes the C++ that builds an expression of primitives."""

    def __init__(self, primitive: Primitive, names: dict[str, str]) -> None:
        self.primitive = primitive
        self.names = names
        self.lines: list[str] = []

    def build(self, entry: Dag | str) -> str:
        if isinstance(entry, str):
            name = entry.removeprefix("$")
            if name not in self.names:
                self.primitive.fail(f"${name} is not known here; known: {', '.join(self.names)}")
            return self.names[name]
        op = operator_of(entry)
        if op == "lit":
            return self.bind(f'b.literal("{entry["args"][0][0]}", type)')
        arguments = [
            self.build(f"${name}" if value is None else value) for value, name in entry["args"]
        ]
        return self.bind(f"b.fold<{camel(op)}Op>({', '.join(arguments)})")

    def bind(self, code: str) -> str:
        variable = f"v{len(self.lines)}"
        self.lines.append(f"    Value {variable} = {code};")
        return variable


def operand_names(primitive: Primitive, values: str) -> dict[str, str]:
    return {name: values.format(index=i) for i, name in enumerate(primitive.operands)}


def per_operand(
    p: Primitive, field: str, operand: str, given: dict[str, str], condition: str, statement: str
) -> Iterator[str]:
    """The C++ of a rule that has an expression for each operand.

    Its values are the operands, each written as `operand`, and those that are `given`.
    """
    for index, entry in enumerate(p.per_operand(field)):
        if is_absent(entry):
            continue
        names = {name: value.format(index=index) for name, value in given.items()}
        expression = Expression(p, operand_names(p, operand) | names)
        value = expression.build(entry)
        lines = "".join(f"{line}\n" for line in expression.lines)
        result = statement.format(index=index, value=value)
        yield f"  if ({condition}[{index}]) {{\n{lines}    {result};\n  }}\n"


def jvp(p: Primitive) -> Iterator[str]:
    keyword = p.keyword("jvp")
    if keyword == "Custom":
        return
    yield JVP.format(cls=p.cls)
    if keyword == "Zero":
        yield ZERO_JVP
    elif keyword == "Linear":
        mask = "{}" if p.variadic else f"{{{mask_of(p, p.linear_operands)}}}"
        yield f"  return b.linearJvp(*this, tangents, {mask}, resultTangents);\n}}\n"
    elif keyword == "Bilinear":
        yield "  return b.bilinearJvp(*this, tangents, resultTangents);\n}\n"
    elif keyword == "PerOperand":
        yield "  Type type = getResult().getType();\n  (void)type;\n  Value sum;\n"
        given = {"t": "tangents[{index}]", "result": "getResult()"}
        operand = "getOperation()->getOperand({index})"
        statement = "sum = b.accumulate(sum, {value})"
        yield from per_operand(p, "jvp", operand, given, "tangents", statement)
        yield "  resultTangents.push_back(sum);\n  return success();\n}\n"
    else:
        p.fail(f"jvp has no rule named {keyword}")


def mask_of(p: Primitive, names: Collection[str]) -> str:
    return ", ".join("true" if name in names else "false" for name in p.operands)


def linearity(p: Primitive) -> Iterator[str]:
    """In which operands an op is linear whose derivative says so."""
    keyword = p.keyword("jvp")
    if keyword not in ("Linear", "Bilinear"):
        return
    yield LINEAR.format(cls=p.cls)
    mask = f"{{{mask_of(p, p.linear_operands)}}}"
    if p.variadic:
        yield "  SmallVector<bool> all(linear.size(), true);\n"
        mask = "all"
    joint = "true" if keyword == "Linear" else "false"
    yield f"  return RuleBuilder::linearIn(*this, linear, {mask}, {joint});\n}}\n"


def transpose(p: Primitive) -> Iterator[str]:
    keyword = p.keyword("transpose")
    if keyword == "Custom":
        yield from linearity(p)
        return
    if keyword == "NotLinear":
        yield LINEAR.format(cls=p.cls)
        yield "  (void)linear;\n  return false;\n}\n"
        yield TRANSPOSE.format(cls=p.cls)
        yield NO_TRANSPOSE
        return
    if keyword != "PerOperand":
        p.fail(f"transpose has no rule named {keyword}")
    entries = p.per_operand("transpose")
    together = p.keyword("jvp") != "Bilinear"
    allowed = ", ".join("false" if is_absent(e) else "true" for e in entries)
    yield LINEAR.format(cls=p.cls)
    joint = "true" if together else "false"
    yield f"  return RuleBuilder::linearIn(*this, linear, {{{allowed}}}, {joint});\n}}\n"
    yield TRANSPOSE.format(cls=p.cls)
    yield "  Type type = getResult().getType();\n  (void)type;\n"
    yield f"  operandCotangents.assign({len(entries)}, Value());\n"
    statement = "operandCotangents[{index}] = {value}"
    given = {"ct": "cotangents[0]"}
    yield from per_operand(p, "transpose", "operands[{index}]", given, "linear", statement)
    yield "  (void)b;\n  (void)operands;\n  return success();\n}\n"


def batching(p: Primitive) -> Iterator[str]:
    keyword = p.keyword("batching")
    if keyword == "Custom":
        return
    yield BATCH.format(cls=p.cls)
    if keyword == "ByElement":
        yield "  return b.batchByElement(*this, operands, batched, size, results);\n}\n"
    elif keyword == "ShiftAxes":
        names = [value for value, _ in p.rule("batching")["args"]]
        yield "  (void)batched;\n  (void)size;\n"
        axes = json.dumps(names[0])
        yield f"  return b.batchShiftingAxes(*this, operands, {axes}, results);\n}}\n"
    else:
        p.fail(f"batching has no rule named {keyword}")


WORK = ("Movement", "Arithmetic", "Division", "Transcendental", "Windows", "Custom")


def write_work(primitives: list[Primitive]) -> str:
    parts = ["// Written by generate_rules.py; do not edit.\n\n"]
    for p in primitives:
        keyword = p.keyword("work")
        if keyword not in WORK:
            p.fail(f"work has no rule named {keyword}")
        # Where it is included, what follows has the same indentation.
        parts.append(f"  if (auto it = dyn_cast<{p.cls}>(op))\n    return workOf{keyword}(it);\n")
    return "".join(parts)


def primitives_of(records: Record) -> list[Primitive]:
    names = records["!instanceof"].get("Xform_Primitive", [])
    return sorted((Primitive(records[name], records) for name in names), key=lambda p: p.name)


def write_cpp(primitives: list[Primitive]) -> str:
    parts = ["// Written by generate_rules.py; do not edit.\n\n"]
    for p in primitives:
        parts += [*jvp(p), *transpose(p), *batching(p), "\n"]
    return "".join(parts)


def write_table(primitives: list[Primitive]) -> str:
    rows = {
        p.name: {
            "summary": p.record["summary"],
            "operands": p.operands,
            "variadic": p.variadic,
            "attributes": p.attributes,
            "jvp": p.keyword("jvp"),
            "transpose": p.keyword("transpose"),
            "batching": p.keyword("batching"),
        }
        for p in primitives
    }
    return json.dumps(rows, indent=1) + "\n"


def write_markdown(primitives: list[Primitive]) -> str:
    lines = [
        "# Primitives",
        "",
        "Written by `dialect/generate_rules.py` from the records in `dialect/*.td`;",
        "`make generate` writes it again. *Custom* rules stand in the `.cpp` of the op's family;",
        "*NotLinear* and *Zero* say that there is nothing to have a rule for.",
        "",
        "| primitive | what it computes | operands | attributes | jvp | transpose | batching |",
        "|---|---|---|---|---|---|---|",
    ]
    for p in primitives:
        operands = ", ".join(p.operands) + ("..." if p.variadic else "")
        summary = p.record["summary"].replace("|", "\\|")
        rules = " | ".join(p.keyword(field) for field in ("jvp", "transpose", "batching"))
        attributes = ", ".join(p.attributes)
        lines.append(f"| `{p.name}` | {summary} | {operands} | {attributes} | {rules} |")
    return "\n".join(lines) + "\n"


def python_name(p: Primitive) -> str:
    return f"{p.name}_" if p.name in PYTHON_TAKEN else p.name


def in_order(name: str) -> list[tuple[str, int]]:
    """What sorts names so that log2 comes before log10."""
    parts = re.split(r"(\d+)", name)
    return [
        (part, int(digits or 0))
        for part, digits in zip(parts[::2], [*parts[1::2], ""], strict=True)
    ]


def docstring(p: Primitive) -> str:
    """The summary as a sentence, then the description."""
    summary = p.record["summary"]
    if re.match(r"[a-z]{2,}([ ,]|$)", summary):
        summary = summary[0].upper() + summary[1:]
    paragraphs = [f"{summary}."]
    if description := p.record.get("description"):
        paragraphs += re.split(r"\n\s*\n", cleandoc(description.replace("\\", "\\\\")).strip())
    lines: list[str] = []
    for paragraph in paragraphs:
        # The quotes stand in front of the first line, and behind a line that is alone.
        width = PYTHON_WIDTH - (8 if paragraph is paragraphs[0] else 4)
        lines += ["", *textwrap.wrap(paragraph, width - (3 if len(paragraphs) == 1 else 0))]
    text = "\n".join(f"    {line}".rstrip() for line in lines[1:]).lstrip()
    return f'    """{text}"""\n' if "\n" not in text else f'    """{text}\n    """\n'


def fitted(head: str, parts: list[str], tail: str) -> str:
    """A list in one line, in a line of its own or a line each, as ruff breaks it."""
    joined = ", ".join(parts)
    if len(head + joined + tail) <= PYTHON_WIDTH:
        return f"{head}{joined}{tail}\n"
    if len(joined) + 4 <= PYTHON_WIDTH:
        return f"{head}\n    {joined}\n{tail}\n"
    return "".join([f"{head}\n", *(f"    {part},\n" for part in parts), f"{tail}\n"])


def python_function(p: Primitive) -> str:
    parameters: list[str] = []
    operands: list[str] = []
    entries: list[str] = []
    group = next(
        (g for name, g in PYTHON_GROUPS.items() if name in p.record["!superclasses"]), None
    )
    together = {name for _, name in p.record[group[0]]["args"]} if group else set()
    defaults = dict(default.split(" = ") for default in p.record["defaults"])
    for value, name in p.record["arguments"]["args"]:
        kind = value["def"]
        if name in together:
            continue
        if name in p.operands:
            variadic = "Variadic" in p.records[kind]["!superclasses"]
            parameters.append(f"{name}: {'Sequence[Operand]' if variadic else 'Operand'}")
            operands.append(f"*{name}" if variadic else name)
            continue
        if name not in p.attributes:
            continue
        if kind not in PYTHON_ATTRIBUTES:
            p.fail(f"Python has no form for the attribute {name}, a {kind}")
        python, made = PYTHON_ATTRIBUTES[kind]
        default = f" = {defaults.pop(name)}" if name in defaults else ""
        parameters.append(f"{name}: {python}{default}")
        entries.append(f'"{name}": {made.format(name)}')
    if defaults:
        p.fail(f"defaults names {', '.join(defaults)}, which is no attribute")
    if group:
        parameters.append(f"{group[1]}: {group[2]}")
        entries.append(f"**{group[1]}.attributes")
    several = p.has_several_results()
    arguments = [f'"{p.name}"', f"[{', '.join(operands)}]"]
    before = ""
    if len(entries) == 1 and group:
        arguments.append(f"{group[1]}.attributes")
    elif len(entries) == 1:
        arguments.append(f"{{{entries[0]}}}")
    elif entries:
        lines = "".join(f"        {entry},\n" for entry in entries)
        before = f"    attributes: dict[str, Attribute] = {{\n{lines}    }}\n"
        arguments.append("attributes")
    if not several and not p.has_inferred_type():
        parameters.append("result_type: AnyType")
        arguments.append("result_type=result_type")
    result = "tuple[TracedArray, ...]" if several else "TracedArray"
    head = fitted(f"def {python_name(p)}(", parameters, f") -> {result}:")
    call = f"    return {'emit_all' if several else 'emit'}({', '.join(arguments)})\n"
    return head + docstring(p) + before + call


def write_python(primitives: list[Primitive]) -> str:
    # Constants have elements, which is no attribute that a user would give.
    faces = [p for p in primitives if "ConstantLike" not in [t["def"] for t in p.record["traits"]]]
    parts = [PYTHON, *map(python_function, faces)]
    # What takes the type of its result is wrapped by hand.
    whole = [p for p in faces if p.has_several_results() or p.has_inferred_type()]
    names = sorted(map(python_name, whole), key=in_order)
    lines = "".join(f'    "{name}",\n' for name in names)
    return "\n\n".join(parts) + f"\n\n__all__ = [\n{lines}]\n"


WRITERS = {
    "cpp": write_cpp,
    "work": write_work,
    "table": write_table,
    "python": write_python,
    "markdown": write_markdown,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", nargs="+", help="JSON printed by llvm-tblgen --dump-json")
    parser.add_argument("--emit", choices=list(WRITERS), required=True)
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    primitives: list[Primitive] = []
    try:
        for path in arguments.records:
            with open(path, encoding="utf-8") as file:
                primitives += primitives_of(json.load(file))
        primitives.sort(key=lambda p: p.name)
        text = WRITERS[arguments.emit](primitives)
    except RuleError as error:
        print(error, file=sys.stderr)
        return 1
    with open(arguments.output, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
