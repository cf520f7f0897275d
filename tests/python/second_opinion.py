"""Some of the programs that become machine code here are compiled by IREE as well, and compared.

Which ones is chosen anew in each run; XFORM_TEST_SHARE=1 takes them all.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from xform.compiling import cache, forms, machine_code
from xform.compiling.refusal import Refused
from xform.compiling.targets import Target, as_target
from xform.iree.compiler import compile_with_iree
from xform_runtime import Array, DeviceError, Executable
from xform_runtime.image import ModuleImage

_SHARE = float(os.environ.get("XFORM_TEST_SHARE", "0.02"))

# Of the largest number of a result: sums in another order and products and sums fused
# elsewhere add up in a long program, and leave roundings where there should be 0.
_TOLERANCE = {
    **dict.fromkeys([np.dtype(np.float32), np.dtype(np.complex64)], 5e-3),
    **dict.fromkeys([np.dtype(np.float64), np.dtype(np.complex128)], 1e-8),
}

_random = random.Random()
_others: dict[bytes, bytes] = {}
_SMALL_FLOAT = re.compile(r"\bb?f16\b|xb?f16>")
_SPECTRUM = re.compile(r"\bxform\.(eigh?|svd|schur)\b")
# More buffers than IREE's runtime takes for a dispatch.
_TOO_MANY = re.compile(r"binding count \d+ > 32")
_compile_program = forms.compile_program
_read_image = ModuleImage.__init__


def patch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiles some programs twice from now on."""
    monkeypatch.setattr(cache, "compile_program", _compile_twice)
    monkeypatch.setattr(ModuleImage, "__init__", _read)


def _compile_twice(
    text: str, target: Target | str, *, name: str, origin: Any = None
) -> forms.Compilation:
    made = _compile_program(text, target, name=name, origin=origin)
    chosen = as_target(target)
    # IREE computes chains of float16 and bfloat16 in float32, and rounds them at their ends; its
    # code finds vectors of spectra in another way, and these are determined up to their signs.
    is_comparable = machine_code.is_compiled_here(text) and not (
        _SMALL_FLOAT.search(text) or _SPECTRUM.search(text)
    )
    if is_comparable and chosen.arch == "host" and _random.random() < _SHARE:
        # IREE refuses some programs.
        with contextlib.suppress(Refused):
            again = machine_code.for_iree(text, chosen, name)
            _others[made.module] = compile_with_iree(again, chosen, name)
    return made


def _read(self: ModuleImage, vmfb: Any, origin: str = "module") -> None:
    _read_image(self, vmfb, origin)
    self.other = _others.pop(vmfb, None) if isinstance(vmfb, bytes) else None  # type: ignore[attr-defined]


def compare(
    executable: Executable,
    entry: str,
    args: Sequence[Array | np.ndarray[Any, Any]],
    results: Sequence[Array],
    invoke: Any,
) -> None:
    """Compares the results of a call with those of IREE's code, where there is some."""
    other = getattr(executable._image, "other", None)
    if other is None:
        return
    try:
        loaded = Executable(other, executable.device)
    except DeviceError as error:
        if not _TOO_MANY.search(str(error)):
            raise
        return
    expected = invoke(loaded, entry, args)
    for i, (result, wanted) in enumerate(zip(results, expected, strict=True)):
        np.testing.assert_allclose(
            *_comparable(np.asarray(result), np.asarray(wanted)),
            err_msg=f"result {i} of {entry} is another one than that of IREE's code",
        )


def _comparable(result: Any, wanted: Any) -> tuple[Any, Any, float, float]:
    """Both, where both are finite, and how far they may be off.

    Where one is not, a fused product decides whether two infinities meet; the tests compare that
    with NumPy.
    """
    tolerance = _TOLERANCE.get(result.dtype)
    if tolerance is None:
        return result, wanted, 0.0, 0.0
    both = np.isfinite(result) & np.isfinite(wanted)
    largest = float(np.abs(wanted[both]).max(initial=0))
    return result[both], wanted[both], tolerance, tolerance * (largest + 1e-5)
