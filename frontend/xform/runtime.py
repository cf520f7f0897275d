"""`xform.runtime`: loads and calls compiled modules; needs no compiler."""

from xform_runtime import *  # noqa: F403
from xform_runtime import __all__ as __all__
