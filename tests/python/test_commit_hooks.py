"""The hooks of .pre-commit-config.yaml run tools that are installed for those who develop xform."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^ +entry: (\S+)", HOOKS, re.MULTILINE)


@pytest.mark.parametrize("command", ENTRIES)
def test_the_command_is_installed(command: str) -> None:
    tool = command.removeprefix(".venv/bin/")
    assert tool != command, "tools are those of the virtual environment"
    assert (Path(sys.executable).parent / tool).is_file()


def test_every_hook_has_a_command() -> None:
    assert len(ENTRIES) == len(re.findall(r"^ +- id:", HOOKS, re.MULTILINE)) > 0


def test_nothing_is_fetched() -> None:
    assert set(re.findall(r"^ *- repo: (\S+)", HOOKS, re.MULTILINE)) == {"local"}
    assert set(re.findall(r"^ +language: (\S+)", HOOKS, re.MULTILINE)) == {"system"}
