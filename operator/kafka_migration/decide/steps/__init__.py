"""One module per step of a WorkloadCutover, each with TASKS; the order is in ../table.py.

Sides are `leaving` and `entering`: the way back is the same pipeline with the sides exchanged.
A unit without written topics passes the steps that move write authority.
"""
