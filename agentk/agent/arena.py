"""The arena of one competition: rows, truth, metric, referee, and how answers become submission.csv."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentk.agent import machine
from agentk.agent.accelerator import Accelerator
from agentk.agent.request import Request
from agentk.agent.weights import files_of, registered
from agentk.agent.whereabouts import at_hand
from agentk.competitions.files.rows import weighed
from agentk.competitions.files.tables import rows_of
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.profile import profile_of
from agentk.competitions.scoring.truth import check_submission, constant_prediction, encode_truth, format_submission, weights_of
from agentk.errors import AgentKError, CompetitionError
from agentk.graph.folder import RunFolder, replace
from agentk.reasoning.recipes.images import has_files
from agentk.referee.handover import WEIGHTS
from agentk.referee.layout import Layout, given_layout, make_layout
from agentk.referee.referee import Referee
from agentk.sandbox.protocol import Limits, Sandbox
from agentk.types.competition import ColumnKind, Competition, Validation
from agentk.types.metric import Array
from agentk.types.profile import Profile

if TYPE_CHECKING:
    import pandas as pd

    from agentk.referee.diagnosis import Diagnoser

LAYOUT = "folds.json"
PROFILE = "profile.json"


class CompetitionArena:
    """Meets `agentk.graph.workbench.Arena`."""

    def __init__(self, competition: Competition, folder: RunFolder, request: Request, sandbox: Sandbox) -> None:
        self.competition = competition = at_hand(competition, folder.path, request)
        self.metric = metric_of(competition)
        self.train, self.test = rows_of(competition)
        self.truth = encode_truth(competition, self.train)
        if not (folder.path / LAYOUT).exists():
            self.competition = competition = _with_backbones(competition)
        self.backbones = files_of(competition.backbones, folder.work / "handed" / "data" / WEIGHTS)
        self.layout = self._layout(folder, request)
        self._profile = folder.path / PROFILE
        if self.layout.scheme == "given":
            given = Validation(scheme="given", folds=self.layout.folds, reasons=self.layout.reasons)
            self.competition = competition = competition.model_copy(update={"validation": given})
        self.extra = None if request.extra is None else self._extra(request.extra)
        cards = () if request.sandbox == "strict" else None  # a card's driver is no part of what is promised
        accelerator = Accelerator(sandbox, folder.work, wait=request.attempts is not None, devices=cards)
        self.referee = Referee(
            competition,
            self.train,
            self.test,
            self.truth,
            self.metric,
            sandbox,
            folder.work,
            seed=request.seed,
            layout=self.layout,
            weights=weights_of(competition, self.train),
            extra=self.extra,
            limits=Limits(memory_bytes=machine.memory_of_a_slot(sandbox.slots)),
            backbones=self.backbones,
            devices=accelerator.devices,
            device=lambda: accelerator.name,
        )

    def submission(self, answers: Array) -> bytes:
        """submission.csv with these answers of the test rows."""
        frame = format_submission(self.competition, answers, self.test)
        problems = check_submission(self.competition, frame)
        if problems:
            raise AgentKError(
                f"a submission that would not be valid was not written: {'; '.join(problems)}. This is agentk's fault"
            )
        return frame.to_csv(index=False).encode()

    def sound_answers(self) -> Array:
        """Priors, means or medians, decided as the referee decides."""
        return self.referee.plain_answers(constant_prediction(self.competition, self.train, len(self.test)))

    @cached_property
    def _found(self) -> tuple[str, ...]:
        from agentk.competitions.validation.findings import shift

        return (*self.competition.findings, *shift(self.competition, self.train, self.test))

    @cached_property
    def diagnoser(self) -> Diagnoser:
        """How scored programs err, by the features of the training rows."""
        from agentk.referee.diagnosis import Diagnoser

        told = [column for column in self.competition.columns if column.kind is not ColumnKind.PIXEL]
        names = [column.name for column in told if column.name in self.train]
        return Diagnoser(self.referee.judge, self.train[names], self.layout.seed)

    def findings(self) -> tuple[str, ...]:
        """Leaks, and differences between train and test."""
        return self._found

    @cached_property
    def profile(self) -> Profile:
        """What the columns hold, in numbers; taken once a run and kept."""
        if self._profile.exists():
            return Profile.model_validate_json(self._profile.read_text())
        profile = profile_of(self.competition, self.train, self.test, self.truth)
        replace(self._profile, profile.model_dump_json(exclude_defaults=True) + "\n")
        return profile

    def _layout(self, folder: RunFolder, request: Request) -> Layout:
        """The one fold assignment of the run, made at its first opening and kept."""
        path = folder.path / LAYOUT
        if path.exists():
            return Layout.from_json(path.read_text())
        if request.folds is not None:
            layout = given_layout(self._folds(request.folds), request.seed, (f"as {request.folds.name} says",))
        else:
            layout = make_layout(self.competition, self.train, self.test, self.truth, request.seed)
        replace(path, layout.to_json() + "\n")
        return layout

    def _folds(self, path: Path) -> pd.Series[Any]:
        frame = _read(path)
        if "fold" not in frame or len(frame) != len(self.train):
            raise CompetitionError(
                f"{path}: --folds needs a column 'fold' with one value for each of the {len(self.train)} training rows; "
                f"it has the columns {list(frame.columns)} and {len(frame)} rows"
            )
        return frame["fold"]

    def _extra(self, path: Path) -> pd.DataFrame:
        frame = _read(path)
        missing = [
            name
            for name in (*self.competition.targets, *(column.name for column in self.competition.columns))
            if name not in frame
        ]
        made = {column.name for column in self.competition.file_columns} | set(self.competition.id_columns)
        missing = [name for name in missing if name not in made]
        if missing:
            raise CompetitionError(f"{path}: --extra needs the columns of train; it lacks {', '.join(missing[:10])}")
        unlabelled = int(frame[list(self.competition.targets)].isna().any(axis=1).sum())
        if unlabelled:
            raise CompetitionError(f"{path}: --extra takes labelled rows; {unlabelled} of {len(frame)} have no label")
        try:
            encode_truth(self.competition, frame)
        except CompetitionError as error:
            raise CompetitionError(f"{path}, given as --extra: {error}") from None
        return weighed(frame, self.competition.weights.model_dump()) if self.competition.weights else frame


def _with_backbones(competition: Competition) -> Competition:
    """With the pretrained networks that are registered here, where there are pictures to look at."""
    if not has_files(competition) or "torch" not in machine.libraries():
        return competition
    return competition.model_copy(update={"backbones": tuple(one.name for one in registered())})


def _read(path: Path) -> pd.DataFrame:
    from agentk.competitions.files.rows import read_table

    if not path.exists():
        raise CompetitionError(f"there is no file {path}")
    try:
        return read_table(path)
    except (ValueError, OSError) as error:
        raise CompetitionError(f"{path} cannot be read as a table: {error}") from None
