"""Draws docs/demo.svg, the picture of the README, from what the demo prints: python docs/picture.py."""

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS = 118
REST = "\n\nWhat stands out"
"""What comes from here on is more than a picture holds."""


def main() -> None:
    """Runs the demo and draws its words as a terminal shows them."""
    treadmill = Path(sys.executable).with_name("treadmill")
    said = subprocess.run([str(treadmill), "demo", "--once"], capture_output=True, text=True, check=True).stdout
    screen = Console(record=True, width=COLUMNS, file=io.StringIO())
    screen.print("[bold green]$[/] treadmill demo")
    screen.print(said.partition(REST)[0], markup=False, highlight=True)
    drawn = screen.export_svg(title="treadmill demo")
    PICTURE.write_text(without_web_fonts(drawn), encoding="utf-8")


def without_web_fonts(drawn: str) -> str:
    """The drawing with the fonts of whoever looks at it: nothing is fetched from elsewhere."""
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL).replace("Fira Code, monospace", "monospace")


if __name__ == "__main__":
    main()
