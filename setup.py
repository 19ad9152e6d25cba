"""Builds the compiled twins: each *.pyx under the folders below is an extension of its dotted name.

They are optional. Where Cython, a C compiler or Python's headers are missing, installing goes on, and the
Python twins run. By hand, with the compiler's words: `.venv/bin/python setup.py build_ext --inplace`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDERS = ("confhub/relay/native", "confhub/simulator/native")
GENERATED = "build/cython"
COMPILE = ["-O3", "-fno-math-errno", "-Wall", "-Wno-unused-function"]
"""Nothing of the machine that compiles (-march=native): an installed wheel is carried to others."""


def extensions() -> list[Extension]:
    """One for each .pyx; none where Cython is missing."""
    found = [path for folder in FOLDERS for path in sorted(Path(folder).glob("*.pyx"))]
    try:
        from Cython.Build import cythonize
        from Cython.Compiler.Errors import CompileError
    except ImportError:
        _say("Cython is missing")
        return []
    modules = [
        Extension(
            ".".join(path.with_suffix("").parts),
            [str(path)],
            include_dirs=[str(path.parent)],
            depends=[str(header) for header in path.parent.glob("*.h")],
            extra_compile_args=COMPILE,
        )
        for path in found
    ]
    built = []
    for module in modules:
        try:
            built += cythonize(module, build_dir=GENERATED, language_level=3, quiet=True)
        except CompileError:
            _forget(module.name, "Cython refuses it")
    for extension in built:
        extension.optional = True  # cythonize forgets it
    return built


class BuildTwins(build_ext):
    """A twin that cannot be built leaves none of an older source behind."""

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except Exception as error:  # whatever a compiler or its absence can raise
            _forget(ext.name, str(error))
            raise


def _forget(name: str, reason: str) -> None:
    for stale in Path(*name.split(".")[:-1]).glob(f"{name.rpartition('.')[2]}.*.so"):
        stale.unlink()
    _say(f"{name} cannot be compiled: {reason}")


def _say(reason: str) -> None:
    sys.stderr.write(f"confhub: without the compiled twin, the Python one runs ({reason})\n")


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildTwins})
