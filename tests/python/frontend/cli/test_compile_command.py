"""`xform compile`: functions, types, transforms and targets, and what is said of wrong ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from command_line import XformCall, error_of_run, json_of
from xform.runtime import load

LOSS = ("--arg", "w=f32[3,2]", "--arg", "x=f32[4,3]")


def test_a_function_of_a_file(xform: XformCall, folder: Path) -> None:
    said = xform("compile", "model.py:loss", *LOSS, "-o", "loss.vmfb")
    lines = said.stdout.splitlines()
    assert lines[0] == "loss(w: float32[3,2], x: float32[4,3]) -> float32[]"
    assert [line.split()[0] for line in lines[1:]] == ["file", "target", "time"]
    # What the module prints is no result.
    assert said.stderr == "the module is loaded\n"
    w, x = np.ones((3, 2), np.float32), np.ones((4, 3), np.float32)
    assert load(folder / "loss.vmfb")(w, x).item() == 72


def test_json(xform: XformCall, folder: Path) -> None:
    data = json_of(xform("compile", "model.py:loss", *LOSS, "--json"))
    content = (folder / "loss.vmfb").read_bytes()
    assert data["path"] == "loss.vmfb"
    assert data["bytes"] == len(content)
    assert data["sha256"] == hashlib.sha256(content).hexdigest()
    assert data["target"] == "cpu:host"
    assert [*data["seconds"]] == ["load", "trace", "compile"]
    assert [leaf["name"] for leaf in data["entry"]["arguments"]] == ["w", "x"]
    assert data["entry"]["results"] == [{"name": "", "dtype": "float32", "shape": [], "bytes": 4}]


def test_a_function_of_a_package(xform: XformCall, folder: Path) -> None:
    package = folder / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text(
        "class Net:\n    @staticmethod\n    def twice(x):\n        return x * 2\n"
    )
    said = xform("compile", "pack.inner:Net.twice", "-a", "i32[3]", "-o", "t.vmfb")
    assert said.stdout.startswith("twice(x: int32[3]) -> int32[3]")
    assert load(folder / "t.vmfb")(np.arange(3, dtype=np.int32)).tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("spec", "transforms", "takes", "gives"),
    [
        ("model.py:loss", ["grad"], "w=f32[3,2]", "float32[3,2]"),
        ("model.py:loss", ["grad(argnums=1)"], "w=f32[3,2]", "float32[4,3]"),
        ("model.py:loss", ["grad", "vmap(in_dims=(0, None))"], "w=f32[5,3,2]", "float32[5,3,2]"),
        ("vmap(grad(model.py:loss), in_dims=(0, None))", [], "w=f32[5,3,2]", "float32[5,3,2]"),
        (
            "grad_and_value(model.py:loss, argnums=(0, 1))",
            [],
            "w=f32[3,2]",
            "((float32[3,2], float32[4,3]), float32[])",
        ),
        ("jacrev(model.py:loss)", ["jacfwd"], "w=f32[3,2]", "float32[3,2,3,2]"),
    ],
)
def test_transforms(
    xform: XformCall, spec: str, transforms: list[str], takes: str, gives: str
) -> None:
    options = [part for text in transforms for part in ("--transform", text)]
    said = xform("compile", spec, "-a", takes, "-a", "x=f32[4,3]", *options, "-o", "t.vmfb")
    assert said.stdout.splitlines()[0].endswith(f"-> {gives}")


def test_pytrees_by_their_paths(xform: XformCall, folder: Path) -> None:
    types = (
        "layers[0].inner.weights=f32[3]",
        "layers[0].inner.bias=f32[1]",
        "layers.1.inner.weights=f32[3]",
        "layers.1.inner.bias=f32[1]",
        "layers[1].scale=float32[]",
        "k=f32[]",
        "extra['a b']=f32[3]",
        "extra.c[0]=i8[]",
        "extra.c[1]=f32[3]",
    )
    options = [part for text in types for part in ("-a", text)]
    said = xform("compile", "model.py:nested", *options, "-o", "n.vmfb").stdout
    scale = "float64[]"
    assert said.splitlines()[0] == (
        "nested(layers: [Layer(inner=Params(weights=float32[3], bias=float32[1]), "
        f"scale={scale}), Layer(inner=Params(weights=float32[3], bias=float32[1]), "
        "scale=float32[])], extra: {'a b': float32[3], 'c': (int8[], float32[3])}, k: float32[]) "
        "-> float32[3]"
    )


def test_arguments_without_names(xform: XformCall, folder: Path) -> None:
    np.save(folder / "input.npy", np.ones((2, 2), np.float16))
    said = xform("compile", "model.py:many", "-a", "@input.npy", "-a", "f16[2]", "-o", "m.vmfb")
    assert said.stdout.startswith(
        "many(rest[0]: float16[2,2], rest[1]: float16[2]) -> (float16[2,2], float16[2,2])"
    )
    # Those without a name are the ones that have none yet.
    said = xform("compile", "model.py:loss", "-a", "f32[4,3]", "-a", "w=f32[3,2]", "-o", "m.vmfb")
    assert said.stdout.startswith("loss(w: float32[3,2], x: float32[4,3])")


WRONG = [
    (["complie"], 2, "there is no command 'complie'; did you mean 'compile'?"),
    (["compile"], 2, "missing argument 'FUNCTION'"),
    (["compile", "model.py"], 2, "'model.py' names no function: expected file.py:function"),
    (["compile", "mdel.py:loss"], 3, "'mdel.py' does not exist; did you mean 'model.py'?"),
    (["compile", "model.py:los", *LOSS], 4, "model.py has no function 'los'; did you mean 'loss'?"),
    (["compile", "model.py:limit"], 4, "is no function, but a value of type int"),
    (["compile", "broken.py:f"], 4, "cannot import broken.py: SyntaxError:"),
    (["compile", "raises.py:f"], 4, "cannot import raises.py: ZeroDivisionError: division by zero"),
    (["compile", "leaves.py:f"], 4, "it ends the process by sys.exit(3)"),
    (["compile", "needs.py:f"], 4, "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
    (["compile", "nowhere.at_all:f"], 4, "there is no module 'nowhere', neither in "),
    (["compile", "os.path:joim"], 4, "os.path has no function 'joim'; did you mean 'join'?"),
    (["compile", "model.py:loss"], 2, "no types were given for 'w', 'x'"),
    (["compile", "model.py:loss", "-a", "w=f32[3,2]"], 2, "no type was given for 'x'"),
    (["compile", "model.py:loss", *LOSS, "-a", "f32[]"], 2, "too many arguments: the function"),
    (["compile", "model.py:loss", *LOSS, "-a", "y=f32[]"], 2, "the function has no argument 'y'"),
    (["compile", "model.py:loss", *LOSS, "-a", "x=f32[]"], 2, "x was given twice"),
    (["compile", "model.py:loss", *LOSS, "-a", "x.y=f32[]"], 2, "x.y was given, and x too"),
    (["compile", "model.py:loss", "-a", "w=f33[3]"], 2, "w: unknown dtype 'f33': did you mean"),
    (["compile", "model.py:loss", "-a", "w=f32"], 2, "a scalar is f32[]"),
    (
        ["compile", "model.py:loss", "-a", "w=f32[3 x]"],
        2,
        "the size '3 x' in 'f32[3 x]' is no whole",
    ),
    (["compile", "model.py:loss", "-a", "w=f32[-1]"], 2, "open until a call is a name or ?"),
    (["compile", "model.py:loss", "-a", "w=2.5"], 2, "w: '2.5' is no array type"),
    (["compile", "model.py:loss", "-a", "w=@no.npy"], 3, "w: there is no file 'no.npy'"),
    (["compile", "model.py:layer", "-a", "p.wights=f32[2]"], 2, "did you mean 'weights'?"),
    (["compile", "model.py:layer", "-a", "p.bias=f32[2]"], 2, "p is a Params, and no type was"),
    (["compile", "model.py:loss", "-a", "w[1]=f32[2]"], 2, "w[0] is missing"),
    (["compile", "model.py:loss", "-a", "w[0]=f32[]", "-a", "w.a=f32[]"], 2, "both numbers and"),
    (["compile", "model.py:loss", *LOSS, "-t", "grand"], 2, "no transform 'grand'; did you mean"),
    (["compile", "model.py:loss", *LOSS, "-t", "grad(x)"], 2, "'grad(x)' is no transform"),
    (["compile", "model.py:loss", *LOSS, "-t", "grad("], 2, "'grad(' is no transform"),
    (["compile", "model.py:loss", *LOSS, "-t", "grad(argnums=x)"], 2, "must be a literal such as"),
    (["compile", "model.py:loss", *LOSS, "-t", "grad(argnum=1)"], 2, "unexpected keyword"),
    (["compile", "model.py:loss", *LOSS, "-t", "grad(argnums=7)"], 4, "argnums 7 is out of range"),
    (["compile", "model.py:loss", *LOSS, "--target", "gpu"], 2, "--target gpu: unknown device"),
    (["compile", "model.py:loss", *LOSS, "--target", "cpu:z80"], 2, "does not know the target"),
    (["compile", "model.py:loss", *LOSS, "-o", "no/x.vmfb"], 3, "directory 'no' does not exist"),
    (["compile", "model.py:loss", *LOSS, "-o", "."], 3, "'.' cannot be written: it is a directory"),
    (["compile", "model.py:undefined", "-a", "f32[]"], 4, "NameError: name 'not_there'"),
    (["compile", "model.py:branches", "-a", "f32[]"], 4, "model.py:53, in branches"),
    (
        ["compile", "model.py:loss", "-a", "f32[3,2]", "-a", "f32[4,4]"],
        4,
        "shapes (4, 4) and (3, 2)",
    ),
    (
        ["compile", "model.py:loss", "-a", "f64[3,2]", "-a", "f32[4,3]", "--target", "vulkan"],
        2,
        "w has dtype float64, which device 'vulkan' (portable) does not have",
    ),
]


@pytest.fixture(scope="module")
def bad_files(folder: Path) -> None:
    (folder / "broken.py").write_text("def f(x:\n    return x\n")
    (folder / "raises.py").write_text("1 / 0\n")
    (folder / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    (folder / "needs.py").write_text("import nowhere_to_be_found\n")


@pytest.mark.parametrize(("arguments", "code", "says"), WRONG)
def test_mistakes(
    xform: XformCall, bad_files: None, arguments: list[str], code: int, says: str
) -> None:
    result = xform(*arguments, code=code)
    message = result.stderr.removeprefix("the module is loaded\n")
    assert message.startswith("error: ")
    assert says in message
    assert "Traceback" not in message
    assert result.stdout == ""
    # What started the command is no place of the user's.
    assert "click" not in message
    assert __file__ not in message


def test_a_program_that_no_compiler_accepts(
    xform: XformCall, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xform.compiling import cache
    from xform.frontend import CompileError

    def refuse(*arguments: object, **named: object) -> None:
        raise CompileError("cannot compile 'loss' for cpu:host (stage lower)")

    monkeypatch.setenv("XFORM_CACHE", "0")
    monkeypatch.setattr(cache, "compile_program", refuse)
    (folder / "kept.vmfb").write_bytes(b"the old file")
    result = xform("compile", "model.py:loss", *LOSS, "-o", "kept.vmfb", code=4)
    assert "error: cannot compile 'loss' for cpu:host" in result.stderr
    assert (folder / "kept.vmfb").read_bytes() == b"the old file"


def test_warnings_are_plain(xform: XformCall, folder: Path) -> None:
    (folder / "warns.py").write_text(
        "import warnings\n\n\ndef careful(x):\n    warnings.warn('take care')\n    return x\n"
    )
    said = xform("compile", "warns.py:careful", "-a", "f64[3]", "-o", "d.vmfb").stderr
    assert said.startswith("warning: take care\n  at ")
    assert said.endswith("warns.py:5\n")
    message = error_of_run(xform("compile", "warns.py:carefull", code=4))
    assert message.endswith("did you mean 'careful'?")


def test_a_program_that_is_not_the_same_twice(xform: XformCall, folder: Path) -> None:
    (folder / "draws.py").write_text(
        "import numpy as np\n\n\ndef noisy(x):\n    return x + np.random.normal(size=3)\n"
    )
    said = xform("compile", "draws.py:noisy", "-a", "f64[3]", code=4).stderr
    assert said.startswith("warning: np.random was used while jit traced 'noisy'")
    assert "error: save: what 'noisy' closes over changed" in said
