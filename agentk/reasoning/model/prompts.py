"""The prompts: one template a question, from the top-level folder `prompts/`, single ones replaced by a person's own."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta

from agentk.errors import SettingError

_PACKAGED = Path(__file__).parent / "templates"  # where the wheel puts prompts/*.md
_HEADER = re.compile(r"\A\{#(.*?)#\}", re.DOTALL)
_CLOSING = re.compile(r"<(\s*/?\s*data\b)", re.IGNORECASE)
_KEPT = "\ue000"  # stands for a line end of material while blank lines between the parts of a prompt are made even
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def folder() -> Path:
    """Where the prompts are: in a checkout its top-level `prompts/`, else inside the package."""
    root = Path(__file__).parents[3]
    return root / "prompts" if (root / "pyproject.toml").is_file() and (root / "prompts").is_dir() else _PACKAGED


class Prompts:
    """The templates, strict: a variable that is not given is an error, never an empty place.

    `own`: a folder of a person's own templates, each replacing the one of the same name. Raises SettingError for a file
    that replaces nothing, that is no template, or that asks for a variable which the question does not have.
    """

    def __init__(self, own: Path | None = None) -> None:
        place = folder()
        self.names = tuple(sorted(path.stem for path in place.glob("*.md")))
        if not self.names:
            raise SettingError(f"there are no prompts at {place}; reinstall agentk")
        texts = {name: (place / f"{name}.md").read_text("utf-8") for name in self.names}
        own_texts = {} if own is None else _own(own, self.names)
        self._environment = jinja2.Environment(
            loader=jinja2.DictLoader({f"{name}.md": own_texts.get(name, text) for name, text in texts.items()}),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )
        self._environment.filters |= {"line": line, "quoted": quoted, "fenced": fenced}
        for name, text in own_texts.items():
            self._prove(name, text, own, texts)

    def render(self, prompt: str, /, **variables: Any) -> str:
        """The prompt of that name with these variables. Raises SettingError where one is missing, naming it."""
        try:
            text = self._environment.get_template(f"{prompt}.md").render(**variables)
        except jinja2.TemplateError as error:
            raise SettingError(
                f"the prompt {prompt}.md cannot be rendered: {error}; docs/prompts.md lists its variables"
            ) from None
        return re.sub(r"\n{3,}", "\n\n", text).strip().replace(_KEPT, "\n") + "\n"

    def header(self, name: str) -> str:
        """What the template says of itself."""
        assert self._environment.loader is not None
        source, _, _ = self._environment.loader.get_source(self._environment, f"{name}.md")
        match = _HEADER.match(source)
        return "" if match is None else " ".join(match[1].split())

    def _prove(self, name: str, text: str, own: Path | None, texts: dict[str, str]) -> None:
        """A person's template asks for nothing that the one it replaces is not given."""
        try:
            asked = self._asked(text, texts)
        except jinja2.TemplateSyntaxError as error:
            raise SettingError(f"{own}/{name}.md, line {error.lineno}: {error.message}; prompts are Jinja2 templates") from None
        except jinja2.TemplateNotFound as error:
            raise SettingError(f"{own}/{name}.md includes {error}, and there is no such prompt") from None
        given = self._asked(texts[name], texts) | set(re.findall(r"\w+", (_HEADER.match(texts[name]) or [""])[0]))
        if unknown := sorted(asked - given):
            near = get_close_matches(unknown[0], sorted(self._asked(texts[name], texts)), 1, 0.5)
            raise SettingError(
                f"{own}/{name}.md asks for {unknown[0]!r}, which this question does not have; "
                + (f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(sorted(self._asked(texts[name], texts)))}")
            )

    def _asked(self, text: str, texts: dict[str, str]) -> set[str]:
        """The variables of a template and of what it includes."""
        tree = self._environment.parse(text)
        found = set(meta.find_undeclared_variables(tree))
        for included in meta.find_referenced_templates(tree):
            name = (included or "").removesuffix(".md")
            if name not in texts:
                raise jinja2.TemplateNotFound(included)
            found |= self._asked(texts[name], texts)
        return found


def _own(own: Path, names: tuple[str, ...]) -> dict[str, str]:
    if not own.is_dir():
        raise SettingError(f"--prompts {own}: there is no such folder")
    found = {}
    for path in sorted(own.glob("*")):
        if path.name.startswith(".") or path.is_dir():
            continue
        if path.suffix != ".md" or path.stem not in names:
            near = get_close_matches(path.stem, names, 1, 0.5)
            hint = f"did you mean {near[0]}.md?" if near else f"there are {', '.join(f'{name}.md' for name in names)}"
            raise SettingError(f"--prompts {own}: {path.name} replaces no prompt; {hint}")
        found[path.stem] = path.read_text("utf-8")
    return found


def line(value: object) -> str:
    """On one line, unable to pretend to be structure."""
    return _open_only(" ".join(str(value).split()))


def quoted(value: object) -> str:
    """As material between <data> and </data>: what is inside cannot close the place it stands in."""
    return _open_only(str(value).strip()).replace("\n", _KEPT)


def _open_only(text: str) -> str:
    return _CLOSING.sub(r"‹\1", _UNSEEN.sub("", text))


def fenced(source: object) -> str:
    """A program in a code block whose fence is longer than any within."""
    text = str(source).strip("\n")
    longest = max((len(found) for found in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}python\n{text}\n{fence}".replace("\n", _KEPT)
