"""The signatures that compiled programs carry: for calls from here, and for files."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from xform_runtime import LeafSpec, Signature
from xform_runtime.open_sizes import Size
from xform_runtime.signature import DictNode, LeafNode, TupleNode

from ..errors import XformTypeError
from ..tracing.avals import Aval
from ..tracing.program import TracedProgram
from .structure import tree_of
from .targets import Target


def flat_signature(traced: TracedProgram, target: Target) -> Signature:
    """For programs called from here: flat arguments, closed-over arrays among them."""
    args = _arguments(traced)
    args += [
        LeafSpec(f"closed_over[{i}]", tuple(x.shape), x.dtype.name)
        for i, x in enumerate(traced.closed_over)
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
        sizes=_sizes(traced),
    )


def file_signature(traced: TracedProgram, target: Target) -> Signature:
    """For files: the structures of the user's function.

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
        args=tuple(_arguments(traced)),
        results=tuple(_results(traced)),
        cpu_features=target.cpu_features,
        sizes=_sizes(traced),
        parameters=inputs.parameters,
        target=str(target),
        versions=_versions(),
    )


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """What compiles here, as far as it was installed as a package."""
    found = []
    for package in ("xform", "iree-base-compiler"):
        with contextlib.suppress(PackageNotFoundError):
            found.append((package, version(package)))
    return tuple(found)


def _sizes(traced: TracedProgram) -> tuple[Size, ...]:
    return () if traced.open is None else traced.open.sizes


def _arguments(traced: TracedProgram) -> list[LeafSpec]:
    inputs = traced.inputs
    names = None if traced.open is None else traced.open.arguments
    return _leaves(inputs.paths, inputs.avals, names)


def _results(traced: TracedProgram) -> list[LeafSpec]:
    outputs = traced.outputs
    names = None if traced.open is None else traced.open.results
    return _leaves(outputs.paths, outputs.avals, names)


def _leaves(
    paths: Sequence[str], avals: Sequence[Aval], names: Sequence[Sequence[str]] | None
) -> list[LeafSpec]:
    leaves = []
    for i, (path, aval) in enumerate(zip(paths, avals, strict=True)):
        sizes = tuple(names[i]) if names and any(names[i]) else ()
        shape = (
            tuple(None if name else n for n, name in zip(aval.shape, sizes, strict=True))
            if sizes
            else aval.shape
        )
        leaves.append(LeafSpec(path, shape, aval.dtype.name, sizes))
    return leaves


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
