"""`xform.runtime`: loads and calls compiled modules; needs no compiler.

It is the package `xform_runtime` itself, which has it too, for where nothing else is installed.
"""

import sys
from typing import TYPE_CHECKING

import xform_runtime

if TYPE_CHECKING:
    from xform_runtime import *  # noqa: F403
    from xform_runtime import __all__ as __all__

sys.modules[__name__] = xform_runtime
