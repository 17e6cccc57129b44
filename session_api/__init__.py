"""What the embedded widget talks to."""
