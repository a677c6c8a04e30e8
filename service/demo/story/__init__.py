"""The stories of simulated companies: scenarios, planted families and daily work, written into a ledger."""
