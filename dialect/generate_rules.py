#!/usr/bin/env python3
"""Turn the rules that primitives state in TableGen into C++ and into a table.

Reads the JSON that `llvm-tblgen --dump-json` prints for one family's .td file and writes

- with `--emit cpp`: the interface methods buildJvp, isLinearIn, buildTranspose and buildBatched of
  each primitive, but for those whose rule is (Custom);
- with `--emit markdown`: docs/primitives.md, the same for people;
- with `--emit work`: the body of `workByRecord` in Work.cpp, of all families together;
- with `--emit table`: a JSON object that maps each primitive's name to its operands, attributes and
  rules.

A field that is left unset is an error with the definition's file and line.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
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
        self.name: str = record["opName"]
        self.cls: str = record["!name"].removeprefix("Xform_")
        self.place: str = record["!locs"][0]
        self.operands: list[str] = []
        self.attributes: list[str] = []
        self.variadic = False
        for value, name in record["arguments"]["args"]:
            kind = value["def"]
            if "Attr" in kind:
                self.attributes.append(name)
            else:
                self.operands.append(name)
                self.variadic |= "Variadic" in records[kind]["!superclasses"]
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


def jvp(p: Primitive) -> Iterator[str]:
    keyword = p.keyword("jvp")
    if keyword == "Custom":
        return
    yield JVP.format(cls=p.cls)
    if keyword == "Zero":
        yield ZERO_JVP
    elif keyword == "Linear":
        mask = ", ".join("true" if name in p.linear_operands else "false" for name in p.operands)
        mask = "{}" if p.variadic else f"{{{mask}}}"
        yield f"  return b.linearJvp(*this, tangents, {mask}, resultTangents);\n}}\n"
    elif keyword == "Bilinear":
        yield "  return b.bilinearJvp(*this, tangents, resultTangents);\n}\n"
    elif keyword == "PerOperand":
        yield "  Type type = getResult().getType();\n  (void)type;\n  Value sum;\n"
        for index, entry in enumerate(p.per_operand("jvp")):
            if is_absent(entry):
                continue
            names = operand_names(p, "getOperation()->getOperand({index})")
            names |= {"t": f"tangents[{index}]", "result": "getResult()"}
            expression = Expression(p, names)
            value = expression.build(entry)
            yield f"  if (tangents[{index}]) {{\n"
            yield "\n".join(expression.lines) + ("\n" if expression.lines else "")
            yield f"    sum = b.accumulate(sum, {value});\n  }}\n"
        yield "  resultTangents.push_back(sum);\n  return success();\n}\n"
    else:
        p.fail(f"jvp has no rule named {keyword}")


def transpose(p: Primitive) -> Iterator[str]:
    keyword = p.keyword("transpose")
    if keyword == "Custom":
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
    for index, entry in enumerate(entries):
        if is_absent(entry):
            continue
        expression = Expression(p, operand_names(p, "operands[{index}]") | {"ct": "cotangents[0]"})
        value = expression.build(entry)
        yield f"  if (linear[{index}]) {{\n"
        yield "\n".join(expression.lines) + ("\n" if expression.lines else "")
        yield f"    operandCotangents[{index}] = {value};\n  }}\n"
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
        parts.append(f"if (auto it = dyn_cast<{p.cls}>(op))\n  return workOf{keyword}(it);\n")
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
        "Written by `dialect/generate_rules.py` from the records in `dialect/*.td`; `make docs`",
        "writes it again. *Custom* rules stand in the `.cpp` of the op's family; *NotLinear* and",
        "*Zero* say that there is nothing to have a rule for.",
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


WRITERS = {"cpp": write_cpp, "work": write_work, "table": write_table, "markdown": write_markdown}


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
