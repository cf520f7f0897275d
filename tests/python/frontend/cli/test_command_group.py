"""The command line as a whole: help, exit codes, tracebacks, terminals, pipes and completion."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from command_line import XformCall, error_of_run
from xform.cli import failures
from xform.cli.failures import MEANINGS, ExitCode, failure_of
from xform.cli.group import COMMANDS, commands
from xform_runtime import XformRuntimeError

XFORM = [sys.executable, "-m", "xform"]


def test_help(xform: XformCall) -> None:
    said = xform("--help").stdout
    assert xform().stdout == xform("-h").stdout == said
    for name in COMMANDS:
        assert f"\n  {name} " in said
        assert xform(name, "--help").stdout.startswith(f"Usage: xform {name}")
    for code, meaning in MEANINGS.items():
        assert f"{code:>3}  {meaning}" in said
    # Whole sentences, and none that is cut off.
    assert "..." not in said.partition("\n")[2]


def test_every_command_has_the_options_of_all(xform: XformCall) -> None:
    context = click.Context(commands)
    for name in COMMANDS:
        found = commands.get_command(context, name)
        assert found is not None
        each = [*found.commands.values()] if isinstance(found, click.Group) else [found]
        for command in each:
            assert {"json", "traceback"} <= {p.name for p in command.params}, command.name


def test_version(xform: XformCall) -> None:
    assert xform("--version").stdout.startswith("xform ")


LOADED = """
import sys
from xform.cli import main
sys.argv = ["xform", *sys.argv[1:]]
try:
    main()
finally:
    slow = ("numpy", "iree", "optree", "rich", "xform_runtime", "xform.frontend", "xform._xform",
            "importlib.metadata", "zipfile", "hashlib")
    print(*(name for name in slow if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["compile", "--help"], ["complie"]])
def test_help_loads_nothing_slow(arguments: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True)
    loaded = ran.stderr.splitlines()[-1].split()
    # A message needs the hierarchy of errors, and that the runtime.
    assert loaded == [] if ran.returncode == 0 else "xform.frontend" not in loaded


def test_errors_as_json(xform: XformCall) -> None:
    result = xform("inspect", "no.vmfb", "--json", code=3)
    assert result.stdout == ""
    assert json.loads(result.stderr) == {"error": "no.vmfb: no such file", "exit_code": 3}
    result = xform("run", "--json", code=2)
    assert json.loads(result.stderr)["advice"] == "Try `xform run --help`."


def test_tracebacks_on_request(xform: XformCall, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("compile", "model.py:undefined", "-a", "f32[]")
    assert "Traceback" not in xform(*arguments, code=4).stderr
    for shown in (
        xform(*arguments, "--traceback", code=4),
        xform("--traceback", *arguments, code=4),
    ):
        assert "Traceback" in shown.stderr
        assert "return x + not_there" in shown.stderr
        assert "error: cannot trace undefined: NameError" in shown.stderr
    monkeypatch.setenv("XFORM_TRACEBACK", "full")
    assert "Traceback" in xform(*arguments, code=4).stderr
    monkeypatch.setenv("XFORM_TRACEBACK", "a lot")
    assert "Traceback" not in xform(*arguments, code=4).stderr


def test_faults_of_its_own(xform: XformCall, monkeypatch: pytest.MonkeyPatch) -> None:
    from xform.cli import signatures

    def fail(*arguments: object) -> None:
        raise AssertionError("cannot be")

    monkeypatch.setattr(signatures, "choose_entry", fail)
    monkeypatch.setattr("xform_runtime.image.ModuleImage.from_file", lambda path, **_: None)
    message = error_of_run(xform("run", "x.vmfb", code=70))
    assert message.splitlines()[0] == "a fault of xform's own: AssertionError: cannot be"
    assert "Please report it" in message


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (XformRuntimeError("lost"), ExitCode.DEVICE, "lost"),
        (MemoryError(), ExitCode.DEVICE, "not enough memory"),
        (PermissionError(13, "Permission denied", b"x"), ExitCode.FILE, "x: Permission denied"),
        (OSError("odd"), ExitCode.INTERNAL, "OSError: odd"),
    ],
)
def test_what_exceptions_are(error: BaseException, code: ExitCode, says: str) -> None:
    failure = failure_of(error)
    assert failure.code == code
    assert says in failure.message


def test_an_interruption(xform: XformCall, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(path: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("xform_runtime.image.ModuleImage.from_file", stop)
    assert xform("run", "x.vmfb", code=130).stderr.strip() == "interrupted"


def test_near_words() -> None:
    many = [f"name{i}" for i in range(12)]
    assert failures.near("zzz", many).endswith(" and 4 more")
    assert failures.near("zzz", many, most=12).count("name") == 12
    assert failures.near("zzz", ["one"]) == "there is only 'one'"


def test_a_reader_that_has_seen_enough(modules: Path) -> None:
    script = '"$@" 2> said | true; echo "${PIPESTATUS[0]}"; cat said'
    command = [*XFORM, "inspect", "layer.vmfb", "--json"]
    ran = subprocess.run(
        ["bash", "-c", script, "-", *command], cwd=modules, capture_output=True, text=True
    )
    assert ran.stdout.strip() == "0", ran.stdout


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [*XFORM, *arguments],
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
        cwd=folder,
        env=environment,
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert process.wait() == 0, said.decode()
    return said.decode()


def test_a_terminal_has_colours_and_progress(modules: Path) -> None:
    said = on_a_terminal(modules, "bench", "layer.vmfb", "--calls", "50")
    assert "measuring layer ..." in said
    assert "\x1b[1mlayer on cpu\x1b[0m" in said
    assert "█" in said
    assert "\x1b[?25l" not in said, "what measures has no thread that draws"
    said = on_a_terminal(modules, "compile", "model.py:loss", "-a", "f32[3,2]", "-a", "f32[4,3]")
    assert "tracing ..." in said
    assert "compiling loss for cpu:host ..." in said
    assert "loss(w: float32[3,2], x: float32[4,3]) -> float32[]" in said


def completed(line: str, folder: Path) -> list[str]:
    """What the shell would offer for the last word of a line."""
    words = line.split(" ")
    result = CliRunner().invoke(
        commands,
        [],
        env={
            "_XFORM_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
    )
    return [text.partition(",")[2] for text in result.output.splitlines()]


def test_completion(xform: XformCall, folder: Path) -> None:
    assert completed("xform in", folder) == ["inspect"]
    assert completed("xform compile model.py:lo", folder) == ["model.py:loss"]
    assert completed("xform compile mod", folder) == ["model.py:"]
    assert completed("xform compile no.py:lo", folder) == [""]
    assert completed("xform compile model.py:loss --target v", folder) == ["vulkan"]
    assert "--transform" in completed("xform compile --tr", folder)
    assert (
        "bash_complete"
        in CliRunner().invoke(commands, [], env={"_XFORM_COMPLETE": "bash_source"}).output
    )
