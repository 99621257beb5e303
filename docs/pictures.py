"""The pictures of the README: a real run in a real terminal, and its report in a real browser.

    python docs/pictures.py [--competition builtin:breast-cancer] [--budget 60s]

Needs tmux, Chromium and Pillow; writes into docs/pictures.
"""

from __future__ import annotations

import argparse
import io
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 100, 40
"""Of the terminal, in characters."""
PAGE, PHONE = (1180, 1240), (390, 844)
"""Of the browser's window, in CSS pixels."""
COLORS = 256
"""Of a picture of a page: enough for text and charts, and a third of the bytes."""


class Terminal:
    """A terminal that nobody looks at, in a tmux of its own."""

    def __init__(self, place: Path) -> None:
        self._tmux = ["tmux", "-S", str(place / "terminal")]
        size = ["-x", str(WIDTH), "-y", str(HEIGHT)]
        self._call("-f", "/dev/null", "new-session", "-d", *size, "-c", str(place), "sh")

    def _call(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=True).stdout

    def type(self, line: str) -> None:
        """A line and Enter."""
        self._call("send-keys", line, "Enter")

    def screen(self) -> str:
        """What is to be seen, with its colors as escape sequences."""
        return self._call("capture-pane", "-e", "-p")

    def close(self) -> None:
        """Ends whatever is left in it."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


def drawn(screen: str, title: str) -> str:
    """The lowest frame on a screen as SVG that needs nothing from elsewhere: its font is the reader's own monospace."""
    from rich.console import Console
    from rich.text import Text

    lines = Text.from_ansi(screen.rstrip()).split("\n")  # decoded whole: a color may begin above the frame
    upper = max(at for at, line in enumerate(lines) if "╭" in line.plain)
    lower = max(at for at, line in enumerate(lines) if "╰" in line.plain)
    if lower < upper:
        raise SystemExit("the frame on the screen is not whole: give the terminal more lines")
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines[upper : lower + 1]:
        console.print(line, no_wrap=True, overflow="crop")
    svg = console.export_svg(title=title)
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace, Menlo, Consolas")


def photographed(page: str, size: tuple[int, int], file: Path, scale: int = 1) -> None:
    """A page as a browser of that size shows it, as a PNG. In a frame, since no browser's window is as narrow as a phone."""
    from PIL import Image

    browser = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("no Chromium here: its package is called chromium")
    width, height = size
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "page.html").write_text(page, encoding="utf-8")
        frame = f'<body style="margin:0"><iframe src="page.html" style="border:0;width:{width}px;height:{height}px"></iframe>'
        (place / "frame.html").write_text(f"<!doctype html>{frame}", encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={place / 'b'}"]
        command += [f"--window-size={max(width, 500)},{height}", f"--force-device-scale-factor={scale}"]
        command += ["--virtual-time-budget=4000", f"--screenshot={place / 'shot.png'}", (place / "frame.html").as_uri()]
        subprocess.run(command, capture_output=True, check=True, timeout=120)
        with Image.open(place / "shot.png") as shot:
            whole = shot.convert("RGB").crop((0, 0, width * scale, height * scale))
            whole.quantize(COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, optimize=True)


def run_in(terminal: Terminal, place: Path, competition: str, budget: str) -> None:
    """Runs agentk there, and draws the screen in the middle and at the end."""
    command = f"agentk run {competition} --budget {budget} --memory off"
    agentk = f"{shlex.quote(sys.executable)} -m agentk {command.partition(' ')[2]}"
    terminal.type(f"cd {shlex.quote(str(place))}; clear; {agentk}; echo; echo the end of $?")
    middle, began = "", time.monotonic()
    while "the end of " not in (screen := terminal.screen()).replace("echo the end", ""):
        if time.monotonic() - began > 1800:
            raise SystemExit("the run has not ended within half an hour")
        if " left of " in screen and "under way" in screen:
            middle = screen if len(re.findall(r"#\d+ ", screen)) <= 12 or not middle else middle
        time.sleep(1)
    if not middle:
        raise SystemExit(f"nothing was seen of the run:\n{screen}")
    (HERE / "run.svg").write_text(drawn(middle, command), encoding="utf-8")
    (HERE / "end.svg").write_text(drawn(screen, command), encoding="utf-8")


def main() -> None:
    """Makes every picture anew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--competition", default="builtin:breast-cancer")
    parser.add_argument("--budget", default="60s")
    asked = parser.parse_args()
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        terminal = Terminal(place)
        try:
            run_in(terminal, place, asked.competition, asked.budget)
        finally:
            terminal.close()
        (report,) = place.glob("runs/*/report.html")
        page = report.read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        themed = page.replace("<html lang", f'<html data-theme="{theme}" lang', 1)
        photographed(themed, PAGE, HERE / f"report-{theme}.png")
    photographed(page.replace("<html lang", '<html data-theme="light" lang', 1), PHONE, HERE / "report-phone.png", scale=2)
    for file in sorted(HERE.iterdir()):
        print(f"{file}  {file.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
