"""What the script tag loads, and how it looks."""
