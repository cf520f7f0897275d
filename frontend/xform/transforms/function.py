"""Function: a differentiable operation with derivative and batching rules of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from xform_runtime import Array

from .. import direct, pytrees, tracing
from ..avals import Aval
from ..errors import XformRuntimeError, XformTypeError, XformValueError, at_user_line
from .basis import moved
from .custom_call import (
    Batch,
    CustomFunction,
    Derivative,
    call_custom,
    naming,
    spread,
    tangent_or_zeros,
)
from .derivative import with_zeros
from .gradient_stop import stop_gradient
from .selection import output_aval

if TYPE_CHECKING:
    from ..array import TracedArray


class VmapInfo(NamedTuple):
    """What a `vmap` static method is told about the vmap that meets the call.

    Attributes:
        batch_size: the number of rows.
        randomness: "error", "same" or "different".
    """

    batch_size: int
    randomness: str


class FunctionContext:
    """What `setup_context` hands to `backward` and `jvp`: saved arrays, and attributes of its own.

    Attributes:
        needs_input_grad: for each argument of `apply`, whether it is being differentiated.
    """

    needs_input_grad: tuple[bool, ...]
    _name: str
    _backward: tuple[Any, ...]
    _forward: tuple[Any, ...]
    _saved: tuple[Any, ...] | None
    _constants: list[Any]

    def __init__(self, name: str, needs_input_grad: tuple[bool, ...]) -> None:
        own = self.__dict__
        own["needs_input_grad"] = needs_input_grad
        own["_name"] = name
        own["_backward"] = ()
        own["_forward"] = ()
        own["_saved"] = None
        own["_constants"] = []

    def save_for_backward(self, *arrays: Any) -> None:
        """Keeps arrays, or None, for `backward`.

        Raises:
            XformTypeError: an argument is neither.
        """
        self.__dict__["_backward"] = self._checked("save_for_backward", arrays)

    def save_for_forward(self, *arrays: Any) -> None:
        """Keeps arrays, or None, for `jvp`.

        Raises:
            XformTypeError: an argument is neither.
        """
        self.__dict__["_forward"] = self._checked("save_for_forward", arrays)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """In `backward` what `save_for_backward` was given, in `jvp` what `save_for_forward` was.

        Raises:
            XformRuntimeError: neither of the two is running.
        """
        if self._saved is None:
            raise XformRuntimeError(
                at_user_line(
                    f"{self._name}: saved_tensors can be read in backward and jvp only, where it "
                    "has what save_for_backward and save_for_forward were given"
                )
            )
        return self._saved

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Makes outputs constants to every derivative.

        Args:
            outputs: arrays that `forward` returned.
        """
        self._constants.extend(outputs)

    def _checked(self, method: str, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
        for i, x in enumerate(arrays):
            if x is not None and not _is_array(x):
                raise XformTypeError(
                    at_user_line(
                        f"{self._name}: ctx.{method} keeps arrays, but argument {i} is of type "
                        f"{type(x).__name__}; set what is no array as an attribute of ctx"
                    )
                )
        return arrays

    def __setattr__(self, name: str, value: Any) -> None:
        if any(tracing.is_traced(leaf) for leaf in pytrees.leaves(value)):
            raise XformTypeError(
                at_user_line(
                    f"{self._name}: ctx.{name} cannot hold an array of the function that is being "
                    "traced; keep arrays with ctx.save_for_backward or ctx.save_for_forward"
                )
            )
        self.__dict__[name] = value


class Function:
    """An operation whose derivatives and batching are written by hand.

    A subclass has static methods and is called with `apply`. Arguments and outputs may be pytrees;
    an argument that is no array (a number, None, a string) reaches the methods as it is.

    - `forward(*args)` computes the output, and `setup_context(ctx, inputs, output)` says what its
      derivatives need. Without `setup_context`, `forward(ctx, *args)` does both.
    - `backward(ctx, *cotangents)` takes a cotangent for each output, zeros where it is not used,
      and returns one for each argument, or None.
    - `jvp(ctx, *tangents)` takes a tangent for each argument, None where it is no floating array,
      and returns one for each output, or None. With one of the two the other is its transpose; in
      reverse mode `backward` is used if there is one, in forward mode `jvp`.
    - `vmap(info, in_dims, *args)` computes all rows at once, given for each argument its batch dim,
      or None, and returns (output, out_dims); or `generate_vmap_rule = True` batches `forward` and
      the rules.

    The rules run when a transform meets the call, on traced arrays; without a derivative, only
    `forward` does. What is differentiated twice differentiates the rules.

    >>> import numpy as np
    >>> from xform.frontend import Function, grad
    >>> class Clipped(Function):
    ...     @staticmethod
    ...     def forward(x):
    ...         return x
    ...
    ...     @staticmethod
    ...     def setup_context(ctx, inputs, output):
    ...         pass
    ...
    ...     @staticmethod
    ...     def backward(ctx, cotangent):
    ...         return np.clip(cotangent, -1.0, 1.0)
    >>> grad(lambda x: 5.0 * Clipped.apply(x))(3.0).item()
    1.0
    """

    generate_vmap_rule: bool = False

    @staticmethod
    def forward(*args: Any) -> Any:
        """The output from the arguments; with `ctx` as first argument without `setup_context`."""
        raise NotImplementedError

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: Any) -> None:
        """Saves what the derivatives need."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: FunctionContext, *cotangents: Any) -> Any:
        """A cotangent for each argument from one for each output."""
        raise NotImplementedError

    @staticmethod
    def jvp(ctx: FunctionContext, *tangents: Any) -> Any:
        """A tangent for each output from one for each argument."""
        raise NotImplementedError

    @staticmethod
    def vmap(info: VmapInfo, in_dims: tuple[Any, ...], *args: Any) -> tuple[Any, Any]:
        """The output of all rows, and where their rows lie."""
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """The output of `forward`, differentiated and batched by the class's own rules.

        Args:
            args: what `forward` is given.

        Raises:
            XformRuntimeError: there is no `forward`; or a derivative is asked for and there is
                neither `backward` nor `jvp`; or a vmap meets the call and there is neither `vmap`
                nor `generate_vmap_rule`, or both, or no `setup_context` with the latter.
            XformValueError: a rule returns another number of values, or other structures or shapes.
            XformTypeError: a rule returns other dtypes, or what is no array.
        """
        if not _defines(cls, "forward"):
            raise XformRuntimeError(
                at_user_line(
                    f"{cls.__name__}: the class defines no forward; write it as a static method"
                )
            )
        arguments = _Arguments(args)
        if tracing.current_trace() is not None:
            return _apply(cls, arguments, arguments.lifted())
        return direct.call(
            lambda *arrays: _apply(cls, arguments, [tracing.traced(x) for x in arrays]),
            arguments.arrays,
            {},
            name=tracing.function_name(cls),
            transform=f"{cls.__name__}.apply",
        )


def _is_array(leaf: Any) -> bool:
    """Whether a leaf is an array; Python numbers stay what they are."""
    return tracing.is_traced(leaf) or isinstance(leaf, np.ndarray | np.generic | Array)


class _Arguments:
    """The arguments of a call, with the arrays among their leaves.

    Attributes:
        args: the arguments.
        arrays: the arrays.
    """

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.args = args
        self._leaves, self._spec = pytrees.flatten(args)
        self._positions = [i for i, leaf in enumerate(self._leaves) if _is_array(leaf)]
        self.arrays = [self._leaves[i] for i in self._positions]

    def lifted(self) -> list[TracedArray]:
        """The arrays as traced arrays of the innermost trace."""
        return [tracing.traced(x) for x in self.arrays]

    def rebuild(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with other arrays."""
        return self._filled(self._leaves, values)

    def instead(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with other values for the arrays, and None for what is none."""
        return self._filled([None] * len(self._leaves), values)

    def any_of(self, marks: Sequence[bool]) -> tuple[bool, ...]:
        """For each argument, whether an array of it is marked."""
        return tuple(any(pytrees.leaves(part)) for part in self.instead(marks))

    def arrays_of(self, leaves: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Of a value for each leaf, those of arrays and the others."""
        chosen = set(self._positions)
        return (
            [leaves[i] for i in self._positions],
            [leaf for i, leaf in enumerate(leaves) if i not in chosen],
        )

    def _filled(self, leaves: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
        filled = list(leaves)
        for position, value in zip(self._positions, values, strict=True):
            filled[position] = value
        arguments: tuple[Any, ...] = pytrees.unflatten(self._spec, filled)
        return arguments


def _apply(cls: type[Function], arguments: _Arguments, inputs: Sequence[TracedArray]) -> Any:
    call = _Call(cls, arguments, [x._aval for x in inputs])
    results = call.results(inputs)
    return call.output.tree(results)


@dataclass(frozen=True)
class _Output:
    """What `forward` returned: the structure, and the avals of the leaves."""

    spec: pytrees.TreeSpec
    avals: list[Aval]

    def tree(self, leaves: Sequence[Any]) -> Any:
        return pytrees.unflatten(self.spec, leaves)

    def parts(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """One value for each output: the entries of a tuple or list, or the whole."""
        tree = self.tree(leaves)
        return tuple(tree) if isinstance(tree, tuple | list) else (tree,)


class _Call(CustomFunction):
    """A call of a Function: its rules, in terms of the arrays among arguments and outputs."""

    def __init__(self, cls: type[Function], arguments: _Arguments, avals: Sequence[Aval]) -> None:
        self.cls = cls
        self._name = tracing.function_name(cls)
        self.arguments = arguments
        self.avals = avals
        self.output: _Output
        self.constant_results: set[int] = set()
        self._has_context = _defines(cls, "setup_context")
        self._has_vmap = _defines(cls, "vmap")
        self._ctx: FunctionContext
        # Where the saved arrays lie among the residuals; None where None was saved.
        self._saved: list[int | None] = []

    # What is computed.

    def results(self, inputs: Sequence[TracedArray]) -> list[TracedArray]:
        """The leaves of the output."""
        constant = self.constant_results
        results = call_custom(self, inputs)
        return [stop_gradient(x) if i in constant else x for i, x in enumerate(results)]

    @property
    def name(self) -> str:
        return self._name

    @property
    def derives_vmap(self) -> bool:  # type: ignore[override]
        return self.cls.generate_vmap_rule and self._has_context and not self._has_vmap

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        args = self.arguments.rebuild(leaves)
        if self._has_context:
            result = self.cls.forward(*args)
        else:
            result = self.cls.forward(FunctionContext(self._called("forward"), self._none()), *args)
        found, spec = pytrees.flatten(result)
        paths = pytrees.paths(spec, "output")
        name = self._called("forward")
        self.output = _Output(
            spec, [output_aval(name, x, path) for x, path in zip(found, paths, strict=True)]
        )
        return found

    def _evaluated(self, ctx: FunctionContext, leaves: list[Any]) -> list[Any]:
        """The results, of a call that has rules itself, with `ctx` set up."""
        args = self.arguments.rebuild(leaves)
        results = _Call(self.cls, self.arguments, self.avals).results(leaves)
        if self._has_context:
            output = self.output.tree(results)
            self.cls.setup_context(ctx, args, output)
            outputs = pytrees.leaves(output)
        else:
            # What is saved of the output must have the derivatives of the output.
            outputs = pytrees.leaves(self.cls.forward(ctx, *args))
            own = ctx.__dict__
            for kind in ("_backward", "_forward"):
                own[kind] = tuple(_replaced(x, outputs, results) for x in own[kind])
        for constant in ctx._constants:
            for x in pytrees.leaves(constant):
                self.constant_results.add(self._position(x, outputs))
        return results

    def _position(self, x: Any, outputs: Sequence[Any]) -> int:
        for i, output in enumerate(outputs):
            if output is x:
                return i
        raise XformValueError(
            at_user_line(
                f"{self._called('setup_context')}: ctx.mark_non_differentiable was given "
                "something that forward did not return"
            )
        )

    # Derivatives.

    def derivative(self, active: Sequence[bool]) -> Derivative:
        has_backward, has_jvp = _defines(self.cls, "backward"), _defines(self.cls, "jvp")
        if not has_backward and not has_jvp:
            raise XformRuntimeError(
                at_user_line(
                    f"{self.cls.__name__}: a derivative is asked for, but the class defines "
                    "neither backward nor jvp; write one of them as a static method"
                )
            )
        needs = self.arguments.any_of(active)
        jvp = forward = backward = None
        if has_jvp:
            jvp = self._jvp(needs)
        if has_backward:
            forward, backward = self._forward(needs), self._backward
        return Derivative(jvp, forward, backward)

    def _forward(self, needs: tuple[bool, ...]) -> Callable[[list[Any]], list[Any]]:
        def body(leaves: list[Any]) -> list[Any]:
            self._ctx = FunctionContext(self.cls.__name__, needs)
            results = self._evaluated(self._ctx, leaves)
            self._saved = []
            residuals: list[Any] = []
            for x in self._ctx._backward:
                self._saved.append(None if x is None else len(residuals))
                residuals += [] if x is None else [x]
            return [*results, *residuals]

        return body

    def _backward(self, values: list[Any]) -> list[Any]:
        count = sum(place is not None for place in self._saved)
        residuals = values[:count]
        self._ctx.__dict__["_saved"] = tuple(
            None if place is None else residuals[place] for place in self._saved
        )
        seeds = with_zeros(self.output.avals, values[count:])
        result = self.cls.backward(self._ctx, *self.output.parts(seeds))
        args, name = self.arguments.args, self._called("backward")
        given = _one_for_each(name, "cotangent", "argument of forward", result, len(args))
        leaves: list[Any] = []
        paths: list[str] = []
        with naming(name):
            for i, (part, arg) in enumerate(zip(given, args, strict=True)):
                leaves += spread(part, arg, f"cotangent {i}")
                paths += pytrees.paths(pytrees.structure(arg), f"cotangent {i}")
        found, others = self.arguments.arrays_of(leaves)
        if any(x is not None for x in others):
            raise XformTypeError(
                at_user_line(f"{name}: the cotangent of an argument that is no array must be None")
            )
        names, _ = self.arguments.arrays_of(paths)
        return [
            tangent_or_zeros(name, x, path, "argument", kind)
            for x, path, kind in zip(found, names, self.avals, strict=True)
            if kind.is_float
        ]

    def _jvp(self, needs: tuple[bool, ...]) -> Callable[[list[Any]], list[Any]]:
        def body(values: list[Any]) -> list[Any]:
            count = len(self.avals)
            leaves, given = values[:count], iter(values[count:])
            ctx = FunctionContext(self.cls.__name__, needs)
            results = self._evaluated(ctx, leaves)
            ctx.__dict__["_saved"] = ctx._forward
            tangents = [next(given) if kind.is_float else None for kind in self.avals]
            result = self.cls.jvp(ctx, *self.arguments.instead(tangents))
            name = self._called("jvp")
            outputs = self.output.parts(results)
            parts = _one_for_each(name, "tangent", "output", result, len(outputs))
            found: list[Any] = []
            paths: list[str] = []
            with naming(name):
                for i, (part, output) in enumerate(zip(parts, outputs, strict=True)):
                    found += spread(part, output, f"tangent {i}")
                    paths += pytrees.paths(pytrees.structure(output), f"tangent {i}")
            return results + [
                tangent_or_zeros(name, x, path, "output", kind)
                for x, path, kind in zip(found, paths, self.output.avals, strict=True)
                if kind.is_float
            ]

        return body

    # Batches.

    def rows(self, batch: Batch, leaves: list[Any]) -> Sequence[Any]:
        self._require_vmap()
        dims = [0 if marked else None for marked in batch.inputs]
        info = VmapInfo(batch.size, batch.randomness)
        args = self.arguments.rebuild(leaves)
        result = self.cls.vmap(info, self.arguments.instead(dims), *args)
        name = self._called("vmap")
        if not isinstance(result, tuple | list) or len(result) != 2:
            got = f"{type(result).__name__}"
            if isinstance(result, tuple | list):
                got += f" of {len(result)}"
            raise XformTypeError(
                at_user_line(f"{name}: must return two values, (output, out_dims), got {got}")
            )
        output, out_dims = result
        found, spec = pytrees.flatten(output)
        if spec != self.output.spec:
            raise XformValueError(
                at_user_line(
                    f"{name}: the output has the structure {pytrees.show(spec)}, but forward "
                    f"returned {pytrees.show(self.output.spec)}"
                )
            )
        with naming(name):
            axes = pytrees.prefix_leaves(out_dims, output, "out_dims", _is_dim, "an int or None")
        paths = pytrees.paths(spec, "output")
        return [
            self._rows_first(x, axis, batch.size, kind, path)
            for x, axis, kind, path in zip(found, axes, self.output.avals, paths, strict=True)
        ]

    def _rows_first(self, leaf: Any, axis: Any, size: int, kind: Aval, path: str) -> Any:
        """An output of all rows with these along its leading axis."""
        name = self._called("vmap")
        given = output_aval(name, leaf, path)
        rank = len(kind.shape)
        if axis is not None and not -rank - 1 <= axis <= rank:
            raise XformValueError(
                at_user_line(f"{name}: out_dim {axis} is out of range for {path}, {given}")
            )
        place = None if axis is None else int(axis) % (rank + 1)
        shape = list(kind.shape)
        if place is not None:
            shape.insert(place, size)
        if given.shape != tuple(shape):
            raise XformValueError(
                at_user_line(
                    f"{name}: {path} has shape {given.shape}, but with {size} rows of shape "
                    f"{kind.shape} and out_dim {axis} it must have {tuple(shape)}"
                )
            )
        if given.dtype != kind.dtype:
            raise XformTypeError(
                at_user_line(
                    f"{name}: {path} has dtype {given.dtype.name}, but forward returned "
                    f"{kind.dtype.name}"
                )
            )
        return leaf if place is None else moved(tracing.traced(leaf), place, 0)

    def _require_vmap(self) -> None:
        derives = self.cls.generate_vmap_rule
        if derives and self._has_vmap:
            problem = "has both a vmap static method and generate_vmap_rule = True; remove one"
        elif derives and not self._has_context:
            problem = (
                "has generate_vmap_rule = True, which needs forward(*args) with setup_context, "
                "but its forward takes ctx; write setup_context"
            )
        elif not derives and not self._has_vmap:
            problem = (
                "has neither a vmap static method nor generate_vmap_rule = True; write one of them"
            )
        else:
            return
        raise XformRuntimeError(
            at_user_line(f"vmap: {self.cls.__name__} cannot be batched: it {problem}")
        )

    def _called(self, method: str) -> str:
        return f"{self.cls.__name__}.{method}"

    def _none(self) -> tuple[bool, ...]:
        return (False,) * len(self.arguments.args)


def _defines(cls: type[Function], method: str) -> bool:
    return getattr(cls, method) is not getattr(Function, method)


def _is_dim(value: Any) -> bool:
    return value is None or (hasattr(value, "__index__") and not isinstance(value, bool))


def _replaced(x: Any, old: Sequence[Any], new: Sequence[Any]) -> Any:
    for before, after in zip(old, new, strict=True):
        if x is before:
            return after
    return x


def _one_for_each(name: str, what: str, of: str, result: Any, count: int) -> Sequence[Any]:
    """What a rule returned as a sequence; a single value need not be in a tuple.

    Raises:
        XformValueError: another number of values.
    """
    given = result if isinstance(result, tuple | list) else (result,)
    if len(given) == count:
        return given
    if count == 1:
        return (result,)
    raise XformValueError(
        at_user_line(
            f"{name}: must return one {what} (or None) for each {of}, {count} in all, got "
            f"{len(given)}"
        )
    )
