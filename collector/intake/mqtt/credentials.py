"""Who we are at the broker: user name, password and TLS of the settings, for every connection of this room."""

import paho.mqtt.client as paho

from config.settings.tree import MqttSettings

__all__ = ["use_credentials"]


def use_credentials(client: paho.Client, settings: MqttSettings) -> None:
    """Have a client log in as the settings say; it must not be connected yet."""
    if settings.username is not None:
        password = settings.password.get_secret_value() if settings.password else None
        client.username_pw_set(settings.username, password)
    if settings.tls:
        client.tls_set(
            ca_certs=str(settings.ca_file) if settings.ca_file else None,
            certfile=str(settings.certificate_file) if settings.certificate_file else None,
            keyfile=str(settings.key_file) if settings.key_file else None,
        )
