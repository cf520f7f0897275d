"""Calls of loaded modules in a function that is traced: one operation of which nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xform_runtime.image import ModuleImage
from xform_runtime.signature import LeafSpec, Signature

from ..errors import XformTypeError, XformValueError, at_user_line
from ..source import user_location
from ..tracing import called_modules, traces
from ..tracing.avals import Aval, checked_dtype
from ..tracing.complex_values import entry_type, parts, put_together, taken_apart
from ..tracing.operations import METHODS
from .calls import call_map, reporting, wrapped
from .custom_call import Batch, CustomFunction, Derivative, call_custom

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray


def call_entry(signature: Signature, image: ModuleImage, values: Sequence[Any]) -> list[Any]:
    """Records a call of an entry of a loaded module.

    Args:
        signature: the entry's.
        image: the module's.
        values: arrays of the entry's types, of which some are traced.

    Returns:
        A traced array for each leaf of the entry's results.

    Raises:
        LeakedArrayError: an array is of a function that has returned.
        XformTypeError: the program that is traced has open sizes; its rules raise it where a
            derivative is asked for.
        XformValueError: the module has weights in another file, or a result of unknown size.
    """
    for x in values:
        traces.require_active(x)
    trace = traces.require_trace(signature.name)
    if trace.program.open_sizes:
        raise XformTypeError(
            at_user_line(
                f"{signature.name}() of {image.origin} is called in a program with open sizes, for "
                "which a loaded module cannot be called: trace it for arguments of fixed sizes"
            )
        )
    if any(other.weights for other in image.signatures.values()):
        raise XformValueError(
            at_user_line(
                f"{signature.name}() cannot be called while a function is traced: {image.origin} "
                "has its weights in a file beside it; save it with weights='inside'"
            )
        )
    entry = _Entry(signature, image, _result_types(signature, image, values))
    inputs = [traces.traced(x, leaf.path) for x, leaf in zip(values, signature.args, strict=True)]
    return call_custom(_Call(entry), inputs)


@dataclass(frozen=True)
class _Entry:
    """An entry of a loaded module, and its results at one call."""

    signature: Signature
    image: ModuleImage
    results: tuple[Aval, ...]

    def emit(self, leaves: Sequence[TracedArray]) -> list[TracedArray]:
        """The call itself."""
        trace = traces.require_trace(self.signature.name)
        trace.program.called.append(self.image)
        signature = self.signature
        attributes: dict[str, Attribute] = {
            "module": called_modules.enter(self.image),
            "entry": signature.name,
            "copied": self._copied([x._aval for x in leaves]),
            # 0 where nothing is said of it.
            "flops": signature.flops or 0,
            "bytes": signature.moved or 0,
            "additions": signature.work,
            "open": bool(signature.sizes),
        }
        function, place = trace.function, user_location()
        # What is called is an entry, where complex arrays are one value each.
        kinds = [kind.type for kind in self.results]
        with reporting(signature.name):
            values = function.emit(
                called_modules.CALL,
                [put_together(function, traces.lift(x), place) for x in leaves],
                place,
                attributes,
                [entry_type(kind) for kind in kinds],
            )
        apart = [
            taken_apart(function, value, kind, place)
            for value, kind in zip(values, kinds, strict=True)
        ]
        return wrapped(parts(apart), self.results)

    def _copied(self, arguments: Sequence[Aval]) -> list[int]:
        """The arguments in whose memory a result may lie, which the program may go on to read."""
        if self.signature.scratch is not None:
            return sorted(donor for donor in self.signature.donors if donor is not None)
        # IREE's code returns an argument as it is, or as a view of as many bytes.
        sizes = {_nbytes(kind) for kind in self.results}
        return [i for i, kind in enumerate(arguments) if _nbytes(kind) in sizes]


def _nbytes(kind: Aval) -> int:
    return LeafSpec("", kind.shape, kind.dtype.name).nbytes


def _result_types(
    signature: Signature, image: ModuleImage, values: Sequence[Any]
) -> tuple[Aval, ...]:
    """The avals of the results for arguments that fit the signature."""
    sizes = {
        name: size
        for x, leaf in zip(values, signature.args, strict=True)
        for size, name in zip(x.shape, leaf.sizes, strict=False)
    }
    found = []
    for leaf in signature.results:
        names = leaf.sizes or [""] * len(leaf.shape)
        shape = [
            sizes.get(name) if size is None else size
            for size, name in zip(leaf.shape, names, strict=True)
        ]
        known = [size for size in shape if size is not None]
        if len(known) < len(shape):
            raise XformValueError(
                at_user_line(
                    f"{signature.name}() of {image.origin} returns {leaf.path} of type {leaf}, "
                    "whose sizes are computed when it is called: while a function is traced, only "
                    "results can be had whose open sizes are those of arguments"
                )
            )
        found.append(Aval(tuple(known), checked_dtype(leaf.dtype, leaf.path)))
    return tuple(found)


class _Call(CustomFunction):
    """One call. It has no derivatives, and its rows are computed one after the other."""

    derives_vmap = False

    def __init__(self, entry: _Entry) -> None:
        self._entry = entry

    @property
    def name(self) -> str:
        """The entry's name, as one of the program's functions."""
        return self._entry.signature.name.replace("<lambda>", "main")

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        """The call."""
        return self._entry.emit(leaves)

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        """Raises XformTypeError where a result could have a tangent, as there is none."""
        if not any(kind.is_inexact for kind in self._entry.results):
            count = len(active)
            return Derivative(jvp=lambda leaves: self._again(leaves[:count]))
        signature, origin = self._entry.signature, self._entry.image.origin
        leaves = zip(signature.args, active, strict=True)
        by = ", ".join(leaf.path for leaf, is_active in leaves if is_active)
        raise XformTypeError(
            at_user_line(
                f"{signature.name}() of {origin} is differentiated by {by}, but a loaded module "
                "has no derivatives: export the gradient as another entry and call it in a rule of "
                "custom_vjp or custom_jvp, or give it stop_gradient(x) if x counts as constant"
            )
        )

    def rows(self, batch: Batch, leaves: list[Any]) -> Sequence[Any]:
        """A call for each row."""
        batched = [x for x, is_batched in zip(leaves, batch.inputs, strict=True) if is_batched]
        avals = [Aval(x.shape[1:], x.dtype) for x in batched]

        def one(rows: list[Any]) -> Sequence[Any]:
            row = iter(rows)
            given = zip(leaves, batch.inputs, strict=True)
            inputs = [next(row) if is_batched else x for x, is_batched in given]
            return self._again(inputs)

        callee = traces.trace_callee(self.name, self.name, avals, one, user_location())
        return call_map(callee, batched)

    def _again(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """The call in a rule, where it has its rules again."""
        return call_custom(self, [traces.traced(x) for x in inputs])


METHODS["call_entry"] = call_entry


__all__ = ["call_entry"]
