"""Every exception agentk raises on purpose: what failed, the value, and what to do about it.

AgentKError
├── UserError            the person can mend it (exit code 2)
│   ├── CompetitionError     the folder or its files cannot be made into a competition
│   ├── SettingError         a flag, a budget, a name that does not exist
│   ├── RunError             a run folder that is missing, foreign, busy or of another version
│   ├── KaggleError          Kaggle refuses: credentials, rules, limits, a competition that is not there
│   └── AccessError          a vendor refuses the key, the account's quota or the model's name
├── SandboxError         the sandbox could not do its job (never: the program failed)
├── ServiceError         Kaggle cannot be reached, or fails beyond patience
├── StoreError           memory or the run folder cannot be read or written
├── ReasonerError        the reasoner gave no usable answer
└── ModelError           a chat model gave no reply
    ├── BudgetError          a call that would exceed what may be spent was not made
    └── TransientError       a passing failure: asking again may help

A failing *program* is not an error but an `Outcome` (agentk/types/outcome.py).
"""

from __future__ import annotations


class AgentKError(Exception):
    """Base of all. `str(error)` is one readable paragraph: what, the value, what to do."""


class UserError(AgentKError):
    """Something the person can mend; the command line prints it and exits with 2."""


class CompetitionError(UserError):
    """A folder or file that cannot be made into a competition."""


class SettingError(UserError):
    """A flag, budget or name that does not fit."""


class RunError(UserError):
    """A run folder that is missing, busy, foreign or of another version."""


class KaggleError(UserError):
    """Kaggle refuses: credentials, rules that are not accepted, limits, a competition that is not there."""


class AccessError(UserError):
    """A vendor lets nobody in: no key or a wrong one, a quota that is used up, a model that does not exist there."""


class SandboxError(AgentKError):
    """The sandbox itself failed: no worker could be started, or its promises cannot be kept here."""


class ServiceError(AgentKError):
    """Kaggle cannot be reached, fails beyond patience, or sends what cannot be read."""


class StoreError(AgentKError):
    """Memory or the run folder cannot be read or written."""


class ReasonerError(AgentKError):
    """The reasoner gave no answer that fits the question."""


class ModelError(AgentKError):
    """A chat model gave no reply: unreachable, overloaded beyond patience, or its answer cannot be read."""


class BudgetError(ModelError):
    """A call whose worst case exceeds the tokens or the money that are left was not made."""


class TransientError(ModelError):
    """A failure that may pass: overloaded, unreachable, cut off.

    `after`: seconds the server asks to wait. `billed`: the provider had begun to answer and may charge for it.
    """

    def __init__(self, message: str, *, after: float | None = None, billed: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.billed = billed
