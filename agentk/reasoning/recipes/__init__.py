"""Recipes: the playbook's know-how as real source code, composed into solutions that stand alone."""
