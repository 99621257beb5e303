"""The language model as a reasoner: questions become prompts, replies become answers that were checked."""
