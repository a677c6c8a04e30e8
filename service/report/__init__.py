"""Reports on the analysed tickets, and exports."""
