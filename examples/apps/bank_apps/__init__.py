"""The bank: transfers are read, postings and balances are written, exactly once.

Started as `python -m bank_apps NAME` in the example image. Like the other example applications it
knows nothing of the operator: it reads its connection from a mounted binding.
"""
