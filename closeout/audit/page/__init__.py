"""The audit as one HTML page: no script, nothing loaded from elsewhere."""
