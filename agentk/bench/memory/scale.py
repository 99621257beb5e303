"""How memory grows: recall against exact search, latency of reads, cost of writes and of opening, by the number of lessons."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from agentk.memory.disk import DiskShelf
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.features import DIMENSION, Features, Modality
from agentk.memory.lesson import KINDS, Lesson, Provenance
from agentk.memory.nested import READ_WAIT_S, NestedMemory
from agentk.memory.protocol import Credit
from agentk.memory.ram import RamShelf
from agentk.memory.ranking import TEXT, Candidate, rank
from agentk.memory.scope import Scope
from agentk.memory.value import Value
from agentk.types.competition import Frozen, TaskKind

BATCH = 2000
COMPETITIONS = 500
READS = 100
JUDGED = 20
"""Reads that are compared with a ranking of every lesson."""
JUDGING = ("claim", "family")
"""Kind and level of the lessons that the index is judged by."""

_METRICS = ("accuracy", "auc", "log_loss", "rmse", "rmsle", "mae")
_WORDS: tuple[str, ...] = (
    *(
        "encode",
        "scale",
        "blend",
        "stack",
        "prune",
        "augment",
        "split",
        "group",
        "rank",
        "clip",
        "impute",
        "hash",
        "sample",
        "lag",
    ),
    *("trees", "leaves", "columns", "folds", "texts", "pictures", "dates", "prices", "counts", "names", "targets", "tails"),
)


class Growth(Frozen):
    """One size of store. Times in milliseconds unless said otherwise; `cpu`: what the process itself took."""

    lessons: int
    write_per_s: float
    write_per_cpu_s: float  # of processor time of all threads
    disk_mb: float
    open_ms: float
    first_p50: float  # the first read at a competition: all kinds, by structure, 60 wanted
    first_p95: float
    read_p50: float  # the same again, as the rest of a run reads
    read_p95: float
    read_cpu_p95: float
    read_text_p50: float  # one kind, structure and text, 8 wanted
    read_text_p95: float
    read_text_cpu_p95: float
    credit_ms: float  # 20 lessons of one run
    around: float  # lessons in the scopes that a read climbs, mean
    held: int  # lessons kept in memory after the reads
    held_kb: float  # memory each of them takes
    recall_at_10: float  # of the ten best of a ranking of every lesson, those that a read gives
    index_at_10: float  # of the ten nearest by exact search, those that the index finds


def scale(sizes: Sequence[int], folder: Path, *, seed: int = 0) -> Iterator[Growth]:
    """Fills stores of these sizes with made-up lessons of made-up competitions, one after another in `folder`, and reads them."""
    for size in sizes:
        yield _grown(size, folder / str(size), seed)


def _grown(size: int, folder: Path, seed: int) -> Growth:
    generator = np.random.default_rng(seed)
    competitions = [_competition(number, generator) for number in range(COMPETITIONS)]
    made = np.random.default_rng((seed, 1))
    stock = (_lesson(number, competitions, made) for number in range(size))
    disk, exact = NestedMemory(DiskShelf(folder), HashingEmbedder()), RamShelf()
    yardstick = NestedMemory(exact, HashingEmbedder())
    asked = [competitions[int(index)] for index in generator.integers(0, COMPETITIONS, READS)]
    texts = [_text(generator) for _ in asked]
    judged = {scope for here in asked[:JUDGED] for scope in here.scope.climb()}
    clock, spent, worked = _Stopwatch(), 0.0, 0.0
    while batch := list(islice(stock, BATCH)):
        yardstick.remember([one for one in batch if one.scope in judged or (one.kind, one.scope.level) == JUDGING], private=())
        clock.lap()
        disk.remember(batch, private=())
        lap = clock.lap()
        spent, worked = spent + lap.wall, worked + lap.cpu
    disk.close()
    shelf = DiskShelf(folder)
    clock.lap()
    memory = NestedMemory(shelf, HashingEmbedder())
    open_ms = clock.lap().wall
    memory.recall(asked[0], limit=60)  # the first read loads what chromadb reads once
    firsts: list[_Lap] = []
    reads: list[_Lap] = []
    by_text: list[_Lap] = []
    before, resident = memory.held, _resident_kb()
    for here, text in zip(asked, texts, strict=True):
        clock.lap()
        memory.recall(here, limit=60)
        firsts.append(clock.lap())
        memory.recall(here, limit=60)
        reads.append(clock.lap())
        memory.recall(here, text, kinds=["claim"], limit=8)
        by_text.append(clock.lap())
    held, grown = memory.held, _resident_kb() - resident
    credits = [Credit(found.lesson.id, 0.5) for found in memory.recall(asked[0], limit=20)]
    clock.lap()
    memory.credit("bench", credits, competition="bench")
    credit_ms = clock.lap().wall
    yardstick.credit("bench", credits, competition="bench")
    memory.close()
    questions = list(zip(asked, texts, strict=True))
    near = [_overlap(shelf, exact, yardstick, here, text) for here, text in questions]
    certain = NestedMemory(shelf, HashingEmbedder(), frozen=True, explore="greedy")
    best = [share for here, text in questions[:JUDGED] if (share := _chosen(certain, exact, here, text)) is not None]
    certain.close()
    return Growth(
        lessons=size,
        write_per_s=1e3 * size / spent,
        write_per_cpu_s=1e3 * size / worked,
        disk_mb=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20,
        open_ms=open_ms,
        first_p50=_quantile([lap.wall for lap in firsts], 0.5),
        first_p95=_quantile([lap.wall for lap in firsts], 0.95),
        read_p50=_quantile([lap.wall for lap in reads], 0.5),
        read_p95=_quantile([lap.wall for lap in reads], 0.95),
        read_cpu_p95=_quantile([lap.cpu for lap in reads], 0.95),
        read_text_p50=_quantile([lap.wall for lap in by_text], 0.5),
        read_text_p95=_quantile([lap.wall for lap in by_text], 0.95),
        read_text_cpu_p95=_quantile([lap.cpu for lap in by_text], 0.95),
        credit_ms=credit_ms,
        around=float(np.mean([len(exact.lying(list(here.scope.climb()))) for here in asked[:JUDGED]])),
        held=held,
        held_kb=grown / max(held - before, 1),
        recall_at_10=float(np.mean(best)),
        index_at_10=float(np.mean(near)),
    )


def _overlap(shelf: DiskShelf, exact: RamShelf, yardstick: NestedMemory, here: Features, text: str) -> float:
    vector = yardstick.vector(here, text)
    with shelf.window(READ_WAIT_S):
        near = {found.lesson.id for found in shelf.nearest(vector, "claim", 10)}
    truth = {found.lesson.id for found in exact.nearest(vector, "claim", 10)}
    return len(near & truth) / max(len(truth), 1)


def _chosen(memory: NestedMemory, exact: RamShelf, here: Features, text: str) -> float | None:
    """Without draws, which depend on what is drawn for; None where there is nothing to find."""
    found = {recalled.lesson.id for recalled in memory.recall(here, text, kinds=["claim"], limit=10)}
    vector = memory.vector(here, text)
    every = [
        Candidate(hit.read(), float(hit.vector[DIMENSION:] @ vector[DIMENSION:]) / TEXT, hit.id)
        for hit in exact.lying(list(here.scope.climb()))
        if hit.kind == "claim"
    ]
    truth = rank(every, here, scope=here.scope, limit=10, seed=0, clock=0, asked=True, withhold=0.0, explore="greedy")
    return len(found & {recalled.lesson.id for recalled in truth}) / len(truth) if truth else None


def _resident_kb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 1024


def _quantile(values: Sequence[float], share: float) -> float:
    return float(np.quantile(values, share))


class _Lap(NamedTuple):
    """Milliseconds."""

    wall: float
    cpu: float  # of all threads of this process


class _Stopwatch:
    def __init__(self) -> None:
        self._since = (time.perf_counter(), time.process_time())

    def lap(self) -> _Lap:
        """Since the lap before."""
        wall, cpu = self._since
        self._since = (time.perf_counter(), time.process_time())
        return _Lap(1e3 * (self._since[0] - wall), 1e3 * (self._since[1] - cpu))


def _competition(number: int, generator: np.random.Generator) -> Features:
    numeric = float(generator.uniform())
    return Features(
        digest=f"made-up-{number}",
        modality=get_args(Modality)[int(generator.integers(5))],
        task=list(TaskKind)[int(generator.integers(len(TaskKind)))],
        metric=_METRICS[int(generator.integers(len(_METRICS)))],
        rows=int(10 ** generator.uniform(2, 6)),
        columns=int(10 ** generator.uniform(0, 2.7)),
        numeric=numeric,
        categorical=1 - numeric,
        missing=float(generator.uniform(0, 0.3)),
        classes=int(generator.integers(0, 20)),
    )


def _lesson(number: int, competitions: Sequence[Features], generator: np.random.Generator) -> Lesson:
    """Half within families, half within competitions, of all kinds."""
    here = competitions[int(generator.integers(len(competitions)))]
    kind = KINDS[int(generator.integers(len(KINDS)))]
    return Lesson(
        kind=kind,
        subject=f"{kind}:{number}",
        text=_text(generator),
        scope=here.scope if generator.uniform() < 0.5 else Scope(here.family[: int(generator.integers(1, 5))]),
        features=here,
        payload={"number": number},
        value=Value().add(here.digest, float(generator.normal())),
        provenance=Provenance(origin="run", competition=here.digest),
    )


def _text(generator: np.random.Generator) -> str:
    return " ".join(_WORDS[int(index)] for index in generator.integers(0, len(_WORDS), 8))
