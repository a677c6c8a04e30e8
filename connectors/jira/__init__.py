"""Jira Cloud, Jira Data Center and Jira Server."""
