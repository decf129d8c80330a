import re
import shutil
import subprocess
from pathlib import Path

import matplotlib.image
import pytest

from limner.models.dossier import record_of
from limner.models.gate import Verdict
from tests.models.test_train import of_world

pytestmark = pytest.mark.browser

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--hide-scrollbars",
)  # fmt: skip


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = record_of(of_world(), Verdict(()), {"log version": "1"}, "version: 1").files["card.html"]
    path = tmp_path_factory.mktemp("card") / "card.html"
    path.write_bytes(page)
    return path


def chromium(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed")
    typed = [found, *QUIET, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(typed, capture_output=True, text=True, check=True, timeout=120)


@pytest.mark.parametrize("width", [360, 760, 1200])
def test_the_card_fills_its_window_and_no_more(card: Path, tmp_path: Path, width: int) -> None:
    script = "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth</script></body>"
    probe = tmp_path / "probe.html"
    frame = card.read_text().replace("</body>", script)
    probe.write_text(f"<iframe width={width} height=900 srcdoc='{frame.replace(chr(39), '&#39;')}'></iframe>")
    measured = tmp_path / "measured.html"
    measured.write_text(
        probe.read_text()
        + "<script>onload = () => document.title = document.querySelector('iframe').contentDocument.title</script>"
    )

    shown = chromium(tmp_path, "--window-size=1400,1000", "--virtual-time-budget=5000", "--dump-dom", measured.as_uri())

    found = re.search(r"<title>(\d+) of (\d+)</title>", shown.stdout)
    assert found is not None
    assert int(found[1]) <= int(found[2]) == width


def test_the_card_is_painted(card: Path, tmp_path: Path) -> None:
    picture = tmp_path / "card.png"

    chromium(tmp_path, "--window-size=1100,3000", f"--screenshot={picture}", card.as_uri())

    pixels = matplotlib.image.imread(picture)
    assert pixels.shape[:2] == (3000, 1100)
    assert len({tuple(pixel) for pixel in pixels[::7, ::7].reshape(-1, pixels.shape[2]).tolist()}) > 50


def test_the_card_asks_nobody_for_anything(card: Path) -> None:
    text = card.read_text()

    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", text)
    assert not re.findall(r"url\(\s*['\"]?(?:https?:)?//", text)
    assert "<script" not in text
