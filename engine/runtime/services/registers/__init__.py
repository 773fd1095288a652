"""What documents post, what is on hand, what it is worth."""
