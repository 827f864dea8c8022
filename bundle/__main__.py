"""``python -m bundle`` builds ``dist/writer-jobs-mcp-VERSION.mcpb``, which Claude Desktop installs with one click."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import anyio

from bundle.manifest import build_manifest

HERE = Path(__file__).parent
ROOT = HERE.parent
MCPB = ["node", str(HERE / "node_modules" / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js")]
UV = str(Path(sys.executable).with_name("uv"))


def main() -> None:
    written = anyio.run(build_manifest)
    packed = ROOT / "dist" / f"{written['name']}-{written['version']}.mcpb"
    packed.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        content = Path(directory)
        (content / "manifest.json").write_text(json.dumps(written, indent=2), encoding="utf-8")
        shutil.copy(HERE / "icon.png", content)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, content)
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "src")
        shutil.copytree(ROOT / "writer_jobs_mcp", content / "writer_jobs_mcp", ignore=ignored)
        # The lock file pins the tested versions and saves the installer from resolving them.
        run_command(UV, "lock", "--quiet", "--directory", directory)
        run_command(*MCPB, "validate", directory)
        run_command(*MCPB, "pack", directory, str(packed))
    sys.stdout.write(f"{packed.relative_to(ROOT)}: {packed.stat().st_size:,} bytes, valid; ")
    sys.stdout.write(f"{len(written['tools'])} tools, {len(written['prompts'])} prompts.\n")


def run_command(*command: str) -> None:
    """Run a command until it exits.

    Raises:
        SystemExit: The command failed; with its output.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
