"""``python scripts/wheel.py`` builds the distributions, checks their files, and installs and runs the wheel."""

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent
PACKAGE = "writer_jobs_mcp/"
WEB, BUILT_PAGES = f"{PACKAGE}web/", f"{PACKAGE}web/dist/"
# Files for work in the repository; the sdist does not have them.
REPOSITORY_ONLY = (
    ".ci/",
    ".github/",
    ".dockerignore",
    ".editorconfig",
    ".gitattributes",
    "Dockerfile",
    "benchmarks/",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        run(sys.executable, "-m", "build", "--outdir", directory, str(ROOT))  # the wheel is built from the sdist
        (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
        in_sdist, in_wheel = file_names(sdist), file_names(wheel)
        tracked = {name for name in run("git", "-C", str(ROOT), "ls-files").split("\n") if name}
        package = {name for name in tracked if name.startswith(PACKAGE)}
        sources = {name for name in package if not name.startswith(WEB) or name.startswith(BUILT_PAGES)}
        require(in_wheel == sources, "The wheel and the sources differ", in_wheel ^ sources)
        wanted = {name for name in tracked if not name.startswith(REPOSITORY_ONLY)} | {"PKG-INFO"}
        require(in_sdist == wanted, "The sdist and the tracked files differ", in_sdist ^ wanted)
        run(sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(wheel))
        with_uvx = run(str(SCRIPTS / "uvx"), "--from", str(wheel), "writer-jobs-mcp", "--version")
        homes = {"PIPX_HOME": str(place / "pipx"), "PIPX_BIN_DIR": str(place / "bin")}
        run(sys.executable, "-m", "pipx", "install", str(wheel), **homes)
        installed = str(place / "bin" / "writer-jobs-mcp")
        version, demo = run(installed, "--version"), run(installed, "demo")
        require(with_uvx == version, "uvx and pipx start different versions", {with_uvx, version})
    sys.stdout.write(f"{sdist.name}: {len(in_sdist)} files. {wheel.name}: {len(in_wheel)} files; ")
    sys.stdout.write(
        f"installed with uvx and with pipx, it prints {version.strip()!r}; its demo prints {len(demo):,} characters.\n"
    )


def file_names(distribution: Path) -> set[str]:
    """Return the files of a distribution, without the top folder and the metadata."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as wheel:
            return {name for name in wheel.namelist() if ".dist-info/" not in name}
    with tarfile.open(distribution) as sdist:
        return {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}


def require(condition: bool, message: str, difference: set[str]) -> None:
    """Exit with the difference unless the condition holds.

    Raises:
        SystemExit: It does not hold.
    """
    if not condition:
        sys.exit(f"{message} in {sorted(difference)}.")


def run(*command: str, **environ: str) -> str:
    """Return what the command printed.

    Raises:
        SystemExit: The command failed; the message is its output.
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
