"""lit's configuration: xform-opt and IREE's tools from the environment that runs lit."""

import os
import shutil
import sys

import lit.formats

config.name = "xform"  # noqa: F821
config = config  # type: ignore[name-defined]  # noqa: F821
config.test_format = lit.formats.ShTest()
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.test_source_root, "..", "..", "build", "lit")

tools = os.pathsep.join(
    [
        os.environ.get("XFORM_TOOLS", os.path.dirname(sys.executable)),
        os.path.dirname(sys.executable),
        "/usr/lib/llvm-22/bin",
        os.environ["PATH"],
    ]
)
config.environment["PATH"] = tools
for tool in ("xform-opt", "FileCheck", "iree-compile", "iree-run-module"):
    if shutil.which(tool, path=tools) is None:
        lit_config.fatal(f"{tool} is not on the path; run make build")  # noqa: F821
