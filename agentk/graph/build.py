"""The graph: which node follows which. The only file that talks to langgraph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from agentk.competitions.setup import STAGES
from agentk.graph.nodes.blend import blend
from agentk.graph.nodes.decide import code, plan
from agentk.graph.nodes.execute import collect, execute
from agentk.graph.nodes.reflect import reflect
from agentk.graph.nodes.setup import open_run, run_stage
from agentk.graph.nodes.submit import submit
from agentk.graph.nodes.tune import tune
from agentk.graph.state import State
from agentk.graph.workbench import Workbench

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
    "explore": "code",
    "bag": "code",
    "ablate": "code",
    "fuse": "code",
    "tune": "tune",
    "blend": "blend",
    "wait": "collect",
    "stop": "submit",
}
THREAD: RunnableConfig = {"configurable": {"thread_id": "run"}, "recursion_limit": 1_000_000}


def after_plan(state: State) -> str:
    """The node that acts on the plan."""
    return NEXT[state["plan"]["action"]]


def after_code(state: State) -> str:
    """A plan that no program could be written for becomes a wait."""
    return "collect" if state["plan"]["action"] == "wait" else "execute"


def build(bench: Workbench, checkpointer: Any) -> CompiledStateGraph[State, None, State, State]:
    """The whole graph, bound to a workbench. `setup` is a subgraph of its stages."""
    from langgraph.graph import END, START, StateGraph

    setup = StateGraph(State)
    for before, stage in zip((START, *(stage.name for stage in STAGES)), STAGES, strict=False):
        setup.add_node(stage.name, partial(run_stage, stage, bench))
        setup.add_edge(before, stage.name)
    setup.add_edge(STAGES[-1].name, END)

    graph = StateGraph(State)
    graph.add_node("setup", setup.compile())
    for name, node in MAIN.items():
        graph.add_node(name, partial(node, bench))
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
    return graph.compile(checkpointer=checkpointer)


@contextmanager
def checkpoints(bench: Workbench) -> Iterator[Any]:
    """The run's checkpoint file, open."""
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver

    with closing(sqlite3.connect(bench.folder.checkpoints, check_same_thread=False)) as connection:
        yield SqliteSaver(connection)


def walk(bench: Workbench) -> None:
    """Runs the graph to its end: from the start, or from where its last checkpoint stands."""
    with checkpoints(bench) as saver:
        graph = build(bench, saver)
        state = graph.get_state(THREAD)
        if state.created_at is not None and not state.next:
            # A finished run goes on from a new plan.
            graph.update_state(THREAD, {"stop": "", "refused": 0}, as_node="reflect")
            state = graph.get_state(THREAD)
        begin: State | None = {} if state.created_at is None else None
        graph.invoke(begin, THREAD, durability="sync")
