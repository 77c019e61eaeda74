"""Deciding: pure functions from facts to what is recorded and done next. No I/O, no clock."""
