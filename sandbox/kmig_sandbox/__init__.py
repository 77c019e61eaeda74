"""The sandbox: a real Kubernetes and two real Kafkas on one machine, for the demo and the tests.

Run as `python -m kmig_sandbox up|down|images|wheels`. It never imports the operator.
"""
