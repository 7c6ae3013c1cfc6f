"""The dashboard's pages: Flask and Jinja on the index, safe to show hostile text."""
