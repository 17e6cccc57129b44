"""Session API: the HTTP service behind the embedded widget, the admin console and vendors' webhooks."""
