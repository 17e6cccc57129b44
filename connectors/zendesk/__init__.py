"""Zendesk: articles and tickets."""
