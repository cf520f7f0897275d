"""The functions of scipy.linalg that have no traced form, and why.

A function that is neither covered nor named here has just not been written.
"""

from __future__ import annotations

from typing import Final

_COMPLEX: Final = "its result is complex, and complex numbers cannot be compiled"
_ELEMENTS: Final = (
    "it returns Python numbers that depend on the elements, which are not known while the function "
    "is traced"
)
_SHAPE: Final = (
    "the shape of its result depends on the elements, which are not known while the function is "
    "traced"
)
_RANDOM: Final = "it draws from NumPy's generators; xform.random draws from keys"
_LAPACK: Final = "it hands out routines of BLAS and LAPACK, which are not what runs"

REASONS: Final[dict[str, str]] = {
    "bandwidth": _ELEMENTS,
    "clarkson_woodruff_transform": _RANDOM,
    "dft": _COMPLEX,
    "eig": _COMPLEX,
    "eigvals": _COMPLEX,
    "find_best_blas_type": _LAPACK,
    "get_blas_funcs": _LAPACK,
    "get_lapack_funcs": _LAPACK,
    "ishermitian": _ELEMENTS,
    "issymmetric": _ELEMENTS,
    "null_space": _SHAPE,
    "orth": _SHAPE,
    "rsf2csf": _COMPLEX,
    "solve_circulant": "it needs Fourier transforms; solve(circulant(c), b) gives the same",
}
