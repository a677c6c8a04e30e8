"""From a connector's pages into the store: pulls, censuses, completeness."""
