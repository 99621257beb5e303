"""`agentk doctor`: what this machine offers, what is missing, and how to mend it."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agentk import __version__
from agentk.agent import machine

INSTALL = 'pip install "agentk[kaggle]"'


@dataclass(frozen=True)
class Check:
    """One line of the examination. `essential`: no run is possible without it."""

    subject: str
    good: bool
    found: str
    mend: str = ""
    essential: bool = False


def examine(*, as_json: bool) -> int:
    """Prints every check; 0 where a run is possible, 1 where it is not."""
    checks = [*_python(), *_libraries(), *_machine(), *_sandbox(), *_models(), *_kaggle()]
    able = all(check.good for check in checks if check.essential)
    if as_json:
        print(json.dumps({"able": able, "checks": [asdict(check) for check in checks]}))
        return 0 if able else 1
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1))
    for check in checks:
        mark = "[green]✓[/]" if check.good else "[red]✗[/]" if check.essential else "[yellow]–[/]"
        table.add_row(
            mark,
            check.subject,
            escape(check.found) + (f"  [dim]→ {escape(check.mend)}[/]" if check.mend and not check.good else ""),
        )
    console = Console()
    console.print(table)
    console.print("\nready:  agentk run builtin:breast-cancer --budget 60s" if able else "\n[red]a run is not possible yet[/]")
    return 0 if able else 1


def _python() -> list[Check]:
    version = platform.python_version()
    return [
        Check(
            "Python",
            sys.version_info >= (3, 11),
            f"{version}, agentk {__version__}",
            "install Python 3.11 or newer",
            essential=True,
        )
    ]


def _libraries() -> list[Check]:
    present, versions = machine.libraries(), machine.versions()
    extras = {"xgboost": "boosting", "catboost": "boosting", "PIL": "images", "torch": "torch"}
    checks = []
    for name, distribution in machine.LIBRARIES.items():
        if name == "matplotlib":
            continue
        extra = extras.get(name)
        mend = f"pip install 'agentk[{extra}]'" if extra else f"pip install {distribution}"
        found = versions.get(distribution, "installed") if name in present else "not installed"
        checks.append(Check(name, name in present, found, mend, essential=extra is None))
    return checks


def _machine() -> list[Check]:
    free = shutil.disk_usage(Path.cwd()).free
    memory = machine.memory()
    return [
        Check("cores", True, f"{machine.cores()}"),
        Check("memory", memory > 1 << 30, f"{memory / (1 << 30):.1f} GiB free", "end other programs, or use --workers 1"),
        Check(
            "GPU",
            True,
            f"{', '.join(machine.gpus()) or 'none'}; used by programs of torch where one can compute on it in the sandbox",
        ),
        Check("disk", free > 1 << 30, f"{free / (1 << 30):.1f} GiB free here", "agentk clean, or --out on another disk"),
    ]


def _sandbox() -> list[Check]:
    from agentk.sandbox.open import describe_sandbox
    from agentk.sandbox.protocol import Guarantee

    found = describe_sandbox()
    mend = "on Linux, allow user namespaces; docs/sandbox.md says what each guarantee needs"
    told = found.holds | {guarantee: f"does not hold here: {reason}" for guarantee, reason in found.missing.items()}
    return [Check(f"sandbox: {guarantee.value}", guarantee in found.holds, told[guarantee], mend) for guarantee in Guarantee]


def _kaggle() -> list[Check]:
    """Whether Kaggle can be reached with credentials; their values are not read out, and nothing is asked of Kaggle."""
    from agentk.errors import KaggleError
    from agentk.kaggle.client import client_version
    from agentk.kaggle.credentials import HOW, find_credentials

    version = client_version()
    client = Check("Kaggle: client", version is not None, f"kagglesdk {version}" if version else "not installed", INSTALL)
    try:
        credentials = find_credentials()
    except KaggleError as error:
        return [client, Check("Kaggle: credentials", False, str(error))]
    found = f"in {credentials.source}" if credentials else "none; needed for Kaggle addresses and submissions alone"
    return [client, Check("Kaggle: credentials", credentials is not None, found, HOW)]


def _models() -> list[Check]:
    """Which keys are there (never their values), which SDKs, and what is counted with."""
    import os

    from agentk.llms.counting import exact
    from agentk.llms.messages import KEYS
    from agentk.llms.servers import SERVERS
    from agentk.settings import load_settings

    settings = load_settings()
    named = {short: own.key_variable for short, own in settings.servers.items() if own.key_variable}
    variables = [*KEYS, *(server.key_variable for server in SERVERS.values() if server.key_variable), *named.values()]
    present = [name for name in dict.fromkeys(variables) if os.environ.get(name)]
    checks = [
        Check(
            "models: keys",
            bool(present),
            ", ".join(present) if present else "none in the environment",
            "none is needed for the playbook, ollama/NAME or files:DIR; else set e.g. ANTHROPIC_API_KEY (docs/models.md)",
        )
    ]
    for sdk, served in {
        "openai": "openai/… and compatible servers",
        "anthropic": "anthropic/…",
        "langchain": "langchain:…",
    }.items():
        found = _version(sdk)
        checks.append(
            Check(f"models: {sdk}", found is not None, f"{found or 'not installed'} ({served})", f'pip install "agentk[{sdk}]"')
        )
    counted = "with tiktoken's vocabulary" if exact() else "estimated, and calibrated on the provider's figures"
    return [*checks, Check("models: tokens", True, counted)]


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
