"""The signatures that compiled programs carry: for calls from here, and for files."""

from __future__ import annotations

import contextlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from xform_runtime import LeafSpec, Signature
from xform_runtime.signature import DictNode, LeafNode, TupleNode

from ..errors import XformTypeError
from ..iree.processors import required_features
from ..tracing.avals import Aval
from ..tracing.program import TracedProgram
from .structure import tree_of
from .targets import Target


def flat_signature(traced: TracedProgram, target: Target) -> Signature:
    """For programs called from here: flat arguments, closed-over arrays among them."""
    args = [
        LeafSpec(path, a.shape, a.dtype.name)
        for path, a in zip(traced.inputs.paths, traced.inputs.avals, strict=True)
    ]
    args += [
        LeafSpec(f"closed_over[{i}]", tuple(x.shape), x.dtype.name)
        for i, x in enumerate(traced.program.hidden)
    ]
    results = _results(traced)
    return Signature(
        name=traced.name,
        device=target.device,
        work=0,
        inputs=DictNode(
            (("args", TupleNode(tuple(map(LeafNode, range(len(args)))))), ("kwargs", DictNode(())))
        ),
        outputs=TupleNode(tuple(map(LeafNode, range(len(results))))),
        args=tuple(args),
        results=tuple(results),
        cpu_features=target.cpu_features,
    )


def file_signature(traced: TracedProgram, target: Target, doc: str = "") -> Signature:
    """For files: the structures of the user's function, and what its docstring says.

    Raises:
        XformTypeError: a file cannot describe one of them.
    """
    inputs, outputs = traced.inputs, traced.outputs
    args_spec, kwargs_spec = inputs.spec.children()
    args = tree_of(args_spec, 0, "the arguments")
    kwargs = tree_of(kwargs_spec, args_spec.num_leaves, "the keyword arguments")
    output = tree_of(outputs.spec, 0, "the output", ordered=True)
    if len(outputs.leaves) != len(outputs.avals):
        raise XformTypeError(
            f"save: {traced.name!r} returns values that are no arrays; a file holds arrays only"
        )
    return Signature(
        name=traced.name,
        device=target.device,
        work=0,
        inputs=DictNode((("args", args), ("kwargs", kwargs))),
        outputs=output,
        args=tuple(
            LeafSpec(path, a.shape, a.dtype.name)
            for path, a in zip(inputs.paths, inputs.avals, strict=True)
        ),
        results=tuple(_results(traced)),
        cpu_features=required_features(target),
        parameters=inputs.parameters,
        target=str(target),
        versions=_versions(),
        doc=doc,
        machine=target.machine,
    )


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """What compiles here, as far as it was installed as a package."""
    found = []
    for package in ("xform", "iree-base-compiler"):
        with contextlib.suppress(PackageNotFoundError):
            found.append((package, version(package)))
    return tuple(found)


def _results(traced: TracedProgram) -> list[LeafSpec]:
    outputs = traced.outputs
    return [
        LeafSpec(path, a.shape, a.dtype.name)
        for path, a in zip(outputs.paths, outputs.avals, strict=True)
    ]


__all__ = ["file_signature", "flat_signature"]


def named_arguments(traced: TracedProgram) -> list[tuple[str, str]]:
    """What people call the arguments and closed-over arrays, and their types."""
    from ..explanation.dataflow import as_arguments

    inputs, hidden = traced.inputs, traced.program.hidden
    names = as_arguments(inputs.paths, inputs.parameters, len(hidden))
    kinds = [*inputs.avals, *(Aval(tuple(x.shape), x.dtype) for x in hidden)]
    return [(name, str(kind)) for name, kind in zip(names, kinds, strict=True)]


def named_results(traced: TracedProgram) -> list[tuple[str, str]]:
    """What people call the results, and their types."""
    outputs = traced.outputs
    return [(path, str(kind)) for path, kind in zip(outputs.paths, outputs.avals, strict=True)]
