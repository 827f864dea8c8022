"""Builds the wheel, looks at what is in it, installs it in an empty environment and starts it there."""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "writer_jobs_mcp").rglob("*")
    if path.suffix in {".py", ".json", ".typed", ".html"} or path.name == "py.typed"
}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", directory, str(ROOT))
        (wheel,) = place.glob("*.whl")
        packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
        if packed != SOURCES:
            sys.exit(f"The wheel and the sources differ in {sorted(packed ^ SOURCES)}.")
        venv.create(place / "empty", with_pip=True)
        scripts = place / "empty" / ("Scripts" if sys.platform == "win32" else "bin")
        run(str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
        version = run(str(scripts / "writer-jobs-mcp"), "--version")
        demo = run(str(scripts / "writer-jobs-mcp"), "demo")
    sys.stdout.write(f"{wheel.name}: {len(packed)} files, installed alone, says {version.strip()!r}; ")
    sys.stdout.write(f"its demo printed {len(demo):,} characters.\n")


def run(*command: str) -> str:
    """What the command printed.

    Raises:
        SystemExit: It failed; with what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tempfile.gettempdir())  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
