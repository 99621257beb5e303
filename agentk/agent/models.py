"""Models: from what the person asked for to a model that works beside the playbook, with its purse and what it is shown."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentk.agent import machine
from agentk.errors import SettingError
from agentk.graph.folder import replace
from agentk.settings import Settings, load_settings

if TYPE_CHECKING:
    from agentk.agent.request import Models, Request
    from agentk.graph.proposing import Proposing
    from agentk.graph.workbench import Workbench
    from agentk.llms.protocol import ChatModel, Picture
    from agentk.llms.purse import Purse
    from agentk.llms.record import Spent

SHEET = "contact-sheet.png"
SHOWN = {
    "names": "the description, names of columns and classes, scores; nothing of what they hold, no figures that programs print",
    "stats": "the description, names of columns and classes, figures about what they hold, scores; no words of rows, and of what "
    "programs print only figures and words it knows already",
    "examples": "the description, names of columns and classes, figures about what they hold, example values, a contact sheet of "
    "training pictures where there are some, scores, what programs print",
}


def with_defaults(models: Models, settings: Settings) -> Models:
    """What flags leave open, from agentk.toml. Raises SettingError for flags about a model where nobody names one."""
    said = settings.model
    filled = models.model_copy(
        update={
            "name": _anywhere(models.name or said.name),
            "code": _anywhere(models.code or (None if models.name else said.code)),
            "think": _anywhere(models.think or (None if models.name else said.think)),
            "max_cost": said.max_cost if models.max_cost is None else models.max_cost,
            "max_tokens": said.max_tokens if models.max_tokens is None else models.max_tokens,
            "share": models.share or said.share,
        }
    )
    if (filled.code or filled.think) and not filled.name and not (filled.code and filled.think):
        raise SettingError(
            "--model-code and --model-think each answer a part of the questions: give both, or --model for the rest"
        )
    if not filled.asked and (idle := _idle(models)):
        raise SettingError(f"{idle} is said of a language model, and none is named: add --model PROVIDER/NAME, or leave it out")
    if filled.base_url is not None and "@" in urlsplit(filled.base_url).netloc:
        raise SettingError("--base-url holds a user or password: put the key into the environment, run.json keeps the address")
    return filled


def _idle(models: Models) -> str | None:
    """The first flag that says something of a model, such as "--max-cost 2"."""
    said = ((name, value) for name, value in models if value is not None and value is not False)
    return next((f"--{name.replace('_', '-')}{'' if value is True else f' {value}'}" for name, value in said), None)


def _anywhere(spec: str | None) -> str | None:
    """A spec that names a folder, so that it is the same one wherever the run is resumed."""
    kind, colon, place = (spec or "").partition(":")
    return f"{kind}:{Path(place).expanduser().absolute()}" if colon and kind in ("files", "replay") else spec


def check_models(request: Request) -> None:
    """Opens what is asked for and closes it again, so that a missing key or extra is told before anything begins."""
    if request.models.asked:
        for spec in dict.fromkeys((request.models.thinker, request.models.writer)):
            _open(spec, request.models, load_settings(), None).close()
        from agentk.reasoning.model.prompts import Prompts

        Prompts(request.models.prompts)


def open_proposing(bench: Workbench, request: Request) -> Proposing | None:
    """The model that works beside the playbook; None where none is asked for. What earlier sessions spent is spent."""
    models = request.models
    if not models.asked:
        return None
    from agentk.graph.proposing import Proposing
    from agentk.llms.purse import Purse
    from agentk.llms.record import calls_in
    from agentk.reasoning.colleagues import Colleagues
    from agentk.reasoning.model.prompts import Prompts
    from agentk.reasoning.model.reasoner import LLMReasoner
    from agentk.referee.audit import audit

    settings = load_settings()
    purse = Purse(max_cost=models.max_cost, max_tokens=models.max_tokens, spent=bench.ledger.spent)
    done = Counter(call.request.purpose for call in calls_in(bench.folder.journal) if call.reply is not None)
    think = _open(models.thinker, models, settings, (bench, purse, done))
    same = models.writer == models.thinker
    code = think if same else _open(models.writer, models, settings, (bench, purse, done))
    reasoner = LLMReasoner(
        think,
        code,
        Prompts(models.prompts),
        libraries=machine.library_versions(),
        audit=lambda solution, competition: audit(solution, competition, bench.arena.referee.identifiers),
        kept=bench.folder.path / "brief.md",
        share=models.share or "stats",
        hide=models.obfuscate,
        sheet=partial(_sheet, bench) if models.share == "examples" and not models.obfuscate else lambda: None,
    )
    return Proposing(Colleagues(bench.reasoner, reasoner), (think,) if same else (think, code), looks=models.share != "names")


def _sheet(bench: Workbench) -> Picture | None:
    """The contact sheet of the training pictures as a file of the run's folder, None where there are no picture files."""
    from agentk.agent.arena import CompetitionArena
    from agentk.competitions.pictures.sheet import HEIGHT, WIDTH, contact_sheet
    from agentk.llms.protocol import Picture

    assert isinstance(bench.arena, CompetitionArena)
    content = contact_sheet(bench.arena.competition, bench.arena.train) if "PIL" in machine.libraries() else None
    if content is None:
        return None
    path = bench.folder.path / SHEET
    replace(path, content)
    return Picture(path=str(path.absolute()), sha256=hashlib.sha256(content).hexdigest(), width=WIDTH, height=HEIGHT)


def notice_of(models: Models) -> list[str]:
    """What a person is told before anything is sent: who is asked, what it is shown, what it may cost."""
    if not models.asked:
        return []
    names = list(dict.fromkeys((models.thinker, models.writer)))
    limits = [f"at most ${models.max_cost:g}"] if models.max_cost is not None else []
    limits += [f"at most {models.max_tokens:,} tokens"] if models.max_tokens is not None else []
    seen = SHOWN[models.share or "stats"]
    if models.obfuscate:
        seen = seen.removeprefix("the description, ") + "; all names under stand-ins (--obfuscate)"
    shown = f"{' and '.join(map(_nearby, names))} is shown {seen} (--share {models.share or 'stats'})"
    money = "no limit on cost or tokens (--max-cost, --max-tokens)" if not limits else " and ".join(limits)
    remote = [name for name in names if not name.startswith(("files:", "replay:"))]
    return [f"model: {shown}", f"model: {'; '.join([money, *(_price_in_words(name, models) for name in remote)])}"]


def _nearby(spec: str) -> str:
    """A folder below the working one without what is above it."""
    kind, _, place = spec.partition(":")
    near = kind in ("files", "replay") and Path(place).is_relative_to(Path.cwd())
    return f"{kind}:{Path(place).relative_to(Path.cwd())}" if near else spec


def _price_in_words(name: str, models: Models) -> str:
    """What tokens cost, and what the dearest call may come to; of a call that is cut off no bill is seen: it counts as that."""
    from agentk.llms.open import price_known
    from agentk.llms.prices import as_of
    from agentk.reasoning.model.reasoner import CODE_CEILING, CODE_TOKENS, PLAN_CEILING, PLAN_TOKENS

    price = price_known(name, models.base_url, load_settings())
    if price is None:
        return f"no price of {name} is known: tokens are counted, dollars are not"
    if price.input == price.output == 0:
        return f"{name} costs nothing"
    most = (CODE_CEILING, CODE_TOKENS) if name == models.writer else (PLAN_CEILING, PLAN_TOKENS)
    return (
        f"{name} costs ${price.input:g} a million tokens in and ${price.output:g} out (as of {as_of()}), so one question at most "
        f"about ${price.worst(*most):.2g}, which one that is cut off counts as"
    )


def _open(spec: str, models: Models, settings: Settings, run: tuple[Workbench, Purse, Counter[str]] | None) -> ChatModel:
    from agentk.llms.open import open_model
    from agentk.llms.purse import Purse

    if run is None:
        return open_model(spec, base_url=models.base_url, settings=settings, purse=Purse(max_cost=models.max_cost))
    bench, purse, done = run
    return open_model(
        spec,
        base_url=models.base_url,
        settings=settings,
        purse=purse,
        record=bench.calls.put,
        tell=lambda line: bench.notice("", line),
        done=done,
    )


def spent_in_words(spent: Spent) -> str:
    """What models have used up so far."""
    parts = [f"{spent.calls} call{'s' * (spent.calls != 1)}", f"{spent.tokens:,} tokens"]
    if spent.cost:
        parts.append(f"${spent.cost:.4f}" if spent.cost < 0.1 else f"${spent.cost:.2f}")
    if spent.risk_cost:
        parts.append(f"perhaps ${spent.risk_cost:.2g} more for calls that were cut off")
    if spent.unpriced:
        parts.append("no price known")
    if spent.saved > 0:
        parts.append(f"${spent.saved:.4f} saved by the provider's cache")
    return ", ".join(parts)
