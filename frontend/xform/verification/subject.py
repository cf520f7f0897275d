"""The function that is verified, as functions of its floating leaves and their derivatives."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from xform_runtime import Array

from .. import pytrees
from ..tracing.avals import FLOAT_NAMES, is_array, is_python_number
from ..tracing.traces import function_name
from ..transforms.jit import Jitted, jit
from ..transforms.jvp import jvp
from ..transforms.vjp import vjp
from ..transforms.vmap import vmap
from .layout import Floats, Layout
from .parts import by_parts

# The types of a program's values, such as tensor<3xf32>, and their unit roundoffs.
_FLOAT_TYPE: Final = re.compile(r"(?:<|x)(f64|f32|f16|bf16)>")
_ROUNDINGS: Final = {"f64": 2.0**-52, "f32": 2.0**-23, "f16": 2.0**-10, "bf16": 2.0**-7}
_CUSTOM_CALL: Final = re.compile(r"xform\.custom @\"?([\w.<>]+)")
_TO_INTEGER: Final = re.compile(r"xform\.convert .*f\d+> to tensor<(?:\d+x)*u?i(?!1>)\d+>")
_ROUNDING: Final = re.compile(r"xform\.(round|floor|ceil|trunc)\b")
_DRAW: Final = re.compile(r"xform\.(rng_bits|unit_float)\b")


class Subject:
    """A function at its arguments.

    Floating leaves of the arguments vary; integers and bools in arrays are arguments of the
    programs that stay as they are, and all other leaves are constants. A complex array is two
    floating ones, its parts.

    Args:
        function: the user's function.
        args: its arguments.

    Attributes:
        name: the function's name.
        inputs: how the floating leaves lie in a vector.
        point: their values, as such a vector.
        integers: the other arrays.
        output_paths: how messages call the leaves of the output; once it has been called.
    """

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self.name = function_name(function)
        names = pytrees.parameter_names(function, len(args))
        self._function, args = by_parts(function, args)
        self._leaves, self._spec = pytrees.flatten(tuple(args))
        self._floating: list[int] = []
        self._integer: list[int] = []
        for i, leaf in enumerate(self._leaves):
            if type(leaf) is float:
                self._floating.append(i)
            elif is_array(leaf) and not is_python_number(leaf):
                self._leaves[i] = leaf = np.array(leaf)
                (self._floating if is_floating(leaf) else self._integer).append(i)
        paths = [
            path
            for i, (name, part) in enumerate(zip(names, self._spec.children(), strict=True))
            for path in pytrees.paths(part, name or f"args[{i}]")
        ]
        owners = [i for i, part in enumerate(self._spec.children()) for _ in range(part.num_leaves)]
        floats = [self._leaves[i] for i in self._floating]
        self.inputs = Layout(
            tuple(paths[i] for i in self._floating), tuple(np.shape(x) for x in floats)
        )
        self.owners = (
            [owners[i] for i in self._floating],
            [owners[i] for i in self._integer],
        )
        self.argument_names = [name or f"args[{i}]" for i, name in enumerate(names)]
        self._types: list[np.dtype[Any] | None] = [
            None if type(x) is float else x.dtype for x in floats
        ]
        self.point = self.inputs.packed(floats)
        self.integers = [self._leaves[i] for i in self._integer]
        self.output_paths: list[str] = []
        self._output_spec: pytrees.TreeSpec | None = None

    # The function -------------------------------------------------------------------------------

    def _call(self, floats: Sequence[Any], integers: Sequence[Any]) -> list[Any]:
        """The leaves of the output that are arrays or numbers."""
        leaves = list(self._leaves)
        for i, x in zip(self._floating, floats, strict=True):
            leaves[i] = x
        for i, x in zip(self._integer, integers, strict=True):
            leaves[i] = x
        found, self._output_spec = pytrees.flatten(
            self._function(*pytrees.unflatten(self._spec, leaves))
        )
        paths = pytrees.paths(self._output_spec, "output")
        arrays = [i for i, leaf in enumerate(found) if _is_value(leaf)]
        self.output_paths = [paths[i] for i in arrays]
        return [found[i] for i in arrays]

    def _floats_of_call(self, floats: Sequence[Any], integers: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(x for x in self._call(floats, integers) if is_floating(x))

    def leaves_at(self, vector: Floats, dtype: Any = None) -> list[Any]:
        """The floating leaves at a point, in their own dtypes or another one."""
        # What the dtype does not hold is infinite.
        with np.errstate(over="ignore"):
            return [
                float(x.item()) if own is None else x.astype(dtype or own)
                for x, own in zip(self.inputs.unpacked(vector), self._types, strict=True)
            ]

    def tangents_at(self, vector: Floats, dtype: Any = None) -> list[Any]:
        """Tangents of the floating leaves; those of Python numbers are arrays."""
        return [
            x.astype(np.float64 if own is None else dtype or own)
            for x, own in zip(self.inputs.unpacked(vector), self._types, strict=True)
        ]

    def are_all(self, dtype: Any) -> bool:
        """Whether the floating leaves all have a dtype."""
        return all(own is None or own == dtype for own in self._types)

    def direct(self, vector: Floats) -> list[np.ndarray[Any, Any]]:
        """The output's leaves as Python computes them: by NumPy, where it calls nothing else."""
        integers = [x.copy() for x in self.integers]
        with np.errstate(all="ignore"):
            return [np.asarray(x) for x in self._call(self.leaves_at(vector), integers)]

    # Programs -----------------------------------------------------------------------------------

    @cached_property
    def _compiled(self) -> Jitted:
        return jit(lambda floats, integers: self._call(floats, integers))

    def value(self, vector: Floats, dtype: Any = None) -> list[np.ndarray[Any, Any]]:
        """The output's leaves, compiled."""
        return _on_host(self._compiled(self.leaves_at(vector, dtype), self.integers))

    def value_at(
        self, floats: Sequence[Any], integers: Sequence[Any]
    ) -> list[np.ndarray[Any, Any]]:
        """The same from leaves."""
        return _on_host(self._compiled(list(floats), list(integers)))

    def on_oldest_processor(self, vector: Floats) -> list[np.ndarray[Any, Any]] | None:
        """The output's leaves by the instructions of the first x86-64, None on other machines.

        They have no vectors of more than two numbers, and round products before they are added.
        """
        if platform.machine() not in ("x86_64", "AMD64"):
            return None
        again = jit(lambda floats, integers: self._call(floats, integers))
        floats = self.leaves_at(vector)
        compiled = again.lower(floats, self.integers).compile("cpu:x86-64")
        return _on_host(compiled(floats, self.integers))

    def text(self, dtype: Any = None) -> str:
        """The function as it is traced now."""
        again = jit(lambda floats, integers: self._call(floats, integers))
        floats = self.leaves_at(self.point, dtype)
        return again.lower(floats, self.integers).as_text("xform")

    @cached_property
    def _pushed(self) -> Jitted:
        def pushforward(floats: Any, integers: Any, tangents: Any) -> Any:
            return jvp(
                lambda *xs: self._floats_of_call(xs, integers), tuple(floats), tuple(tangents)
            )[1]

        return jit(pushforward)

    def pushforward(self, vector: Floats, tangent: Floats, dtype: Any = None) -> list[Any]:
        """The tangents of the floating outputs along a tangent of the floating leaves."""
        floats, tangents = self.leaves_at(vector, dtype), self.tangents_at(tangent, dtype)
        return _on_host(self._pushed(floats, self.integers, tangents))

    @cached_property
    def _pulled(self) -> Jitted:
        return jit(self._cotangents)

    def _cotangents(self, floats: Any, integers: Any, cotangents: Any) -> Any:
        pullback = vjp(lambda *xs: self._floats_of_call(xs, integers), *floats)[1]
        return pullback(tuple(cotangents))

    def pullback(
        self, vector: Floats, cotangents: Sequence[np.ndarray[Any, Any]], dtype: Any = None
    ) -> list[Any]:
        """The cotangents of the floating leaves for those of the floating outputs."""
        return _on_host(
            self._pulled(self.leaves_at(vector, dtype), self.integers, list(cotangents))
        )

    def pullback_at(
        self, floats: Sequence[Any], integers: Sequence[Any], cotangents: Sequence[Any]
    ) -> list[Any]:
        """The same from leaves."""
        return _on_host(self._pulled(list(floats), list(integers), list(cotangents)))

    @cached_property
    def _curved(self) -> Jitted:
        def curvature(floats: Any, integers: Any, cotangents: Any, tangents: Any) -> Any:
            return jvp(
                lambda *xs: self._cotangents(xs, integers, cotangents),
                tuple(floats),
                tuple(tangents),
            )[1]

        return jit(curvature)

    def curvature(
        self, vector: Floats, cotangents: Sequence[Any], tangent: Floats, dtype: Any = None
    ) -> list[Any]:
        """The derivative of `pullback` along a tangent."""
        floats, tangents = self.leaves_at(vector, dtype), self.tangents_at(tangent, dtype)
        return _on_host(self._curved(floats, self.integers, list(cotangents), tangents))

    def batched(self, in_dims: Any, floats: list[Any], integers: list[Any]) -> list[Any]:
        """The output's leaves by vmap, with their rows along axis 0."""
        mapped = vmap(lambda xs, ns: self._call(xs, ns), in_dims=tuple(in_dims), randomness="same")
        return _on_host(jit(mapped)(floats, integers))

    def batched_pullback(
        self, floats: list[Any], integers: list[Any], cotangents: list[Any]
    ) -> list[Any]:
        """`pullback` by vmap, everything batched along axis 0."""
        mapped = vmap(lambda xs, ns, us: self._cotangents(xs, ns, us), randomness="same")
        return _on_host(jit(mapped)(floats, integers, cotangents))

    # What the program says of it ----------------------------------------------------------------

    @cached_property
    def _own_text(self) -> str:
        return self.text()

    @property
    def custom_functions(self) -> list[str]:
        """The functions with rules of their own that it calls."""
        # In a module a lambda is called main.
        names = [
            re.sub(r"^main(_\d+)?$", "<lambda>", name)
            for name in _CUSTOM_CALL.findall(self._own_text)
        ]
        return list(dict.fromkeys(names))

    @property
    def rounds(self) -> bool:
        """Whether it makes integers of floating numbers."""
        return bool(_TO_INTEGER.search(self._own_text) or _ROUNDING.search(self._own_text))

    @property
    def stops_gradients(self) -> bool:
        """Whether it calls stop_gradient."""
        return "xform.stop_gradient" in self._own_text

    @property
    def draws(self) -> bool:
        """Whether it draws random numbers."""
        return bool(_DRAW.search(self._own_text))

    def roundoff(self, dtype: Any) -> float:
        """The unit roundoff of the coarsest floating type in it, at most that of `dtype`."""
        text = self._own_text if dtype is None else self.text(dtype)
        found = {_ROUNDINGS[name] for name in _FLOAT_TYPE.findall(text)}
        return max(found, default=_ROUNDINGS["f64"])


def is_floating(leaf: Any) -> bool:
    """Whether a leaf, traced or not, is a floating array or number."""
    if isinstance(leaf, bool | int):
        return False
    return isinstance(leaf, float) or getattr(leaf, "dtype", np.dtype(bool)).name in FLOAT_NAMES


def _is_value(leaf: Any) -> bool:
    return is_array(leaf) or hasattr(leaf, "_aval")


def _on_host(leaves: Sequence[Array]) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(x) for x in leaves]
