"""Random numbers from explicit keys.

A key is an array of two uint32. What is drawn depends on the key and on nothing else, so a program
gives the same numbers on every device and in every process; new ones come from new keys, which
`split` and `fold_in` make. Keys go through jit, vmap, map and files as other arrays do. Bits,
split keys and uniform numbers are those of JAX's default generator.

>>> from xform import random
>>> random.uniform(random.key(0), (3,)).numpy().round(4)
array([0.4185, 0.2163, 0.9653])
"""

from .choices import categorical, choice, permutation
from .continuous import cauchy, exponential, gumbel, laplace, logistic, multivariate_normal, normal
from .counts import poisson
from .gamma import beta, chisquare, dirichlet, gamma, student_t
from .integers import bernoulli, rademacher, randint
from .keys import fold_in, key, split
from .truncated import truncated_normal
from .uniform import bits, uniform

__all__ = [
    "bernoulli",
    "beta",
    "bits",
    "categorical",
    "cauchy",
    "chisquare",
    "choice",
    "dirichlet",
    "exponential",
    "fold_in",
    "gamma",
    "gumbel",
    "key",
    "laplace",
    "logistic",
    "multivariate_normal",
    "normal",
    "permutation",
    "poisson",
    "rademacher",
    "randint",
    "split",
    "student_t",
    "truncated_normal",
    "uniform",
]
