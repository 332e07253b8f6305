"""Channels: ways to reach people, one module each."""
