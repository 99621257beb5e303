"""Blocks: the pieces of solution code that `agentk.reasoning.recipes.compose` inlines into one program.

A block imports public libraries and sibling blocks (`from agentk.reasoning.recipes.blocks.task import solve`), nothing else of
agentk. At its top level stand imports, functions, classes and plain assignments only. An entry block defines
`fit_predict(train, test, params, data_dir)`; any block may carry a literal `SPACE`, and an entry's dimension of the same name
overrides that of a block it inlines. A dimension may say which kinds of columns it is about ("kinds": ["datetime"]); where a
competition has none of them, the program keeps its default as the only choice. Blocks read parameters as `params["name"]`, which
the entry's `with_defaults(params, SPACE)` has completed.

Recipes and composed programs call a block by its kind and its file: `table/features/dates.py` is `table_dates`.
"""
