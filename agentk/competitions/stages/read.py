"""Stage 1, read: which file is train, test, sample submission and description, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from agentk.competitions.draft import Draft, Stage
from agentk.competitions.files.listing import candidates_for, listed, plainest, roles_of, unread_in, without_role
from agentk.competitions.files.sniffing import encoding_of, sniffed
from agentk.competitions.files.tables import LARGEST, same_rows, several, table
from agentk.competitions.layouts.ahead import longest, steps_ahead
from agentk.competitions.layouts.steps import things_at_times
from agentk.competitions.pictures.named import picture_folders
from agentk.errors import CompetitionError
from agentk.types.competition import TableFile

_PARTS = {"sample", "small", "subset", "mini", "tiny"}
_TEXTS = (".md", ".txt", ".html", ".htm", ".rst")
_HELD_OUT = "Name it with --test FILE, or name the target with --target COLUMN, and a part of train is held out as test."
_MOST_TEXT = 200_000  # characters of description that are kept

RowsOf: TypeAlias = Callable[[str], pd.DataFrame]
"""The rows of a table by its readable name."""


def find_files(draft: Draft) -> Draft:
    """Fills train, test, sample, description. Raises CompetitionError where a file is missing or two could be meant."""
    folder = draft.folder
    said = draft.overrides
    tables = listed(folder, below=True)

    @cache
    def opened(name: str) -> TableFile:
        path, member = tables[name]
        return encoding_of(folder, sniffed(folder, path, member))

    def rows_of(name: str) -> pd.DataFrame:
        return table(folder, opened(name))

    tables = _once(rows_of, tables)
    roles = roles_of(tables)
    labels = None if said.train or said.test else _labels_of_histories(rows_of, roles)
    sample = _said(folder, tables, "sample", said.sample) if said.sample else _sample_of(roles)
    test = None if labels else _said(folder, tables, "test", said.test) if said.test else _test_of(folder, rows_of, roles, sample)
    train = labels or (_said(folder, tables, "train", said.train) if said.train else _train_of(folder, rows_of, roles, test))
    unread = unread_in(folder)
    if train is None and sample:
        train = _answered(rows_of, tables, roles, sample)
    if train is None:
        shown = picture_folders(folder)
        raise CompetitionError(
            f"{folder} has no train file: no table there has 'train' in its name. Found: {several(tables) or 'no table at all'}. "
            f"Name it with --train FILE.{unread and f' Note: {unread}.'}"
            + (" Its pictures are learned from where a table, their folders or their names tell their class." if shown else "")
        )
    train_table, test_table, longer = opened(train), opened(test) if test else None, None
    if test_table is None and sample and (labels or picture_folders(folder)):
        test_table = _asked_rows(rows_of, opened(sample), train, sample)
    beside = [name for name in tables if name not in (train, test, sample) and not roles[name]]
    others = (opened(name) for name in beside if (folder / tables[name][0]).stat().st_size <= LARGEST)
    ahead = steps_ahead(folder, train_table, opened(sample), others) if sample and not test_table else None
    if ahead:
        train_table, test_table, longer = ahead.train, ahead.test, (ahead.train, ahead.test, ahead.told)
    elif sample and (longer := things_at_times(folder, train_table, test_table, opened(sample), map(opened, beside))):
        train_table, test_table = longer[:2]
    if test_table is None:
        raise CompetitionError(
            f"{folder} has no test file: no table there has 'test' in its name. Found: {several(tables)}. "
            + (_wanted(rows_of(sample), sample) if sample else _HELD_OUT)
            + (unread and f" Note: {unread}.")
        )
    description, pages = _description(folder, said.description)
    read = {(file.path, file.options.get("member")) for file in (train_table, test_table)}
    used = [name for name in (train, test, sample) if name]
    unused = tuple(name for name in tables if name not in used and tables[name] not in read)
    if unread:
        draft = draft.grown(doubt=unread)
    if longer:
        draft = draft.grown(reason=f"{train}: {longer[2]}", doubt=ahead.doubt if ahead else None, value=ahead and ahead.value)
    return draft.grown(
        train=train_table,
        test=test_table,
        sample=opened(sample) if sample else None,
        description=description,
        unused=unused,
        pages=tuple(pages),
        reason=f"read {several(used + pages)}" + (f"; not used: {several(unused)}" if unused else ""),
        doubt=None if sample or draft.own else "no sample submission was found: its form is inferred (--sample FILE names one)",
    )


def _labels_of_histories(rows_of: RowsOf, roles: dict[str, str]) -> str | None:
    """The table with one label a key, where train and test hold many rows of each key and the sample asks for keys."""
    sample = _sample_of(roles)
    parts = {role: plainest([name for name, own in roles.items() if own == role]) for role in ("train", "test")}
    if sample is None or len(parts["train"]) < 2 or not parts["test"]:
        return None
    asked = rows_of(sample)
    key = str(asked.columns[0])
    tests = [rows[key] for name in parts["test"] if key in (rows := rows_of(name))]
    if not tests or not all(len(asked) < 0.5 * len(keys) and set(asked[key]) == set(keys) for keys in tests):
        return None
    labels = [name for name in parts["train"] if key in (rows := rows_of(name)) and rows[key].is_unique]
    return labels[0] if len(labels) == 1 else None


def _asked_rows(rows_of: RowsOf, file: TableFile, train: str, sample: str) -> TableFile | None:
    """The ids of the sample submission as the test table, where train too has nothing but ids and labels.

    What the rows are lies elsewhere: in pictures, or in tables with many rows an id.
    """
    ids = str(rows_of(sample).columns[0])
    return file.model_copy(update={"options": {**file.options, "columns": [ids]}}) if ids in rows_of(train).columns else None


def _said(folder: Path, tables: Iterable[str], role: str, name: str) -> str:
    if name not in tables:
        raise CompetitionError(f"--{role} {name}: there is no such table in {folder}. Found: {several(tables)}.")
    return name


def _only(folder: Path, role: str, candidates: list[str]) -> str | None:
    if len(candidates) > 1:
        raise CompetitionError(
            f"{folder} has {len(candidates)} files that may be the {role} file: {several(candidates)}. Choose with --{role} FILE."
        )
    return candidates[0] if candidates else None


def _sample_of(roles: dict[str, str]) -> str | None:
    """The plainest sample submission, where there are several; of those that differ in a number alone the last."""
    candidates = candidates_for(roles, "sample")
    shortest = min(candidates, key=lambda name: ("sample" not in name.lower(), len(name), name), default=None)
    alike = [name for name in candidates if shortest and re.sub(r"\d+", "", name) == re.sub(r"\d+", "", shortest)]
    return max(alike, key=lambda name: [int(number) for number in re.findall(r"\d+", name)], default=None)


def _test_of(folder: Path, rows_of: RowsOf, roles: dict[str, str], sample: str | None) -> str | None:
    """The test table: of several the one whose rows are those of the sample submission, and whose twin has more to tell."""
    named, candidates = plainest([name for name, own in roles.items() if own == "test"]), candidates_for(roles, "test")
    if len(named) > 1 and sample:
        asked = rows_of(sample)
        ids = asked.columns[0]

        def with_the_ids(names: Sequence[str]) -> list[str]:
            return [name for name in names if ids in rows_of(name) and same_rows(rows_of(name), asked, [ids])]

        candidates = with_the_ids(candidates) or with_the_ids(named) or candidates
    if len(candidates) > 1:
        twins = plainest([name for name, own in roles.items() if own == "train"])
        candidates = [name for name in candidates if _answers(rows_of, name, twins)] or candidates
    return _only(folder, "test", candidates)


def _answers(rows_of: RowsOf, test: str, trains: Iterable[str]) -> bool:
    """Whether a training table called like this test table has a column that it lacks."""
    twins = [name for name in trains if without_role(name) == without_role(test)]
    return any(set(rows_of(name).columns) - set(rows_of(test).columns) for name in twins)


def _once(rows_of: RowsOf, tables: Mapping[str, tuple[str, str | None]]) -> dict[str, tuple[str, str | None]]:
    """Of the same table in two forms (train.csv, train.parquet) the one that is read faster."""
    by_stem: dict[str, list[str]] = {}
    for name in sorted(tables, key=lambda name: ".parquet" not in name.lower()):
        by_stem.setdefault(name.split(".")[0], []).append(name)
    twice = {
        other
        for first, *others in by_stem.values()
        for other in others
        if _unpacked(first) != _unpacked(other) and list(rows_of(first).columns) == list(rows_of(other).columns)
    }
    return {name: place for name, place in tables.items() if name not in twice}


def _unpacked(name: str) -> str:
    return re.sub(r"(\.(gz|zip))+$", "", name.lower())


def _train_of(folder: Path, rows_of: RowsOf, roles: dict[str, str], test: str | None) -> str | None:
    """The training table; of several, the one called like the test table, or the only one with a column that test lacks."""
    candidates = candidates_for(roles, "train")
    if test:
        named = plainest([name for name, own in roles.items() if own == "train"])
        candidates = [name for name in named if without_role(name) == without_role(test)] or candidates
    if len(candidates) > 1 and test:
        columns = set(rows_of(test).columns)
        candidates = [name for name in candidates if set(rows_of(name).columns) - columns] or candidates
    candidates = [name for name in candidates if not _is_part(name)] or candidates
    if len(candidates) > 1 and (widest := longest([(name, rows_of(name)) for name in candidates])):
        candidates = [widest]
    return _only(folder, "train", candidates)


def _is_part(name: str) -> bool:
    """Whether a table is called a part of another: train_sample.csv."""
    return bool(set(re.findall(r"[a-z]+", name.lower())) & _PARTS)


def _answered(rows_of: RowsOf, tables: Iterable[str], roles: Mapping[str, str], sample: str) -> str | None:
    """The only table that has the answers the sample asks for."""
    answer = rows_of(sample).columns[-1]
    found = [name for name in tables if not roles[name] and answer in rows_of(name)]
    return found[0] if len(found) == 1 else None


def _wanted(asked: pd.DataFrame, sample: str) -> str:
    """What a test file would have to hold, in words."""
    key, *answers = map(str, asked.columns)
    return (
        f"{sample} asks for {several(answers, 4)} of {key}, such as {several(asked.iloc[:2, 0])}: name the table with these rows "
        "with --test FILE, and the one in which the answers are known with --train FILE; where there is none, make it first."
    )


def _description(folder: Path, said: str | None) -> tuple[str, list[str]]:
    """The description's text and the files it is made of."""
    if said is not None:
        path = Path(said) if Path(said).is_file() else folder / said
        if not path.is_file():
            raise CompetitionError(f"--description {said}: there is no such file, here or in {folder}.")
        return _plain(path), [path.name]
    found = [path for path in folder.iterdir() if path.suffix.lower() in _TEXTS and path.is_file()]
    order = ("description", "overview", "evaluation", "competition", "readme", "data")

    def rank(path: Path) -> tuple[int, str]:
        stem = path.stem.lower()
        return next((at for at, word in enumerate(order) if stem.startswith(word)), len(order)), stem

    texts = sorted((path for path in found if any(word in path.stem.lower() for word in order)), key=rank)
    return "\n\n".join(_plain(path) for path in texts)[:_MOST_TEXT], [path.name for path in texts]


def _plain(path: Path) -> str:
    text = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix.lower() not in (".html", ".htm"):
        return text
    from agentk.competitions.files.pages import clean_text

    return clean_text(text)


def _train_has_rows(draft: Draft) -> str | None:
    if draft.train is None or draft.test is None:
        return "train or test was not found"
    train = table(draft.folder, draft.train)
    return "the train file has fewer than 2 rows" if len(train) < 2 else None


def _files_differ(draft: Draft) -> str | None:
    files = [file for file in (draft.train, draft.test, draft.sample) if file]
    names = [(file.path, file.options.get("member"), file.options.get("columns")) for file in files]
    return f"one file plays two roles: {names}" if len(set(map(str, names))) < len(names) else None


READ = Stage("read", find_files, (_train_has_rows, _files_differ))
