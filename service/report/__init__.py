"""What is said of the stored tickets: reports and exports."""
