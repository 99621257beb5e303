"""The samplers a search can draw with: Optuna's own, and MACE."""

from __future__ import annotations

import logging
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, get_args

from agentk.errors import SettingError

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

    from agentk.types.space import Space

Sampler = Literal["random", "tpe", "cmaes", "gp", "mace"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
NEEDS: dict[Sampler, str] = {"cmaes": "cmaes", "gp": "torch"}

_STARTUP = 8  # trials before a model of the space is trusted: fewer than Optuna's 10, since a search's first are no random ones


def made(name: Sampler, space: Space, seed: int) -> BaseSampler:
    """A sampler for a space.

    tpe: multivariate tree-structured Parzen estimators (Bergstra et al. 2011), a model for each group of dimensions that are
    active together, running trials counting as bad ones. gp: a Gaussian process. cmaes: evolution with an adapted covariance
    (Hansen 2001). mace: `agentk.tuning.mace`. Optuna's gp and cmaes draw dimensions at random that are not always active,
    cmaes choices too. Raises SettingError where the package is missing that a sampler needs.
    """
    if (package := NEEDS.get(name)) is not None and find_spec(package) is None:
        extra = "torch" if package == "torch" else "samplers"
        raise SettingError(f'the sampler {name} needs {package}, which is not installed: pip install "agentk[{extra}]"')
    if name == "mace":
        from agentk.tuning.mace import MaceSampler

        return MaceSampler(space, seed)
    from optuna import samplers
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        if name == "tpe":
            return samplers.TPESampler(multivariate=True, group=True, constant_liar=True, n_startup_trials=_STARTUP, seed=seed)
        if name == "gp":
            # Without greenlet, which it does not need, it is slower: no news in the middle of a run.
            logging.getLogger("optuna._gp.batched_lbfgsb").setLevel(logging.ERROR)
            return samplers.GPSampler(seed=seed, n_startup_trials=_STARTUP, warn_independent_sampling=False)
        if name == "cmaes":
            return samplers.CmaEsSampler(seed=seed, n_startup_trials=_STARTUP, warn_independent_sampling=False)
    return samplers.RandomSampler(seed=seed)
