"""Results beside what they have to be: equal, near enough, or wrong at a place that is named."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xform_runtime.selftest import Expected, sample_positions
from xform_runtime.selftest_report import ResultCheck, SelfTestError, SelfTestReport, checked
from xform_runtime.signature import LeafSpec

NAN, INF = math.nan, math.inf


def compared(
    wanted: Any, got: Any, relative: float = 0.0, absolute: float = 0.0, limit: int = 1 << 20
) -> ResultCheck:
    expected, found = np.asarray(wanted), np.asarray(got)
    leaf = LeafSpec("output", expected.shape, expected.dtype.name)
    return checked("f", 0, leaf, Expected.of(expected, relative, absolute, limit), found)


@pytest.mark.parametrize(
    ("wanted", "got", "passes"),
    [
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0, 2.0], [1.0, 2.1], True),
        ([1.0, 2.0], [1.0, 2.3], False),
        ([1.0, 0.0], [1.0, -0.0], True),
        ([0.0], [0.009], True),
        ([0.0], [0.011], False),
        ([NAN, INF, -INF], [NAN, INF, -INF], True),
        ([NAN], [1.0], False),
        ([1.0], [NAN], False),
        ([INF], [-INF], False),
        ([INF], [1e308], False),
        ([1e308], [INF], False),
        ([INF], [NAN], False),
        (2.0, 2.1, True),
        (2.0, 2.3, False),
    ],
)
def test_floats(wanted: Any, got: Any, passes: bool) -> None:
    assert compared(wanted, got, 0.1, 0.01).passed == passes


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", "bool"])
def test_integers_and_bools_are_exact(dtype: str) -> None:
    wanted = np.array([0, 1, 1, 0], dtype)
    assert compared(wanted, wanted.copy()).passed
    got = wanted.copy()
    got[2] = 0
    check = compared(wanted, got)
    assert not check.passed
    assert (check.index, check.got, check.expected) == ((2,), got[2], wanted[2])
    assert (check.difference, check.tolerance) == (1, 0)


def test_the_last_bit_of_a_wide_integer_counts() -> None:
    wanted = np.array([2**63 - 1, -(2**63)])
    check = compared(wanted, wanted - np.array([1, 0]))
    assert not check.passed
    assert (check.got, check.expected, check.difference) == (2**63 - 2, 2**63 - 1, 1)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32])
def test_narrow_floats(dtype: Any) -> None:
    wanted = np.array([[1.0, -2.0], [NAN, 3.0]], dtype)
    got = wanted.copy()
    got[0, 1] = -2.5
    assert compared(wanted, got, 0.25).passed
    check = compared(wanted, got, 0.125)
    assert not check.passed
    assert (check.index, check.got, check.expected, check.difference) == ((0, 1), -2.5, -2.0, 0.5)
    assert check.tolerance == 0.25
    assert check.place == "output[0, 1]"


def test_the_worst_is_by_its_tolerance() -> None:
    check = compared([1000.0, 1.0], [1000.5, 1.1], 0.001, 0.0)
    assert (check.index, check.passed) == ((1,), False)
    assert check.difference == pytest.approx(0.1)


def test_no_elements_and_no_axes() -> None:
    empty = compared(np.zeros((0, 3)), np.zeros((0, 3)))
    assert empty.passed
    assert empty.index is None
    assert str(empty) == "f, vector 0, output: passed, it has no elements"
    wrong = compared(2.0, 3.0)
    assert wrong.index == ()
    assert str(wrong) == (
        "f, vector 0, output: failed, got 3.0, expected 2.0, a difference of 1 where none is"
    )


def test_what_it_says() -> None:
    assert str(compared([1.0], [1.0])) == "f, vector 0, output: passed, no difference"
    near = compared([1.0, 2.0], [1.0, 2.0625], 0.125)
    assert str(near) == "f, vector 0, output: passed, differs by 0.0625 at most of 0.25"
    wrong = compared([1.0, 2.0], [1.0, NAN], 0.125)
    assert str(wrong) == (
        "f, vector 0, output[1]: failed, got nan, expected 2.0, a difference of inf where 0.25 is "
        "allowed"
    )
    report = SelfTestReport("f.vmfb", "cpu", (near, wrong, wrong))
    assert str(report).startswith(
        "self-test of f.vmfb on cpu: failed, 2 of 3 results of 1 test vector"
    )
    assert report.failures == (wrong, wrong)
    with pytest.raises(SelfTestError, match="failed, 2 of 3"):
        report.raise_if_failed()
    assert SelfTestReport("f.vmfb", "cpu", (near,)).passed


# Large results ----------------------------------------------------------------------------------

SHAPE = (100, 70)
LIMIT = 1024


def large(dtype: Any) -> np.ndarray[Any, Any]:
    x = np.sin(np.arange(7000.0)).reshape(SHAPE) * 50
    return (x > 0) if dtype == np.bool_ else x.astype(dtype)


def unsampled(size: int, dtype: np.dtype[Any]) -> int:
    """An element that no sample takes."""
    taken = {*sample_positions(size, LIMIT // 2 // dtype.itemsize).tolist()}
    return next(i for i in range(3000, size) if i not in taken)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.uint64, np.bool_])
def test_a_large_result_is_summarised(dtype: Any) -> None:
    wanted = large(dtype)
    expected = Expected.of(wanted, 1e-6, 1e-9, LIMIT)
    assert expected.summary is not None
    assert expected.values.nbytes <= LIMIT
    same = compared(wanted, wanted.copy(), 1e-6, 1e-9, LIMIT)
    assert same.passed
    assert (same.compared, same.size) == (expected.values.size, 7000)
    # One element that is in no sample, and one that is.
    hidden = unsampled(7000, wanted.dtype)
    for place in (hidden, int(sample_positions(7000, expected.values.size)[5])):
        got = wanted.copy()
        got.flat[place] = ~got.flat[place] if dtype == np.bool_ else got.flat[place] + 1
        check = compared(wanted, got, 1e-6, 1e-9, LIMIT)
        assert not check.passed
        if place != hidden:
            assert check.index == np.unravel_index(place, SHAPE)
            continue
        assert check.block is not None
        assert check.block[0] <= hidden < check.block[1]
        assert f"elements {check.block[0]} to {check.block[1] - 1} of output" in str(check)


def test_rounding_does_not_change_a_summary() -> None:
    wanted = large(np.float32)
    got = np.nextafter(wanted, np.float32(np.inf))
    assert compared(wanted, got, 2e-7, 0.0, LIMIT).passed
    assert not compared(wanted, got, 2e-8, 0.0, LIMIT).passed
    tiny = compared(large(np.float64), large(np.float64) * (1 + 2e-15), 4e-15, 0.0, LIMIT)
    assert tiny.passed


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_what_is_not_finite_is_counted(value: float) -> None:
    wanted = large(np.float64)
    hidden = unsampled(7000, wanted.dtype)
    wanted.flat[hidden] = value
    assert compared(wanted, wanted.copy(), 1e-6, 0.0, LIMIT).passed
    check = compared(wanted, large(np.float64), 1e-6, 0.0, LIMIT)
    assert not check.passed
    assert (check.expected, check.got) == (1, 0)
    assert "the number of" in check.place


def test_signs_count_in_sums_and_magnitudes() -> None:
    wanted = large(np.float64)
    first, second = (unsampled(7000, wanted.dtype), unsampled(7000, wanted.dtype) + 2)
    wanted.flat[first], wanted.flat[second] = 5.0, -5.0
    got = wanted.copy()
    # Their sum stays.
    got.flat[first], got.flat[second] = 7.0, -7.0
    check = compared(wanted, got, 1e-6, 0.0, LIMIT)
    assert not check.passed
