"""ServiceNow by its Table API: tasks of any table, their audited history, and the names of referenced records."""
