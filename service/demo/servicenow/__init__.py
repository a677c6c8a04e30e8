"""The simulated ServiceNow: tables, encoded queries and the Table API."""
