"""What every service is built on: HTTP service, logs, metrics, problems, database, batching."""
