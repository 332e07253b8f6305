"""From the broker to the store in the order that is the promise: MQTT, batches, pipeline, spool, forwarder."""
