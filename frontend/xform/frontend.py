"""The public names: transforms of NumPy-style functions, compiled.

>>> import numpy as np
>>> from xform import frontend
>>> from xform.frontend import jacrev, vmap
>>> fast = frontend.jit(vmap(jacrev(lambda x: x * x)))
>>> fast(np.array([[1.0, 2.0]])).numpy()
array([[[2., 0.],
        [0., 4.]]])
"""

# Traced arrays can do what these functions enter.
from . import numpy as _numpy  # noqa: F401
from .compiling.forms import CompileError
from .compiling.lowered import Compiled, Lowered, Timings
from .compiling.targets import Target
from .errors import (
    LeakedArrayError,
    SelfTestError,
    TracedRandomWarning,
    TracedValueError,
    XformError,
    XformIndexError,
    XformRuntimeError,
    XformTypeError,
    XformValueError,
)
from .export import export, save
from .sparse.csr import CsrBlock
from .tracing.avals import Spec, size, spec
from .transforms import checkpoint_policies
from .transforms.associative_scan import associative_scan
from .transforms.checkpoint import checkpoint, checkpoint_name
from .transforms.conditional import cond, switch
from .transforms.custom_jvp import custom_jvp
from .transforms.custom_linear_solve import custom_linear_solve
from .transforms.custom_vjp import custom_vjp
from .transforms.function import Function, VmapInfo
from .transforms.function_context import FunctionContext
from .transforms.functionalize import functionalize
from .transforms.grad import grad, grad_and_value
from .transforms.gradient_stop import stop_gradient
from .transforms.jacobian import hessian, jacfwd, jacrev
from .transforms.jit import Jitted, jit
from .transforms.jvp import jvp
from .transforms.linearize import linearize
from .transforms.loops import fori_loop, while_loop
from .transforms.map import map
from .transforms.no_grad import no_grad
from .transforms.once_differentiable import once_differentiable
from .transforms.scan import scan
from .transforms.sparse_jacobian import jacobian, value_and_jacobian
from .transforms.vjp import vjp
from .transforms.vmap import vmap
from .verification.report import VerificationError, VerificationReport
from .verification.verify import verify

__all__ = [
    "CompileError",
    "Compiled",
    "CsrBlock",
    "Function",
    "FunctionContext",
    "Jitted",
    "LeakedArrayError",
    "Lowered",
    "SelfTestError",
    "Spec",
    "Target",
    "Timings",
    "TracedRandomWarning",
    "TracedValueError",
    "VerificationError",
    "VerificationReport",
    "VmapInfo",
    "XformError",
    "XformIndexError",
    "XformRuntimeError",
    "XformTypeError",
    "XformValueError",
    "associative_scan",
    "checkpoint",
    "checkpoint_name",
    "checkpoint_policies",
    "cond",
    "custom_jvp",
    "custom_linear_solve",
    "custom_vjp",
    "export",
    "fori_loop",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "linearize",
    "map",
    "no_grad",
    "once_differentiable",
    "save",
    "scan",
    "size",
    "spec",
    "stop_gradient",
    "switch",
    "value_and_jacobian",
    "verify",
    "vjp",
    "vmap",
    "while_loop",
]
