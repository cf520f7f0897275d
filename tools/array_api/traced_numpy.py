"""xform.numpy with every call traced, compiled and run, for the array API's own tests."""

from __future__ import annotations

import xform.numpy
from compiled_calls import namespace

# What makes arrays of what is not one, and what asks about dtypes only, has nothing to trace.
_AS_IT_IS = ("asarray", "can_cast", "finfo", "from_dlpack", "iinfo", "isdtype", "result_type")

globals().update(namespace(xform.numpy))
globals().update({name: getattr(xform.numpy, name) for name in _AS_IT_IS})
__array_namespace_info__ = xform.numpy.__array_namespace_info__
__array_api_version__ = xform.numpy.__array_api_version__
