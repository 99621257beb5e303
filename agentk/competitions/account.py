"""What setup believes, in rows for one screen: task, data, files, metric, folds and why, findings, doubts."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from agentk.competitions.metrics.own import metric_of
from agentk.types.competition import Competition

_MOST = 8  # names of a list
_REASONS = 4  # for the folds; contract.md has all


class Row(NamedTuple):
    """One line: what it is about ("" where it goes on), the words, and whether the person should look twice."""

    about: str
    words: str
    doubtful: bool = False


def account(competition: Competition, *, whole: bool = False) -> list[Row]:
    """The contract in rows; `whole`: with every reason."""
    classes = f", classes {_few(competition.classes)}" if competition.classes else ""
    positive = f" (positive: {competition.classes[-1]})" if competition.task.value == "binary" else ""
    cut_from = f", cut from {competition.passage}" if competition.passage else ""
    kinds = Counter(column.kind.value for column in competition.columns)
    columns = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    files = [file.path for file in (competition.train, competition.test, competition.sample) if file is not None]
    beside = competition.train.options.get("beside", [])
    joined = [str(side["path"]) for side in beside if isinstance(side, dict)] if isinstance(beside, list) else []
    further = (("joined", joined), ("described by", competition.pages))
    form, validation = competition.submission, competition.validation
    by = f" by {validation.column}" if validation.column else ""
    ids = _few(competition.id_columns) or "none: rows are answered in their order"
    rows = [
        Row("task", f"{competition.task.value}: predict {_few(competition.targets)}{cut_from}{classes}{positive}"),
        Row("data", f"{competition.rows:,} rows to learn from, {competition.test_rows:,} to predict; {columns}; ids: {ids}"),
        Row("files", _few(files) + "".join(f"; {what}: {_few(names)}" for what, names in further if names)),
    ]
    if (pixels := competition.pixels) is not None:
        near = "" if pixels.alike is None else f": neighbors are alike ({pixels.alike:.2f} against {pixels.apart:.2f} far away)"
        rows.append(Row("pictures", f"{len(pixels.columns)} columns of pixels, {pixels.words}{near}"))
    if competition.gaps:
        rows.append(Row("", f"{competition.gaps:.0%} of the targets' values are unknown"))
    if competition.unused:
        rows.append(Row("not used", _few(competition.unused)))
    weights = competition.weights
    left_out = [name for name in (*competition.train_only, *competition.dropped) if weights is None or name != weights.name]
    if left_out:
        rows.append(Row("left out", f"{_few(left_out)}: only train has them, or they give the target away"))
    metric = metric_of(competition)
    pooled = ", over all answers, whatever their target" if metric.pooled else ""
    counted = f"; {competition.weighing}" if competition.weighing else ""
    begins = f"scored by {metric.name}, {metric.direction}: "
    why = next((f" ({reason.removeprefix(begins)})" for reason in competition.reasons if reason.startswith(begins)), "")
    rows.append(Row("metric", f"{metric.name}, to {metric.direction}{pooled}{counted}{why}"))
    each = ", a row for each answer that is asked for" if competition.cells else ""
    rows.append(Row("submission", f"{form.kind.replace('_', ' ')} in {_few(form.columns)}{each}"))
    rows.append(Row("folds", f"{validation.folds} {validation.scheme}{by}"))
    rows += [Row("", reason) for reason in (validation.reasons if whole else validation.reasons[:_REASONS])]
    rows += [Row("why", reason) for reason in competition.reasons if whole]
    rows += [
        Row("finding", finding, True) for finding in competition.findings if not any(finding in d for d in competition.doubts)
    ]
    rows += [Row("doubt", doubt, True) for doubt in competition.doubts]
    return rows


def in_markdown(competition: Competition) -> str:
    """The whole account as a page of its own."""
    lines = [f"- **{row.about}** {row.words}" if row.about else f"  - {row.words}" for row in account(competition, whole=True)]
    return f"# {competition.name}: what setup believes\n\n" + "\n".join(lines) + "\n"


def _few(names: tuple[object, ...] | list[str]) -> str:
    shown = [str(name) for name in names[:_MOST]]
    return ", ".join(shown) + (f" … ({len(names)} in all)" if len(names) > _MOST else "")
