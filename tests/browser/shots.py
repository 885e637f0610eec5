"""Looks at a screen as a strict colleague would, in both languages, and keeps its picture if it is wanted.

    SANAD_SHOTS=folder python -m pytest tests/browser/test_screens.py     every screen's picture into the folder
    python -m tests.browser.shots folder                                  those of the guides, small, to docs/pictures

What is looked for: overflow, clipped text, words of the other language, small targets, and whatever axe-core finds.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import ConsoleMessage, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).parents[2]
AXE = ROOT / "pwa/node_modules/axe-core/axe.min.js"
PICTURES = ROOT / "docs/pictures"
SMALL_KB = 80

LANGUAGES = ("ar", "en")

CHOOSE = """([key, value]) => {
  localStorage.setItem(key, value);
  dispatchEvent(new StorageEvent('storage', { key }));
}"""

SETTLED = """async () => {
  await document.fonts.ready;
  for (let turn = 0; turn < 2; turn += 1) await new Promise((done) => requestAnimationFrame(done));
  const finite = (each) => each.effect?.getComputedTiming().endTime !== Infinity;
  await Promise.all(document.getAnimations().filter(finite).map((each) => each.finished.catch(() => undefined)));
}"""

LARGE_RULES = ("target-size", "scrollable-region-focusable")
"""What can change with the size of text. Roles and names do not."""

LOOK = Path(__file__).with_name("look.js")
AXE_RUN = """async ({ only }) => {
  const options = { resultTypes: ['violations'], preload: false, iframes: false };
  options.runOnly = only.length > 0 ? { type: 'rule', values: only }
    : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
  const { violations } = await axe.run(document, options);
  const one = (node) => `${node.target.join(' ')} (${node.failureSummary.split('\\n').slice(1, 2).join('').trim()})`;
  return violations.map(({ id, nodes }) => `axe ${id}: ${nodes.slice(0, 3).map(one).join('; ')}`);
}"""


class Eye:
    """Looks at one page. `faults` fills with a sentence for each thing that is wrong."""

    def __init__(self, page: Page, *, touch: bool) -> None:
        self.page = page
        self.touch = touch
        self.faults: list[str] = []
        self.expects_refusals = False
        """Requests are meant to be refused or to get nowhere: the browser's own line about that is no fault."""
        self.screen = "before the first screen"
        folder = os.environ.get("SANAD_SHOTS", "")
        self.folder = Path(folder) if folder else None
        self.axe = AXE.read_text(encoding="utf-8")
        self.looking = LOOK.read_text(encoding="utf-8")
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"{self.screen}: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "error" or (self.expects_refusals and "Failed to load resource" in message.text):
            return
        self.faults.append(f"{self.screen}: console: {message.text}")

    def speak(self, language: str) -> None:
        """As if another window of the same browser had chosen the language."""
        self.page.evaluate(CHOOSE, ["sanad.language", language])

    def light(self, theme: str) -> None:
        self.page.evaluate(CHOOSE, ["sanad.theme", theme])

    @contextmanager
    def witness(self) -> Iterator[None]:
        """When the way does not lead to the screen: keeps a picture of its end, and says what was seen before."""
        try:
            yield
        except Exception as missed:
            missed.add_note("\n".join([f"on the way to {self.screen}", *self.faults]))
            self._keep(f"{self.screen}-not-reached")
            raise

    def size(self, size: str) -> None:
        self.page.evaluate(CHOOSE, ["sanad.text_size", size])

    def look(self, screen: str, *, themes: bool = False, again: Callable[[], object] | None = None) -> None:
        """At what is shown now, in Arabic and English; with `themes` dark and in the sun too. Ends in English.

        On a phone the largest text is looked at as well.

        again: makes the screen say once more, in the language in force, what it said when it was reached.
        """
        self.screen = screen
        for language in LANGUAGES:
            self.speak(language)
            if again is not None:
                again()
            self._examine(f"{screen}-{language}", language)
            if self.touch:
                self.size("largest")
                self._examine(f"{screen}-{language}-largest", language, *LARGE_RULES)
                self.size("normal")
            for theme in ("dark", "contrast") if themes and language == "ar" else ():
                self.light(theme)
                self.page.evaluate(SETTLED)
                self.faults += [f"{screen}-{theme}: {fault}" for fault in self._axe("color-contrast")]
                self._keep(f"{screen}-{language}-{theme}")
                self.light("light")
        self.page.evaluate(SETTLED)

    def _examine(self, name: str, language: str, *only: str) -> None:
        with suppress(PlaywrightTimeout):  # a room is fetched when it is first wanted; axe names what has no heading
            self.page.locator("h1").first.wait_for(state="attached", timeout=5_000)
        self.page.evaluate(SETTLED)
        found: list[str] = self.page.evaluate(self.looking, {"language": language, "touch": self.touch})
        self.faults += [f"{name}: {fault}" for fault in [*found, *self._axe(*only)]]
        self._keep(name)

    def _axe(self, *only: str) -> list[str]:
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(self.axe)
        found: list[str] = self.page.evaluate(AXE_RUN, {"only": only})
        return found

    def _keep(self, name: str) -> None:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.folder / f"{name}.png")


def _small(source: Path, target: Path, width: int) -> None:
    """A picture for a page of text: few colours, no more than SMALL_KB."""
    picture: Any = Image.open(source).convert("RGB")
    for share in (1.0, 0.9, 0.8, 0.7, 0.6):
        wide = round(width * share)
        scaled = picture.resize((wide, round(picture.height * wide / picture.width)), Image.Resampling.LANCZOS)
        scaled.quantize(160).save(target, optimize=True)
        if target.stat().st_size <= SMALL_KB * 1000:
            return


def main(folder: Path) -> int:
    """Writes the pictures that the guides name. Answers 1 when one was not made."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    pages = (ROOT / "docs/guide").glob("*.md")
    named = {name for page in pages for name in re.findall(r"pictures/([\w-]+)\.png", page.read_text(encoding="utf-8"))}
    missing = sorted(name for name in named if not (folder / f"{name}.png").exists())
    for name in sorted(named.difference(missing)):
        _small(folder / f"{name}.png", PICTURES / f"{name}.png", 1100 if name.startswith("desk") else 400)
    sys.stdout.write(f"{len(named) - len(missing)} pictures in {PICTURES.relative_to(ROOT)}\n")
    if missing:
        sys.stdout.write(f"not in {folder}: {', '.join(missing)}\n")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
