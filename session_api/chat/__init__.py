"""ChatKit protocol: threads, messages and event streams, and how long they are kept."""
