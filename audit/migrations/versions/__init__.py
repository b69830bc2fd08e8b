"""One file a step; `v0001_tables.py` is the first."""
