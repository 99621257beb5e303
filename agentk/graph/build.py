"""The graph: which node follows which. The only file that talks to langgraph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from agentk.competitions.setup import STAGES
from agentk.graph.branches import fork_of, history
from agentk.graph.edit import edited_plan
from agentk.graph.journal import TRUNK, read
from agentk.graph.nodes.blend import blend
from agentk.graph.nodes.decide import code, plan
from agentk.graph.nodes.execute import collect, execute
from agentk.graph.nodes.reflect import reflect
from agentk.graph.nodes.setup import open_run, run_stage
from agentk.graph.nodes.submit import submit
from agentk.graph.nodes.tune import tune
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import Plan

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

Node = Callable[[Workbench, State], State]

MAIN: dict[str, Node] = {
    "open": open_run,
    "plan": plan,
    "code": code,
    "execute": execute,
    "collect": collect,
    "reflect": reflect,
    "tune": tune,
    "blend": blend,
    "submit": submit,
}
NEXT = {
    "draft": "code",
    "improve": "code",
    "shrink": "code",
    "debug": "code",
    "bag": "code",
    "ablate": "code",
    "fuse": "code",
    "tune": "tune",
    "blend": "blend",
    "wait": "collect",
    "stop": "submit",
}


def after_plan(state: State) -> str:
    """The node that acts on the plan."""
    return NEXT[state["plan"]["action"]]


def after_code(state: State) -> str:
    """A plan that no program could be written for becomes a wait."""
    return "collect" if state["plan"]["action"] == "wait" else "execute"


def told(name: str, node: Node, bench: Workbench, state: State) -> State:
    """Runs a node and puts the step into the journal, with the state after it: where a rewind may begin a branch."""
    update: State = {**node(bench, state), "done": state.get("done", 0) + 1}
    after: dict[str, Any] = {**state, **update}
    bench.journal.write("step", durable=False, node=name, step=update["done"], state=after)
    return update


def build(bench: Workbench, checkpointer: Any, *, by_step: bool = False) -> CompiledStateGraph[State, None, State, State]:
    """The whole graph, bound to a workbench. `setup` is a subgraph of its stages; by_step: both stop after every node."""
    stops: Any = "*" if by_step else None
    from langgraph.graph import END, START, StateGraph

    setup = StateGraph(State)
    for before, stage in zip((START, *(stage.name for stage in STAGES)), STAGES, strict=False):
        setup.add_node(stage.name, partial(told, stage.name, partial(run_stage, stage), bench))
        setup.add_edge(before, stage.name)
    setup.add_edge(STAGES[-1].name, END)

    graph = StateGraph(State)
    graph.add_node("setup", setup.compile(interrupt_after=stops))
    for name, node in MAIN.items():
        graph.add_node(name, partial(told, name, node, bench))
    graph.add_edge(START, "setup")
    graph.add_edge("setup", "open")
    graph.add_edge("open", "plan")
    graph.add_conditional_edges("plan", after_plan, sorted(set(NEXT.values())))
    graph.add_conditional_edges("code", after_code, ["execute", "collect"])
    graph.add_edge("execute", "collect")
    for name in ("tune", "blend"):
        graph.add_edge(name, "collect")  # of drafts that ended meanwhile
    graph.add_edge("collect", "reflect")
    graph.add_edge("reflect", "plan")
    graph.add_edge("submit", END)
    return graph.compile(checkpointer=checkpointer, interrupt_after=stops)


class Walk:
    """The graph of an open run, standing where its last checkpoint, rewind or edit left it.

    by_step: `go` runs one node (a stage of setup is one); else it runs to the end.
    """

    def __init__(self, bench: Workbench, checkpointer: Any, *, by_step: bool = False) -> None:
        self._bench = bench
        self._graph = build(bench, checkpointer, by_step=by_step)
        branch = bench.journal.branch
        self._thread: RunnableConfig = {
            "configurable": {"thread_id": "run" if branch == TRUNK else branch},
            "recursion_limit": 1_000_000,
        }
        self._catch_up()

    @property
    def state(self) -> State:
        """As the last node outside setup left it."""
        return cast(State, self._graph.get_state(self._thread).values)

    @property
    def next(self) -> str | None:
        """The node that runs next; None once the run has ended."""
        found = self._graph.get_state(self._thread, subgraphs=True)
        if found.created_at is None:
            return STAGES[0].name
        inner = found.tasks[0].state if found.tasks else None
        if inner is not None and not isinstance(inner, dict) and inner.next:
            return inner.next[0]
        return found.next[0] if found.next else None

    def go(self) -> None:
        """Runs on. A finished run goes on from a new plan."""
        if self.next is None:
            self._set({"stop": "", "refused": 0}, after="reflect")
        told = self._bench.journal.seq
        while self._bench.journal.seq == told and self.next is not None:  # where setup ends, a subgraph is left, and nothing run
            begin: State | None = {} if self._graph.get_state(self._thread).created_at is None else None
            self._graph.invoke(begin, self._thread, durability="sync")

    def edit(self, plan: Plan) -> None:
        """Puts another plan in the place of the one that is about to be acted on."""
        self._set({"plan": plan.model_dump(mode="json")}, after="plan")

    def _set(self, values: State, *, after: str) -> None:
        """Changes the state; the graph goes on as if the node `after` had just run."""
        self._graph.update_state(self._thread, cast("dict[str, Any]", values), as_node=after)

    def _catch_up(self) -> None:
        """Does what the journal tells and the checkpoints do not know yet: a branch that begins, a plan that was edited."""
        lines = history(read(self._bench.folder.journal))
        fork = fork_of(lines)
        if fork is not None and self._graph.get_state(self._thread).created_at is None:
            self._set(cast(State, fork.state), after=fork.node)
        edited = edited_plan(lines)
        if edited is not None and edited[0] == self.state.get("done"):
            self.edit(edited[1])


@contextmanager
def opened(bench: Workbench, *, by_step: bool = False) -> Iterator[Walk]:
    """The walk through a run's graph, its checkpoint file open."""
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver

    with closing(sqlite3.connect(bench.folder.checkpoints, check_same_thread=False)) as connection:
        # The journal is the truth and waits for the disk; a checkpoint that a power cut takes back is made again from it.
        connection.execute("PRAGMA synchronous = NORMAL")
        yield Walk(bench, SqliteSaver(connection), by_step=by_step)


def walk(bench: Workbench) -> None:
    """Runs the graph to its end: from the start, or from where it stands."""
    with opened(bench) as path:
        path.go()
