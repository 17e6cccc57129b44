"""Answering's own state: the tables of verified answers and watch questions, each written by one module here."""
