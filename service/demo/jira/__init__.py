"""The simulated Jira Cloud: issues, JQL, page tokens and the REST API."""
