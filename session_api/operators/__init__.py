"""What only operators need to see: `/metrics`, the API's description, and where these are shown."""
