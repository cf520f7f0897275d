"""Function: a differentiable operation with derivative and batching rules of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import pytrees
from ..compiling import direct
from ..errors import XformRuntimeError, XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.avals import Aval, is_python_number
from ..tracing.operations import METHODS
from .array_leaves import ArrayLeaves, is_array_leaf
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
from .function_context import FunctionContext, KeptArrays, attributes_of, state_of
from .gradient_stop import stop_gradient
from .selection import output_aval

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


class VmapInfo(NamedTuple):
    """What a `vmap` static method is told about the vmap that meets the call.

    Attributes:
        batch_size: the number of rows.
        randomness: "error", "same" or "different".
    """

    batch_size: int
    randomness: str


class Function:
    """An operation whose derivatives and batching are written by hand.

    A subclass has static methods and is called with `apply`. Arguments and outputs may be pytrees;
    an argument that is not an array (a number, None, a string) reaches the methods as it is.

    - `forward(*args)` computes the output, and `setup_context(ctx, inputs, output)` says what its
      derivatives need. Without `setup_context`, `forward(ctx, *args)` does both.
    - `backward(ctx, *cotangents)` takes a cotangent for each output, zeros where it is not used,
      and returns one for each argument, or None.
    - `jvp(ctx, *tangents)` takes a tangent for each argument, None where it is not floating, and
      returns one for each output, or None. With one of the two the other is its transpose; in
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
    # Whether `backward` is given its cotangents as one list.
    boxed_grads_call: bool = False
    # torch's; saved arrays are freed as soon as nothing reads them in either case.
    clear_saved_tensors_on_access: bool = False

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

    # The other name of the same rule.
    vjp = backward

    @staticmethod
    def jvp(ctx: FunctionContext, *tangents: Any) -> Any:
        """A tangent for each output from one for each argument."""
        raise NotImplementedError

    @staticmethod
    def vmap(info: VmapInfo, in_dims: tuple[Any, ...], *args: Any) -> tuple[Any, Any]:
        """The output of all rows, and where their rows lie."""
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The output of `forward`, differentiated and batched by the class's own rules.

        Args:
            args: what `forward` is given.
            kwargs: more of it, by the names of positional parameters; the rules take all by
                position, with the defaults of `forward` if there is `setup_context`.

        Raises:
            XformRuntimeError: there is no `forward`; or a derivative is asked for and there is
                neither `backward` nor `jvp`; or a vmap meets the call and there is neither `vmap`
                nor `generate_vmap_rule`, or both, or no `setup_context` with the latter.
            XformValueError: a rule returns another number of values, or other structures or shapes.
            XformTypeError: a rule returns other dtypes, or what is not an array; or the arguments
                do not fit `forward`, or can only be given by name.
        """
        if not _defines(cls, "forward"):
            raise XformRuntimeError(
                at_user_line(
                    f"{cls.__name__}: the class defines no forward; write it as a static method"
                )
            )
        arguments = ArrayLeaves(_positional(cls, args, kwargs))
        if traces.current_trace() is not None:
            return _apply(cls, arguments, [traces.traced(x) for x in arguments.arrays])
        return direct.call(
            lambda *arrays: _apply(cls, arguments, [traces.traced(x) for x in arrays]),
            arguments.arrays,
            {},
            name=traces.function_name(cls),
            transform=f"{cls.__name__}.apply",
        )


class _Output(ArrayLeaves):
    """What `forward` returned, and the avals of the arrays in it."""

    def __init__(self, name: str, tree: Any) -> None:
        super().__init__(tree)
        paths, _ = self.split(pytrees.paths(self.spec, "output"))
        self.avals = [
            output_aval(name, x, path) for x, path in zip(self.arrays, paths, strict=True)
        ]

    def parts(self, tree: Any) -> tuple[Any, ...]:
        """One value for each output: the entries of a tuple or list, or the whole."""
        return tuple(tree) if isinstance(self.tree, tuple | list) else (tree,)


def _apply(cls: type[Function], arguments: ArrayLeaves, inputs: Sequence[TracedArray]) -> Any:
    call = _Call(cls, arguments, [x._aval for x in inputs])
    results: list[Any] = call.results(inputs)
    for i, j in call.dirty.items():
        target = arguments.arrays[i]
        if not traces.is_traced(target):
            raise XformTypeError(
                at_user_line(
                    f"{cls.__name__}: forward writes into an argument, which ctx.mark_dirty says, "
                    f"but apply was given an array of type {type(target).__name__}, which is never "
                    "written into; call it on a copy made inside of the traced function"
                )
            )
        results[j] = METHODS["write_whole"](target, results[j])
    return call.output.rebuild(results)


class _Call(CustomFunction):
    """A call of a Function: its rules, in terms of the arrays among arguments and outputs.

    Attributes:
        output: what `forward` returned, once it has been traced.
        dirty: for each input that `forward` has written into, which output it is.
    """

    def __init__(self, cls: type[Function], arguments: ArrayLeaves, avals: Sequence[Aval]) -> None:
        self.cls = cls
        self._name = traces.function_name(cls)
        self.arguments = arguments
        self.avals = avals
        self.output: _Output
        self.dirty: dict[int, int] = {}
        self.constant_results: set[int] = set()
        self._has_context = _defines(cls, "setup_context")
        self._has_vmap = _defines(cls, "vmap")
        self._ctx: FunctionContext | None = None
        self._kept: KeptArrays

    # What is computed.

    def results(self, inputs: Sequence[TracedArray]) -> list[TracedArray]:
        """The arrays in the output."""
        constant = self.constant_results
        results = call_custom(self, inputs)
        return [stop_gradient(x) if i in constant else x for i, x in enumerate(results)]

    @property
    def name(self) -> str:
        return self._name

    @property
    def derives_vmap(self) -> bool:  # type: ignore[override]
        return self.cls.generate_vmap_rule and self._has_context and not self._has_vmap

    @property
    def symbolic_zeros(self) -> bool:  # type: ignore[override]
        return self._ctx is not None and not state_of(self._ctx).materializes

    @property
    def has_backward(self) -> bool:  # type: ignore[override]
        return _defines(self.cls, "backward") or _defines(self.cls, "vjp")

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        before = [x._value for x in leaves]
        args = self.arguments.rebuild(leaves)
        ctx = FunctionContext(self.cls.__name__, self._none())
        result = self.cls.forward(*args) if self._has_context else self.cls.forward(ctx, *args)
        self.output = _Output(self._called("forward"), result)
        found = self.output.arrays
        written = [x for x, value in zip(leaves, before, strict=True) if x._value is not value]
        returned = any(x is y for x in written for y in found)
        if self._has_context and (returned or _speaks_of_dirty(self.cls)):
            self.cls.setup_context(ctx, args, result)
        name = self._called("mark_dirty")
        for x in state_of(ctx).dirty:
            i = _place(x, leaves, f"{name}: ctx was given something that is no array argument")
            self.dirty[i] = _place(
                x,
                found,
                f"{name}: an input that is modified in place must also be returned; of a 0-d array "
                "x += y makes a new one, x[...] += y does not",
            )
        return found

    def _evaluated(self, ctx: FunctionContext, leaves: list[Any]) -> list[Any]:
        """The results, of a call that has rules itself, with `ctx` set up."""
        results = _Call(self.cls, self.arguments, self.avals).results(leaves)
        if self._has_context:
            inputs = list(leaves)
            for i, j in self.dirty.items():
                inputs[i] = results[j]
            outputs = results
            args, output = self.arguments.rebuild(inputs), self.output.rebuild(results)
            self.cls.setup_context(ctx, args, output)
        else:
            args = self.arguments.rebuild(leaves)
            outputs = ArrayLeaves(self.cls.forward(ctx, *args)).arrays
            _replace_kept(ctx, outputs, results)
        problem = "ctx.mark_non_differentiable was given something that forward did not return"
        for constant in state_of(ctx).constants:
            for x in ArrayLeaves(constant).arrays:
                place = _place(x, outputs, f"{self._called('setup_context')}: {problem}")
                self.constant_results.add(place)
        return results

    # Derivatives.

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        has_backward, has_jvp = bool(self._backward_name()), _defines(self.cls, "jvp")
        if not has_backward and not has_jvp:
            raise XformRuntimeError(
                at_user_line(
                    f"{self.cls.__name__}: a derivative is asked for, but the class defines "
                    "neither backward nor jvp; write one of them as a static method"
                )
            )
        marked = self.arguments.instead(active)
        needs = tuple(any(pytrees.leaves(part)) for part in marked)
        jvp = forward = backward = None
        if has_jvp:
            jvp = partial(self._jvp, needs, active)
        if has_backward:
            forward, backward = partial(self._forward, needs), partial(self._backward, cotangents)
        return Derivative(jvp, forward, backward)

    def _backward_name(self) -> str:
        """The name of the backward rule, "backward" or "vjp"; "" if there is none."""
        given = [name for name in ("backward", "vjp") if _defines(self.cls, name)]
        if len(given) == 2:
            raise XformRuntimeError(
                at_user_line(
                    f"{self.cls.__name__}: the class defines both backward and vjp, which are the "
                    "same rule; remove one"
                )
            )
        return given[0] if given else ""

    def _forward(self, needs: tuple[bool, ...], leaves: list[Any]) -> list[Any]:
        ctx = self._ctx = FunctionContext(self.cls.__name__, needs)
        results = self._evaluated(ctx, leaves)
        self._kept = KeptArrays(ctx, state_of(ctx).for_backward)
        return [*results, *self._kept.arrays]

    def _backward(self, cotangents: Sequence[bool] | None, values: list[Any]) -> list[Any]:
        rule_name, ctx = self._backward_name(), self._ctx
        assert ctx is not None, "forward comes first"
        count = len(self._kept.arrays)
        self._kept.replace(values[:count])
        seeds = with_zeros(self.output.avals, values[count:])
        if not state_of(ctx).materializes and cotangents is not None:
            given = zip(values[count:], cotangents, strict=True)
            seeds = _at_floats(self.output.avals, [x if marked else None for x, marked in given])
        parts = self.output.parts(self.output.instead(seeds))
        rule: Callable[..., Any] = getattr(self.cls, rule_name)
        result = rule(ctx, list(parts)) if self.cls.boxed_grads_call else rule(ctx, *parts)
        args, name = self.arguments.tree, self._called(rule_name)
        of_args = _one_for_each(name, "cotangent", "argument of forward", result, len(args))
        leaves, paths = _spread_over(name, "cotangent", of_args, args)
        found, others = self.arguments.split(leaves)
        # That of a Python number, which is a constant, is not needed.
        _, passed = self.arguments.split(pytrees.leaves(args))
        if any(
            x is not None and not is_python_number(arg)
            for x, arg in zip(others, passed, strict=True)
        ):
            raise XformTypeError(
                at_user_line(f"{name}: the cotangent of an argument that is no array must be None")
            )
        names, _ = self.arguments.split(paths)
        return [
            tangent_or_zeros(name, x, path, "argument", kind)
            for x, path, kind in zip(found, names, self.avals, strict=True)
            if kind.is_inexact
        ]

    def _jvp(self, needs: tuple[bool, ...], active: Sequence[bool], values: list[Any]) -> list[Any]:
        count = len(self.avals)
        ctx = FunctionContext(self.cls.__name__, needs)
        results = self._evaluated(ctx, values[:count])
        state = state_of(ctx)
        state.saved = state.for_forward
        tangents = _at_floats(self.avals, values[count:])
        if not state.materializes:
            tangents = [x if marked else None for x, marked in zip(tangents, active, strict=True)]
        result = self.cls.jvp(ctx, *self.arguments.instead(tangents))
        name = self._called("jvp")
        outputs = self.output.parts(self.output.rebuild(results))
        parts = _one_for_each(name, "tangent", "output", result, len(outputs))
        leaves, paths = _spread_over(name, "tangent", parts, outputs)
        found, others = self.output.split(leaves)
        if any(x is not None for x in others):
            raise XformTypeError(
                at_user_line(f"{name}: the tangent of an output that is no array must be None")
            )
        names, _ = self.output.split(paths)
        return results + [
            tangent_or_zeros(name, x, path, "output", kind)
            for x, path, kind in zip(found, names, self.output.avals, strict=True)
            if kind.is_inexact
        ]

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
        leaves, spec = pytrees.flatten(output)
        if spec != self.output.spec:
            raise XformValueError(
                at_user_line(
                    f"{name}: the output has the structure {pytrees.show(spec)}, but forward "
                    f"returned {pytrees.show(self.output.spec)}"
                )
            )
        with naming(name):
            axes = pytrees.prefix_leaves(out_dims, output, "out_dims", _is_dim, "an int or None")
        found, others = self.output.split(leaves)
        if any(is_array_leaf(x) for x in others):
            raise XformTypeError(
                at_user_line(f"{name}: an output is an array, but forward returned none there")
            )
        (axes, _), (paths, _) = map(self.output.split, (axes, pytrees.paths(spec, "output")))
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
        return leaf if place is None else moved(traces.traced(leaf), place, 0)

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
        return (False,) * len(self.arguments.tree)


def _defines(cls: type[Function], method: str) -> bool:
    return getattr(cls, method) is not getattr(Function, method)


def _positional(
    cls: type[Function], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The arguments of `apply` by position.

    Raises:
        XformTypeError: they do not fit `forward`, or can only be given by name.
    """
    has_context = _defines(cls, "setup_context")
    if not kwargs and not has_context:
        return args
    where = f"{cls.__name__}.apply"
    first = () if has_context else (None,)
    try:
        bound = inspect.signature(cls.forward).bind(*first, *args, **kwargs)
    except TypeError as error:
        raise XformTypeError(at_user_line(f"{where}: {error}")) from None
    if has_context:
        bound.apply_defaults()
    if bound.kwargs:
        raise XformTypeError(
            at_user_line(
                f"{where}: the arguments {list(bound.kwargs)} can only be given by name, but the "
                "rules take all arguments by position"
            )
        )
    return bound.args[len(first) :]


def _is_dim(value: Any) -> bool:
    return value is None or (hasattr(value, "__index__") and not isinstance(value, bool))


def _speaks_of_dirty(cls: type[Function]) -> bool:
    """Whether the text of `setup_context` has a call of mark_dirty."""
    code = getattr(cls.setup_context, "__code__", None)
    return code is not None and "mark_dirty" in code.co_names


def _place(x: Any, among: Sequence[Any], problem: str) -> int:
    """Where a value is among others.

    Raises:
        XformValueError: it is none of them.
    """
    for i, other in enumerate(among):
        if other is x:
            return i
    raise XformValueError(at_user_line(problem))


def _at_floats(avals: Sequence[Aval], values: Sequence[Any]) -> list[Any]:
    """A value for each aval: the next one for a floating one, None for the others."""
    given = iter(values)
    return [next(given) if kind.is_inexact else None for kind in avals]


def _replace_kept(ctx: FunctionContext, old: Sequence[Any], new: Sequence[Any]) -> None:
    """Puts other arrays into a context: what is kept of an output must have its derivatives."""

    def replaced(x: Any) -> Any:
        return next((b for a, b in zip(old, new, strict=True) if a is x), x)

    state = state_of(ctx)
    state.for_backward = tuple(map(replaced, state.for_backward))
    state.for_forward = tuple(map(replaced, state.for_forward))
    for name, value in attributes_of(ctx).items():
        if any(x is y for x in pytrees.leaves(value) for y in old):
            setattr(ctx, name, pytrees.map_leaves(replaced, value))


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


def _spread_over(
    name: str, what: str, parts: Sequence[Any], trees: Sequence[Any]
) -> tuple[list[Any], list[str]]:
    """The leaves of what a rule returned for each of some pytrees, and their paths for messages."""
    leaves: list[Any] = []
    paths: list[str] = []
    with naming(name):
        for i, (part, tree) in enumerate(zip(parts, trees, strict=True)):
            leaves += spread(part, tree, f"{what} {i}")
            paths += pytrees.paths(pytrees.structure(tree), f"{what} {i}")
    return leaves, paths
