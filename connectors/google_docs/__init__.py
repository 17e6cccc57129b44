"""Google Drive: documents, sheets, slides and uploaded files."""
