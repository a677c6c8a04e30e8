"""How each ticketing system is spoken to. Nothing here knows of the service."""
