"""Where simulated readings go: bulk history files, and the live run over MQTT."""
