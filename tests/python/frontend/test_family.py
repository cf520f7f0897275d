"""Functions made of one definition are functions like others."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import numpy as np
import pytest
from xform import nn, random
from xform import numpy as xnp
from xform.errors import XformTypeError
from xform.family import family
from xform.frontend import jit


@family
def _scaled(name: str, factor: float, x: float, /, offset: int = 0, *, sign: int = 1) -> list[str]:
    return [name, str(sign * factor * x + offset)]


@_scaled(2.0)
def double() -> None:
    """Twice as much."""


@_scaled(0.5)
def half() -> None:
    """Half as much."""


def test_each_has_its_own_behaviour() -> None:
    assert double(3.0) == ["double", "6.0"]
    assert half(3.0, 1, sign=-1) == ["half", "-0.5"]


def test_each_looks_like_a_function() -> None:
    assert (double.__name__, double.__qualname__, double.__doc__) == (
        "double", "double", "Twice as much.",
    )  # fmt: skip
    assert double.__module__ == __name__
    assert str(inspect.signature(half)) == (
        "(x: 'float', /, offset: 'int' = 0, *, sign: 'int' = 1) -> 'list[str]'"
    )
    assert get_type_hints(half) == {
        "x": float, "offset": int, "sign": int, "return": list[str],
    }  # fmt: skip


def test_a_wrong_call_is_refused() -> None:
    with pytest.raises(TypeError):
        double()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (xnp, "zeros"), (xnp, "empty_like"), (xnp, "sum"), (xnp, "nanvar"), (xnp, "cumprod"),
        (xnp, "percentile"), (nn, "conv2d"), (nn, "max_pool3d"), (random, "gumbel"),
    ],
)  # fmt: skip
def test_public_members(module: Any, name: str) -> None:
    function = getattr(module, name)
    assert function.__name__ == function.__qualname__ == name
    assert function.__module__.startswith(f"{module.__name__}.")
    assert function.__doc__
    assert not function.__doc__.startswith(" ")
    assert not {"name", "which", "by", "rank"} & {*inspect.signature(function).parameters}


def test_errors_name_the_member() -> None:
    with pytest.raises(XformTypeError, match=r"^gumbel: missing a required argument: 'key'"):
        jit(lambda: random.gumbel())()  # type: ignore[call-arg]
    with pytest.raises(XformTypeError, match=r"^nansum: got an unexpected keyword argument 'no'"):
        jit(lambda: xnp.nansum(np.ones(2), no=1))()  # type: ignore[call-arg]
