"""The two kinds as pydantic models: the only source of the CRDs."""
