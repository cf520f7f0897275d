"""What each primitive is on complex operands, in primitives on their real and imaginary parts.

Derivatives and batching rules are those of the parts: a tangent is a pair of tangents, and a
cotangent belongs to both numbers, so that the gradient of a real function points uphill in the
complex plane. Branch cuts, signed zeros and infinities are as in NumPy and in C's Annex G.

The rules are read when a program has complex numbers first.
"""

from . import arithmetic, comparison, exponential, inverse, linear, reduction, sinc, structure

__all__ = [
    "arithmetic",
    "comparison",
    "exponential",
    "inverse",
    "linear",
    "reduction",
    "sinc",
    "structure",
]
