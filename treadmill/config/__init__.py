"""What an operator may say. Nothing here knows of connectors or of the service."""
