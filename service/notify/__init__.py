"""What people are told without asking: alerts, each once, and the weekly digest."""
