"""The demo: a writer and a reader move from one Kafka to another, and a checker judges the move.

`python -m kmig_demo` plays the platform engineer with kubectl and Kafka clients. It shares no code
with the operator: what it says about a move it measured itself.
"""
