"""Content comparison of two logs, run as a Job by `kmig verify`; writes one report ConfigMap."""
