"""Domain arithmetic: pure, without a caller in mind."""
