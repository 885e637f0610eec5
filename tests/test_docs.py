"""What is written for people is so: every command, option, path and code that a page names exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from schemas.codes import Flag, Problem, Verdict
from schemas.entries import BODIES
from schemas.wire import WIRE
from server.cli.commands import app
from sync.kinds import KINDS

ROOT = Path(__file__).resolve().parents[1]
TEXTS = ROOT / "pwa" / "src" / "text"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
COMMAND = typer.main.get_command(app)


def commands(command: Any = COMMAND, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Each command's words and its options."""
    options = {word for parameter in command.params for word in getattr(parameter, "opts", ()) if word.startswith("--")}
    yield name, options | {"--help"}
    for word, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*name, word))


KNOWN = dict(commands())
PHONES_OWN = [
    "device_unknown",
    "bad_signature",
    "gap",
    "too_large",
    "quota_reached",
    "code_unknown",
    "code_used",
    "code_expired",
    "wrong_company",
    "seal_key_unknown",
    "file_damaged",
    "wrong_password",
    "too_many_tries",
    "hash_mismatch",
    "not_named",
    "still_blind",
]


def named_commands(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Commands that a page shows, in code, with the options that follow on the same line."""
    code = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^(?:    |\t|\$ |sanad).*$", _fenced(text), re.MULTILINE)]
    for line in code:
        for found in re.finditer(r"(?:^|[\s/])sanad((?: +[a-z][a-z-]*)+)([^`\n]*)", line):
            words = tuple(found[1].split())
            while words and words not in KNOWN:
                words = words[:-1]
            shown = tuple(found[1].split())
            yield words or shown, re.findall(r"(--[a-z][a-z-]*)", found[2])


def _fenced(text: str) -> str:
    return "\n".join(re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_command_that_a_page_names_exists(path: Path):
    """A page that shows a command or an option shows one that the program has."""
    for words, options in named_commands(path.read_text("utf-8")):
        assert words in KNOWN, f"sanad {' '.join(words)}"
        for option in options:
            assert option in KNOWN[words], f"sanad {' '.join(words)} {option}"


def test_commands_are_found_in_pages():
    """The reading of pages is no vain one: it finds commands and options, and a wrong one would be seen."""
    found = {words for path in PAGES for words, _ in named_commands(path.read_text("utf-8"))}
    assert {("verify",), ("report", "aging"), ("import", "items")} <= found
    assert list(named_commands("`sanad import items FILE --dates iso`")) == [(("import", "items"), ["--dates"])]
    assert list(named_commands("`sanad fly --high`")) == [(("fly",), ["--high"])]
    assert ("fly",) not in KNOWN


def test_every_command_is_told_of():
    """No command is left for people to find by themselves."""
    pages = "\n".join(path.read_text("utf-8") for path in PAGES)
    groups = {words[:-1] for words in KNOWN if words}
    assert [words for words in KNOWN if words not in groups and f"sanad {' '.join(words)}" not in pages] == []


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_file_that_a_page_links_to_exists(path: Path):
    """A link or a path in code leads somewhere."""
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), target
    for target in re.findall(r"`((?:schemas|sync|server|tests|docs|scripts|bench|pwa)/[\w./-]+)`", text):
        if "*" not in target and "node_modules" not in target and "/dist" not in target:
            assert (ROOT / target.rstrip("/")).exists() or (ROOT / target).parent.exists(), target


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_flag_and_problem_has_its_text(language: str):
    """Whatever the server can say of an entry or a call is said to people in both languages."""
    said = "".join(path.read_text("utf-8") for path in sorted(TEXTS.glob(f"*{language}.ts")))
    keys = set(re.findall(r"^\s*'?([a-z_]+(?:\.[a-z_]+)*)'?:", said, re.MULTILINE))
    wanted = {f"flag.{flag.value}" for flag in Flag} | {f"problem.{problem.value}" for problem in Problem}
    wanted |= {f"verdict.{verdict.value}" for verdict in Verdict}
    assert sorted(wanted - keys) == []


def test_the_protocol_tells_each_answer_that_a_phone_can_get():
    """Codes and messages that the protocol page names exist, and a phone's own are all there."""
    text = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    codes = {problem.value for problem in Problem}
    named = set(re.findall(r"`[45]\d\d ([a-z_]+)`", text)) | set(re.findall(r", `[45]\d\d ([a-z_]+)`", text))
    assert named <= codes
    for code in PHONES_OWN:
        assert code in named
    shapes = {shape.__name__ for shape in WIRE}
    for shape in re.findall(r"→ `([A-Z]\w+)`", text):
        assert shape in shapes, shape


def test_every_kind_has_its_body_and_its_row():
    """A kind without a row could not be judged; a row without a body could not be read."""
    assert set(KINDS) == set(BODIES)
