"""Slack: threads and days of channels."""
