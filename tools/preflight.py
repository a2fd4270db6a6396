"""Say plainly what this machine lacks before anything is installed.

    python tools/preflight.py               what `make` needs: this Python, its headers, a compiler
    python tools/preflight.py sanitizers    whether the compiler can build and run sanitized code

Exits with status 1 and a sentence for each thing missing. It is the one file that an older Python
must be able to run, and it imports nothing outside the standard library.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

CXX17_PROBE = "#include <string_view>\nint main() { return std::string_view().empty() ? 0 : 1; }\n"
# The newest Python for which all dependencies have wheels.
NEWEST = (3, 14)
SANITIZERS = "-fsanitize=address,undefined"


def compiler():
    """Path of the C++ compiler that CMake will find, or None."""
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++"]
    return next((path for path in map(shutil.which, names) if path), None)


def runs(path, *flags):
    """Whether the compiler turns the probe into a program that runs."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "probe.cpp"), Path(folder, "probe")
        source.write_text(CXX17_PROBE)
        for command in ([path, "-std=c++17", *flags, source, "-o", program], [program]):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode != 0:
                return False
    return True


def missing():
    """One sentence for each thing that a build needs and this machine does not have."""
    found = sys.version.split()[0]
    if sys.version_info < (3, 11):
        yield (
            f"vecstore needs Python 3.11 or newer; {sys.executable} is {found}. "
            "Name another one: make PYTHON=python3.12 demo."
        )
        return
    try:
        import ensurepip  # noqa: F401  a part of Python that Debian ships separately
        import venv  # noqa: F401
    except ImportError:
        yield (
            f"{sys.executable} cannot make virtual environments; "
            "on Debian: apt install python3-venv."
        )
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        yield (
            "The C headers of this Python (Python.h) are missing; "
            "on Debian: apt install python3-dev."
        )
    path = compiler()
    if path is None:
        sought = os.environ.get("CXX") or "c++, g++, clang++"
        yield (
            f"No C++ compiler was found (looked for {sought}). Install g++ or clang++ (Debian: apt "
            "install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install) or set CXX."
        )
    elif not runs(path):
        yield (
            f"The C++ compiler {path} cannot build C++17 programs; install a newer one or set CXX."
        )


def doubts():
    """One sentence for each thing that may go wrong, which only trying tells."""
    if sys.version_info[:2] > NEWEST:
        newest, found = (".".join(map(str, version[:2])) for version in (NEWEST, sys.version_info))
        yield (
            f"vecstore's dependencies come for Python 3.11 to {newest}; this is {found}. One of "
            "them (h5py, numba or TensorFlow, as a rule) may have no wheel for it yet; pip then "
            f"tries to build it and fails. If so, name an older one: make PYTHON=python{newest}."
        )


def main(arguments):
    """Print what is missing on standard error; 0 if nothing is."""
    if arguments == ["sanitizers"]:
        path = compiler()
        return 0 if path and runs(path, SANITIZERS) else 1
    problems = list(missing())
    for doubt in [] if problems else doubts():
        print(f"Note: {doubt}", file=sys.stderr)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
