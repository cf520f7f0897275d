"""What Functions and their rules may not do, and what the errors say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform import frontend
from xform.frontend import (
    Function,
    XformRuntimeError,
    XformTypeError,
    XformValueError,
    grad,
    jvp,
    vmap,
)


def made(**methods: Any) -> type[Function]:
    """A Function of one argument with some methods."""

    def forward(x: Any) -> Any:
        return x * 2

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    methods = {"forward": forward, "setup_context": setup_context, **methods}
    body = {k: staticmethod(v) if callable(v) else v for k, v in methods.items() if v is not None}
    return type("Op", (Function,), body)


X = np.ones(3)


def gradient(**methods: Any) -> Callable[[], Any]:
    return lambda: grad(lambda x: made(**methods).apply(x).sum())(X)


def batch(**methods: Any) -> Callable[[], Any]:
    return lambda: vmap(made(**methods).apply)(X)


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "no forward": (
        lambda: made(forward=None, backward=lambda ctx, ct: ct).apply(X),
        XformRuntimeError,
        ("Op: the class defines no forward",),
    ),
    "the gradient of no forward": (
        gradient(forward=None),
        XformRuntimeError,
        ("Op: the class defines no forward",),
    ),
    "no derivative rule": (
        gradient(),
        XformRuntimeError,
        ("Op: a derivative is asked for", "neither backward nor jvp"),
    ),
    "no vmap": (
        batch(),
        XformRuntimeError,
        ("vmap: Op cannot be batched", "neither a vmap static method nor generate_vmap_rule"),
    ),
    "both": (
        batch(generate_vmap_rule=True, vmap=lambda info, dims, x: (x, 0)),
        XformRuntimeError,
        ("Op", "both a vmap static method and generate_vmap_rule"),
    ),
    "old style": (
        batch(generate_vmap_rule=True, setup_context=None, forward=lambda ctx, x: x),
        XformRuntimeError,
        ("Op", "generate_vmap_rule = True", "needs forward(*args) with setup_context"),
    ),
    "one value of vmap": (
        batch(vmap=lambda info, dims, x: x),
        XformTypeError,
        ("Op.vmap: must return two values", "got TracedArray"),
    ),
    "three values of vmap": (
        batch(vmap=lambda info, dims, x: (x, 0, 0)),
        XformTypeError,
        ("Op.vmap: must return two values", "got tuple of 3"),
    ),
    "structure of vmap": (
        batch(vmap=lambda info, dims, x: ((x, x), 0)),
        XformValueError,
        ("Op.vmap: the output has the structure (*, *)", "forward returned *"),
    ),
    "out_dims of vmap": (
        batch(vmap=lambda info, dims, x: (x, (0, 0))),
        XformValueError,
        ("Op.vmap: out_dims", "a tuple of 2 where there is a single array"),
    ),
    "range of out_dims": (
        batch(vmap=lambda info, dims, x: (x, 2)),
        XformValueError,
        ("Op.vmap: out_dim 2 is out of range for output",),
    ),
    "shape of vmap": (
        batch(vmap=lambda info, dims, x: (x[:2], 0)),
        XformValueError,
        ("Op.vmap: output has shape (2,)", "it must have (3,)"),
    ),
    "dtype of vmap": (
        batch(vmap=lambda info, dims, x: (x.astype("float32"), 0)),
        XformTypeError,
        ("Op.vmap: output has dtype float32", "float64"),
    ),
    "number of cotangents": (
        gradient(backward=lambda ctx, ct: (ct, ct)),
        XformValueError,
        ("Op.backward: cotangent 0 has the structure (*, *)",),
    ),
    "number of cotangents for two": (
        lambda: grad(
            lambda x: (
                made(forward=lambda x, y: x * y, backward=lambda ctx, ct: ct).apply(x, x).sum()
            )
        )(X),
        XformValueError,
        ("Op.backward: must return one cotangent (or None) for each argument", "2 in all, got 1"),
    ),
    "shape of a cotangent": (
        gradient(backward=lambda ctx, ct: ct[:2]),
        XformValueError,
        ("Op.backward: cotangent 0 has shape (2,)", "(3,)"),
    ),
    "dtype of a cotangent": (
        gradient(backward=lambda ctx, ct: ct.astype("float32")),
        XformTypeError,
        ("Op.backward: cotangent 0 has dtype float32", "float64"),
    ),
    "cotangent of what is no array": (
        lambda: grad(
            lambda x: (
                made(forward=lambda x, name: x * 2, backward=lambda ctx, ct: (ct, ct))
                .apply(x, "name")
                .sum()
            )
        )(X),
        XformTypeError,
        ("Op.backward: the cotangent of an argument that is no array must be None",),
    ),
    "number of tangents": (
        lambda: grad(
            lambda x: made(forward=lambda x: (x, x), jvp=lambda ctx, dx: dx).apply(x)[0].sum()
        )(X),
        XformValueError,
        ("Op.jvp: must return one tangent (or None) for each output", "2 in all, got 1"),
    ),
    "shape of a tangent": (
        gradient(jvp=lambda ctx, dx: dx.sum()),
        XformValueError,
        ("Op.jvp: tangent 0 has shape ()", "(3,)"),
    ),
    "saving a string": (
        gradient(
            setup_context=lambda ctx, inputs, output: ctx.save_for_backward("x"),
            backward=lambda ctx, ct: ct,
        ),
        XformTypeError,
        ("Op: ctx.save_for_backward keeps arrays, but argument 0 is of type str",),
    ),
    "setting what belongs to ctx": (
        gradient(
            setup_context=lambda ctx, inputs, output: setattr(ctx, "saved_tensors", inputs),
            backward=lambda ctx, ct: ct,
        ),
        XformTypeError,
        ("Op: ctx.saved_tensors belongs to ctx itself",),
    ),
    "reading too early": (
        gradient(
            setup_context=lambda ctx, inputs, output: ctx.saved_tensors,
            backward=lambda ctx, ct: ct,
        ),
        XformRuntimeError,
        ("Op: saved_tensors can be read in backward and jvp only",),
    ),
    "marking what is no output": (
        gradient(
            setup_context=lambda ctx, inputs, output: ctx.mark_non_differentiable(inputs[0]),
            backward=lambda ctx, ct: ct,
        ),
        XformValueError,
        ("ctx.mark_non_differentiable was given something that forward did not return",),
    ),
    "an output of long doubles": (
        lambda: made(forward=lambda x: np.ones(3, np.longdouble)).apply(X),
        XformTypeError,
        ("Op.forward: output: dtype float128 cannot be compiled",),
    ),
    "an array where forward returned none": (
        lambda: vmap(
            made(forward=lambda x: (x, "a"), vmap=lambda info, dims, x: ((x, x), 0)).apply,
            out_dims=(0, None),
        )(X),
        XformTypeError,
        ("Op.vmap: an output is an array, but forward returned none there",),
    ),
    "both names of backward": (
        gradient(backward=lambda ctx, ct: ct, vjp=lambda ctx, ct: ct),
        XformRuntimeError,
        ("Op: the class defines both backward and vjp",),
    ),
    "an unknown keyword": (
        lambda: made().apply(X, power=2),
        XformTypeError,
        ("Op.apply:", "unexpected keyword argument 'power'"),
    ),
    "a keyword that is no positional parameter": (
        lambda: made(forward=lambda x, *, power=2: x).apply(X),
        XformTypeError,
        ("Op.apply: the arguments ['power'] can only be given by name",),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])


def test_closing_over_what_is_differentiated() -> None:
    def loss(w: Any) -> Any:
        return made(forward=lambda x: x * w, backward=lambda ctx, ct: ct).apply(w).sum()

    with pytest.raises(XformRuntimeError, match="by a value that it closes over; pass the value"):
        grad(loss)(X)


def test_a_backward_that_is_not_linear_has_no_jvp() -> None:
    op = made(backward=lambda ctx, ct: np.clip(ct, -1, 1))
    with pytest.raises(XformRuntimeError, match="must be linear in the cotangents"):
        jvp(op.apply, (X,), (X,))


def test_a_rule_is_needed_only_where_a_derivative_goes_through() -> None:
    apply = made().apply

    def loss(x: Any) -> Any:
        with frontend.no_grad():
            y = apply(x)
        return x * y + x * frontend.stop_gradient(apply(x))

    assert grad(loss)(3.0).item() == 12.0
