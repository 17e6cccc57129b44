"""What is kept of past conversations."""
