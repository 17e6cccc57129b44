"""The sync engine: sources are observed, fetched and published into indexes; what left them is collected."""
