"""`xform.runtime` where the package xform is not installed: what `xform_runtime` is.

There is no `xform/__init__.py` beside this folder, which is xform's; so both can be installed in one
place, and either may go.
"""

import sys
from typing import TYPE_CHECKING

import xform_runtime

if TYPE_CHECKING:
    from xform_runtime import *
    from xform_runtime import __all__ as __all__

sys.modules[__name__] = xform_runtime
