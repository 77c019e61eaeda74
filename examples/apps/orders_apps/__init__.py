"""The example applications of the demo: a producer, a consumer and the recorder of both.

Started as `python -m orders_apps NAME` in the example image. They know nothing of the operator:
they read their connection from a mounted binding and stop cleanly on SIGTERM.
"""
