"""One module per stage of a KafkaMigration, each with TASKS; the order is in ../table.py."""
