"""Loops on Vulkan take the memory of some turns, and not of all."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

# Forward and backward 400 steps of a state of 1 MB.
PROGRAM = """
import resource
import numpy as np
from xform.frontend import checkpoint, grad, jit, scan

def inner(c):
    return scan(lambda c, _: (c * 0.99 + 0.1, None), c, None, length=20)[0]

def loss(c):
    step = checkpoint(inner)
    return np.sum(scan(lambda c, _: (step(c), None), c, None, length=20)[0])

x = np.ones((512, 512), np.float32)
gradient = jit(grad(loss), device="vulkan")
gradient.lower(x).compile()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
first = float(np.asarray(gradient(x))[0, 0])
assert abs(first - 0.99**400) < 1e-6, first
print("took", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.vulkan
def test_a_gradient_of_checkpointed_scans() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"took (\d+)", done.stdout)
    assert found
    # Of 1,200 MB that all turns take together; 20 states are saved.
    assert int(found.group(1)) < 400_000
