"""What the API answers, a module a subject; each field says what it is and in which unit."""
