"""Health, Prometheus metrics, the check command and logging."""
