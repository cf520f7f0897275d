"""`verify` finds planted mistakes, and says what and where they are."""

from __future__ import annotations

import numpy as np
import pytest
from mistakes import MISTAKES, Mistake
from xform.frontend import VerificationError, verify


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_it_is_found_and_named(mistake: Mistake) -> None:
    report = verify(mistake.function, *mistake.args, checks=[mistake.check])
    result = report[mistake.check]
    assert result.status == "failed", str(report)
    said = [
        finding
        for finding in result.findings
        if all(part in str(finding) for part in mistake.says)
        and str(finding.argument or "").startswith(mistake.argument)
    ]
    assert said, str(report)
    with pytest.raises(VerificationError) as caught:
        report.raise_if_failed()
    assert str(said[0]) in str(caught.value)


def test_there_are_enough_of_different_kinds() -> None:
    assert len(MISTAKES) >= 20
    assert len({mistake.check for mistake in MISTAKES}) >= 9


def test_checks_that_the_mistake_does_not_concern_pass() -> None:
    """What is reported is not just that something is wrong somewhere."""
    mistake = next(m for m in MISTAKES if m.name == "a missing factor")
    report = verify(mistake.function, *mistake.args)
    assert [check.name for check in report.failures] == ["derivatives"]


def test_numbers_are_those_of_the_worst_entry() -> None:
    mistake = next(m for m in MISTAKES if m.name == "a missing factor")
    finding = verify(mistake.function, *mistake.args)["derivatives"].findings[0]
    assert finding.argument is not None
    assert finding.output is not None
    assert finding.argument.path == "x"
    assert finding.argument.index == finding.output.index == (2,)
    # 3 * x**2 at 2 has the derivative 12, its rule says 2 * x.
    np.testing.assert_allclose([finding.found, finding.expected], [4.0, 12.0], rtol=1e-7)
