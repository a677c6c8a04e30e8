"""Synchronisation of sources: pulls, censuses and completeness."""
