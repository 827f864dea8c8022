"""Builds the distributions, looks at what is in them, installs the wheel as users do, and starts it there."""

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent
PACKAGE = ROOT / "writer_jobs_mcp"
PAGES = PACKAGE / "web" / "dist"  # shipped as they were built
SOURCES = {
    path.relative_to(ROOT).as_posix()
    for path in [*PACKAGE.rglob("*"), *PAGES.glob("*.html")]
    if path.suffix in {".py", ".json", ".typed", ".html"} or path.name == "py.typed"
    if (path.suffix == ".html" and path.parent == PAGES) or PAGES not in path.parents
}
# What is for those who work in the repository, and for nobody who has unpacked a distribution.
REPOSITORY_ONLY = (".ci/", ".github/", ".gitattributes", ".dockerignore", "Dockerfile", "benchmarks/")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        run(sys.executable, "-m", "build", "--outdir", directory, str(ROOT))  # the wheel is built from the sdist
        (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
        in_sdist, in_wheel = file_names(sdist), file_names(wheel)
        require(in_wheel == SOURCES, "The wheel and the sources differ", in_wheel ^ SOURCES)
        tracked = {name for name in run("git", "-C", str(ROOT), "ls-files").split("\n") if name}
        wanted = {name for name in tracked if not name.startswith(REPOSITORY_ONLY)} | {"PKG-INFO"}
        require(in_sdist == wanted, "The sdist and what is tracked differ", in_sdist ^ wanted)
        run(sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(wheel))
        with_uvx = run(str(SCRIPTS / "uvx"), "--from", str(wheel), "writer-jobs-mcp", "--version")
        homes = {"PIPX_HOME": str(place / "pipx"), "PIPX_BIN_DIR": str(place / "bin")}
        run(sys.executable, "-m", "pipx", "install", str(wheel), **homes)
        installed = str(place / "bin" / "writer-jobs-mcp")
        version, demo = run(installed, "--version"), run(installed, "demo")
        require(with_uvx == version, "uvx and pipx start different versions", {with_uvx, version})
    sys.stdout.write(
        f"{sdist.name}: {len(in_sdist)} files. {wheel.name}: {len(in_wheel)} files; with uvx and with pipx "
    )
    sys.stdout.write(f"it says {version.strip()!r}; its demo printed {len(demo):,} characters.\n")


def file_names(distribution: Path) -> set[str]:
    """The names of the files in a distribution, without the folder or the metadata that the format adds."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as wheel:
            return {name for name in wheel.namelist() if ".dist-info/" not in name}
    with tarfile.open(distribution) as sdist:
        return {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}


def require(holds: bool, otherwise: str, because: set[str]) -> None:
    """Go on only if it holds.

    Raises:
        SystemExit: It does not; with what shows it.
    """
    if not holds:
        sys.exit(f"{otherwise} in {sorted(because)}.")


def run(*command: str, **environ: str) -> str:
    """What the command printed.

    Raises:
        SystemExit: It failed; with what it said.
    """
    environment = {**os.environ, **environ}
    done = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, check=False, cwd=tempfile.gettempdir(), env=environment
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
