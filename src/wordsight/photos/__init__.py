"""Where photos are, and how their bytes become pixels. Imports no other room."""
