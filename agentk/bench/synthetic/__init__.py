"""Synthetic competitions in Kaggle's layout with a known contract: what setup is measured on."""
