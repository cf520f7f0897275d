"""Signatures: JSON and back, structures, and what is refused."""

from __future__ import annotations

import json
from collections import namedtuple
from dataclasses import dataclass, replace
from typing import Any

import pytest
from xform_runtime import LeafSpec, Signature, XformTypeError, XformValueError
from xform_runtime.tree import (
    DictNode,
    LeafNode,
    ListNode,
    NamedTupleNode,
    NoneNode,
    Tree,
    TupleNode,
    describe,
    flatten,
    from_data,
    to_data,
    unflatten,
)

Pair = namedtuple("Pair", "left right")


@dataclass
class Layer:
    left: Any
    right: Any


ARGS = TupleNode(
    (
        LeafNode(0),
        NoneNode(),
        ListNode((LeafNode(1), DictNode((("k", LeafNode(2)), (7, NoneNode()))))),
        NamedTupleNode("Pair", ("left", "right"), (LeafNode(3), TupleNode(())), (("k", -0.0),)),
    )
)
VALUE = (10, None, [11, {"k": 12, 7: None}], Pair(13, ()))

SIGNATURE = Signature(
    name="step",
    device="cpu",
    work=100,
    inputs=DictNode((("args", ARGS), ("kwargs", DictNode((("t", LeafNode(4)),))))),
    outputs=TupleNode((LeafNode(0),)),
    args=tuple(LeafSpec(f"leaf{i}", (i, None), "float32") for i in range(5)),
    results=(LeafSpec("result[0]", (), "bfloat16"),),
    cpu_features=("avx2", "fma"),
)


def test_round_trip() -> None:
    text = SIGNATURE.to_json()
    assert "\n" not in text
    assert Signature.from_json(text) == SIGNATURE
    assert str(SIGNATURE).startswith("step(float32[0,?], None, [float32[1,?], {'k': ")
    assert str(SIGNATURE).endswith("t=float32[4,?]) -> (bfloat16[],)")


def test_what_files_tell_of_their_making() -> None:
    made = replace(
        SIGNATURE,
        parameters=("x", "", "rest[0]", "pair"),
        target="cpu:x86-64-v3",
        versions=(("xform", "0.1.0"),),
        flops=7,
        moved=12,
    )
    assert Signature.from_json(made.to_json()) == made
    data = json.loads(SIGNATURE.to_json())
    for key in ("parameters", "target", "versions", "flops", "moved"):
        del data[key]
    # As files from before have it.
    assert Signature.from_json(json.dumps(data)) == SIGNATURE
    with pytest.raises(XformValueError, match="names 1 positional arguments, expected 4"):
        replace(SIGNATURE, parameters=("x",))
    with pytest.raises(XformValueError, match="field 'flops' is 'many', expected a int"):
        Signature.from_json(json.dumps({**data, "flops": "many"}))


def test_flatten_and_unflatten() -> None:
    assert flatten(ARGS, VALUE) == [10, 11, 12, 13]
    back = unflatten(ARGS, [10, 11, 12, 13])
    assert back == VALUE
    assert back[3]._fields == ("left", "right")
    assert from_data(json.loads(json.dumps(to_data(ARGS)))) == ARGS
    assert describe(ARGS) == "(*, None, [*, {'k': *, 7: None}], Pair(left=*, right=()))"


def test_dataclasses_and_named_tuples_are_alike() -> None:
    tree = NamedTupleNode("Layer", ("left", "right"), (LeafNode(0), LeafNode(1)))
    assert flatten(tree, Layer(1, 2)) == flatten(tree, Pair(1, 2)) == [1, 2]
    with pytest.raises(XformValueError, match=r"p: got a tuple of 2, expected a named tuple Layer"):
        flatten(tree, (1, 2), "p")
    # Static fields are those that the function was compiled for, where there are any.
    tree = replace(tree, fixed=(("total", 0.0), ("mean", True)))
    assert flatten(tree, Layer(1, 2)) == [1, 2]
    private = NamedTupleNode("Layer", ("w", "_cache"), (LeafNode(0), LeafNode(1)))
    assert unflatten(private, [1, 2]) == (1, 2)


@pytest.mark.parametrize(
    ("tree", "value", "says"),
    [
        (LeafNode(0), None, "x: got None, expected an array"),
        (LeafNode(0), [1], "x: got a list of 1, expected an array"),
        (TupleNode((LeafNode(0),)), [1], "x: got a list of 1, expected a tuple of 1"),
        (TupleNode((LeafNode(0),)), (1, 2), "x: got a tuple of 2, expected 1"),
        (TupleNode((LeafNode(0), NoneNode())), Pair(1, None), "x: got a named tuple Pair"),
        (ListNode((LeafNode(0),)), (1,), "x: got a tuple of 1, expected a list of 1"),
        (NoneNode(), 3, "x: got 3, expected None"),
        (DictNode((("a", LeafNode(0)),)), {"b": 1}, r"missing keys \['a'\] and unexpected keys"),
        (DictNode((("a", NoneNode()),)), {"a": 1}, r"x\['a'\]: got 1, expected None"),
        (ListNode((ListNode((NoneNode(),)),)), [[1]], r"x\[0\]\[0\]: got 1, expected None"),
        (
            NamedTupleNode("Layer", ("left",), (LeafNode(0),), (("right", 0.0),)),
            Layer(1, -0.0),
            r"x\.right is -0\.0, but the function was compiled for 0\.0",
        ),
        (
            NamedTupleNode("Layer", ("left",), (LeafNode(0),), (("right", 1),)),
            Layer(1, True),
            r"x\.right is True, but .* for 1",
        ),
    ],
)
def test_wrong_structures(tree: Tree, value: Any, says: str) -> None:
    with pytest.raises(XformValueError, match=says):
        flatten(tree, value, "x")


def test_a_dict_key_of_another_type() -> None:
    with pytest.raises(XformTypeError, match=r"x: dict key \(1, 2\) is a tuple"):
        flatten(DictNode((("a", LeafNode(0)),)), {(1, 2): 1}, "x")
    with pytest.raises(XformTypeError, match=r"x: dict key True is a bool"):
        flatten(DictNode(((1, LeafNode(0)),)), {True: 1}, "x")


def test_results_in_another_order() -> None:
    outputs = DictNode((("b", LeafNode(1)), ("a", LeafNode(0))))
    signature = replace(SIGNATURE, outputs=outputs, results=SIGNATURE.results * 2)
    again = Signature.from_json(signature.to_json())
    assert list(unflatten(again.outputs, ["first", "second"]).items()) == [
        ("b", "second"),
        ("a", "first"),
    ]


def changed(**fields: Any) -> str:
    return json.dumps({**json.loads(SIGNATURE.to_json()), **fields})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("3", "a signature is a JSON object, got int"),
        ("{}", "version None is not supported"),
        (changed(donors=[0, 1]), r"donors of signature .* expected for each of 1 results"),
        (changed(donors=[99]), "another one of"),
        (changed(donors="0"), "field 'donors' is '0', expected a list"),
        (changed(donors=[True]), "field 'donors'"),
        (changed(version=2), "version 2 is not supported: this runtime reads version 1"),
        (changed(name=3), "field 'name' is 3, expected a str"),
        (changed(work=True), "field 'work' is True"),
        (changed(work="9"), "field 'work'"),
        (changed(device="tpu"), "unknown device 'tpu'"),
        (changed(args=[]), "the inputs of signature 'step' refer to leaves"),
        (changed(args=3), "field 'args' is 3"),
        (changed(args=[{"path": "a", "shape": [-1], "dtype": "int8"}]), "bad shape"),
        (changed(args=[{"path": "a", "shape": [1], "dtype": "text"}]), "unknown dtype 'text'"),
        (changed(args=["a"]), "expected an object with path, shape and dtype"),
        (changed(inputs={"leaf": 0}), "the inputs of a signature are"),
        (changed(inputs=None), "expected a tree node with one key, got None"),
        (changed(outputs={"leaf": -1}), "expected a tree node"),
        (changed(outputs={"leaf": 1}), "expected 0 to 0 in order"),
        (changed(outputs={"dict": [[1.5, {"leaf": 0}]]}), r"expected a \[key, tree\] pair"),
        (changed(cpu_features=3), "field 'cpu_features' is 3"),
        (
            changed(
                outputs={
                    "namedtuple": {"name": "A", "fields": [], "children": [], "fixed": [["x"]]}
                }
            ),
            "expected a field and its value",
        ),
        (
            changed(outputs={"namedtuple": {"name": "A", "fields": ["x"], "children": []}}),
            "named tuple 'A' has 1 fields and 0 children",
        ),
        (
            changed(
                outputs={"namedtuple": {"name": "A b", "fields": ["x"], "children": [{"leaf": 0}]}}
            ),
            "named tuple 'A b' has the fields",
        ),
    ],
)
def test_bad_signatures(text: str, says: str) -> None:
    with pytest.raises(XformValueError, match=says):
        Signature.from_json(text)


def test_structures_must_fit_the_leaves() -> None:
    with pytest.raises(XformValueError, match="the outputs of signature 'step'"):
        replace(SIGNATURE, results=())
