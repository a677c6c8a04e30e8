"""Notifications: each alert once, and the weekly digest."""
