"""`checkpoint`: a function whose values the backward pass computes again instead of keeping."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .. import primitives, pytrees
from ..errors import XformTypeError, at_user_line
from ..tracing import traces
from ..tracing.traces import definition_site, function_name, trace_callee
from .calls import call_checkpoint
from .checkpoint_policies import Policy, nothing_saveable
from .selection import Auxiliary, entering, entering_kwargs, require_callable
from .transformed import Transformed


def checkpoint(fun: Callable[..., Any], *, policy: Policy | None = None) -> Callable[..., Any]:
    """The same function, of which reverse mode keeps less and computes more.

    Without it, a derivative keeps every value of `fun` that the backward pass reads from the
    forward pass on. With it, only the inputs are kept, and what the policy saves; the rest is
    computed again when the cotangents have come back to the function. Values and derivatives are
    the same. The body of a scan is where it matters most: `scan(checkpoint(body), ...)` keeps
    what is carried and no more, and a scan of checkpoints of scans of about the square root of the
    length grows as that root.

    Args:
        fun: the function; arrays that it closes over are inputs too.
        policy: what to save besides the inputs, one of `checkpoint_policies`; None for nothing.

    Returns:
        A function with the same arguments and results.

    Raises:
        XformTypeError: `fun` is not callable, or the policy is none.

    >>> import numpy as np
    >>> from xform.frontend import grad
    >>> grad(checkpoint(lambda x: np.sin(np.sin(x))))(0.0).item()
    1.0
    """
    require_callable("checkpoint", fun)
    chosen = nothing_saveable if policy is None else policy
    if not isinstance(chosen, Policy):
        named = f"the function {function_name(policy)}" if callable(policy) else repr(policy)
        raise XformTypeError(
            at_user_line(
                "checkpoint: policy must be one of checkpoint_policies, such as dots_saveable or "
                f"save_only_these_names('a'), or None, got {named}"
            )
        )

    def run(*args: Any, **kwargs: Any) -> Any:
        output = Auxiliary()
        callee = trace_callee(
            function_name(fun),
            "checkpoint",
            [],
            lambda _: output.split(fun(*entering(args), **entering_kwargs(kwargs))),
            definition_site(fun),
        )
        return output.join(call_checkpoint(callee, chosen))

    return Transformed(partial(checkpoint, fun, policy=policy), "checkpoint", fun, run)


def checkpoint_name(x: Any, name: str) -> Any:
    """`x`, with a name by which a policy of `checkpoint` can speak of it.

    Args:
        x: a pytree of arrays; leaves that are not traced are returned as they are.
        name: any string.

    Raises:
        XformTypeError: the name is not a string.

    >>> from xform.frontend import checkpoint_policies, grad
    >>> keep = checkpoint_policies.save_only_these_names("square")
    >>> grad(checkpoint(lambda x: checkpoint_name(x * x, "square") * x, policy=keep))(2.0).item()
    12.0
    """
    if not isinstance(name, str):
        raise XformTypeError(
            at_user_line(f"checkpoint_name: name must be a string, got {type(name).__name__}")
        )
    return pytrees.map_leaves(
        lambda leaf: primitives.checkpoint_name(leaf, name) if traces.is_traced(leaf) else leaf, x
    )
