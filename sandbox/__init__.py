"""Fakes of every vendor, strict at the wire, and a local OpenAI-compatible server. Shares no code with the rest."""
