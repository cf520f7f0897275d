"""docs/command-line.md: its commands print what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from command_line import XformCall
from xform.cli.failures import MEANINGS
from xform.cli.functions import TRANSFORMS
from xform.cli.group import commands

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of each block of code."""
    return re.findall(r"^```(\w+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def steps(block: str) -> list[tuple[str, str]]:
    """The commands of a transcript, and what each one prints."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    assert parts[0] == ""
    return list(zip(parts[1::2], parts[2::2], strict=True))


def fits(expected: str, printed: str) -> bool:
    """Whether a command prints what is expected, where `...` stands for what is not told."""
    pattern = ""
    for line in expected.splitlines(keepends=True):
        if line == "...\n":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(map(re.escape, line.split("...")))
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.parametrize(
    ("expected", "printed", "is_fit"),
    [
        ("", "", True),
        ("a\n", "a\n", True),
        ("a\n", "a\nb\n", False),
        ("a ... c\n", "a b b c\n", True),
        ("a ... c\n", "a\nc\n", False),
        ("a\n...\n", "a\n", True),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nb\n", False),
        ("[1.]\n", "[12]\n", False),
    ],
)
def test_what_fits(expected: str, printed: str, is_fit: bool) -> None:
    assert fits(expected, printed) == is_fit


def printed_by(command: str) -> str:
    """What a command of the page prints; those for `xform` alone are run in this process."""
    words = shlex.split(command)
    if words[0] == "xform" and not {"|", ";"} & {mark for word in words for mark in word[-1:]}:
        return CliRunner().invoke(commands, words[1:]).output
    python = shlex.quote(sys.executable)
    shell = f'xform() {{ {python} -m xform "$@"; }}; python() {{ {python} "$@"; }}\n'
    ran = subprocess.run(
        ["bash", "-c", shell + command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return ran.stdout


@pytest.mark.vulkan
def test_the_transcript(xform: XformCall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XFORM_CACHE_DIR", str(tmp_path / "cache"))
    for language, text in blocks(PAGE):
        if language == "python":
            name = re.match(r"# (\w+\.py)\n", text)
            assert name is not None
            (tmp_path / name[1]).write_text(text)
            continue
        assert language == "console"
        for command, expected in steps(text):
            printed = printed_by(command)
            assert fits(expected, printed), f"$ {command}\n{printed}\nexpected\n{expected}"


def test_the_readme_shows_a_part_of_it() -> None:
    (block,) = (text for language, text in blocks(README) if language == "console")
    shown = [command for command, _ in steps(block)]
    assert shown
    assert not {*shown} - {
        command
        for language, text in blocks(PAGE)
        if language == "console"
        for command, _ in steps(text)
    }


def test_it_names_all_codes_and_transforms() -> None:
    table = "".join(f"| {code} | {meaning} |\n" for code, meaning in MEANINGS.items())
    assert f"|---|---|\n{table}" in PAGE
    for name in TRANSFORMS:
        assert f"`{name}`" in PAGE
