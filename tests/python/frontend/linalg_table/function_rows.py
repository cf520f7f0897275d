"""The rows of functions of matrices, such as their exponential."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import linalg as t
from xform.scipy import linalg as n

from .row import FEW, Row, draw

SIZES = ((0, 0), (3, 3))
EVERY_SIZE = ((0, 0), (4, 4))
EVERYWHERE = ("general", "zero", "identity", "repeated", "clustered", "turned")
REGULAR = ("general", "identity", "repeated", "clustered", "turned")


def real(function: Any) -> Any:
    """What has no real value is refused."""

    def checked(a: Any, *others: Any) -> Any:
        if not a.size:
            return a
        found = function(a, *others)
        if np.iscomplexobj(found):
            if np.abs(found.imag).max(initial=0.0) > 1e-8 * np.abs(found).max(initial=0.0):
                raise ValueError("complex")
            found = found.real
        if not np.isfinite(found).all():
            raise ValueError("singular")
        return found.astype(a.dtype)

    return checked


def even_and_odd(a: Any) -> tuple[Any, Any]:
    """The hyperbolic cosine and sine; SciPy's differences of exponentials lose small numbers."""
    zeros, n = 0 * a, len(a)
    left = t.expm(np.block([[zeros, a], [a, zeros]]))[:, :n]
    return left[:n], left[n:]


HYPERBOLIC = {
    "coshm": lambda a: even_and_odd(a)[0],
    "sinhm": lambda a: even_and_odd(a)[1],
    "tanhm": lambda a: np.linalg.solve(*even_and_odd(a)),
}


def sine_of_symmetric(a: Any) -> Any:
    w, v = t.eigh(a)
    return (v * np.sin(w)) @ v.T


def direction(m: int, k: int) -> tuple[np.ndarray, ...]:
    return (draw(m, m),)


# What others are made of needs no derivatives of its own.
ROWS = [
    *[
        Row(f"scipy.{name}", "", getattr(n, name), real(HYPERBOLIC.get(name) or getattr(t, name)),
            "principal", SIZES, smooth=EVERYWHERE if name in ("expm", "tanhm", "tanm") else (),
            single=None if name in ("expm", "tanm") else (),
            # A system is solved.
            rounding=10.0 if name in ("tanhm", "tanm") else 1.0)
        for name in ("expm", "cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm")
    ],
    *[
        Row("scipy.expm_frechet", f"compute_expm={both}",
            partial(n.expm_frechet, compute_expm=both), partial(t.expm_frechet, compute_expm=both),
            "principal", SIZES[1:], single=(), others=direction, smooth=() if both else EVERYWHERE)
        for both in (True, False)
    ],
    *[
        Row(f"scipy.{name}", "", getattr(n, name), real(getattr(t, name)), "principal", EVERY_SIZE,
            # Said to be NaN of singular matrices.
            without={"zero": "is NaN, as that of all singular matrices"},
            smooth=("general", "both signs") if name == "signm" else REGULAR,
            single=() if name == "signm" else None, twice=name == "sqrtm")
        for name in ("sqrtm", "logm", "signm")
    ],
    Row("scipy.funmh", "", partial(n.funmh, func=np.sin), sine_of_symmetric, "symmetric", FEW,
        reads="lower", smooth=("general", "identity", "repeated", "clustered"), twice=True),
]  # fmt: skip
