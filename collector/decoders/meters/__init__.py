"""Binary frames of meters and room collectors: CJ/T 188, M-Bus, wireless M-Bus, NB-IoT 0x68."""
