"""`xform bench`: the distribution of the times of calls, and inputs that are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import XformCall, error_of_run, json_of
from xform.cli.bench import histogram, random_inputs, summary
from xform_runtime import LeafSpec, Signature
from xform_runtime.open_sizes import Size
from xform_runtime.tree import DictNode, LeafNode, TupleNode

pytestmark = pytest.mark.calls_once


def test_json(xform: XformCall, modules: Path) -> None:
    options = ("--seconds", "0.02", "--warm-up", "0.01", "--json")
    data = json_of(xform("bench", "layer.vmfb", *options))
    times = data["seconds"]
    assert 0 < times["min"] <= times["median"] <= times["p90"] <= times["p99"] <= times["max"]
    assert data["calls"] > 10
    assert data["warm_up_calls"] >= 1
    assert data["drawn_inputs"] == 3
    assert data["calls_per_second"] == pytest.approx(1 / times["mean"])
    assert data["flops_per_second"] > 0


def test_for_people(xform: XformCall, modules: Path) -> None:
    options = ("-a", "x=[1, 2, 3]", "--calls", "7", "--warm-up", "0", "--seed", "5")
    lines = xform("bench", "layer.vmfb", *options).stdout.splitlines()
    assert lines[0] == "layer on cpu"
    names = [line.split()[0] for line in lines[1:]]
    assert names == [
        "latency", "min", "p90", "p99", "max", "throughput", "work", "measured", "inputs",
    ]  # fmt: skip
    assert "7 calls after 1 to warm up" in "\n".join(lines)
    assert lines[-1].endswith("2 drawn with seed 5")


def _signature(specs: list[LeafSpec], **more: Any) -> Signature:
    args = TupleNode(tuple(map(LeafNode, range(len(specs)))))
    inputs = DictNode((("args", args), ("kwargs", DictNode(()))))
    return Signature("f", "cpu", 0, inputs, TupleNode(()), tuple(specs), (), **more)


def test_open_sizes_are_those_of_given_arrays() -> None:
    specs = [
        LeafSpec("a", (None, 3), "float32", ("n", "")),
        LeafSpec("b", (None,), "float32", ("n",)),
        LeafSpec("c", (None,), "float32", ("m",)),
    ]
    signature = _signature(specs, sizes=(Size("m"), Size("n")), sample=(11, 103))
    shapes = [x.shape for x in random_inputs(signature, [None] * 3, 0)]
    assert shapes == [(103, 3), (103,), (11,)]
    given = random_inputs(signature, [None, np.zeros(5, np.float32), None], 0)
    assert [x.shape for x in given] == [(5, 3), (5,), (11,)]


def test_inputs_follow_from_the_seed() -> None:
    specs = [LeafSpec("a", (50,), name) for name in ("float32", "int8", "bool", "bfloat16")]
    signature = _signature(specs)
    nothing = [None] * 4
    first, again = random_inputs(signature, nothing, 3), random_inputs(signature, nothing, 3)
    for spec, one, two in zip(specs, first, again, strict=True):
        assert one.dtype.name == spec.dtype
        assert one.tobytes() == two.tobytes()
        assert len({*one.tolist()}) > 1
    assert {*first[1].tolist()} <= {*range(10)}
    given = random_inputs(signature, [np.zeros(50, np.float32), None, None, None], 3)
    assert given[1].tobytes() == first[1].tobytes()
    assert random_inputs(signature, nothing, 4)[0].tobytes() != first[0].tobytes()


def test_the_summary_of_times() -> None:
    found = summary([float(i) for i in range(101)])
    assert found == {"min": 0, "median": 50, "p90": 90, "p99": 99, "max": 100, "mean": 50}


def test_the_histogram_counts_all_calls() -> None:
    times = [1e-3 + 1e-6 * i for i in range(200)] + [1.0] * 2
    lines = histogram(times)
    assert sum(int(line.split()[-1]) for line in lines) == len(times)
    assert lines[-1].split()[0] == ">"
    assert histogram([2e-3] * 4) == [f"2.00 ms  {'█' * 40} 4"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--seconds", "-1"], "invalid value for '--seconds': -1.0 is not in the range x>0"),
        (["--calls", "0"], "invalid value for '--calls': 0 is not in the range x>=1"),
        (["-a", "z=1"], "layer has no argument 'z'"),
    ],
)
def test_mistakes(xform: XformCall, modules: Path, options: list[str], says: str) -> None:
    assert says in error_of_run(xform("bench", "layer.vmfb", *options, code=2))
