"""Functions of linear maps that need not be matrices: systems, eigenpairs and exponentials.

They have the names and arguments of `scipy.sparse.linalg`. What they compute is a loop of the
compiled program, and their derivatives are those of the exact results.
"""

from .block_gradients import lobpcg
from .exponential import expm_multiply
from .lanczos import eigsh
from .systems import bicgstab, cg, gmres, minres

__all__ = ["bicgstab", "cg", "eigsh", "expm_multiply", "gmres", "lobpcg", "minres"]
