"""What a Function's `forward` or `setup_context` hands to its derivative rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import pytrees
from ..errors import XformRuntimeError, XformTypeError, at_user_line
from ..tracing import traces
from ..tracing.avals import is_python_number
from .array_leaves import is_array_leaf


@dataclass
class ContextState:
    """What the methods of a context have been told.

    Attributes:
        name: the class that the context belongs to, for messages.
        for_backward: what `save_for_backward` was given.
        for_forward: what `save_for_forward` was given.
        saved: what `saved_tensors` is now; None where it cannot be read.
        constants: what `mark_non_differentiable` was given.
        dirty: what `mark_dirty` was given.
        materializes: whether zeros are passed for cotangents and tangents that there are not.
    """

    name: str
    for_backward: tuple[Any, ...] = ()
    for_forward: tuple[Any, ...] = ()
    saved: tuple[Any, ...] | None = None
    constants: list[Any] = field(default_factory=list)
    dirty: list[Any] = field(default_factory=list)
    materializes: bool = True


class FunctionContext:
    """What `setup_context` hands to `backward` and `jvp`: saved arrays, and attributes of its own.

    Any attribute may be set, to arrays, to pytrees with arrays in them and to whatever else; the
    rules read it as it was set.

    Attributes:
        needs_input_grad: for each argument of `apply`, whether it is being differentiated.
    """

    needs_input_grad: tuple[bool, ...]

    def __init__(self, name: str, needs_input_grad: tuple[bool, ...]) -> None:
        own = self.__dict__
        own["needs_input_grad"] = needs_input_grad
        own[_STATE] = ContextState(name)

    def save_for_backward(self, *arrays: Any) -> None:
        """Keeps arrays, numbers or None for `backward`.

        Raises:
            XformTypeError: an argument is none of these.
        """
        state_of(self).for_backward = self._checked("save_for_backward", arrays)

    def save_for_forward(self, *arrays: Any) -> None:
        """Keeps arrays, numbers or None for `jvp`.

        Raises:
            XformTypeError: an argument is none of these.
        """
        state_of(self).for_forward = self._checked("save_for_forward", arrays)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """In `backward` what `save_for_backward` was given, in `jvp` what `save_for_forward` was.

        Raises:
            XformRuntimeError: neither of the two is running.
        """
        state = state_of(self)
        if state.saved is None:
            raise XformRuntimeError(
                at_user_line(
                    f"{state.name}: saved_tensors can be read in backward and jvp only, where it "
                    "has what save_for_backward and save_for_forward were given"
                )
            )
        return state.saved

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Makes outputs constants to every derivative.

        Args:
            outputs: arrays that `forward` returned.
        """
        state_of(self).constants.extend(outputs)

    def mark_dirty(self, *inputs: Any) -> None:
        """Says that `forward` has written into inputs and returns them.

        The array that `apply` was given is then written into, as by `x += 1`, and is what `apply`
        returns in the place of this output. It must be one that the traced function has made or
        was given: a NumPy array is never written into.

        Args:
            inputs: arrays among the arguments of `forward`.
        """
        state_of(self).dirty.extend(inputs)

    def set_materialize_grads(self, value: bool) -> None:
        """Whether rules get zeros, the default, or None for what is not differentiated.

        With False, `backward` gets None for each output to which no transform of the program gives
        a cotangent, and `jvp` gets None for each argument that has no tangent.
        """
        state_of(self).materializes = bool(value)

    def _checked(self, method: str, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
        for i, x in enumerate(arrays):
            if x is not None and not is_array_leaf(x) and not is_python_number(x):
                raise XformTypeError(
                    at_user_line(
                        f"{state_of(self).name}: ctx.{method} keeps arrays, but argument {i} is of "
                        f"type {type(x).__name__}; set what is no array as an attribute of ctx"
                    )
                )
        return arrays

    def __setattr__(self, name: str, value: Any) -> None:
        if name == _STATE or (name in vars(FunctionContext) and not name.startswith("__")):
            raise XformTypeError(
                at_user_line(
                    f"{state_of(self).name}: ctx.{name} belongs to ctx itself and cannot be set; "
                    "take another name"
                )
            )
        self.__dict__[name] = value


_STATE = "_state"


def state_of(ctx: FunctionContext) -> ContextState:
    """What a context has been told by its methods."""
    state: ContextState = ctx.__dict__[_STATE]
    return state


def attributes_of(ctx: FunctionContext) -> dict[str, Any]:
    """The attributes of a context that a user has set."""
    return {name: value for name, value in ctx.__dict__.items() if name != _STATE}


class KeptArrays:
    """The arrays in a context, which pass from one rule to another as residuals.

    Args:
        ctx: the context.
        saved: what of its saved values passes.

    Attributes:
        arrays: those among `saved`, then the traced arrays in attributes.
    """

    def __init__(self, ctx: FunctionContext, saved: tuple[Any, ...]) -> None:
        self._ctx = ctx
        attributes = {
            name: value
            for name, value in attributes_of(ctx).items()
            if any(map(traces.is_traced, pytrees.leaves(value)))
        }
        self._leaves, self._spec = pytrees.flatten((tuple(saved), attributes))
        self._passes = [
            is_array_leaf(x) if i < len(saved) - saved.count(None) else traces.is_traced(x)
            for i, x in enumerate(self._leaves)
        ]
        self.arrays = [x for x, passes in zip(self._leaves, self._passes, strict=True) if passes]

    def replace(self, arrays: Sequence[Any]) -> None:
        """Puts other arrays into the places of these; the saved ones can then be read."""
        given = iter(arrays)
        filled = [
            next(given) if passes else x
            for x, passes in zip(self._leaves, self._passes, strict=True)
        ]
        saved, attributes = pytrees.unflatten(self._spec, filled)
        state_of(self._ctx).saved = saved
        self._ctx.__dict__.update(attributes)
