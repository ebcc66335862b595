"""What we measure, and against what.

A case (`case.py`) is measured in rounds, ours and its limit in turn, on a stack of its
family's own (`lab.py`); `registry.py` names them all, `__main__.py` runs them.
"""
