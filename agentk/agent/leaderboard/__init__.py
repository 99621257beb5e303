"""Beyond the run: answers go to Kaggle, and public scores come back as evidence."""
