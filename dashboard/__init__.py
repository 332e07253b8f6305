"""The dashboard: what people see, over HTTP. FastAPI lives here; judging and storing live elsewhere."""
