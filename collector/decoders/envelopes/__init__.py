"""Payloads of network servers and open conventions: LoRaWAN servers, Sparkplug B, SenML, Homie, Zigbee2MQTT, Tasmota."""
