"""What operators ask and say about alerts."""
