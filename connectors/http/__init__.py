"""HTTP: what every vendor's API needs."""
