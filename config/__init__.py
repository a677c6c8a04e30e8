"""The settings an operator can make. Imports nothing else of Treadmill."""
