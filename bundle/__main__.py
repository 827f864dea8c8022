"""``python -m bundle`` builds ``dist/writer-jobs-mcp-VERSION.mcpb``, which Claude Desktop installs with one click."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import anyio

from bundle.manifest import manifest

PLACE = Path(__file__).parent
ROOT = PLACE.parent
MCPB = ["node", str(PLACE / "node_modules" / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js")]
UV = str(Path(sys.executable).with_name("uv"))


def main() -> None:
    written = anyio.run(manifest)
    packed = ROOT / "dist" / f"{written['name']}-{written['version']}.mcpb"
    packed.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        content = Path(directory)
        (content / "manifest.json").write_text(json.dumps(written, indent=2), encoding="utf-8")
        shutil.copy(PLACE / "icon.png", content)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, content)
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "src")
        shutil.copytree(ROOT / "writer_jobs_mcp", content / "writer_jobs_mcp", ignore=ignored)
        # Whoever installs the bundle gets the versions that it was tried with, and does not wait for them to be chosen.
        run(UV, "lock", "--quiet", "--directory", directory)
        run(*MCPB, "validate", directory)
        run(*MCPB, "pack", directory, str(packed))
    sys.stdout.write(f"{packed.relative_to(ROOT)}: {packed.stat().st_size:,} bytes, valid; ")
    sys.stdout.write(f"{len(written['tools'])} tools, {len(written['prompts'])} prompts.\n")


def run(*command: str) -> None:
    """Run a command to its end.

    Raises:
        SystemExit: It failed; with what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
