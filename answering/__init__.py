"""From a question to an answer that its sources support."""
