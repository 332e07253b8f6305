"""Log-in, log-out, language and the own account."""
