"""Widget: what the script tag loads, and how it looks."""
