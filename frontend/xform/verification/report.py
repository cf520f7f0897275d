"""What a verification found, as data and as a table."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from ..errors import XformError, XformIndexError
from .layout import Place

Check: TypeAlias = Literal[
    "determinism",
    "jit",
    "finite",
    "derivatives",
    "linearity",
    "transpose",
    "second_order",
    "steps",
    "vmap",
    "float32",
]
Status: TypeAlias = Literal["passed", "failed", "skipped"]

CHECKS: Final[tuple[Check, ...]] = get_args(Check)


class VerificationError(XformError, AssertionError):
    """A function failed a check of `verify`.

    Attributes:
        report: the report.
    """

    def __init__(self, report: VerificationReport) -> None:
        super().__init__(str(report))
        self.report = report


@dataclass(frozen=True)
class Finding:
    """The worst entry of what a check found wrong.

    Attributes:
        what: what differs from what, or is not what it must be.
        meaning: what may be the reason.
        argument: the entry of the arguments concerned, if one is to blame.
        output: the entry of the output concerned, if one is.
        found: the number that was found, if one was.
        expected: the number that was expected.
        where: more on the place, such as the input, the row, or who is batched.
    """

    what: str
    meaning: str = ""
    argument: Place | None = None
    output: Place | None = None
    found: float | None = None
    expected: float | None = None
    where: str = ""

    def __str__(self) -> str:
        place = [f"of {self.output}"] if self.output else []
        place += [f"by {self.argument}"] if self.argument else []
        place += [f"({self.where})"] if self.where else []
        said = " ".join([self.what, *place])
        if self.found is not None:
            said += f": found {self.found:.9g}"
            if self.expected is not None:
                said += f", expected {self.expected:.9g}"
        return f"{said}; {self.meaning}" if self.meaning else said


@dataclass(frozen=True)
class CheckResult:
    """What one check came to.

    Attributes:
        name: the check.
        status: "passed", "failed" or "skipped".
        summary: in a few words, what was compared and how close it was, or why it was skipped.
        findings: what is wrong, empty unless it failed.
        notes: what is not wrong but good to know, such as kinks.
        seconds: how long it took, compilations included.
    """

    name: Check
    status: Status
    summary: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class VerificationReport:
    """What `verify` found out about a function.

    Printed, and in notebooks, it is a table of the checks.

    Attributes:
        function: the function's name.
        checks: the results, in the order in which they were made.
    """

    function: str
    checks: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == "failed")

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return sum(check.seconds for check in self.checks)

    def __getitem__(self, name: str) -> CheckResult:
        """The result of a check.

        Raises:
            XformIndexError: it was not made.
        """
        for check in self.checks:
            if check.name == name:
                return check
        made = ", ".join(check.name for check in self.checks)
        raise XformIndexError(f"verify: no check {name!r} was made; those made are {made}")

    def raise_if_failed(self) -> None:
        """Does nothing if all is well.

        Raises:
            VerificationError: a check failed; the message is the table.
        """
        if not self.ok:
            raise VerificationError(self)

    def __str__(self) -> str:
        lines = [self._title()]
        width = max((len(check.name) for check in self.checks), default=0)
        for check in self.checks:
            line = (
                f"  {check.name:{width}}  {check.status:7}  {check.seconds:6.2f} s  {check.summary}"
            )
            lines.append(line.rstrip())
            lines += [f"  {'':{width}}  {text}" for text in _remarks(check)]
        return "\n".join(lines)

    def _title(self) -> str:
        made = [check for check in self.checks if check.status != "skipped"]
        count = f"{len(made)} check{'s' * (len(made) != 1)}"
        told = f"{len(self.failures)} of {count} failed" if self.failures else f"{count} passed"
        return f"verify {self.function}: {told}, {self.seconds:.2f} s"

    def _repr_html_(self) -> str:
        rows = [_html_row(check) for check in self.checks]
        head = "".join(f"<th>{name}</th>" for name in ("check", "", "seconds", ""))
        return (
            f"<table><caption>{html.escape(self._title())}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )


def _remarks(check: CheckResult) -> Sequence[str]:
    return [*(f"- {finding}" for finding in check.findings), *(f"  {x}" for x in check.notes)]


def _html_row(check: CheckResult) -> str:
    said = "<br>".join(html.escape(text) for text in [check.summary, *_remarks(check)] if text)
    status = f"<b>{check.status}</b>" if check.status == "failed" else check.status
    return (
        f"<tr><td>{check.name}</td><td>{status}</td><td>{check.seconds:.2f}</td>"
        f'<td style="text-align: left">{said}</td></tr>'
    )
