"""SciPy's functions for traced arrays.

They have SciPy's names and signatures and work under every transform; outside of a traced function
they are compiled and run on the fly. Integers become float64 where SciPy makes them so. Axes
before those that a function speaks of are a batch, and broadcast.

Parameters that speak of memory or of checks are taken and have no effect: `overwrite_a`,
`overwrite_b` and `overwrite_ab`, as arrays are never written into, and `check_finite`, as there
are no elements to check while a function is traced. Where SciPy raises LinAlgError because a
matrix is singular or not positive definite, results are infinite or NaN.

>>> import numpy as np
>>> from xform.scipy import linalg
>>> linalg.expm(np.zeros((2, 2))).numpy()
array([[1., 0.],
       [0., 1.]])
"""

from . import linalg, sparse

__all__ = ["linalg", "sparse"]
