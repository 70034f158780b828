"""Make pictures to look at: results drawn on photographs, and reports of films and sounds."""
