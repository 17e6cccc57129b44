"""The ChatKit protocol: threads, messages, streams, and what is kept of them."""
