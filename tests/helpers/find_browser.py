"""Find a Chromium-family browser for the tests of the triage page; as a program, install one if there is none.

``python -m tests.helpers.find_browser`` exits with 0 if there is a browser; otherwise with 1 and the reason.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

SETTING = "CHROME_PATH"
NAMES = (  # on PATH
    "chromium-headless-shell",  # opens a page twice as fast as the others: it draws no window
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
    "brave-browser",
    "brave",
    "vivaldi",
    "vivaldi-stable",
)
ON_MACOS = ("Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser", "Vivaldi")
ON_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
    "BraveSoftware/Brave-Browser/Application/brave.exe",
    "Vivaldi/Application/vivaldi.exe",
)
START_SECONDS = 60  # to print its version
DOWNLOAD_SECONDS = 600  # 170 MB, over a slow connection
INSTALL_ADVICE = (
    "install chromium (on Debian `apt-get install chromium`, elsewhere `.venv/bin/playwright install chromium`), "
    f"or set {SETTING}"
)
# In its own process: Playwright's synchronous API does not run beside an event loop.
PRINT_PLAYWRIGHT_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


class BrowserNotFound(Exception):
    """No browser can be started; the message has the reason, and what to install."""


def find_browser() -> Path:
    """Return the path of the first Chromium-family browser that starts.

    Raises:
        BrowserNotFound: None starts, or the one in ``CHROME_PATH`` does not.
    """
    named = os.environ.get(SETTING)
    if named:
        if not starts(Path(named)):
            raise BrowserNotFound(f"{SETTING} is {named}, which does not start")
        return Path(named)
    for program in candidates():
        if starts(program):
            return program
    raise BrowserNotFound(f"no Chromium-family browser was found: {INSTALL_ADVICE}")


def candidates() -> Iterator[Path]:
    """Yield the paths of possible browsers: on PATH, in the installers' folders, and Playwright's own."""
    yield from (Path(program) for program in map(shutil.which, NAMES) if program)
    if platform.system() == "Darwin":
        folders = (Path("/Applications"), Path.home() / "Applications")
        yield from (folder / f"{name}.app/Contents/MacOS/{name}" for folder in folders for name in ON_MACOS)
    if platform.system() == "Windows":
        variables = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        folders = [Path(os.environ[name]) for name in variables if name in os.environ]
        yield from (folder / name for folder in folders for name in ON_WINDOWS)
    done = run([sys.executable, "-c", PRINT_PLAYWRIGHT_PATH], START_SECONDS)
    if done and done.stdout.strip():
        yield Path(done.stdout.strip())


def starts(program: Path) -> bool:
    """Return whether the program exists and starts: a snap, a library or a processor feature may be missing."""
    if platform.system() == "Windows":
        return program.is_file()  # with --version, it opens a window
    return run([str(program), "--version"], START_SECONDS) is not None


def run(command: list[str], seconds: float | None = None, **environ: str) -> subprocess.CompletedProcess[str] | None:
    """Run the command quietly; None if it cannot be started, fails, or takes longer."""
    try:
        return subprocess.run(  # noqa: S603 - browsers, apt-get and Playwright
            command,
            check=True,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **environ},
        )
    except (OSError, subprocess.SubprocessError):
        return None


def install_with_apt() -> None:
    """Install Debian's Chromium without its windows, or else the whole of it; root only."""
    # No time limit: killing dpkg leaves packages half installed. apt-get has its own timeouts.
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::http::Timeout=30"]
    run([*apt, "update"])
    for browser in ("chromium-headless-shell", "chromium"):
        packages = [browser, "fonts-liberation"]  # without a font, no text is drawn
        if run([*apt, "install", "--yes", "--no-install-recommends", *packages], DEBIAN_FRONTEND="noninteractive"):
            return


def install_playwright_chromium() -> None:
    """Download Playwright's Chromium into its cache, for this user."""
    command = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
    run(command, DOWNLOAD_SECONDS, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT="10000")


def main() -> int:
    """Find or install a browser; print what is installed, or why there is none."""
    missing = missing_browser_reason()
    if missing and SETTING not in os.environ:
        for name, install in installers():
            print_now(f"Installing Chromium with {name}, for the tests of the triage page …")
            install()
            missing = missing_browser_reason()
            if not missing:
                return 0
    if missing:
        print_now(f"The tests of the triage page cannot run: {missing}.")
    return 1 if missing else 0


def missing_browser_reason() -> str:
    """Return why there is no browser; empty if there is one."""
    try:
        find_browser()
    except BrowserNotFound as error:
        return str(error)
    return ""


def installers() -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the possible ways to install a browser, the better one first."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        yield "apt-get", install_with_apt
    yield "Playwright", install_playwright_chromium


def print_now(line: str) -> None:
    """Print the line and flush."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
