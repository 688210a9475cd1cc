"""Writing the zip file of an export."""
