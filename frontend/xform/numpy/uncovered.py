"""NumPy's functions that have no traced form, and why; and what others cannot give.

What stands here can be called on concrete arrays, also through `xform.numpy`, and says its reason
when it is given a traced one. A function of NumPy's that is neither covered nor named here has
just not been written.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy import char, strings
from numpy.lib import recfunctions, scimath

_SHAPE: Final = (
    "the shape of its result depends on the elements, which are not known while the function is "
    "traced"
)
_UNIQUE: Final = f"{_SHAPE}; sort it and mark the first of each with x[1:] != x[:-1]"
_SETS: Final = f"{_SHAPE}; isin marks the elements of one array that are in another"
_FILES: Final = "writing a file needs the elements: return the array as a result and save that"
_NUMPYS_OWN: Final = "it makes NumPy's own arrays; call it without `like`"
_STRUCTURED: Final = "arrays with fields cannot be compiled"
_DATES: Final = "dates cannot be compiled"
_STRINGS: Final = "strings cannot be compiled"


def _dispatching(module: ModuleType) -> tuple[Callable[..., Any], ...]:
    """A module's own public functions that ask their arguments for an implementation."""
    found = (getattr(module, name) for name in module.__all__)
    return tuple(f for f in found if isinstance(f, np.ufunc) or hasattr(f, "_implementation"))


# numpy.strings compares and adds with numpy's own ufuncs.
_NUMPYS: Final = {f for f in vars(np).values() if isinstance(f, np.ufunc)}

_GROUPS: Final[dict[str, tuple[Callable[..., Any], ...]]] = {
    _SHAPE: (np.trim_zeros,),
    _UNIQUE: (
        np.unique,
        np.unique_all,
        np.unique_counts,
        np.unique_inverse,
        np.unique_values,
    ),
    _SETS: (np.intersect1d, np.setdiff1d, np.setxor1d, np.union1d),
    _FILES: (np.save, np.savetxt, np.savez, np.savez_compressed),
    _NUMPYS_OWN: (
        np.frombuffer,
        np.fromfile,
        np.fromfunction,
        np.fromiter,
        np.fromstring,
        np.genfromtxt,
        np.loadtxt,
        np.require,
    ),
    _STRUCTURED: _dispatching(recfunctions),
    _DATES: (
        np.busday_count,
        np.busday_offset,
        np.datetime_as_string,
        np.is_busday,
        np.isnat,
    ),
    _STRINGS: tuple(f for f in (*_dispatching(strings), *_dispatching(char)) if f not in _NUMPYS),
}

REASONS: Final[dict[Callable[..., Any], str]] = {
    function: reason for reason, functions in _GROUPS.items() for function in functions
}

DIFFERENCES: Final[dict[Callable[..., Any], str]] = {
    **dict.fromkeys(
        (np.linalg.eig, np.linalg.eigvals),
        "NaN for what belongs to an eigenvalue that is not real",
    ),
    **dict.fromkeys(
        _dispatching(scimath),
        "of complex numbers only, as the elements of others would decide the dtype of the result",
    ),
    np.poly: "complex for complex roots, also where those come in pairs of conjugates",
    np.real_if_close: "complex numbers stay what they are",
}
