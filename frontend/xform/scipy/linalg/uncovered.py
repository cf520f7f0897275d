"""The functions of scipy.linalg that have no traced form, and why; and what others leave out.

A function that is neither covered nor named here has just not been written.
"""

from __future__ import annotations

from typing import Final

_COMPLEX: Final = "its result is complex, and functions of complex matrices are not written yet"
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
    "find_best_blas_type": _LAPACK,
    "get_blas_funcs": _LAPACK,
    "get_lapack_funcs": _LAPACK,
    "ishermitian": _ELEMENTS,
    "issymmetric": _ELEMENTS,
    "null_space": _SHAPE,
    "orth": _SHAPE,
    "rsf2csf": _COMPLEX,
}

_BATCH: Final = "leading axes are a batch, as they will be from SciPy 1.19 on"
_ANY_STRUCTURE: Final = (
    "no structure is looked for: without `assume_a`, and with 'banded', a matrix is solved as a "
    "general one"
)
_BY_VALUE: Final = "no `subset_by_value`, which would decide the shape of the result"
_REAL: Final = (
    "NaN where the result is complex or the matrix is singular; no parameters that SciPy deprecates"
)
_ZERO_TRIANGLE: Final = "the triangle beside the factor is 0"

_REAL_ONES: Final = "NaN for what belongs to an eigenvalue that is not real"

DIFFERENCES: Final[dict[str, str]] = {
    "cho_factor": _ZERO_TRIANGLE,
    "cholesky_banded": "the corners of the result are 0",
    "companion": "a leading coefficient of 0 gives infinities or NaN",
    "convolution_matrix": _BATCH,
    "hankel": _BATCH,
    "eig": f"{_REAL_ONES}; no `homogeneous_eigvals`",
    "eigh": _BY_VALUE,
    "eigvals": f"{_REAL_ONES}; no `homogeneous_eigvals`",
    "eigvalsh": _BY_VALUE,
    "fractional_matrix_power": "NaN where the result is complex",
    "funm": "by eigenvectors; NaN where an eigenvalue is not real, no estimate of the error, and "
    "`func` is given one number at a time",
    "inv": _ANY_STRUCTURE,
    "logm": _REAL,
    "lstsq": "residues are given also where the rank is less than the number of columns",
    "norm": "no norm of matrices that needs singular values",
    "qr": "no `pivoting`, and no mode 'raw'",
    "schur": "no output 'complex', and no `sort`",
    "signm": "NaN where the real part of an eigenvalue is 0",
    "solve": _ANY_STRUCTURE,
    "sqrtm": _REAL,
    "subspace_angles": "the matrices must have full rank",
}
