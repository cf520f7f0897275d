"""Run the array API standard's own tests against xform.numpy.

    git clone --recurse-submodules https://github.com/data-apis/array-api-tests
    pip install -r array-api-tests/requirements.txt
    python tools/array_api/run.py array-api-tests

On concrete arrays, or with --traced on arrays of a program for each call. Prints the tests that
fail and compares them with the failures that docs/array-api.md explains; the exit status is 1 if
another test fails.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "array-api.md"
VERSION = "2024.12"

# What runs with every call traced; the other files test what has nothing to trace.
TRACED_FILES = (
    "test_creation_functions.py",
    "test_fft.py",
    "test_indexing_functions.py",
    "test_linalg.py",
    "test_manipulation_functions.py",
    "test_operators_and_elementwise_functions.py",
    "test_searching_functions.py",
    "test_sorting_functions.py",
    "test_special_cases.py",
    "test_statistical_functions.py",
    "test_utility_functions.py",
)

_ROW = re.compile(r"^\| `(test_\w+\.py)::([^`]+)` \| (concrete|traced|both) \| (.+) \|$")


def explained(page: str, mode: str) -> dict[str, str]:
    """The beginnings of the tests' names that the page explains for a mode, with its reasons."""
    rows = (_ROW.match(line) for line in page.splitlines())
    return {f"{row[1]}::{row[2]}": row[4] for row in rows if row and row[3] in (mode, "both")}


def reason(name: str, known: dict[str, str]) -> str | None:
    """Why a test is known to fail."""
    return next((why for start, why in known.items() if name.startswith(start)), None)


def outcomes(report: Path) -> dict[str, str]:
    """Each test's outcome and message from pytest's report."""
    found: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):
        module = case.attrib["classname"].split(".")
        file = next(i for i, part in enumerate(module) if part.startswith("test_"))
        name = "::".join([f"{module[file]}.py", *module[file + 1 :], case.attrib["name"]])
        bad = [*case.iter("failure"), *case.iter("error")]
        skipped = case.find("skipped") is not None
        message = bad[0].attrib.get("message", "") if bad else ""
        found[name] = f"failed: {message}" if bad else "skipped" if skipped else "passed"
    return found


def run(checkout: Path, arguments: argparse.Namespace) -> dict[str, str]:
    """Runs the suite in a process of its own."""
    module = "traced_numpy" if arguments.traced else "xform.numpy"
    folder = checkout / "array_api_tests"
    files = [folder / name for name in TRACED_FILES] if arguments.traced else [folder]
    options = ["--disable-deadline", "--derandomize"]
    if arguments.traced:
        options.append("--disable-data-dependent-shapes")
    environment = {
        **os.environ,
        "ARRAY_API_TESTS_MODULE": module,
        "ARRAY_API_TESTS_VERSION": VERSION,
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
    }
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary) / "report.xml"
        subprocess.run(
            [
                sys.executable, "-m", "pytest", *map(str, files), "-q", "--tb=short",
                "-p", "no:cacheprovider", "-p", "without_shrinking",
                f"--max-examples={arguments.max_examples}", f"--junitxml={report}",
                *options, *arguments.pytest,
            ],
            cwd=checkout, env=environment, check=False,
            stdout=None if arguments.verbose else subprocess.DEVNULL,
        )  # fmt: skip
        if not report.exists():
            sys.exit("pytest did not run; --verbose shows why")
        return outcomes(report)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path, help="a checkout of array-api-tests")
    parser.add_argument("--traced", action="store_true", help="trace and compile every call")
    parser.add_argument("--max-examples", type=int, default=20, help="examples for each test")
    parser.add_argument("--verbose", action="store_true", help="show pytest's own output")
    parser.add_argument("pytest", nargs="*", help="more arguments for pytest, after --")
    # Plain parse_args() would end the list of pytest's arguments at the first option.
    arguments = parser.parse_intermixed_args()
    checkout = arguments.checkout.resolve()
    if not (checkout / "array_api_tests").is_dir():
        parser.error(f"{checkout} is no checkout of array-api-tests")

    results = run(checkout, arguments)
    known = explained(
        PAGE.read_text(encoding="utf-8"), "traced" if arguments.traced else "concrete"
    )
    failed = {name: text for name, text in results.items() if text.startswith("failed")}
    new = [name for name in failed if reason(name, known) is None]
    for name, text in failed.items():
        print(f"{name}\n    {reason(name, known) or 'NOT EXPLAINED: ' + text[8:300]}")
    ran = [name for name, text in results.items() if text != "skipped"]
    print(f"{len(failed)} of {len(ran)} tests fail, {len(new)} of them unexplained in {PAGE.name}")
    for start in known:
        own = {name for name in ran if name.startswith(start)}
        if own and not own & failed.keys():
            print(f"{PAGE.name} explains what does not fail: {start}")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
