"""No function here."""
