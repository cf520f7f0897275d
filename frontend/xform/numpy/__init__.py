"""The `xform.numpy` namespace: NumPy's functions for traced arrays.

Inside of a function that a transform traces they take and return traced arrays; called elsewhere
they are NumPy's. NumPy's own functions work on traced arrays as well, but arrays to write into
must come from here, or from `np.zeros_like` of a traced one.

>>> zeros(2)
array([0., 0.])
"""

import sys as _sys
from types import ModuleType as _ModuleType
from typing import NoReturn as _NoReturn

import ml_dtypes as _ml_dtypes
import numpy as _np

from ..tracing.array import TracedArray as TracedArray
from ..tracing.operations import METHODS as _METHODS
from . import emath as emath
from . import fft as fft
from . import linalg as linalg
from .accumulation import *  # noqa: F403
from .arguments import explained as _explained
from .axes import AxisError as AxisError
from .comparison import *  # noqa: F403
from .complex_parts import *  # noqa: F403
from .contraction import *  # noqa: F403
from .covariance import *  # noqa: F403
from .creation import *  # noqa: F403
from .differences import *  # noqa: F403
from .dispatch import suggest as _suggest
from .dynamic_slices import *  # noqa: F403
from .elements import *  # noqa: F403
from .functional import *  # noqa: F403
from .grids import *  # noqa: F403
from .histograms import *  # noqa: F403
from .inspection import *  # noqa: F403
from .joining import *  # noqa: F403
from .manipulation import *  # noqa: F403
from .nan_reductions import *  # noqa: F403
from .ordering import *  # noqa: F403
from .packing import *  # noqa: F403
from .padding import *  # noqa: F403
from .polynomials import *  # noqa: F403
from .promotion import broadcast_shapes as _broadcast_shapes
from .reductions import *  # noqa: F403
from .selection import *  # noqa: F403
from .statistics import *  # noqa: F403
from .ufuncs import *  # noqa: F403
from .windows import *  # noqa: F403

# What these define is called through the tables of what traced arrays can do.
from . import flat as _flat  # noqa: F401  # isort: skip
from . import protocols as _protocols  # noqa: F401  # isort: skip
from . import subscripts as _subscripts  # noqa: F401  # isort: skip

_METHODS["__array_namespace__"] = lambda: _sys.modules[__name__]

ndarray = TracedArray
broadcast_shapes = _explained(_broadcast_shapes)
broadcast_shapes.__module__ = __name__

bool_ = bool = _np.bool
int8, int16, int32, int64 = _np.int8, _np.int16, _np.int32, _np.int64
uint8, uint16, uint32, uint64 = _np.uint8, _np.uint16, _np.uint32, _np.uint64
float16, float32, float64 = _np.float16, _np.float32, _np.float64
bfloat16 = _ml_dtypes.bfloat16
complex64, complex128 = _np.complex64, _np.complex128
dtype = _np.dtype
isdtype, promote_types = _np.isdtype, _np.promote_types
isscalar, issubdtype = _np.isscalar, _np.issubdtype
# Of shapes, so known while tracing.
diag_indices, mask_indices = _np.diag_indices, _np.mask_indices
tril_indices, triu_indices = _np.tril_indices, _np.triu_indices
bartlett, blackman, hamming = _np.bartlett, _np.blackman, _np.hamming
hanning, kaiser = _np.hanning, _np.kaiser
e, euler_gamma, pi = _np.e, _np.euler_gamma, _np.pi
inf, nan = _np.inf, _np.nan
newaxis = None

# What cannot be traced, and says so; on concrete arrays it is NumPy's.
isnat, trim_zeros, unique = _np.isnat, _np.trim_zeros, _np.unique
unique_all, unique_counts = _np.unique_all, _np.unique_counts
unique_inverse, unique_values = _np.unique_inverse, _np.unique_values
intersect1d, union1d = _np.intersect1d, _np.union1d
setdiff1d, setxor1d = _np.setdiff1d, _np.setxor1d

__array_api_version__ = "2024.12"

# All that stands here under a name of its own, but for the modules that it came from.
__all__ = sorted(
    name
    for name, value in globals().items()
    if not name.startswith("_")
    and (name in ("emath", "fft", "linalg") or not isinstance(value, _ModuleType))
)


def __getattr__(name: str) -> _NoReturn:
    raise AttributeError(f"module 'xform.numpy' has no attribute {name!r}{_suggest(name, __all__)}")
