"""Sessions in fresh environments: `nox` for all, `nox -s tests` for one. uv is used where found."""

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "tests_level", "tests_engine", "lint"]
TEST = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run every test on every Python."""
    session.install("--editable", ".", *TEST)
    session.run("pytest", *session.posargs)


@nox.session
@nox.parametrize("level", ["scalar", "avx2"])
def tests_level(session: nox.Session, level: str) -> None:
    """Run every test with the compiled core held to one instruction set."""
    session.install("--editable", ".", *TEST)
    session.run("pytest", *session.posargs, env={"VECSTORE_SIMD": level})


@nox.session
@nox.parametrize("engine", ["numba", "reference"])
def tests_engine(session: nox.Session, engine: str) -> None:
    """Run every test on an engine that is not compiled ahead."""
    session.install("--editable", ".", *TEST)
    session.run("pytest", *session.posargs, env={"VECSTORE_ENGINE": engine})


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types, as `make lint` does."""
    session.run("make", "lint", external=True)


@nox.session
def native(session: nox.Session) -> None:
    """Run the C++ tests under the sanitizers."""
    session.run("make", "native", external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, as `make bench` does."""
    session.run("make", "bench", external=True)
