"""The simulated company, served as a Jira and a ServiceNow, with the truth about its tickets."""
