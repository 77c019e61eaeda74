"""The frozen vocabulary: facts, verdicts, actions, entries. Values only, no I/O, no clock."""
