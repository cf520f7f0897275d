"""`verify` itself: its options, what it skips, how it counts, and who is named."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import xform
from xform.compiling import lowered
from xform.errors import TracedRandomWarning, XformTypeError, XformValueError
from xform.frontend import (
    Function,
    VerificationReport,
    custom_jvp,
    custom_vjp,
    stop_gradient,
    verify,
)

X = np.array([0.5, -1.5, 2.0])


def status(report: VerificationReport) -> dict[str, str]:
    return {check.name: check.status for check in report.checks}


# Options ----------------------------------------------------------------------------------------


def test_it_is_public() -> None:
    assert xform.verify is verify


def test_checks_are_chosen() -> None:
    report = verify(np.sin, X, checks=["vmap", "jit"])
    assert status(report) == {"jit": "passed", "vmap": "passed"}
    assert "second_order" not in status(verify(np.sin, X))
    assert status(verify(np.sin, X, order=2))["second_order"] == "passed"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"checks": ["vmpa"]}, XformValueError, "unknown check 'vmpa': expected some of determ"),
        ({"checks": "vmap"}, XformTypeError, "a collection of names, got the string 'vmap'"),
        ({"order": 3}, XformValueError, "order must be 1 or 2, got 3"),
        ({"tolerance": 0.0}, XformValueError, "tolerance must be positive, got 0.0"),
        ({"batch_size": 0}, XformValueError, "batch_size must be at least 1"),
        ({"directions": "2"}, XformTypeError, "directions must be an int"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        verify(np.sin, X, **options)


def test_what_is_no_function() -> None:
    with pytest.raises(XformTypeError, match="verify: expected a function, got int"):
        verify(3, X)  # type: ignore[arg-type]


def test_tolerance() -> None:
    """A rule that is off by a millionth."""

    @custom_jvp
    def sine(x: Any) -> Any:
        return np.sin(x)

    sine.defjvp(lambda p, t: (sine(*p), (1 + 3e-6) * np.cos(p[0]) * t[0]))
    assert not verify(sine, X, checks=["derivatives"]).ok
    assert verify(sine, X, checks=["derivatives"], tolerance=1e-4).ok


def test_a_seed_makes_it_the_same_again() -> None:
    def findings(seed: int) -> list[str]:
        report = verify(lambda x: x * stop_gradient(x), X, checks=["derivatives"], seed=seed)
        return [str(finding) for finding in report["derivatives"].findings]

    assert findings(5) == findings(5)
    assert findings(5)[1] != findings(6)[1]


def test_arguments_stay_what_they_are() -> None:
    def doubled(x: Any) -> Any:
        x *= 2
        return x.sum()

    x = X.copy()
    verify(doubled, x)
    np.testing.assert_array_equal(x, X)


@pytest.mark.calls_once
def test_programs_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    build = lowered.build_module

    def counted(*args: Any) -> Any:
        built.append(args[1])
        return build(*args)

    monkeypatch.setattr(lowered, "build_module", counted)
    assert verify(lambda x: np.sin(x).sum(), X).ok
    # The value in two dtypes and for two processors, jvp, vjp, batches of the value and the vjp.
    assert len(built) <= 7, built


# What cannot be done ----------------------------------------------------------------------------


def test_what_cannot_be_traced() -> None:
    report = verify(lambda x: x if x[0] > 0 else -x, X)
    assert [check.name for check in report.failures] == ["jit"]
    assert "traced, it raises TracedValueError" in str(report["jit"].findings[0])
    assert set(status(report).values()) == {"failed", "skipped"}


def test_what_can_neither_be_traced_nor_called_raises() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        verify(lambda x: x + np.ones(2), X)


def test_what_python_cannot_call_is_traced() -> None:
    def only_traced(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            raise NotImplementedError("not yet\nnot here")
        return np.sin(x)

    report = verify(only_traced, X)
    assert report.ok, str(report)
    said = (report["jit"].summary, *report["jit"].notes)
    assert "called by Python, it raises NotImplementedError: not yet" in said


def test_no_rules_are_no_mistake() -> None:
    class Bare(Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x + 1

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

    report = verify(Bare.apply, X, checks=["derivatives", "vmap", "jit"])
    assert status(report) == {"jit": "passed", "derivatives": "skipped", "vmap": "skipped"}
    assert "neither backward nor jvp" in report["derivatives"].summary


def test_a_rule_that_raises_is_one() -> None:
    @custom_jvp
    def sine(x: Any) -> Any:
        return np.sin(x)

    sine.defjvp(lambda p, t: (sine(*p), t[0].sum()))
    finding = verify(sine, X, checks=["derivatives"])["derivatives"].findings[0]
    assert "the jvp raises XformValueError" in str(finding)
    assert "`sine`" in finding.meaning


def test_a_backward_rule_that_is_not_linear_has_no_forward_mode() -> None:
    @custom_vjp
    def clipped(x: Any) -> Any:
        return x * x

    clipped.defvjp(lambda x: (x * x, x), lambda x, ct: (np.clip(2 * x * ct, -1, 1),))
    report = verify(clipped, X)
    assert {"derivatives", "linearity"} <= {check.name for check in report.failures}
    assert "not linear in the cotangent" in str(report["linearity"].findings[0])
    assert status(report)["transpose"] == "skipped"


def test_a_dtype_that_a_function_insists_on() -> None:
    def only_float32(x: Any) -> Any:
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return np.sin(x) * x

    report = verify(only_float32, X.astype(np.float32))
    assert report.ok, str(report)
    assert status(report)["float32"] == "skipped"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x[:2] if isinstance(x, np.ndarray) else x, "output is float64[3]; called by"),
        (lambda x: [x] * (1 + isinstance(x, np.ndarray)), "returns 1 arrays; called by Python, 2"),
    ],
)
def test_other_outputs_where_python_calls(function: Any, message: str) -> None:
    (finding,) = verify(function, X, checks=["jit"])["jit"].findings
    assert message in finding.what


def test_numpys_global_random_numbers_are_found() -> None:
    with pytest.warns(TracedRandomWarning):
        report = verify(lambda x: x + np.random.rand(), X, checks=["determinism"])
    assert "not the same program" in str(report["determinism"].findings[0])


def test_arguments_that_are_not_finite_have_derivatives_that_are_not() -> None:
    report = verify(np.tanh, np.array([1.0, np.inf]))
    assert report.ok, str(report)
    assert report["finite"].summary == "an argument is not finite"


def test_numbers_that_float32_does_not_hold() -> None:
    report = verify(lambda x: x * 2, np.array([1e300, 1.0, 1e-300]))
    assert report.ok, str(report)


def test_without_arguments() -> None:
    report = verify(lambda: np.arange(3.0) * 2)
    assert report.ok, str(report)
    assert status(report)["vmap"] == status(report)["derivatives"] == "skipped"


def test_arrays_of_devices_and_of_bfloat16() -> None:
    report = verify(lambda x, y: x * y, xform.jit(lambda: X)(), X.astype(ml_dtypes.bfloat16))
    assert report.ok, str(report)


def test_a_branch_out_of_sight_is_not_judged() -> None:
    """Dead units are constant, also where others have rounded something."""
    report = verify(lambda x, y: (np.maximum(x, 0), np.floor(y) * 0 + y), X, X)
    assert report["steps"].status == "passed"


# Kinks ------------------------------------------------------------------------------------------


def relu_with(slope_at_0: float) -> Any:
    @custom_jvp
    def relu(x: Any) -> Any:
        return np.maximum(x, 0)

    relu.defjvp(
        lambda p, t: (
            relu(*p),
            np.where(p[0] > 0, 1.0, np.where(p[0] == 0, slope_at_0, 0.0)) * t[0],
        )
    )
    return relu


@pytest.mark.parametrize(("slope", "ok"), [(0.0, True), (0.3, True), (1.0, True), (1.2, False)])
def test_at_a_kink_what_lies_between_is_right(slope: float, ok: bool) -> None:
    report = verify(relu_with(slope), np.array([0.0, 1.0]), checks=["derivatives"])
    assert report.ok is ok, str(report)
    if ok:
        (note,) = report["derivatives"].notes
        assert note == "kink, with the derivative between those of both sides: output[0]"
    else:
        finding = report["derivatives"].findings[0]
        assert str(finding.argument) == "x[0]"
        np.testing.assert_allclose([finding.found, finding.expected], [1.2, 1.0], rtol=1e-6)


def test_a_derivative_beside_a_kink_is_judged() -> None:
    """The kink at 0 does not excuse the other entry."""
    report = verify(lambda x: np.abs(x) * stop_gradient(x + 1), np.array([0.0, 2.0]))
    finding = report["derivatives"].findings[0]
    assert str(finding.argument) == "x[1]"


# Symmetric matrices -----------------------------------------------------------------------------


def test_symmetric_matrices_stay_symmetric() -> None:
    matrix = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]])
    report = verify(np.linalg.cholesky, matrix, order=2)
    assert report.ok, str(report)
    assert report["derivatives"].notes == ("symmetric, and varied as such: a",)
    wrong = verify(lambda a: np.linalg.cholesky(a) * stop_gradient(a), matrix)
    assert [check.name for check in wrong.failures] == ["derivatives"]
