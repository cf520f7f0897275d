"""`xform`: differentiable, batched array programs, compiled ahead of time.

The names of `xform.frontend` can be had from here too; they are loaded when first used, so that
`import xform.runtime` loads no compiler.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import frontend, nn, numpy, random, runtime, scipy, signal, special, tree
    from .errors import XformError

_MODULES = frozenset(
    {"frontend", "nn", "numpy", "random", "runtime", "scipy", "signal", "special", "tree"}
)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name == "XformError":
        return import_module("xform_runtime.errors").XformError
    # `from . import tracing` asks here first; loading the frontend for it would be circular.
    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is None:
        frontend = import_module(".frontend", __name__)
        if name in frontend.__all__:
            return getattr(frontend, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *import_module(".frontend", __name__).__all__})


__all__ = [
    "XformError",
    "frontend",
    "nn",
    "numpy",
    "random",
    "runtime",
    "scipy",
    "signal",
    "special",
    "tree",
]
