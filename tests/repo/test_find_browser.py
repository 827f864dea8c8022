"""``find_browser`` finds a browser that starts, or says what to install."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.find_browser import BrowserNotFound, candidates, find_browser

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no shebang lines")

ROOT = Path(__file__).parents[2]
STARTS = "#!/bin/sh\necho Chromium 150\n"
FAILS = "#!/bin/sh\necho 'Command requires the chromium snap to be installed.' >&2\nexit 1\n"
WRONG_FORMAT = "\x7fELF of another processor"
NOWHERE = "/nowhere"
ADVICE = (
    "no Chromium-family browser was found: install chromium (on Debian `apt-get install chromium`, "
    "elsewhere `.venv/bin/playwright install chromium`), or set CHROME_PATH"
)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a browser, with an empty folder as its PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")  # nothing can be downloaded there
    monkeypatch.delenv("CHROME_PATH", raising=False)
    return tmp_path


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["chromium", "chromium-headless-shell", "microsoft-edge", "vivaldi"])
def test_a_browser_of_the_family_is_found_on_path(bare: Path, name: str) -> None:
    browser = program(bare / name, STARTS)
    assert find_browser() == browser


def test_the_fastest_browser_is_preferred(bare: Path) -> None:
    program(bare / "chromium", STARTS)
    browser = program(bare / "chromium-headless-shell", STARTS)
    assert find_browser() == browser


@pytest.mark.parametrize("broken", [FAILS, WRONG_FORMAT, "#!/nowhere/sh\n"], ids=["fails", "format", "interpreter"])
def test_a_browser_that_does_not_start_is_skipped(bare: Path, broken: str) -> None:
    program(bare / "chromium", broken)
    browser = program(bare / "google-chrome", STARTS)
    assert find_browser() == browser


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS may have a browser among its applications")
@pytest.mark.parametrize("text", [None, FAILS], ids=["none", "none that starts"])
def test_without_a_browser_the_error_says_what_to_install(bare: Path, text: str | None) -> None:
    if text:
        program(bare / "chromium", text)
    with pytest.raises(BrowserNotFound) as caught:
        find_browser()
    assert str(caught.value) == ADVICE


def test_chrome_path_selects_the_browser(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "chromium", STARTS)
    named = program(bare / "elsewhere" / "my browser", STARTS)
    monkeypatch.setenv("CHROME_PATH", str(named))
    assert find_browser() == named


def test_a_chrome_path_that_does_not_start_is_an_error(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "chromium", STARTS)
    monkeypatch.setenv("CHROME_PATH", NOWHERE)
    with pytest.raises(BrowserNotFound, match=r"^CHROME_PATH is /nowhere, which does not start$"):
        find_browser()


def test_playwrights_own_browser_is_tried_last(bare: Path) -> None:
    program(bare / "vivaldi", FAILS)
    *_, last = candidates()
    assert bare / "playwright" in last.parents


def find_or_install() -> subprocess.CompletedProcess[str]:
    """Run what ``make test`` runs first."""
    return subprocess.run(
        [sys.executable, "-m", "tests.helpers.find_browser"], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture
def apt_get(bare: Path) -> Path:
    """A fake apt-get that knows one browser and installs it; returns the file with its calls."""
    calls = bare / "calls"
    browser = bare / "chromium"
    install = f"printf '#!/bin/sh\\n' > {browser} && /bin/chmod +x {browser}"
    answers = f"*shell*) exit 100 ;; *install*) {install} ;;"
    program(bare / "apt-get", f'#!/bin/sh\necho "$*" >> {calls}\ncase "$*" in {answers} esac\n')
    return calls


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS may have a browser among its applications")
def test_a_failed_installation_is_reported_in_one_line() -> None:
    done = find_or_install()
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "Installing Chromium with Playwright, for the tests of the triage page …",
        f"The tests of the triage page cannot run: {ADVICE}.",
    ]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS may have a browser among its applications")
def test_only_root_installs_debians_browser(apt_get: Path) -> None:
    done = find_or_install()
    if os.geteuid() == 0:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "Installing Chromium with apt-get, for the tests of the triage page …\n"
        update, shell, whole = apt_get.read_text(encoding="utf-8").splitlines()
        assert update.endswith(" update")
        assert shell.endswith(" install --yes --no-install-recommends chromium-headless-shell fonts-liberation")
        assert whole.endswith(" install --yes --no-install-recommends chromium fonts-liberation")
    else:
        assert (done.returncode, apt_get.exists()) == (1, False)


def test_nothing_is_installed_if_a_browser_exists(bare: Path, apt_get: Path) -> None:
    program(bare / "chromium", STARTS)
    done = find_or_install()
    assert (done.returncode, done.stdout, done.stderr, apt_get.exists()) == (0, "", "", False)
