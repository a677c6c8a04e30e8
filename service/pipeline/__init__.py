"""What was pulled goes through the analysis into the store: incrementally, or all of it anew."""
