"""Plain data in, file bytes out: workbooks, documents and letters."""
