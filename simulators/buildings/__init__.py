"""Buildings and homes: heat losses, neighbours, radiators, risers and the heat that reaches each home."""
