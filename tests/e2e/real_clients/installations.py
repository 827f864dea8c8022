"""Where ``make clients`` installs the clients, and the empty home folder of each."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"

NODE = "node"
"""The installed Node, for the TypeScript SDKs."""
NODE_22 = str(MODULES / "node" / "bin" / "node")
"""For the AI SDK, the Inspector and the conformance suite, which need it."""

PYTHON_SDKS_1 = ("1.27.2", "1.30.0")
"""The newest of two release lines that many frameworks still use."""

CLAUDE = [NODE, str(MODULES / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs")]
CODEX = [NODE, str(MODULES / "@openai" / "codex" / "bin" / "codex.js")]
CONFORMANCE = [NODE_22, str(MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js")]
GEMINI = [NODE, str(MODULES / "@google" / "gemini-cli" / "bundle" / "gemini.js")]
INSPECTOR = [
    NODE_22,
    str(MODULES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"),
    "--cli",
]


def isolated_environment(home: str | Path) -> dict[str, str]:
    """Return an environment without the user's key, logins or configuration."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "GEMINI_CLI_TRUST_WORKSPACE": "true",  # Gemini CLI starts no server in an untrusted folder
        "NO_COLOR": "1",
    }
