"""Confluence: pages, blog posts, attachments and comments."""
