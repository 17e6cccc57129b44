"""Intercom: help center articles, articles for teammates, and conversations."""
