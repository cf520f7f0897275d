"""Many small functions compiled as one program, and compared with NumPy one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from xform import frontend
from xform.errors import XformError


class Case:
    """A function of NumPy arrays, and arguments for it.

    Args:
        name: the test's id.
        function: gives the same on traced arrays as on NumPy's.
        args: its arguments.
        expected: a function that gives the expected result, if it is not `function` itself.
        rtol, atol: how far results may be off; None takes a few units of the dtype.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        expected: Callable[..., Any] | None = None,
        rtol: float | None = None,
        atol: float | None = None,
    ) -> None:
        self.name = name
        self.function = function
        self.args = args
        self.expected = expected or function
        self.rtol = rtol
        self.atol = atol

    def __repr__(self) -> str:
        return self.name


class Batch:
    """Cases that are compiled together when the first result is asked for."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = list(cases)
        self._results: list[Any] | None = None

    def check(self, case: Case) -> None:
        """Compares shapes, dtypes and values of one case's results with NumPy's."""
        results = self._all()[self.cases.index(case)]
        if isinstance(results, Exception):
            raise results
        with np.errstate(all="ignore"):
            expected = case.expected(*[copied(x) for x in case.args])
        got, wanted = flat(results), flat(expected)
        assert len(got) == len(wanted)
        for result, truth in zip(got, wanted, strict=True):
            compare(np.asarray(result), np.asarray(truth), case.rtol, case.atol)

    def _all(self) -> list[Any]:
        if self._results is None:
            try:
                self._results = run(self.cases)
            except XformError:
                # One at a time, so that only the case that cannot be compiled fails.
                self._results = [alone(case) for case in self.cases]
        return self._results


def run(cases: list[Case]) -> list[Any]:
    """The results of all cases from one program; for one that cannot be traced, its error."""
    errors: dict[int, Exception] = {}

    def everything(args: list[tuple[Any, ...]]) -> list[Any]:
        results: list[Any] = []
        for i, (case, own) in enumerate(zip(cases, args, strict=True)):
            try:
                results.append(flat(case.function(*own)))
            except Exception as error:
                errors[i] = error
                results.append([])
        return results

    results = list(frontend.jit(everything)([case.args for case in cases]))
    for i, error in errors.items():
        results[i] = error
    return results


def alone(case: Case) -> Any:
    try:
        return run([case])[0]
    except XformError as error:
        return error


def copied(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def flat(result: Any) -> list[Any]:
    """Nested results as one list; what is no array is left out, being known while tracing."""
    if isinstance(result, list | tuple):
        return [x for part in result for x in flat(part)]
    if isinstance(result, np.ndarray | np.generic) or hasattr(result, "__array__"):
        return [result]
    return []


def compare(result: np.ndarray, truth: np.ndarray, rtol: float | None, atol: float | None) -> None:
    assert result.shape == truth.shape
    assert result.dtype == truth.dtype
    if truth.dtype.kind in "fV":
        digits = 1e-5 if truth.dtype.itemsize == 4 else 1e-13 if truth.dtype.itemsize == 8 else 2e-2
        np.testing.assert_allclose(
            result.astype(np.float64),
            truth.astype(np.float64),
            rtol=digits if rtol is None else rtol,
            atol=digits if atol is None else atol,
        )
    else:
        np.testing.assert_array_equal(result, truth)
