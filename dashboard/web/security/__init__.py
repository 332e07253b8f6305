"""Who is asking and what they may do: log-in, sessions, tokens, cross-site checks, response headers."""
