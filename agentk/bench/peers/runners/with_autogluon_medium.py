"""AutoGluon by its preset for short times: no bagging, no stacking."""

from __future__ import annotations

from functools import partial

import with_autogluon

fit_predict = partial(with_autogluon.fit_predict, preset="medium_quality")
