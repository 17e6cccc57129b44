"""What is measured: one module each, run by `./run bench name`."""
