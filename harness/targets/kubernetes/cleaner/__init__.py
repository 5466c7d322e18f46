"""Runs in the namespace of the system: undoes faults of objects whose harness has gone.

`python -m harness.targets.kubernetes.cleaner --namespace N` looks every second at the objects that
a fault has marked (`marks.py`) and undoes those that were not renewed for their lease.
"""
