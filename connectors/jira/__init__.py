"""Jira Cloud, Jira Data Center and Jira Server."""

from connectors.jira.connector import JiraConnector

__all__ = ["JiraConnector"]
