"""Each argument of each function, traced: it works, or the message names function and argument."""

from __future__ import annotations

import inspect
import itertools
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend, nn, random
from xform.errors import XformError
from xform.numpy.ufunc import Ufunc

M = np.array([[2.0, 1, 0.5], [1, 3, 0.25], [0.5, 0.25, 4]])
V = np.array([1.0, 2, 3])
K = np.array([0, 2, 1])
B = np.array([True, False, True])
NONE = np.zeros((1, 3), int)

IMAGE = np.ones((1, 2, 4, 4))
KEY = np.zeros(2, np.uint32)

# What is tried for required parameters until a call works.
CANDIDATES: tuple[Any, ...] = (M, V, K, [V, V], 2, (2, 3), B, np.float32, IMAGE, lambda x: x)

# Arguments for functions that take something else, or that mean another thing by these.
EXAMPLES: dict[str, list[Any]] = {
    "apply_along_axis": [lambda x: x, 0, M],
    "apply_over_axes": [np.sum, M, [0]],
    "arange": [3],
    "bincount": [K],
    "choose": [K, [V, V, V]],
    "conv1d": [IMAGE[0], IMAGE[0, :, :, :2]],
    "conv2d": [IMAGE, IMAGE[:, :, :2, :2]],
    "conv3d": [IMAGE[None], IMAGE[None, :, :, :2, :2]],
    "conv_transpose1d": [IMAGE[0], IMAGE[0, :, :, :2].repeat(2, 0)],
    "conv_transpose2d": [IMAGE, IMAGE[:, :, :2, :2].repeat(2, 0)],
    "conv_transpose3d": [IMAGE[None], IMAGE[None, :, :, :2, :2]],
    "copyto": [V, V],
    "dsplit": [M.reshape(3, 1, 3), 3],
    "dynamic_slice": [M, [0, 0], [2, 2]],
    "dynamic_update_slice": [M, M[:2, :2], [0, 0]],
    "einsum": ["i,i", V, V],
    "einsum_path": ["i,i", V, V],
    "expand_dims": [V, 0],
    "fill_diagonal": [M, 1.0],
    "full": [3, 1.0],
    "full_like": [V, 1.0],
    "geomspace": [1.0, 2.0],
    "hsplit": [V, 3],
    "insert": [V, 1, 2.0],
    "interp": [V, V, V],
    "linspace": [0.0, 1.0],
    "logspace": [0.0, 1.0],
    "mask_indices": [3, np.triu],
    "matrix_power": [M, 2],
    "moveaxis": [M, 0, 1],
    "multi_dot": [[M, M]],
    "nanpercentile": [V, 50.0],
    "nanquantile": [V, 0.5],
    "packbits": [B],
    "pad": [V, 1],
    "percentile": [V, 50.0],
    "piecewise": [V, [B], [1, 2]],
    "place": [V, B, [2.0]],
    "put": [V, 1, 2.0],
    "put_along_axis": [M, NONE, 1.0, 0],
    "putmask": [V, B, [2.0]],
    "quantile": [V, 0.5],
    "ravel_multi_index": [(K, K), (4, 4)],
    "tensorinv": [M[None]],
    "repeat": [V, 2],
    "reshape": [M, (9,)],
    "resize": [V, (2, 2)],
    "rollaxis": [M, 1],
    "select": [[B], [V]],
    "split": [V, 3],
    "swapaxes": [M, 0, 1],
    "take": [V, K],
    "take_along_axis": [M, NONE],
    "tile": [V, 2],
    "unpackbits": [np.array([1, 2], np.uint8)],
    "unravel_index": [K, (2, 3)],
    "vander": [V],
    "where": [B, V, V],
}

# Traced arguments: an int, a float and a vector.
TRACED = (np.int64(1), np.float64(1.5), V)

# Functions that are asked of dtypes and shapes alone, or that take no array.
OF_NO_ARRAY = {"isdtype", "issubdtype", "promote_types", "isscalar", "isnat"}


def functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    found = {name: getattr(module, name) for name in module.__all__}
    return {
        name: f
        for name, f in found.items()
        if callable(f) and not isinstance(f, type) and name not in OF_NO_ARRAY
    }


FUNCTIONS = {
    **functions(xnp),
    **{f"linalg.{name}": f for name, f in functions(xnp.linalg).items()},
    **{f"nn.{name}": f for name, f in functions(nn).items()},
    **{f"random.{name}": f for name, f in functions(random).items()},
}
OURS = [
    name
    for name, f in FUNCTIONS.items()
    if isinstance(f, Ufunc) or f.__module__.startswith("xform")
]
NUMPYS = {
    name: function
    for space, module in (("", np), ("linalg.", np.linalg))
    for name in FUNCTIONS
    if name.startswith(space)
    and (function := getattr(module, name.removeprefix(space), None)) is not None
}


def parameters(function: Any) -> tuple[list[str], list[str]]:
    """The names of a function's required parameters and of its options."""
    if isinstance(function, Ufunc | np.ufunc):
        return [f"x{i}" for i in range(1, function.nin + 1)], ["out", "where", "dtype"]
    required, options = [], []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            is_option = parameter.default is not parameter.empty
            (options if is_option else required).append(name)
    return required, options


def example(name: str) -> list[Any]:
    """Arguments for all required parameters of a function."""
    short = name.rpartition(".")[2]
    if short in EXAMPLES:
        return EXAMPLES[short]
    required, _ = parameters(FUNCTIONS[name])
    choices = [(KEY,) if parameter == "key" else CANDIDATES for parameter in required]
    for arguments in itertools.product(*choices):
        # Outside of a trace these would be compiled.
        if name.startswith(("nn.", "random.")):
            if outcome(FUNCTIONS[name], lambda _, given=arguments: (copies(given), {}), 0) is None:
                return list(arguments)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                FUNCTIONS[name](*copies(arguments))
            except Exception:
                continue
        return list(arguments)
    raise AssertionError(f"give an example of arguments for {name}")


def copies(arguments: Any) -> list[Any]:
    return [x.copy() if isinstance(x, np.ndarray) else x for x in arguments]


def calls(name: str) -> Iterator[tuple[str, Callable[[Any], tuple[list[Any], dict[str, Any]]]]]:
    """For each parameter, its name and a function from what it is given to a call's arguments."""
    required, options = parameters(FUNCTIONS[name])
    given = example(name)
    names = (required + options)[: len(given)] if len(given) > len(required) else required
    for i in range(len(given)):
        yield (
            names[min(i, len(names) - 1)],
            lambda x, i=i: (
                [*copies(given[:i]), x, *copies(given[i + 1 :])],
                {},
            ),
        )
    for option in options:
        if option not in names:
            yield option, lambda x, option=option: (copies(given), {option: x})


def outcome(function: Callable[..., Any], arguments: Any, kind: int) -> Exception | None:
    """What a call raises whose argument is the traced int, float or vector."""

    def traced(*xs: Any) -> Any:
        args, kwargs = arguments(xs[kind])
        function(*args, **kwargs)
        return xs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            frontend.jit(traced).lower(*TRACED)
        except Exception as error:
            return error
    return None


def from_inside(error: BaseException) -> bool:
    """Whether an error was raised by xform, and not by NumPy or Python in the user's call."""
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return "/xform/" in traceback.tb_frame.f_code.co_filename


@pytest.mark.parametrize("name", OURS)
def test_functions_of_the_namespace(name: str) -> None:
    function = FUNCTIONS[name]
    for parameter, arguments in calls(name):
        for kind in range(len(TRACED)):
            error = outcome(function, arguments, kind)
            if error is None:
                continue
            case = f"{name}({parameter}=x{kind}): {error}"
            assert isinstance(error, XformError), case
            first, *rest = str(error).split("\n")
            assert function.__name__.strip("_") in first, case
            assert any(line.startswith(f"  at {__file__}:") for line in rest), case
            # A number that is asked of the array has to be told by its parameter.
            if "known while" in first or "needs the elements" in first:
                assert parameter in first or name in ("from_dlpack", "nonzero"), case


@pytest.mark.parametrize("name", NUMPYS)
def test_functions_of_numpy(name: str) -> None:
    function = NUMPYS[name]
    for parameter, arguments in calls(name):
        for kind in range(len(TRACED)):
            error = outcome(function, arguments, kind)
            if error is None or not (isinstance(error, XformError) or from_inside(error)):
                continue
            case = f"{name}({parameter}=x{kind}): {error}"
            assert isinstance(error, XformError), case
            assert f"\n  at {__file__}:" in str(error), case
