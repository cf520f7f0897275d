"""A small program compiled for a device and run on it, in a process of its own.

A driver that ends the process does not end `xform doctor`. What was found is printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any


def probe(device: str) -> dict[str, Any]:
    """Compiles a gradient for a device and runs it.

    Args:
        device: its name.

    Returns:
        Whether it works, the reason if it does not, and the seconds that it took.
    """
    import numpy as np

    from .. import numpy as xnp
    from ..frontend import grad, jit

    def energy(x: Any) -> Any:
        return (xnp.sin(x) ** 2).sum()

    x = np.linspace(0, 1, 7, dtype=np.float32)
    start = time.perf_counter()
    function = jit(grad(energy), device=device)
    compiled = function.lower(x).compile()
    middle = time.perf_counter()
    found = np.asarray(compiled(x))
    end = time.perf_counter()
    is_right = np.allclose(found, np.sin(2 * x), atol=1e-5)
    return {
        "works": bool(is_right),
        "reason": None if is_right else f"the gradient is {found}, expected {np.sin(2 * x)}",
        "compile_seconds": middle - start,
        "call_seconds": end - middle,
    }


def main() -> None:
    """Probes the device that the command line names."""
    # A module from the cache would say nothing about the compiler.
    os.environ["XFORM_CACHE"] = "0"
    try:
        data = probe(sys.argv[1])
    except Exception as error:
        data = {"works": False, "reason": f"{error}" or type(error).__name__}
    print(json.dumps(data))


if __name__ == "__main__":
    main()
