"""The surface of traced arrays: NumPy's attributes, each of which works or says what to write."""

import numpy as np
from xform.array import TracedArray

# What the array API standard has beside NumPy's arrays.
ARRAY_API = {"device", "mT", "to_device"}


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_no_attribute_is_the_projects_own():
    assert public(TracedArray) <= public(np.ndarray) | ARRAY_API
