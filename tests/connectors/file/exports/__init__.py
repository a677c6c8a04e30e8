"""Example exports of twelve systems, made on the fly: invented tickets in the forms that these systems write."""
