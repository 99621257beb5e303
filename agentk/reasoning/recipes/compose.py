"""Composing a solution: an entry block and the blocks it imports become one readable program that stands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from agentk.errors import ReasonerError
from agentk.reasoning.recipes.formatting import counted_line, import_lines, literal_lines
from agentk.types.solution import Solution

BLOCKS = Path(__file__).parent / "blocks"
PACKAGE = "agentk.reasoning.recipes.blocks"
ENTRY_POINTS = ("fit_predict", "prepare")
GAPS, WRAPPER = "gaps", "where_known"
"""The block, and its function, that is put about `fit_predict` where single targets are unknown."""
IN_COLUMNS = {"image_files": "image_columns"}
"""Blocks, and those that take their place where pictures lie in columns of pixels."""


@dataclass(frozen=True)
class Import:
    """What one imported name stands for: `import module as name`, or `from module import member as name`."""

    module: str
    member: str | None


@dataclass(frozen=True)
class Definition:
    """A top-level statement that binds names: its text with the comments above it, and the names it needs."""

    names: tuple[str, ...]
    text: str
    needs: frozenset[str]
    strings: frozenset[str]  # string constants in it: the parameters it may read
    is_block: bool  # a function or class, set apart by two empty lines


@dataclass(frozen=True)
class Block:
    """A block module, taken apart."""

    name: str
    docstring: str
    siblings: tuple[str, ...]  # those it imports from, by name
    imports: Mapping[str, Import]
    definitions: tuple[Definition, ...]
    space: Mapping[str, Any] = field(default_factory=dict)


def compose(entry: str, contract: Mapping[str, Any], blocks: Path = BLOCKS) -> Solution:
    """The program of the entry block `entry` for the competition whose `Competition.contract()` is given.

    Functions that the entry does not reach are left out, and so are dimensions of SPACE that no remaining code names. The
    result depends on the arguments and the blocks' text alone, byte for byte. Raises ReasonerError where the blocks cannot be
    joined: unknown or circular imports, a name with two meanings, a block of another form.
    """
    wrapped = bool(contract.get("gaps"))  # some training rows do not know every target
    instead = IN_COLUMNS if contract.get("pixels") else {}
    chain = list(_chain(entry, blocks, (), instead))
    chain[-1:-1] = [block for block in _chain(GAPS, blocks, (), instead) if block not in chain] if wrapped else []
    given, contract = contract, _told(contract, chain)
    owners = _owners(chain)
    if "fit_predict" not in {name for definition in chain[-1].definitions for name in definition.names}:
        raise ReasonerError(f"block {entry!r} defines no fit_predict, so no solution can start from it; name an entry block")
    entries = [name for definition in chain[-1].definitions for name in definition.names if name in ENTRY_POINTS]
    kept = _reachable(chain, owners, [*entries, WRAPPER] if wrapped else entries)
    strings = frozenset[str]().union(*(definition.strings for block in chain for definition in kept[block.name]))
    space: dict[str, Mapping[str, Any]] = {}
    for block in chain:  # what a block says of a dimension of another's stands for that part of it alone
        space |= {name: {**space.get(name, {}), **said} for name, said in block.space.items() if name in strings}
    space = {name: _narrowed(dimension, contract) for name, dimension in space.items()}
    used = [block for block in chain if kept[block.name]]
    needed = frozenset[str]().union(*(definition.needs for block in used for definition in kept[block.name]))
    imports = {name: target for block in used for name, target in block.imports.items() if name in needed}
    counted = bool(given.get("pixels")) and "pixels" not in contract and "CONTRACT" in needed
    imports |= {"product": Import("itertools", "product")} if counted else {}

    lines = _header(entry, chain[-1].docstring, [block.name for block in used])
    lines += ["", *import_lines({name: (target.module, target.member) for name, target in imports.items()})]
    if counted:
        named = {name: kind for name, kind in contract["kinds"].items() if given["kinds"][name] != "pixel"}
        lines += ["", *literal_lines("CONTRACT", {**contract, "kinds": named}), counted_line(given["pixels"])]
    elif "CONTRACT" in needed:
        lines += ["", *literal_lines("CONTRACT", contract)]
    if space or "SPACE" in needed:
        lines += ["", *literal_lines("SPACE", space)]
    text = "\n".join(lines)
    previous = ("", True)  # the block and whether it was a function or class
    for block in used:
        for definition in kept[block.name]:
            if definition.names == ("CONTRACT",):
                continue
            apart = definition.is_block or previous[1]
            text += ("\n\n\n" if apart else "\n" if previous[0] == block.name else "\n\n") + definition.text
            previous = (block.name, definition.is_block)
    if wrapped:
        text += f"\n\n\nfit_predict = {WRAPPER}(fit_predict)"
    return Solution(source=text + "\n", name=entry)


def _told(contract: Mapping[str, Any], chain: list[Block]) -> Mapping[str, Any]:
    """What a program has to know of pixels: one that reads pictures what is a picture, any other that they are numbers."""
    if not contract.get("pixels"):
        return contract
    kinds = contract["kinds"]
    if any(block.name in IN_COLUMNS.values() for block in chain):
        return {**contract, "kinds": {name: kind for name, kind in kinds.items() if kind != "pixel"}}
    numbers = {name: "numeric" if kind == "pixel" else kind for name, kind in kinds.items()}
    return {key: value for key, value in {**contract, "kinds": numbers}.items() if key != "pixels"}


def _narrowed(dimension: Mapping[str, Any], contract: Mapping[str, Any]) -> Mapping[str, Any]:
    """A dimension without its "kinds", "beside" and "columns"; its default alone where no column is of the first, or none of
    the second, or they are too few."""
    kinds = contract.get("kinds", {})
    present = {"", *kinds.values(), *(["identifier"] if contract.get("id_columns") else [])}
    lacking = any(present.isdisjoint(dimension.get(wanted, ("",))) for wanted in ("kinds", "beside"))
    if lacking or len(kinds) < dimension.get("columns", 0):
        return {"type": "choice", "choices": [dimension["default"]], "default": dimension["default"]}
    return {key: value for key, value in dimension.items() if key not in ("kinds", "beside", "columns")}


def _header(entry: str, docstring: str, names: list[str]) -> list[str]:
    summary = docstring.strip()
    parts = ", ".join(name for name in names if name != entry)
    made = f"Composed by agentk from its recipe {entry!r}" + (f" and the blocks {parts}." if parts else ".")
    return [f'"""{summary}', "", *_wrapped(made), '"""']


def _wrapped(sentence: str, width: int = 120) -> list[str]:
    lines = [""]
    for word in sentence.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _chain(
    name: str, folder: Path, above: tuple[str, ...], instead: Mapping[str, str], seen: set[str] | None = None
) -> Iterator[Block]:
    """`name` and all it imports, each once, what is needed first; `instead`: blocks that take the place of others."""
    name = instead.get(name, name)
    seen = set() if seen is None else seen
    if name in above:
        raise ReasonerError(f"blocks import one another in a circle: {' -> '.join((*above, name))}")
    if name in seen:
        return
    seen.add(name)
    block = read_block(name, folder)
    for sibling in block.siblings:
        yield from _chain(sibling, folder, (*above, name), instead, seen)
    yield block


def read_block(name: str, folder: Path = BLOCKS) -> Block:
    """The block `name`, taken apart: of `folder`, else of agentk's own. Raises ReasonerError when there is none or it is none."""
    beside = folder / f"{name}.py"
    found = beside if beside.is_file() else _own_blocks().get(name)
    if found is None:
        known = sorted({*_own_blocks(), *(path.stem for path in folder.glob("*.py"))} - {"__init__"})
        raise ReasonerError(f"there is no block {name!r}; the blocks are {', '.join(known)}")
    return _taken_apart(name, found.read_text(encoding="utf-8"))


@cache
def _own_blocks() -> dict[str, Path]:
    """Where agentk's own blocks lie, by name."""
    paths = [path.relative_to(BLOCKS) for path in BLOCKS.rglob("*.py") if path.stem != "__init__"]
    return {block_name(path.with_suffix("").parts): BLOCKS / path for path in paths}


def block_name(place: Sequence[str]) -> str:
    """The name of the block at ("table", "features", "dates"), table_dates: the shelf on which it lies does not count."""
    return place[0] if len(place) == 1 else f"{place[0]}_{place[-1]}"


@cache
def _taken_apart(name: str, source: str) -> Block:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ReasonerError(f"block {name!r}, line {error.lineno}: {error.msg}") from None
    lines = source.splitlines()
    siblings: set[str] = set()
    imports: dict[str, Import] = {}
    definitions: list[Definition] = []
    space: Mapping[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(PACKAGE):
            if node.module == PACKAGE or any(alias.asname for alias in node.names):
                raise ReasonerError(f"block {name!r}, line {node.lineno}: a sibling is imported as 'from {PACKAGE}.x import y'")
            siblings.add(block_name(node.module.removeprefix(PACKAGE + ".").split(".")))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports |= _imported(name, node)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign):
            bound = _bound(node)
            if bound == ("SPACE",):
                space = ast.literal_eval(node.value)  # type: ignore[union-attr, arg-type]
            else:
                definitions.append(_definition(node, bound, lines))
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            raise ReasonerError(
                f"block {name!r}, line {node.lineno}: only imports, functions, classes and assignments may stand at the top level"
            )
    return Block(name, ast.get_docstring(tree) or "", tuple(sorted(siblings)), imports, tuple(definitions), space)


def _imported(name: str, node: ast.Import | ast.ImportFrom) -> dict[str, Import]:
    if isinstance(node, ast.Import):
        pairs = {alias.asname or alias.name: Import(alias.name, None) for alias in node.names}
    else:
        pairs = {alias.asname or alias.name: Import(str(node.module), alias.name) for alias in node.names}
    for target in pairs.values():
        if target.module.split(".")[0] == "agentk" or (isinstance(node, ast.ImportFrom) and node.level):
            raise ReasonerError(f"block {name!r}, line {node.lineno}: a block imports public libraries and sibling blocks only")
    return {bound: target for bound, target in pairs.items() if target.module != "__future__"}


def _bound(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return (node.name,)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
    return tuple(leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name))


def _definition(node: ast.stmt, bound: tuple[str, ...], lines: list[str]) -> Definition:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    leaves = list(ast.walk(node))
    return Definition(
        names=bound,
        text="\n".join(lines[first : node.end_lineno]),
        needs=frozenset(leaf.id for leaf in leaves if isinstance(leaf, ast.Name)) - frozenset(bound),
        strings=frozenset(leaf.value for leaf in leaves if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)),
        is_block=isinstance(node, ast.FunctionDef | ast.ClassDef),
    )


def _owners(chain: list[Block]) -> dict[str, Definition]:
    """Every top-level name with its one definition. Raises ReasonerError where a name has two meanings."""
    owners: dict[str, tuple[str, Definition]] = {}
    imports: dict[str, tuple[str, Import]] = {}
    for block in chain:
        for name, target in block.imports.items():
            if imports.setdefault(name, (block.name, target))[1] != target:
                raise ReasonerError(f"blocks {imports[name][0]!r} and {block.name!r} import different things as {name!r}")
        for definition in block.definitions:
            for name in definition.names:
                if owners.setdefault(name, (block.name, definition))[1] is not definition:
                    raise ReasonerError(f"blocks {owners[name][0]!r} and {block.name!r} both define {name!r}; rename one of them")
    if clash := sorted(owners.keys() & imports.keys()):
        raise ReasonerError(f"{clash[0]!r} is defined by block {owners[clash[0]][0]!r} and imported by {imports[clash[0]][0]!r}")
    return {name: definition for name, (_, definition) in owners.items()}


def _reachable(chain: list[Block], owners: Mapping[str, Definition], entries: list[str]) -> dict[str, list[Definition]]:
    """By block, the definitions that the functions called `entries` need, in the order of the source."""
    waiting = list(entries)
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed and name in owners:
            needed.add(name)
            waiting += owners[name].needs
    return {block.name: [d for d in block.definitions if needed.intersection(d.names)] for block in chain}
