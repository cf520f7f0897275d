"""The primitives: one function for each, from arrays to a traced array.

Operands of elementwise primitives have one shape and one dtype already; `xform.numpy` broadcasts
and promotes. What each one computes is said once, in the dialect, of whose records `generated` is
made. By hand are `typed`, for what takes a shape or a dtype, and the classes `Indexing` and
`Windows`, which stand for attributes that go together. Called outside of a transform, a primitive
is compiled and run at once.
"""

from __future__ import annotations

from .emission import *  # noqa: F403
from .generated import *  # noqa: F403
from .indexing import *  # noqa: F403
from .typed import *  # noqa: F403
from .windows import *  # noqa: F403
