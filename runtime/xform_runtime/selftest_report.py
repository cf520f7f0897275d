"""What a self-test found: each result beside what it has to be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .dtypes import sides
from .errors import XformError
from .selftest import Expected, NumPyArray, Summary, block_limits, is_exact, sample_positions
from .signature import LeafSpec

# Sums of float64 are themselves rounded, by less than so many units of all that is added up.
_SUM_ROUNDINGS: Final = 32 * 2.0**-52
_ODD_NAMES: Final = ("NaNs", "infinities", "negative infinities")


class SelfTestError(XformError, AssertionError):
    """A compiled module does not give what it has to.

    Args:
        report: what was found.
        introduction: goes before it in the message.

    Attributes:
        report: what was found.
    """

    def __init__(self, report: SelfTestReport, introduction: str = "") -> None:
        super().__init__(f"{introduction}\n{report}" if introduction else str(report))
        self.report = report


@dataclass(frozen=True)
class ResultCheck:
    """One result of one call, at the element where it is worst.

    Args:
        entry: the entry point.
        vector: the number of the call.
        path: how an expression reaches the result, such as `output['y']`.
        passed: whether all of it is what it has to be.
        difference: between what was got and what was expected; inf where just one of them is NaN.
        tolerance: the largest difference that is allowed there.
        index: the element; None if there is none, or if the sum of a block is what is worst.
        got: the number there.
        expected: and what it has to be.
        block: the first element of that block and the one behind it, counted in memory's order.
        counted: what was counted in the block, if it is not the sum of its elements.
        compared: how many elements were compared one by one.
        size: how many the result has.
    """

    entry: str
    vector: int
    path: str
    passed: bool
    difference: float
    tolerance: float
    index: tuple[int, ...] | None
    got: complex | float | int | bool | None
    expected: complex | float | int | bool | None
    block: tuple[int, int] | None = None
    counted: str = ""
    compared: int = 0
    size: int = 0

    @property
    def place(self) -> str:
        """Where it is worst, as an expression or in words.

        >>> ResultCheck("f", 0, "output", True, 0.0, 0.0, (1, 2), 3.0, 3.0).place
        'output[1, 2]'
        """
        if self.block is not None:
            start, end = self.block
            what = self.counted or "the sum"
            return f"{what} of elements {start} to {end - 1} of {self.path}"
        return f"{self.path}[{', '.join(map(str, self.index))}]" if self.index else self.path

    def __str__(self) -> str:
        head = f"{self.entry}, vector {self.vector}, "
        if self.got is None:
            return f"{head}{self.path}: passed, it has no elements"
        if self.passed and self.difference == 0:
            return f"{head}{self.path}: passed, no difference"
        off = f"{self.difference:.3g}"
        if self.passed:
            return f"{head}{self.path}: passed, differs by {off} at most of {self.tolerance:.3g}"
        allowed = f"where {self.tolerance:.3g} is allowed" if self.tolerance else "where none is"
        return (
            f"{head}{self.place}: failed, got {_text(self.got)}, expected {_text(self.expected)}, "
            f"a difference of {off} {allowed}"
        )


@dataclass(frozen=True)
class SelfTestReport:
    """What `Module.selftest` found.

    Printed, it is a line for each result of each call.

    Args:
        path: of the module.
        device: that it ran on.
        checks: the results, in their order.

    >>> check = ResultCheck("f", 0, "output", False, 0.5, 1e-6, (1,), 2.5, 2.0)
    >>> print(SelfTestReport("f.vmfb", "cpu", (check,)))
    self-test of f.vmfb on cpu: failed, 1 of 1 result of 1 test vector is wrong
      f, vector 0, output[1]: failed, got 2.5, expected 2.0, a difference of 0.5 where 1e-06 is
      allowed
    """

    path: str
    device: str
    checks: tuple[ResultCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether all results are what they have to be."""
        return not self.failures

    @property
    def vectors(self) -> int:
        """How many calls were made."""
        return len({(check.entry, check.vector) for check in self.checks})

    @property
    def failures(self) -> tuple[ResultCheck, ...]:
        """The results that are not."""
        return tuple(check for check in self.checks if not check.passed)

    def raise_if_failed(self) -> None:
        """Does nothing if all is well.

        Raises:
            SelfTestError: a result is wrong; the message is the report.
        """
        if not self.passed:
            raise SelfTestError(self)

    def __str__(self) -> str:
        count, wrong = len(self.checks), len(self.failures)
        what = f"{count} result{'s' * (count != 1)} of "
        what += f"{self.vectors} test vector{'s' * (self.vectors != 1)}"
        told = f"failed, {wrong} of {what} {'is' if wrong == 1 else 'are'} wrong"
        title = f"self-test of {self.path} on {self.device}: "
        title += told if wrong else f"passed, {what}"
        return "\n".join([title, *(f"  {check}" for check in self.checks)])


def checked(
    entry: str, vector: int, leaf: LeafSpec, expected: Expected, got: NumPyArray
) -> ResultCheck:
    """Compares a result with what it has to be.

    Args:
        entry: the entry point, for the report.
        vector: the number of the call, for the report.
        leaf: the result's shape and dtype.
        expected: what it has to be.
        got: what was got, of that shape and dtype.
    """
    shape = got.shape
    if expected.summary is None:
        positions: NumPyArray = np.arange(got.size)
    else:
        positions = sample_positions(got.size, expected.values.size)
    wanted, found = expected.values.reshape(-1), got.reshape(-1)[positions]
    if not wanted.size:
        return ResultCheck(entry, vector, leaf.path, True, 0.0, 0.0, None, None, None)
    difference, allowed = _differences(wanted, found, expected)
    worst = int(_excess(difference, allowed).argmax())
    index = np.unravel_index(int(positions[worst]), shape) if shape else ()
    elements = ResultCheck(
        entry,
        vector,
        leaf.path,
        bool((difference <= allowed).all()),
        float(difference[worst]),
        float(allowed[worst]),
        tuple(int(i) for i in index),
        _number(found[worst]),
        _number(wanted[worst]),
        compared=wanted.size,
        size=got.size,
    )
    if expected.summary is None or not elements.passed:
        return elements
    return _checked_blocks(elements, expected, expected.summary, got) or elements


def _differences(
    wanted: NumPyArray, found: NumPyArray, expected: Expected
) -> tuple[NumPyArray, NumPyArray]:
    """How far elements are off, and how far they may be."""
    if is_exact(wanted.dtype):
        # Integers of 64 bits lose some as floats.
        gap = np.array([abs(int(a) - int(b)) if a != b else 0 for a, b in _pairs(wanted, found)])
        return gap.astype(np.float64), np.zeros(len(wanted))
    a, b = _sides(wanted), _sides(found)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(b - a)
        gap[(a == b) | (np.isnan(a) & np.isnan(b))] = 0
        gap[np.isnan(gap)] = np.inf
        size = np.hypot.reduce(np.abs(a), axis=1, keepdims=True)
        # A part says how large the element is where the other one is not finite.
        size = np.where(np.isfinite(size), size, np.abs(a))
        allowed = np.where(np.isfinite(a), expected.relative * size + expected.absolute, 0.0)
    # Of a complex number, the part that is worse.
    rows, worse = np.arange(len(a)), _excess(gap, allowed).argmax(axis=1)
    return gap[rows, worse], allowed[rows, worse]


def _sides(x: NumPyArray) -> NumPyArray:
    """float64[n, 1] of n real elements, or float64[n, 2] of the parts of complex ones."""
    return sides(x).reshape(len(x), -1).astype(np.float64)


def _pairs(wanted: NumPyArray, found: NumPyArray) -> zip[tuple[Any, Any]]:
    return zip(wanted.tolist(), found.tolist(), strict=True)


def _excess(difference: NumPyArray, allowed: NumPyArray) -> NumPyArray:
    """By how much what is allowed is used up; the largest is the worst."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(difference > 0, difference / allowed, 0.0)


def _checked_blocks(
    elements: ResultCheck, expected: Expected, summary: Summary, got: NumPyArray
) -> ResultCheck | None:
    """The first block whose sums are not what they have to be; None if there is none."""
    found = Summary.of(got, len(summary.sums))
    limits = block_limits(got.size, len(summary.sums))

    def failed(block: int, counted: str, a: Any, b: Any, allowed: float) -> ResultCheck:
        gap = abs(_number(b) - _number(a))
        return ResultCheck(
            elements.entry,
            elements.vector,
            elements.path,
            False,
            math.inf if math.isnan(gap) else float(gap),
            allowed,
            None,
            _number(b),
            _number(a),
            limits[block],
            counted,
            elements.compared,
            elements.size,
        )

    for block, (start, end) in enumerate(limits):
        for name, a, b in zip(_ODD_NAMES, summary.odd[block], found.odd[block], strict=True):
            if a != b:
                return failed(block, f"the number of {name}", a, b, 0.0)
        if is_exact(got.dtype):
            if summary.sums[block] != found.sums[block]:
                return failed(block, "", summary.sums[block], found.sums[block], 0.0)
            continue
        magnitude = float(summary.magnitudes[block])
        allowed = (expected.relative + _SUM_ROUNDINGS) * magnitude
        allowed += expected.absolute * (end - start)
        # Either part of a complex number may be off by what both are worth together.
        allowed *= 2 if got.dtype.kind == "c" else 1
        for name, a, b in (
            ("", summary.sums[block], found.sums[block]),
            ("the sum of magnitudes", summary.magnitudes[block], found.magnitudes[block]),
        ):
            # Two infinite sums say nothing.
            if a != b and not abs(b - a) <= allowed:
                return failed(block, name, a, b, allowed)
    return None


def _number(value: Any) -> Any:
    """A number of NumPy's as one of Python's."""
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, bool | int | float | complex) else float(value)


def _text(number: Any) -> str:
    return f"{number!r}"


__all__ = ["ResultCheck", "SelfTestError", "SelfTestReport", "checked"]
