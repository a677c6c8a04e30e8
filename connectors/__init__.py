"""The ticket systems Treadmill can read. Imports nothing else of Treadmill."""
