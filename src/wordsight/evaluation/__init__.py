"""How good the models are, measured on captioned collections."""
